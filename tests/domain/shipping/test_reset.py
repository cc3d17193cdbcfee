"""Reset: void at the carrier or by hand with a reason, and push again under a new reference."""
import pytest
import sqlalchemy as sa

from app.models import CarrierAccount, OutboundOrder, PlatformOrder, StockLevel, Waybill
from app.tenancy import as_tenant
from tests import factory
from tests.integration_flow import support


@pytest.fixture
def gogo(sandbox, world):
    return support.carrier_channel(sandbox, world.a, "gogoxpress")


def pushed(world, channel, **values):
    """(outbound id, waybill) of a fresh push."""
    outbound = support.outbound(world.a, channel, **values)
    result = support.steps(world.a, "push", outbound)
    assert result.state == "done", result
    return outbound, support.waybills(world.a, outbound)[-1]


def manual(world):
    """The carrier's API does not cancel any more."""
    with as_tenant(world.a, "test") as session:
        account = session.scalar(sa.select(CarrierAccount))
        account.options = {**account.options, "cancel_api": "no"}
        session.commit()


def test_reset_cancels_at_the_carrier_and_the_next_push_has_a_new_reference(world, sandbox, gogo):
    order = factory.order(world.a, factory.account(world.a), state="processed")
    outbound, waybill = pushed(world, gogo, order=order)
    assert support.one(world.a, PlatformOrder, order, "tracking_no") == waybill.tracking_no
    result = support.steps(world.a, "reset", waybill.id)
    assert (result.state, result.code) == ("done", "waybill.voided")
    assert sandbox.parcels("gogoxpress")[0]["status"] == "cancelled"
    assert support.one(world.a, Waybill, waybill.id, "state") == "voided"
    assert support.one(world.a, OutboundOrder, outbound, "state") == "audited"
    assert support.one(world.a, PlatformOrder, order, "tracking_no") == ""
    assert support.steps(world.a, "push", outbound).state == "done"
    again = support.waybills(world.a)[-1]
    assert again.reference == waybill.reference + "R1" and again.tracking_no != waybill.tracking_no


def test_what_only_people_can_cancel_needs_a_reason(world, sandbox, gogo):
    outbound, waybill = pushed(world, gogo)
    manual(world)
    result = support.steps(world.a, "reset", waybill.id)
    assert (result.state, result.code) == ("failed", "carrier.cancel_manual")
    assert support.one(world.a, Waybill, waybill.id, "state", "error_code") == ("forecast", "carrier.cancel_manual")
    result = support.steps(world.a, "reset", waybill.id, reason="cancelled by phone")
    assert (result.state, result.code) == ("done", "waybill.voided_by_hand")
    assert support.one(world.a, Waybill, waybill.id, "state", "void_reason", "error_code") == ("voided", "cancelled by phone", "")
    assert support.one(world.a, OutboundOrder, outbound, "state") == "audited"


def test_a_passing_fault_leaves_the_waybill_as_it_was(world, sandbox, gogo):
    _outbound, waybill = pushed(world, gogo)
    sandbox.fault("gogoxpress", "server_error", "/v1/orders")
    result = support.steps(world.a, "reset", waybill.id, reason="try")
    assert (result.state, result.code) == ("failed", "http.server_error")
    assert support.one(world.a, Waybill, waybill.id, "state") == "forecast"


def test_what_cannot_be_reset(world, sandbox, gogo):
    outbound, waybill = pushed(world, gogo)
    support.change(world.a, OutboundOrder, outbound, state="packed")
    assert support.steps(world.a, "reset", waybill.id).code == "waybill.already_packed"
    support.change(world.a, OutboundOrder, outbound, state="forecast")
    support.change(world.a, Waybill, waybill.id, push_step="unknown")
    assert support.steps(world.a, "reset", waybill.id).code == "waybill.answer_lost"
    support.change(world.a, Waybill, waybill.id, push_step="done", state="in_transit")
    assert support.steps(world.a, "reset", waybill.id).code == "waybill.wrong_state"
    assert support.steps(world.b, "reset", waybill.id).code == "waybill.gone"


def test_a_waybill_marked_by_mistake_comes_back_with_its_stock(world, sandbox, gogo):
    product = support.with_product(world.a, "CUP")
    level = factory.stock(world.a, world.warehouse, product, 5)
    support.change(world.a, StockLevel, level, reserved=2)
    order = factory.order(world.a, factory.account(world.a), state="processed")
    outbound, waybill = pushed(world, gogo, order=order, fulfilment="warehouse", warehouse_id=world.warehouse, reserved=True)
    (marked,) = support.batch(world.a, "mark_dispatched", [waybill.id])
    assert (marked.state, marked.code) == ("done", "waybill.marked")
    assert support.one(world.a, StockLevel, level, "on_hand", "reserved") == (3, 0)
    assert support.one(world.a, PlatformOrder, order, "state") == "shipped"
    assert support.steps(world.a, "reset", waybill.id).state == "done"
    assert support.one(world.a, StockLevel, level, "on_hand", "reserved") == (5, 2)
    assert support.one(world.a, OutboundOrder, outbound, "state") == "audited"
    assert support.one(world.a, PlatformOrder, order, "state") == "processed"


def test_what_may_not_be_marked(world, sandbox, gogo):
    order = factory.order(world.a, factory.account(world.a), state="processed")
    outbound, waybill = pushed(world, gogo, order=order, fulfilment="warehouse", warehouse_id=world.warehouse)
    assert support.batch(world.a, "mark_dispatched", [waybill.id])[0].code == "stock.not_reserved"
    support.change(world.a, PlatformOrder, order, state="frozen")
    assert support.batch(world.a, "mark_dispatched", [waybill.id])[0].code == "waybill.order_stopped"
    assert support.one(world.a, Waybill, waybill.id, "state") == "forecast"
    assert support.batch(world.b, "mark_dispatched", [waybill.id]) == []


def test_a_cancelled_order_with_a_lost_answer_is_cancelled_at_the_carrier(world, sandbox, gogo):
    order = factory.order(world.a, factory.account(world.a), state="processed", outbound_no="X")
    outbound = support.outbound(world.a, gogo, order=order)
    sandbox.fault("gogoxpress", "drop", "/v2/orders$", times=4, after_effect=True)
    assert support.steps(world.a, "push", outbound).state == "failed"
    sandbox.calm()
    support.batch(world.a, "void", [order])
    (waybill,) = support.waybills(world.a)
    support.run_outbox(world.a, "cancel_waybill", {"waybill_id": waybill.id, "reason": "order voided"})
    (waybill,) = support.waybills(world.a)
    (theirs,) = sandbox.parcels("gogoxpress")
    assert theirs["status"] == "cancelled" and (waybill.state, waybill.tracking_no) == ("voided", theirs["tracking_number"])
