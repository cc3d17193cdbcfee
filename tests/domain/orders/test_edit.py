"""What staff change by hand: outbound orders, platform orders, SKUs, channels."""
import pytest

from app.domain.orders import audit, edit, set_channel, states
from app.extensions import db
from app.failures import Failure
from app.models import Event, OrderItem, OutboundLine, OutboundOrder, PlatformOrder
from app.tenancy import as_tenant
from tests import factory
from tests.domain.orders.makers import MASKED, audited, converted, one, order_row, pulled, read, run, shop_with, take, trail
from tests.domain.orders.test_repull import level


def change(world, function, row_id, *args, **values):
    with world.app.app_context(), as_tenant(world.a, "lily"):
        function(row_id, *args, **values)
        db.session.commit()


def refused(world, function, row_id, *args, **values):
    with pytest.raises(Failure) as caught:
        change(world, function, row_id, *args, **values)
    return caught.value.code


def test_an_edited_audited_order_is_audited_again(world):
    account, case, _ = shop_with(world, on_hand=9)
    film = factory.product(world.a, "FILM", declared_currency="PHP")
    factory.stock(world.a, world.warehouse, film, 9)
    [(_, outbound)] = audited(world, account, "2611210001", skus=[("CCD007", 2)])
    change(world, edit.edit_outbound, outbound, {"recipient": " Maria\x00 ", "country": "Philippines"}, [(case, "1"), (film, 2), (film, 1)])
    row = one(world, OutboundOrder)
    assert (row.state, row.reserved, row.recipient, row.country, level(world, case)) == ("draft", False, "Maria", "PH", (9, 0))
    assert {line.product_id: line.quantity for line in read(world, OutboundLine)} == {case: 1, film: 3}
    assert (order_row(world).staff_changed, order_row(world).recipient) == (["items", "recipient"], "Maria")
    event = one(world, Event, Event.move == "edit")
    assert (event.by, event.params) == ("lily", {"fields": ["recipient", "items"]})
    run(world, audit.audit, [outbound])
    assert (one(world, OutboundOrder).state, level(world, case), level(world, film)) == ("audited", (9, 1), (9, 3))


def test_the_same_values_again_change_nothing_and_a_remark_needs_no_new_audit(world):
    account, case, _ = shop_with(world)
    [(_, outbound)] = audited(world, account, "2611210001")
    change(world, edit.edit_outbound, outbound, {"recipient": "Junjun dy"}, [(case, 1)])
    assert not read(world, Event, Event.move == "edit")
    change(world, edit.edit_outbound, outbound, {"remark": "fragile"})
    assert (one(world, OutboundOrder).state, one(world, OutboundOrder).remark) == ("audited", "fragile")


def test_a_stopped_order_can_be_mended_and_is_audited_after_the_thaw(world):
    account, case, _ = shop_with(world, on_hand=5)
    [(order, outbound)] = audited(world, account, "2611210001")
    run(world, states.freeze, [order])
    change(world, edit.edit_outbound, outbound, {"street": "2 New St"})
    assert (one(world, OutboundOrder).state, level(world, case)) == ("problem", (5, 0))
    run(world, states.thaw, [order])
    assert (one(world, OutboundOrder).state, order_row(world).state, level(world, case)) == ("draft", "processed", (5, 0))


def test_typing_the_masked_parts_unmasks(world):
    account, *_ = shop_with(world)
    [(_, outbound)] = converted(world, account, "2611210001", address=MASKED)
    change(world, edit.edit_outbound, outbound, {"recipient": "Maria", "phone": "09171234567"})
    assert one(world, OutboundOrder).masked
    change(world, edit.edit_outbound, outbound, {"province": "Cebu", "city": "Cebu", "district": "Lahug", "street": "1 St"})
    assert (one(world, OutboundOrder).masked, order_row(world).masked) == (False, False)


@pytest.mark.parametrize("values, lines, code", [
    ({"state": "audited"}, None, "order.bad_value"), ({"tenant_id": 2}, None, "order.bad_value"),
    ({"country": "Narnia"}, None, "order.bad_value"),
    ({"recipient": "x" * 201}, None, "order.bad_value"), ({"channel_id": 99999}, None, "channel.gone"),
    ({"warehouse_id": 99999}, None, "stock.no_warehouse"),
    ({"fulfilment": "magic"}, None, "order.bad_value"), ({}, [], "outbound.no_lines"), ({}, [(99999, 1)], "product.gone")])
