"""A known order comes again: what changes, what staff keep, what asterisks may not do, what cancels and holds do."""
from dataclasses import replace

import pytest

from app.domain.orders import cancel, edit, follow, set_channel, states
from app.extensions import db
from app.models import Event, OrderItem, OutboundOrder, Outbox, PlatformOrder, StockLevel, Waybill
from app.tenancy import as_tenant
from tests import factory
from tests.domain.orders.makers import CLEAR, MASKED, audited, converted, one, order_row, pulled, read, run, shop_with, take, trail


def waybill(world, outbound_id, channel_id, **values):
    return factory.add(world.a, Waybill(**{"outbound_id": outbound_id, "channel_id": channel_id, "carrier": "number_pool",
                                           "reference": f"OD{outbound_id:010d}", **values}))


def put(world, model, row_id, **values):
    """Set columns as an earlier step would have left them."""
    with world.app.app_context(), as_tenant(world.a):
        row = db.session.get(model, row_id)
        for name, value in values.items():
            setattr(row, name, value)
        db.session.commit()


def level(world, product_id):
    row = one(world, StockLevel, StockLevel.product_id == product_id)
    return row.on_hand, row.reserved


def test_platform_fields_items_and_raw_follow_and_leave_a_trail(world):
    account, *_ = shop_with(world)
    take(world, account, pulled())
    [result] = take(world, account, pulled(skus=[("CCD007", 2), ("B", 1)], minutes=1, buyer_note="call me", raw={"v": 2}))
    row = order_row(world)
    assert (result.state, result.code, row.buyer_note, row.unmatched) == ("done", "order.updated", "call me", 1)
    assert [(i.platform_sku, i.quantity) for i in read(world, OrderItem)] == [("CCD007", 2), ("B", 1)]
    assert one(world, Event, Event.code == "order.changed").params == {"fields": ["buyer_note", "unmatched", "items"]}
    entry = trail(world, "platform_order")
    assert (entry.by, entry.after["buyer_note"]) == ("puller", "call me")


def test_what_staff_changed_stays_and_the_difference_is_told(world):
    account, _, _ = shop_with(world)
    other = factory.channel(world.a)
    [result] = take(world, account, pulled())
    with world.app.app_context(), as_tenant(world.a):
        edit.edit_order(result.subject_id, {"recipient": "Maria", "city": "Cebu"})
        edit.edit_items(result.subject_id, [{"platform_sku": "CCD007", "quantity": "5"}])
        db.session.commit()
    run(world, set_channel.set_channel, [result.subject_id], {"channel_id": other})
    take(world, account, pulled(skus=[("CCD007", 7)], minutes=1, address=replace(CLEAR, phone="639170000000", street="1 New St"),
                                ship_method="GOGO-XP", buyer_note="hi"))
    row = order_row(world)
    assert (row.recipient, row.phone, row.city, row.street, row.channel_id, row.buyer_note) == (
        "Maria", "639325122495", "Cebu", "12 Mabini St", other, "hi")
    assert [i.quantity for i in read(world, OrderItem)] == [5]
    assert set(one(world, Event, Event.code == "order.platform_differs").params["fields"]) == {"recipient", "phone", "city", "street",
                                                                                               "items", "channel"}


def test_asterisks_never_replace_what_can_be_read_and_clear_text_replaces_asterisks(world):
    account, *_ = shop_with(world)
    take(world, account, pulled(address=replace(MASKED)))
    assert order_row(world).masked
    take(world, account, pulled(minutes=1))
    assert (order_row(world).masked, order_row(world).recipient) == (False, "Junjun dy")
    take(world, account, pulled(minutes=2, address=replace(MASKED), buyer_note="x"))
    row = order_row(world)
    assert (row.masked, row.recipient, row.phone, row.street, row.buyer_note) == (False, "Junjun dy", "639325122495", "12 Mabini St", "x")
    take(world, account, pulled(minutes=3, address=replace(MASKED, name="", street="2 Clear St")))
    assert (order_row(world).recipient, order_row(world).street) == ("Junjun dy", "2 Clear St")


