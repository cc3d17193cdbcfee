"""Taking in pages of orders: new, again, out of order, wrong, large."""
from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.orders import intake
from app.extensions import db
from app.integrations.types import PulledPackage, Unreadable
from app.models import Event, OrderItem, OrderRaw, PlatformOrder, ShopAccount
from app.tenancy import as_tenant
from tests import factory
from tests.domain.orders.makers import CLEAR, NOW, counted, order_row, pulled, read, shop_with, take, together


def codes(results):
    return [(r.state, r.code) for r in results]


def test_a_new_order_is_kept_with_items_raw_event_channel_and_unmatched_count(world):
    account, _, channel = shop_with(world)
    [result] = take(world, account, pulled(skus=[("CCD007", 2), ("NEW-1", 1)]))
    row = order_row(world)
    assert (result.state, result.code, result.subject_id, result.ref) == ("done", "order.new", row.id, "2611210001")
    assert (row.state, row.recipient, row.country, row.total, row.channel_id, row.unmatched) == ("pending", "Junjun dy", "PH",
                                                                                                 Decimal("350"), channel, 1)
    assert row.packages == [{"number": "P1", "state": "pending", "carrier_id": "", "carrier_name": "", "tracking_no": ""}]
    assert (row.created_by, row.ship_by > NOW) == ("puller", True)
    assert [(i.platform_sku, i.quantity, i.price) for i in read(world, OrderItem)] == [("CCD007", 2, Decimal("100")),
                                                                                       ("NEW-1", 1, Decimal("100"))]
    assert [(e.subject_id, e.move, e.now, e.by) for e in read(world, Event)] == [(row.id, "pulled", "pending", "puller")]
    with world.app.app_context(), as_tenant(world.a):
        assert db.session.get(OrderRaw, row.id).body == '{"order_sn":"2611210001"}'