def test_bad_values_are_refused(world, values, lines, code):
    account, *_ = shop_with(world)
    [(_, outbound)] = audited(world, account, "2611210001")
    assert refused(world, edit.edit_outbound, outbound, values, lines) == code
    assert one(world, OutboundOrder).state == "audited"


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "", "٣", "9" * 9])
def test_bad_quantities_are_refused(world, quantity):
    account, product, _ = shop_with(world)
    [(order, outbound)] = converted(world, account, "2611210001")
    assert refused(world, edit.edit_outbound, outbound, {}, [(product, quantity)]) == "order.bad_quantity"


def test_foreign_ids_are_nothing(world):
    account, *_ = shop_with(world)
    [(_, outbound)] = converted(world, account, "2611210001")
    theirs = factory.product(world.b, "X"), factory.channel(world.b)
    assert refused(world, edit.edit_outbound, outbound, {}, [(theirs[0], 1)]) == "product.gone"
    assert refused(world, edit.edit_outbound, outbound, {"channel_id": theirs[1]}) == "channel.gone"
    with world.app.app_context(), as_tenant(world.b), pytest.raises(Failure) as caught:
        edit.edit_outbound(outbound, {"remark": "mine"})
    assert caught.value.code == "outbound.gone"


def test_skus_of_an_order_are_changed_before_its_conversion_only(world):
    account, *_ = shop_with(world)
    [result] = take(world, account, pulled(skus=[("WRONG", 1), ("B", 1)]))
    first = read(world, OrderItem)[0].id
    change(world, edit.edit_items, result.subject_id, [{"id": first, "platform_sku": "CCD007", "quantity": 2},
                                                       {"platform_sku": " C ", "quantity": "1"}])
    assert [(i.id == first, i.line, i.platform_sku, i.quantity) for i in read(world, OrderItem)] == [(True, 0, "CCD007", 2),
                                                                                                     (False, 1, "C", 1)]
    assert (order_row(world).unmatched, order_row(world).staff_changed) == (1, ["items"])
    for lines, code in (([], "order.no_items"), ([{"platform_sku": " ", "quantity": 1}], "order.sku_missing"),
                        ([{"id": 99999, "platform_sku": "C", "quantity": 1}], "order.item_gone")):
        assert refused(world, edit.edit_items, result.subject_id, lines) == code
    [(order, _)] = converted(world, account, "other")
    assert refused(world, edit.edit_items, order, [{"platform_sku": "C", "quantity": 1}]) == "order.converted_already"
    assert refused(world, edit.edit_order, order, {"recipient": "X"}) == "order.converted_already"
    assert refused(world, edit.edit_order, 99999, {"recipient": "X"}) == "order.gone"


def test_channels_are_set_on_both_and_remembered(world):
    account, case, _ = shop_with(world, on_hand=5)
    other = factory.channel(world.a)
    [(order, outbound)] = audited(world, account, "2611210001")
    assert run(world, set_channel.set_channel, [order], {"channel_id": str(other)})[order].state == "done"
    row = one(world, OutboundOrder)
    assert (row.channel_id, row.state, order_row(world).channel_id, order_row(world).staff_changed, level(world, case)) == (
        other, "draft", other, ["channel"], (5, 0))
    assert run(world, set_channel.set_channel_outbound, [outbound], {"channel_id": ""})[outbound].state == "done"
    assert (one(world, OutboundOrder).channel_id, order_row(world).channel_id) == (None, None)
    with pytest.raises(Failure):
        run(world, set_channel.set_channel, [order], {"channel_id": 99999})


def test_edits_leave_before_and_after(world):
    account, *_ = shop_with(world)
    [result] = take(world, account, pulled())
    change(world, edit.edit_order, result.subject_id, {"city": "Cebu"})
    entry = trail(world, "platform_order")
    assert (entry.by, entry.before["city"], entry.after["city"]) == ("lily", "Mangaldan", "Cebu")
    assert one(world, PlatformOrder).staff_changed == ["address"]
