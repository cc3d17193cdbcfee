"""订单审核: findings, stock held all or nothing, two people at once."""
from dataclasses import replace

import pytest

from app.domain.orders import audit
from app.extensions import db
from app.models import Event, OutboundLine, OutboundOrder, ShippingChannel, StockLevel
from app.tenancy import as_tenant
from tests import factory
from tests.domain.orders.makers import CLEAR, MASKED, audited, converted, counted, one, pulled, read, run, shop_with, take, together
from tests.domain.orders.test_repull import level, put


def check(world, outbound):
    return run(world, audit.audit, [outbound])[outbound]


def test_a_good_order_is_audited_and_its_stock_held(world):
    account, product, _ = shop_with(world, on_hand=5)
    [(_, outbound)] = audited(world, account, "2611210001", skus=[("CCD007", 3)])
    row = one(world, OutboundOrder)
    assert (row.id, row.state, row.reserved, row.findings, level(world, product)) == (outbound, "audited", True, [], (5, 3))
    assert row.audited_at and [e.move for e in read(world, Event, Event.subject == "outbound_order")] == ["created", "audit"]


def test_too_little_stock_names_the_sku_and_holds_nothing(world):
    account, product, _ = shop_with(world, on_hand=2)
    other = factory.product(world.a, "FILM")
    factory.mapping(world.a, "FILM", other)
    factory.stock(world.a, world.warehouse, other, 9)
    [(_, outbound)] = converted(world, account, "2611210001", skus=[("FILM", 1), ("CCD007", 3)])
    result = check(world, outbound)
    assert (result.state, result.code) == ("failed", "stock.short")
    assert (result.params["sku"], result.params["wanted"], result.params["available"]) == ("CCD007", 3, 2)
    row = one(world, OutboundOrder)
    assert (row.state, row.reserved, [f["code"] for f in row.findings]) == ("draft", False, ["stock.short"])
    assert level(world, product) == (2, 0) and level(world, other) == (9, 0)


def test_of_a_batch_the_first_ones_get_the_stock(world):
    account, product, _ = shop_with(world, on_hand=5)
    pairs = converted(world, account, "1", "2", "3", skus=[("CCD007", 2)])
    results = run(world, audit.audit, [o for _, o in pairs])
    assert [results[o].state for _, o in pairs] == ["done", "done", "failed"]
    assert results[pairs[2][1]].params["available"] == 1 and level(world, product) == (5, 4)


@pytest.mark.parametrize("address, code", [
    (replace(MASKED), "recipient.masked"), (replace(CLEAR, phone=""), "phone.missing"), (replace(CLEAR, phone="12"), "phone.invalid"),
    (replace(CLEAR, country=""), "country.missing"), (replace(CLEAR, name=""), "recipient.missing"),
    (replace(CLEAR, postcode="ABCDEFG"), "postcode.shape")])
def test_what_is_wrong_with_the_recipient(world, address, code):
    account, product, _ = shop_with(world, on_hand=5)
    [(_, outbound)] = converted(world, account, "1", address=address)
    put(world, OutboundOrder, outbound, channel_id=read(world, ShippingChannel)[0].id)
    result = check(world, outbound)
    assert (result.state, result.code) == ("failed", code)
    assert code in {f["code"] for f in one(world, OutboundOrder).findings if f["fatal"]} and level(world, product) == (5, 0)


@pytest.mark.parametrize("product, code", [
    ({"declared_en": ""}, "declaration.name_missing"), ({"declared_value": 0, "declared_currency": "PHP"}, "declaration.value_missing"),
    ({"weight_g": 0}, "weight.missing")])
def test_what_is_wrong_with_the_declaration(world, product, code):
    account, *_ = shop_with(world, **product)
    [(_, outbound)] = converted(world, account, "1")
    assert (check(world, outbound).code, one(world, OutboundOrder).findings[0]["fix"]) == (code, "sku")