def test_an_unmasked_address_reaches_the_outbound_order(world):
    account, *_ = shop_with(world)
    [(_, outbound)] = converted(world, account, "2611210001", address=replace(MASKED))
    assert one(world, OutboundOrder).masked
    take(world, account, pulled(minutes=1))
    row = one(world, OutboundOrder)
    assert (row.id, row.masked, row.recipient) == (outbound, False, "Junjun dy")


def test_a_changed_delivery_method_chooses_the_channel_again(world):
    account, _, first = shop_with(world)
    second = factory.channel(world.a, ship_methods="J&T Express")
    take(world, account, pulled())
    take(world, account, pulled(minutes=1, ship_method="J&T Express"))
    assert (order_row(world).channel_id, first != second) == (second, True)


def test_items_changed_after_conversion_are_told(world):
    account, *_ = shop_with(world)
    converted(world, account, "2611210001")
    take(world, account, pulled(skus=[("CCD007", 9)], minutes=1))
    assert order_row(world).problem_code == "order.items_changed"


def test_intakes_own_remark_goes_when_the_reason_goes_and_others_stay(world):
    account, *_ = shop_with(world)
    [result] = take(world, account, pulled(skus=[]))
    take(world, account, pulled(minutes=1))
    assert order_row(world).problem_code == ""
    put(world, PlatformOrder, result.subject_id, problem_code="order.unmatched", problem_params={"skus": ["X"]})
    take(world, account, pulled(minutes=2, buyer_note="x"))
    assert order_row(world).problem_code == "order.unmatched"


@pytest.mark.parametrize("state", ["pending", "processed", "shipped", "frozen", "void"])
@pytest.mark.parametrize("theirs", ["pending", "processed", "shipped", "frozen", "void"])
def test_every_pair_of_our_state_and_theirs(world, state, theirs):
    account, *_ = shop_with(world)
    [(order, _)] = converted(world, account, "2611210001")
    if state != "processed":
        reach(world, state, order)
    take(world, account, pulled(minutes=1, state=theirs, platform_status=theirs.upper()))
    expected = {"cancel": "void", "freeze": "frozen", "ship": "shipped"}.get(follow.TABLE.get((state, theirs)), state)
    row = order_row(world)
    assert row.state == expected          # people froze it, so nothing is thawed
    tells = {("shipped", "void"): "order.cancelled_late", ("void", "pending"): "order.open_again",
             ("void", "processed"): "order.open_again",
             ("void", "shipped"): "order.shipped_though_void"}
    assert (state, theirs) not in tells or row.problem_code == tells[state, theirs]


def reach(world, state, order):
    outbound = one(world, OutboundOrder)
    if state == "pending":
        run(world, cancel.cancel_outbound, [outbound.id])
    else:
        run(world, {"shipped": states.mark_shipped, "frozen": states.freeze, "void": states.void}[state], [order])
    assert order_row(world).state == state


def test_a_hold_of_the_platform_freezes_and_its_end_thaws(world):
    account, *_ = shop_with(world, on_hand=5)
    [(order, outbound)] = audited(world, account, "2611210001")
    take(world, account, pulled(minutes=1, state="frozen", platform_status="IN_CANCEL"))
    row = order_row(world)
    assert (row.state, row.frozen_by, row.resume_to, one(world, OutboundOrder).state) == ("frozen", "platform", "processed", "problem")
    assert run(world, states.thaw, [order])[order].code == "order.frozen_by_platform"
    take(world, account, pulled(minutes=2))
    assert (order_row(world).state, one(world, OutboundOrder).state, one(world, OutboundOrder).reserved) == ("processed", "audited", True)


def test_what_people_froze_the_platform_does_not_thaw(world):
    account, *_ = shop_with(world)
    [result] = take(world, account, pulled())
    run(world, states.freeze, [result.subject_id])
    take(world, account, pulled(minutes=1, buyer_note="x"))
    assert order_row(world).state == "frozen"