def test_the_same_page_again_writes_nothing(world):
    account, *_ = shop_with(world)
    page = [pulled(str(n)) for n in range(20)]
    take(world, account, *page)
    with world.app.app_context(), as_tenant(world.a), counted() as sent:
        results = intake.take_in(db.session.get(ShopAccount, account), page)
        db.session.commit()
    assert set(codes(results)) == {("skipped", "order.unchanged")} and len(results) == 20
    assert not [s for s in sent if s.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert len(sent) <= 4, sent


def test_a_page_of_a_hundred_new_orders_is_a_handful_of_statements(world):
    account, *_ = shop_with(world)
    with world.app.app_context(), as_tenant(world.a):
        shop = db.session.get(ShopAccount, account)
        with counted() as sent:
            results = intake.take_in(shop, [pulled(str(n), [("CCD007", 1), (f"X{n}", 2)]) for n in range(100)])
            db.session.commit()
    assert len(results) == 100 and len(sent) <= 15, sent
    assert len(read(world, OrderItem)) == 200


def test_a_page_of_a_hundred_changed_orders_is_a_handful_of_statements_too(world):
    account, *_ = shop_with(world)
    take(world, account, *(pulled(str(n)) for n in range(100)))
    later = [pulled(str(n), [("CCD007", 3)], minutes=5, buyer_note=f"please {n}" if n % 2 else "") for n in range(100)]
    with world.app.app_context(), as_tenant(world.a):
        shop = db.session.get(ShopAccount, account)
        with counted() as sent:
            intake.take_in(shop, later)
            db.session.commit()
    assert len(sent) <= 15, sent
    assert sum(o.buyer_note != "" for o in read(world, PlatformOrder)) == 50
    assert {i.quantity for i in read(world, OrderItem)} == {3}


def test_an_older_version_after_a_newer_one_is_left_out(world):
    account, *_ = shop_with(world)
    take(world, account, pulled(minutes=10, buyer_note="new"))
    assert codes(take(world, account, pulled(minutes=5, buyer_note="old"))) == [("skipped", "order.older")]
    assert order_row(world).buyer_note == "new"
    # The same content with a later change time moves the mark, so that a version between the two is late.
    take(world, account, pulled(minutes=20, buyer_note="new"))
    assert codes(take(world, account, pulled(minutes=15, buyer_note="between"))) == [("skipped", "order.older")]


def test_the_same_order_twice_in_a_page_the_newest_wins(world):
    account, *_ = shop_with(world)
    page = pulled(minutes=9, buyer_note="b"), pulled(minutes=5, buyer_note="a"), pulled("77")
    assert sorted(codes(take(world, account, *page))) == [("done", "order.new"), ("done", "order.new"), ("skipped", "order.repeated")]
    assert order_row(world).buyer_note == "b"


@pytest.mark.parametrize("quantity", [0, -1, 10 ** 9])
def test_a_bad_quantity_fails_its_row_and_the_others_go_on(world, quantity):
    account, *_ = shop_with(world)
    bad = pulled("bad", [("CCD007", quantity)])
    results = take(world, account, bad, pulled("good"), Unreadable("odd", "order.bad_field", {"field": "x"}, "{...}"))
    failed = {r.ref: r for r in results if r.state == "failed"}
    assert failed["bad"].code == "order.bad_quantity" and failed["bad"].params["quantity"] == quantity and "order_sn" in failed["bad"].raw
    assert (failed["odd"].code, failed["odd"].raw) == ("order.bad_field", "{...}")
    assert [o.order_no for o in read(world, PlatformOrder)] == ["good"]


@pytest.mark.parametrize("change, code", [
    ({"total": Decimal("NaN")}, "order.bad_amount"), ({"total": Decimal("1e14")}, "order.bad_amount"), ({"number": ""}, "order.bad_number"),
    ({"number": "9" * 65}, "order.bad_number"), ({"updated_at": NOW.replace(tzinfo=None)}, "order.bad_time"),
    ({"created_at": None}, "order.bad_time"),
    ({"address": None}, "order.unreadable"), ({"buyer": 7}, "order.unreadable"), ({"number": "A\x00B"}, "order.bad_number")])
def test_what_cannot_be_kept_is_told(world, change, code):
    account, *_ = shop_with(world)
    results = take(world, account, pulled(**{"number": "bad", **change}), pulled("good"))
    assert {r.code for r in results} == {code, "order.new"}
    assert len(read(world, PlatformOrder)) == 1


def test_odd_but_readable_orders_are_kept_and_say_so(world):
    account, *_ = shop_with(world)
    take(world, account, pulled("none", []), pulled("money", currency="XQZ"), pulled("big", [(f"S{n}", 1) for n in range(500)]),
         pulled("note", buyer_note="🎁" * 4000), pulled("nul", buyer_note="a\x00b \ud800c", buyer="李" * 200, raw={"x": "a\x00b"}),
         pulled("place", address=replace(CLEAR, country="Narnia")), pulled("ph", address=replace(CLEAR, country="Philippines")),
         pulled("nosku", [("", 1)]))
    rows = {o.order_no: o for o in read(world, PlatformOrder)}
    assert (rows["none"].problem_code, rows["none"].state) == ("order.no_items", "pending")
    assert (rows["money"].problem_code, rows["money"].problem_params) == ("order.unknown_currency", {"currency": "XQZ"})
    assert rows["big"].unmatched == 500 and len(read(world, OrderItem, OrderItem.order_id == rows["big"].id)) == 500
    assert rows["note"].buyer_note == "🎁" * 4000
    assert (rows["nul"].buyer_note, rows["nul"].buyer) == ("ab c", "李" * 120)
    assert [e.params for e in read(world, Event, Event.code == "order.cut", Event.subject_id == rows["nul"].id)] == [{"fields": ["buyer"]}]
    assert (rows["place"].country, rows["ph"].country) == ("", "PH")
    assert [i.platform_sku for i in read(world, OrderItem, OrderItem.order_id == rows["nosku"].id)] == ["Item"]


def test_two_variations_without_sku_are_not_one_sku(world):
    account, *_ = shop_with(world)
    order = pulled(skus=[("", 1), ("", 1)])
    order.lines[0].variation, order.lines[1].variation = "red", "blue"
    take(world, account, order)
    assert [i.platform_sku for i in read(world, OrderItem)] == ["Item [red]", "Item [blue]"]


@pytest.mark.parametrize("state, values, ours", [
    ("pending", {}, ("pending", "", "", "")),
    ("frozen", {}, ("frozen", "pending", "platform", "")),
    ("void", {}, ("void", "", "", "")),
    ("shipped", {}, ("shipped", "", "", "")),
    ("processed", {}, ("pending", "", "", "order.arranged_elsewhere")),
    ("pending", {"fulfilled_by_platform": True}, ("frozen", "pending", "platform", "order.platform_warehouse")),
    ("processed", {"fulfilled_by_platform": True}, ("frozen", "pending", "platform", "order.platform_warehouse")),
    ("shipped", {"fulfilled_by_platform": True}, ("shipped", "", "", ""))])
def test_the_state_at_first_sight(world, state, values, ours):
    account, *_ = shop_with(world)
    take(world, account, pulled(state=state, **values))
    row = order_row(world)
    assert (row.state, row.resume_to, row.frozen_by, row.problem_code) == ours


def test_channels_are_chosen_by_folded_name_and_country(world):
    account = factory.account(world.a)
    wrong = factory.channel(world.a, ship_methods="VNPost Tiết Kiệm", countries="TH")
    right = factory.channel(world.a, ship_methods="Other, vnpost  tiet kiem", countries="VN, TH")
    off = factory.channel(world.a, ship_methods="GoGo Xpress", active=False)
    by_id = factory.channel(world.a, ship_methods="38011", countries="")
    take(world, account, pulled("1", ship_method="VNPost Tiết Kiệm", address=replace(CLEAR, country="VN")), pulled("2"),
         pulled("3", ship_method="Whatever", ship_method_id="38011"))
    assert [o.channel_id for o in read(world, PlatformOrder)] == [right, None, by_id] and wrong != off


def test_an_arranged_package_shows_its_number(world):
    account, *_ = shop_with(world)
    take(world, account, pulled(state="processed", packages=[PulledPackage("P1", "processed", "", "1", "GoGo", "TRK1")]))
    assert order_row(world).tracking_no == "TRK1"


def test_two_pulls_of_the_same_shop_at_the_same_moment_keep_one_of_each(world):
    account, *_ = shop_with(world)
    pages = [[pulled(str(n), minutes=m) for n in range(30)] for m in (0, 1)]
    answers = together(*(lambda page=page: take(world, account, *page) for page in pages))
    assert all(isinstance(a, list) for a in answers), answers
    rows = read(world, PlatformOrder)
    assert len(rows) == 30 == len(read(world, OrderItem)) == len(read(world, Event, Event.move == "pulled"))
    assert {(o.platform_updated_at - NOW).total_seconds() for o in rows} == {60}


def test_another_merchants_order_of_the_same_number_is_another_order(world):
    mine, theirs = factory.account(world.a), factory.account(world.b)
    take(world, mine, pulled())
    assert codes(take(world, theirs, pulled(), tenant=world.b)) == [("done", "order.new")]
    assert len(read(world, PlatformOrder)) == len(read(world, PlatformOrder, tenant=world.b)) == 1
