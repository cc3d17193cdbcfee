"""Freeze, thaw, void and mark shipped: every pair of state and verb, and what they do to stock, outbound order and waybill."""
import pytest

from app.domain.orders import audit, cancel, convert, edit, lifecycle, set_channel, states
from app.extensions import db
from app.failures import Failure, IllegalMove
from app.models import Event, OutboundOrder, Outbox, PlatformOrder, Waybill
from app.tenancy import as_tenant
from tests import factory
from tests.domain.orders.makers import audited, converted, one, order_row, pulled, read, run, shop_with, take, together
from tests.domain.orders.test_repull import level, put, waybill

VERBS = {"convert": convert.convert, "freeze": states.freeze, "thaw": states.thaw, "void": states.void, "mark_shipped": states.mark_shipped}
ORDER_STATES = ("pending", "processed", "shipped", "frozen", "void")
OUTBOUND_STATES = ("draft", "audited", "forecast", "picking", "packed", "dispatched", "problem", "cancelled")


@pytest.mark.parametrize("state", ORDER_STATES)
@pytest.mark.parametrize("verb", VERBS)
def test_every_pair_of_platform_order_state_and_verb(world, verb, state):
    account, *_ = shop_with(world)
    order = factory.order(world.a, account, state=state, resume_to="processed" if state == "frozen" else "")
    result = run(world, VERBS[verb], [order])[order]
    starts, target = lifecycle.PLATFORM_ORDER[verb]
    if state in starts:
        target = "processed" if target is lifecycle.BACK else target
        assert (result.state, one(world, PlatformOrder).state) == ("done", target)
        assert (one(world, Event, Event.move == verb).was, one(world, Event, Event.move == verb).now) == (state, target)
    else:
        assert (result.state, result.code, one(world, PlatformOrder).state) == ("failed", "state.illegal_move", state)
        assert result.params == {"subject": "platform_order", "move": verb, "state": state} and not read(world, Event)


@pytest.mark.parametrize("state", OUTBOUND_STATES)
@pytest.mark.parametrize("verb", ["audit", "cancel"])
def test_every_pair_of_outbound_order_state_and_verb(world, verb, state):
    account, *_ = shop_with(world)
    [(_, outbound)] = converted(world, account, "2611210001")
    put(world, OutboundOrder, outbound, state=state)
    result = run(world, audit.audit if verb == "audit" else cancel.cancel_outbound, [outbound])[outbound]
    starts, target = lifecycle.OUTBOUND_ORDER[verb]
    assert one(world, OutboundOrder).state == (target if state in starts else state)
    assert result.code == "state.illegal_move" if state not in starts else result.state == "done", result


@pytest.mark.parametrize("model, subject, flow", [(m, s, f) for m, (s, f) in lifecycle.FLOWS.items()])
def test_move_follows_the_table_for_every_pair(app, model, subject, flow):
    """All pairs of all three machines, without a database: what is not in the table is refused and changes nothing."""
    every = {s for starts, _ in flow.values() for s in starts} | {t for _, t in flow.values() if t is not lifecycle.BACK}
    with app.app_context():
        for name, (starts, target) in flow.items():
            for state in every:
                row = model(id=1, tenant_id=1, state=state, **({} if model is Waybill else {"resume_to": ""}))
                if state in starts:
                    assert lifecycle.move(row, name).state == ("pending" if target is lifecycle.BACK else target), (name, state)
                else:
                    with pytest.raises(IllegalMove) as caught:
                        lifecycle.move(row, name)
                    assert (row.state, caught.value.params) == (state, {"subject": subject, "move": name, "state": state})
        db.session.rollback()


@pytest.mark.parametrize("keep, reserved", [(True, 2), (False, 0)])
def test_a_freeze_stops_the_outbound_order_and_a_thaw_brings_it_back(world, keep, reserved):
    account, product, _ = shop_with(world, on_hand=5)
    [(order, outbound)] = audited(world, account, "2611210001", skus=[("CCD007", 2)])
    run(world, states.freeze, [order], {"keep_stock": keep, "note": "ask the buyer"})
    row = order_row(world)
    assert (row.state, row.frozen_by, row.stock_kept, level(world, product)) == ("frozen", "staff", keep, (5, reserved))
    assert (one(world, OutboundOrder).state, one(world, OutboundOrder).reserved) == ("problem", keep)
    assert run(world, states.thaw, [order])[order].state == "done"
    assert (order_row(world).state, one(world, OutboundOrder).state, level(world, product)) == ("processed", "audited", (5, 2))


def test_a_thaw_without_stock_stays_frozen(world):
    account, product, _ = shop_with(world, on_hand=1)
    [(order, _)] = audited(world, account, "2611210001")
    run(world, states.freeze, [order], {"keep_stock": False})
    audited(world, account, "other")
    result = run(world, states.thaw, [order])[order]
    assert (result.code, result.params) == ("stock.short", {"sku": "CCD007", "wanted": 1, "available": 0})
    assert (order_row(world).state, level(world, product)) == ("frozen", (1, 1))