@pytest.mark.parametrize("step", ["pending", "draft", "audited", "idle waybill"])
def test_a_cancel_before_the_number_voids_and_frees_stock(world, step):
    account, product, channel = shop_with(world, on_hand=5)
    if step == "pending":
        take(world, account, pulled())
    else:
        [(_, outbound)] = (converted if step == "draft" else audited)(world, account, "2611210001")
    if step == "idle waybill":
        waybill(world, outbound, channel)
    take(world, account, pulled(minutes=1, state="void", cancel_reason="BUYER"))
    row = order_row(world)
    assert (row.state, row.problem_code, level(world, product)) == ("void", "order.cancelled_by_platform", (5, 0))
    assert [o.state for o in read(world, OutboundOrder)] == ([] if step == "pending" else ["cancelled"])
    assert [w.state for w in read(world, Waybill)] == (["voided"] if step == "idle waybill" else []) and not read(world, Outbox)


@pytest.mark.parametrize("push_step, state, tracking, stage, reserved", [
    ("done", "forecast", "TRK1", "forecast", 0), ("claimed", "unconfirmed", "", "audited", 0), ("unknown", "unconfirmed", "", "audited", 0),
    ("done", "forecast", "TRK1", "packed", 1)])
def test_a_cancel_after_the_number_freezes_stops_and_cancels_the_number(world, push_step, state, tracking, stage, reserved):
    account, product, channel = shop_with(world, on_hand=5)
    [(order, outbound)] = audited(world, account, "2611210001")
    parcel = waybill(world, outbound, channel, push_step=push_step, state=state, tracking_no=tracking)
    put(world, OutboundOrder, outbound, state=stage)
    for minute in (1, 2):       # told twice: the second time nothing more happens
        take(world, account, pulled(minutes=minute, state="void"))
    row = order_row(world)
    assert (row.state, row.frozen_by, row.problem_code, row.stock_kept) == ("frozen", "platform", "order.cancelled_by_platform",
                                                                            bool(reserved))
    assert (one(world, OutboundOrder).state, one(world, OutboundOrder).resume_to, level(world, product)) == ("problem", stage,
                                                                                                             (5, reserved))
    assert (one(world, Waybill).state, one(world, Waybill).push_step) == (state, push_step)
    assert (one(world, Outbox).kind, one(world, Outbox).payload["waybill_id"]) == ("cancel_waybill", parcel)
    put(world, Waybill, parcel, state="voided")
    with world.app.app_context(), as_tenant(world.a):
        assert states.settle_cancelled([order]) == ([] if reserved else [order])
        db.session.commit()
    if reserved:        # the warehouse puts the goods back and cancels
        run(world, cancel.cancel_outbound, [outbound])
    assert (order_row(world).state, one(world, OutboundOrder).state, level(world, product)) == ("void", "cancelled", (5, 0))


def test_a_cancel_after_the_goods_left_is_told_and_nothing_is_undone(world):
    account, product, channel = shop_with(world, on_hand=5)
    [(_, outbound)] = audited(world, account, "2611210001")
    waybill(world, outbound, channel, push_step="done", state="dispatched", tracking_no="TRK1")
    put(world, OutboundOrder, outbound, state="dispatched")
    take(world, account, pulled(minutes=1, state="void"))
    assert (order_row(world).state, order_row(world).problem_code) == ("frozen", "order.cancelled_after_dispatch")
    assert (one(world, OutboundOrder).state, read(world, Outbox)) == ("dispatched", [])


def test_a_cancelled_order_that_opens_again_needs_its_stock_again(world):
    account, product, channel = shop_with(world, on_hand=1)
    [(_, outbound)] = audited(world, account, "2611210001")
    waybill(world, outbound, channel, push_step="done", state="forecast", tracking_no="TRK1")
    put(world, OutboundOrder, outbound, state="forecast")
    take(world, account, pulled(minutes=1, state="void"))
    assert order_row(world).problem_code == "order.cancelled_by_platform"
    audited(world, account, "other")
    take(world, account, pulled(minutes=2))
    assert (order_row(world).state, order_row(world).problem_code) == ("frozen", "stock.short")
    assert level(world, product) == (1, 1)