@pytest.mark.parametrize("channel, code", [
    (None, "channel.missing"), ({"active": False}, "channel.inactive"), ({"carrier": "gogoxpress"}, "channel.no_account"),
    ({"carrier": "nobody"}, "carrier.unknown"), ({"countries": "TH, VN"}, "carrier.not_served")])
def test_what_is_wrong_with_the_channel(world, channel, code):
    account, *_ = shop_with(world)
    [(_, outbound)] = converted(world, account, "1")
    put(world, OutboundOrder, outbound, channel_id=None if channel is None else factory.channel(world.a, **channel))
    assert check(world, outbound).code == code


def test_the_platforms_own_logistics_needs_no_clear_address(world):
    account, *_ = shop_with(world)
    [(_, outbound)] = converted(world, account, "1", address=replace(MASKED))
    put(world, OutboundOrder, outbound, channel_id=factory.channel(world.a, carrier="platform"))
    assert check(world, outbound).state == "done"


def test_warnings_stay_beside_a_success(world):
    account, *_ = shop_with(world)
    [(_, outbound)] = converted(world, account, "1", address=replace(CLEAR, street="12 Mabini St & Co"))
    result = check(world, outbound)
    assert (result.state, result.code) == ("done", "outbound.audited_with_warnings")
    assert [f["fatal"] for f in one(world, OutboundOrder).findings] == [False]


def test_all_findings_come_at_once(world):
    account, product, _ = shop_with(world, on_hand=0, declared_en="")
    [(_, outbound)] = converted(world, account, "1", address=replace(CLEAR, phone=""))
    codes = {f["code"] for f in check(world, outbound).params["findings"]}
    assert {"declaration.name_missing", "phone.missing", "stock.short"} <= codes and level(world, product) == (0, 0)


def test_an_order_without_lines_or_warehouse(world):
    account, *_ = shop_with(world, on_hand=1)
    [(_, outbound)] = converted(world, account, "1")
    with world.app.app_context(), as_tenant(world.a):
        db.session.query(OutboundLine).delete()
        db.session.commit()
    put(world, OutboundOrder, outbound, warehouse_id=None)
    assert {f["code"] for f in check(world, outbound).params["findings"]} == {"outbound.no_lines", "stock.no_warehouse"}


def test_two_people_audit_other_orders_of_the_same_stock_at_the_same_moment(world):
    """Never oversold: what is held is exactly what the audited orders want, and stock that is there is used up."""
    account, case, _ = shop_with(world, on_hand=15)
    film = factory.product(world.a, "FILM")
    factory.mapping(world.a, "FILM", film)
    factory.stock(world.a, world.warehouse, film, 30)
    one_way = take(world, account, *(pulled(f"a{n}", [("CCD007", 1), ("FILM", 1)]) for n in range(12)))
    other_way = take(world, account, *(pulled(f"b{n}", [("FILM", 1), ("CCD007", 1)]) for n in range(12)))
    from app.domain.orders import convert
    run(world, convert.convert, [r.subject_id for r in one_way + other_way])
    ids = [o.id for o in read(world, OutboundOrder)]
    answers = together(lambda: run(world, audit.audit, ids[:12]), lambda: run(world, audit.audit, ids[12:]))
    assert all(isinstance(a, dict) for a in answers), answers
    results = [r for a in answers for r in a.values()]
    assert sum(r.state == "done" for r in results) == 15 == len(read(world, OutboundOrder, OutboundOrder.reserved))
    assert {(s.on_hand, s.reserved) for s in read(world, StockLevel)} == {(15, 15), (30, 15)}
    assert {r.code for r in results if r.state == "failed"} == {"stock.short"}


def test_a_batch_is_few_statements(world):
    account, *_ = shop_with(world, on_hand=500)
    pairs = converted(world, account, *(str(n) for n in range(60)))
    with world.app.app_context(), counted() as sent:
        run(world, audit.audit, [o for _, o in pairs])
    assert len([s for s in sent if not s.startswith("INSERT INTO event")]) <= 20, sent
