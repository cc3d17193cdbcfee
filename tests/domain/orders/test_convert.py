"""转系统订单: lines from mappings, numbers, where it leaves from, refusals, two people at once."""
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from app.domain.orders import convert
from app.models import Event, OutboundLine, OutboundOrder, PlatformOrder, Warehouse
from app.extensions import db
from app.tenancy import as_system
from tests import factory
from tests.domain.orders.makers import MASKED, converted, counted, one, order_row, pulled, read, run, shop_with, take, together


def test_a_combo_and_two_skus_of_one_product_add_up_per_product(world):
    account, case, _ = shop_with(world)
    film = factory.product(world.a, "FILM")
    factory.mapping(world.a, "SET", case, 2)
    factory.mapping(world.a, "SET", film, 1)
    [(order, outbound)] = converted(world, account, "2611210001", skus=[("SET", 3), ("CCD007", 1)])
    lines = {line.product_id: line for line in read(world, OutboundLine)}
    assert {p: line.quantity for p, line in lines.items()} == {case: 7, film: 3}
    assert lines[case].platform_skus == "SET, CCD007"
    # 3 sets at 100 = 9 pieces at 33.33, one case at 100: (6 * 33.3333 + 100) / 7
    assert (lines[case].price, lines[film].price) == (Decimal("42.8571"), Decimal("33.3333"))
    row = one(world, OutboundOrder)
    assert (row.platform_order_id, row.order_no, row.recipient, row.state, row.fulfilment) == (order, "2611210001", "Junjun dy", "draft",
                                                                                               "direct")
    assert (order_row(world).state, order_row(world).outbound_no) == ("processed", row.number)
    assert [e.move for e in read(world, Event, Event.subject == "outbound_order")] == ["created"] and outbound == row.id


def test_numbers_run_by_day_and_merchant(world):
    account, *_ = shop_with(world)
    converted(world, account, "1", "2")
    converted(world, account, "3")
    numbers = [o.number for o in read(world, OutboundOrder)]
    # Shanghai's day, not UTC's
    day = (read(world, OutboundOrder)[0].created_at + timedelta(hours=8)).strftime("%y%m%d")
    assert numbers == [f"{world.code}-{day}-{n:05d}" for n in (1, 2, 3)]


def test_refusals_name_themselves_on_the_order(world):
    account, *_ = shop_with(world)
    take(world, account, pulled("sku", [("CCD007", 1), ("NEW-1", 1), ("NEW-2", 1), ("NEW-1", 3)]), pulled("none", []),
         pulled("masked", address=replace(MASKED)), pulled("theirs", fulfilled_by_platform=True), pulled("gone", state="void"))
    ids = {o.order_no: o.id for o in read(world, PlatformOrder)}
    results = run(world, convert.convert, list(ids.values()))
    told = {no: (results[i].code, results[i].params) for no, i in ids.items()}
    assert told["sku"] == ("order.unmatched", {"skus": ["NEW-1", "NEW-2"]})
    assert told["none"] == ("order.no_items", {})
    assert told["masked"][0] == "order.converted"
    assert told["theirs"][0] == told["gone"][0] == "state.illegal_move"
    assert (order_row(world, "sku").problem_code, order_row(world, "sku").unmatched) == ("order.unmatched", 3)
    factory.mapping(world.a, "NEW-1", read(world, OutboundLine)[0].product_id)
    factory.mapping(world.a, "new-2", read(world, OutboundLine)[0].product_id)
    assert run(world, convert.convert, [ids["sku"]])[ids["sku"]].state == "done"
    assert (order_row(world, "sku").problem_code, order_row(world, "sku").unmatched) == ("", 0)


def test_a_thawed_order_of_the_platforms_warehouse_is_still_refused(world):
    account, *_ = shop_with(world)
    order = factory.order(world.a, account, problem_code="order.platform_warehouse")
    assert run(world, convert.convert, [order])[order].code == "order.platform_warehouse"


@pytest.mark.parametrize("option, stock, expected", [
    ({}, {}, ("direct", "SZ")), ({}, {"SZ": 0}, ("warehouse", "SZ")), ({}, {"SZ": 0, "MNL": 9}, ("warehouse", "MNL")),
    ({}, {"SZ": 9, "MNL": 9}, ("warehouse", "SZ")), ({"fulfilment": "direct"}, {"SZ": 9}, ("direct", "SZ")),
    ({"fulfilment": "warehouse"}, {}, ("warehouse", "SZ"))])
def test_where_it_leaves_from(world, option, stock, expected):
    with world.app.app_context(), as_system():
        for code, active in (("MNL", True), ("OLD", False)):
            if not db.session.query(Warehouse).filter_by(code=code).count():
                db.session.add(Warehouse(code=code, name=code, active=active))
        db.session.commit()
        places = {w.code: w.id for w in db.session.query(Warehouse)}
    account, product = factory.account(world.a), factory.product(world.a, "CCD007")
    factory.mapping(world.a, "CCD007", product)
    factory.channel(world.a, ship_methods="GoGo Xpress", options=option)
    for code, on_hand in stock.items():
        factory.stock(world.a, places[code], product, on_hand)
    converted(world, account, "1")
    row = one(world, OutboundOrder)
    assert (row.fulfilment, row.warehouse_id) == (expected[0], places[expected[1]])


def test_two_people_convert_the_same_orders_at_the_same_moment(world):
    account, *_ = shop_with(world)
    ids = [r.subject_id for r in take(world, account, *(pulled(str(n)) for n in range(20)))]
    answers = together(lambda: run(world, convert.convert, ids), lambda: run(world, convert.convert, ids[::-1]))
    assert all(isinstance(a, dict) for a in answers), answers
    assert sorted(r.state for a in answers for r in a.values()) == ["done"] * 20 + ["failed"] * 20
    assert len(read(world, OutboundOrder)) == 20 == len(read(world, OutboundLine)) == len({o.number for o in read(world, OutboundOrder)})


def test_a_batch_is_few_statements(world):
    account, *_ = shop_with(world)
    ids = [r.subject_id for r in take(world, account, *(pulled(str(n)) for n in range(60)))]
    with world.app.app_context(), counted() as sent:
        run(world, convert.convert, ids)
    # SQLite inserts the events of `move()` one by one.
    assert len([s for s in sent if not s.startswith("INSERT INTO event")]) <= 20, sent