def test_what_another_problem_stopped_a_thaw_does_not_start(world):
    account, *_ = shop_with(world)
    [(order, outbound)] = audited(world, account, "2611210001")
    with world.app.app_context(), as_tenant(world.a):
        lifecycle.move(db.session.get(OutboundOrder, outbound), "stop", code="waybill.lost")
        db.session.commit()
    run(world, states.freeze, [order])
    run(world, states.thaw, [order])
    assert (order_row(world).state, one(world, OutboundOrder).state) == ("processed", "problem")


@pytest.mark.parametrize("push_step, state, tracking", [("claimed", "unconfirmed", ""), ("unknown", "unconfirmed", ""),
                                                        ("done", "forecast", "TRK1")])
def test_a_void_never_loses_a_waybill_that_the_carrier_may_know(world, push_step, state, tracking):
    account, product, channel = shop_with(world, on_hand=5)
    [(order, outbound)] = audited(world, account, "2611210001")
    parcel = waybill(world, outbound, channel, push_step=push_step, state=state, tracking_no=tracking)
    run(world, states.void, [order])
    assert (order_row(world).state, one(world, OutboundOrder).state, level(world, product)) == ("void", "cancelled", (5, 0))
    row = one(world, Waybill)
    assert (row.state, row.push_step) == (state, push_step)     # the push that holds it, or the outbox, ends it
    assert [(o.kind, o.payload["waybill_id"], o.dedupe) for o in read(world, Outbox)] == [("cancel_waybill", parcel, f"cancel:{parcel}")]


def test_a_freeze_leaves_a_claimed_waybill_alone_and_a_thaw_finds_its_number(world):
    account, _, channel = shop_with(world)
    [(order, outbound)] = audited(world, account, "2611210001")
    parcel = waybill(world, outbound, channel, push_step="claimed")
    run(world, states.freeze, [order])
    assert (one(world, Waybill).push_step, read(world, Outbox)) == ("claimed", [])
    put(world, Waybill, parcel, push_step="done", state="forecast", tracking_no="TRK1")       # the answer came meanwhile
    run(world, states.thaw, [order])
    assert (order_row(world).state, one(world, OutboundOrder).state) == ("processed", "forecast")


def test_a_dispatched_order_cannot_be_voided(world):
    account, _, channel = shop_with(world)
    [(order, outbound)] = audited(world, account, "2611210001")
    put(world, OutboundOrder, outbound, state="dispatched")
    assert run(world, states.void, [order])[order].code == "outbound.dispatched"
    assert order_row(world).state == "processed"


def test_a_cancelled_outbound_order_gives_its_platform_order_back(world):
    account, product, channel = shop_with(world, on_hand=5)
    [(order, outbound)] = audited(world, account, "2611210001")
    waybill(world, outbound, channel)
    assert run(world, cancel.cancel_outbound, [outbound])[outbound].state == "done"
    assert (order_row(world).state, order_row(world).outbound_no, level(world, product), one(world, Waybill).state) == ("pending", "",
                                                                                                                        (5, 0), "voided")
    assert run(world, convert.convert, [order])[order].state == "done"
    assert [o.state for o in read(world, OutboundOrder)] == ["cancelled", "draft"]


def test_a_number_at_the_carrier_has_to_be_reset_before_cancel_edit_and_channel(world):
    account, _, channel = shop_with(world)
    other = factory.channel(world.a)
    [(order, outbound)] = audited(world, account, "2611210001")
    waybill(world, outbound, channel, push_step="done", state="forecast", tracking_no="TRK1")
    put(world, OutboundOrder, outbound, state="forecast")
    assert run(world, cancel.cancel_outbound, [outbound])[outbound].code == "outbound.has_waybill"
    assert run(world, set_channel.set_channel_outbound, [outbound], {"channel_id": other})[outbound].code == "outbound.has_waybill"
    assert run(world, set_channel.set_channel, [order], {"channel_id": other})[order].code == "outbound.has_waybill"
    with world.app.app_context(), as_tenant(world.a), pytest.raises(Failure) as caught:
        edit.edit_outbound(outbound, {"recipient": "X"})
    assert caught.value.code == "outbound.has_waybill"


def test_two_people_void_and_freeze_at_the_same_moment(world):
    account, product, _ = shop_with(world, on_hand=5)
    [(order, _)] = audited(world, account, "2611210001")
    answers = together(lambda: run(world, states.void, [order]), lambda: run(world, states.void, [order]))
    assert sorted(a[order].code for a in answers) == ["", "state.illegal_move"]
    assert (order_row(world).state, level(world, product)) == ("void", (5, 0))


def test_foreign_ids_give_nothing(world):
    account = factory.account(world.b)
    theirs = factory.order(world.b, account)
    for verb in VERBS.values():
        assert run(world, verb, [theirs]) == {}
    assert read(world, PlatformOrder, tenant=world.b)[0].state == "pending"


def test_a_new_order_can_be_marked_shipped(world):
    account, *_ = shop_with(world)
    [result] = take(world, account, pulled())
    assert run(world, states.mark_shipped, [result.subject_id])[result.subject_id].state == "done"
