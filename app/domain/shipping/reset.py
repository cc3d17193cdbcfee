"""Reset (重置): void the waybill at the carrier, or by hand with a reason; its order can be pushed again under a new reference."""
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from app.domain import outbox, runs
from app.domain.orders import states
from app.domain.orders.lifecycle import add_event, allowed, move
from app.domain.shipping import claims
from app.domain.shipping.handover import lock_waybills, recall
from app.domain.shipping.parcels import parcel_connector
from app.extensions import db
from app.failures import Failure, Retry
from app.integrations.types import Booked
from app.models import OutboundOrder, ShippingChannel, Waybill

BY_HAND = "carrier.cancel_manual"


@dataclass(slots=True)
class Request:
    waybill_id: int
    carrier: object
    booked: Booked | None
    reason: str
    reference: str = ""


def cancel_at_carrier(carrier, booked):
    """Cancel; what can only be done by people raises Failure carrier.cancel_manual."""
    if not hasattr(carrier, "cancel"):
        if getattr(carrier, "key", "") == "number_pool":
            return      # nobody to tell; the number stays used
        raise Failure(BY_HAND, carrier=getattr(carrier, "label", ""), tracking_no=booked.tracking_no)
    carrier.cancel(booked)


@runs.verb("reset", _l("Reset waybills"), Waybill, ref="reference", shape="steps")
class Reset:
    """params: {reason}. With a reason a waybill that can't be cancelled by API is voided by hand here."""

    def prepare(self, waybill_id, params):
        waybill = next(iter(lock_waybills([waybill_id])), None)
        try:
            if waybill is None:
                raise Failure("waybill.gone")
            check_resettable(waybill)
            if waybill.state == "unconfirmed":
                return runs.Result(waybill_id, "skipped", "waybill.not_pushed", {"reference": waybill.reference})
            if waybill.state == "dispatched":
                recall(waybill)
            carrier = parcel_connector(waybill.outbound, waybill.channel, waybill.package_number)
        except Failure as failure:
            return runs.Result.failed(waybill_id, failure)
        return Request(waybill.id, carrier, Booked(waybill.tracking_no, waybill.carrier_ref), (params.get("reason") or "").strip())

    def perform(self, request):
        cancel_at_carrier(request.carrier, request.booked)

    def finish(self, request, answer):
        waybill = lock_waybills([request.waybill_id])[0]
        if isinstance(answer, Failure) and not (answer.code == BY_HAND and request.reason):
            waybill.error_code, waybill.error_params = answer.code, dict(answer.params)
            add_event("waybill", waybill, "reset_refused", code=answer.code, params=dict(answer.params))
            return runs.Result.failed(waybill.id, answer)
        by_hand = isinstance(answer, Failure)
        if waybill.state != "voided":
            void(waybill, request.reason, code="waybill.voided_by_hand" if by_hand else "waybill.voided")
        return runs.Result(waybill.id, "done", "waybill.voided_by_hand" if by_hand else "waybill.voided", {"reference": waybill.reference})


def check_resettable(waybill):
    """Raises Failure waybill.answer_lost, waybill.already_packed, waybill.wrong_state."""
    if waybill.push_step in ("claimed", "unknown"):
        raise Failure("waybill.answer_lost", reference=waybill.reference)
    if waybill.outbound.state in ("picking", "packed"):
        raise Failure("waybill.already_packed", reference=waybill.reference, state=waybill.outbound.state)
    if waybill.state not in ("unconfirmed", "dispatched") and "void" not in allowed(Waybill, waybill.state):
        raise Failure("waybill.wrong_state", reference=waybill.reference, state=waybill.state)


def void(waybill, reason="", code="waybill.voided"):
    """Void a locked waybill here and put its orders back to where they can be pushed again."""
    move(waybill, "void", note=reason, code=code)
    waybill.void_reason, waybill.error_code, waybill.error_params = reason[:200], "", {}
    outbound = waybill.outbound
    if "unforecast" in allowed(OutboundOrder, outbound.state):
        move(outbound, "unforecast", note=reason)
    elif outbound.state == "problem" and outbound.resume_to == "forecast":
        outbound.resume_to = "audited"
    order = outbound.platform_order
    if order is not None and order.tracking_no == waybill.tracking_no:
        order.tracking_no = ""
        add_event("platform_order", order, "waybill_reset", params={"number": waybill.tracking_no}, note=reason)


@outbox.handler("cancel_waybill")
class CancelWaybill:
    """Outbox: the order was given up. The number is cancelled at the carrier, then here; repeating it does no harm."""

    def prepare(self, payload):
        waybill = next(iter(lock_waybills([payload["waybill_id"]])), None)
        if waybill is None or waybill.state not in ("unconfirmed", "forecast", "exception", "voided"):
            return None     # gone, or on its way: too late
        if waybill.push_step == "claimed" and not claims.is_lost(waybill.id, waybill.claimed_by, waybill.claimed_at):
            raise Failure("waybill.in_progress", retry=Retry.LATER, wait=30, number=waybill.outbound_no)
        carrier = parcel_connector(waybill.outbound, waybill.channel, waybill.package_number)
        booked = Booked(waybill.tracking_no, waybill.carrier_ref) if waybill.tracking_no else None
        return Request(waybill.id, carrier, booked, payload.get("reason", ""), waybill.reference)

    def perform(self, request):
        booked = request.booked or look(request.carrier, request.reference)
        if booked is not None:
            cancel_at_carrier(request.carrier, booked)
        return booked

    def finish(self, request, answer):
        waybill = lock_waybills([request.waybill_id])[0]
        note_cancelled(waybill, answer)
        if isinstance(answer, Failure):
            return
        if answer is not None and not waybill.tracking_no:
            waybill.tracking_no, waybill.carrier_ref = answer.tracking_no, answer.carrier_ref      # for proof
        waybill.push_step = "done" if waybill.tracking_no else "idle"
        if waybill.state != "voided":
            void(waybill, request.reason)
        if waybill.outbound.platform_order_id:
            db.session.flush()
            states.settle_cancelled([waybill.outbound.platform_order_id])


@outbox.handler("cancel_booking")
class CancelBooking:
    """Outbox: a second number that a carrier gave for one parcel is cancelled."""

    def prepare(self, payload):
        waybill, channel = db.session.get(Waybill, payload["waybill_id"]), db.session.get(ShippingChannel, payload["channel_id"])
        if waybill is None or channel is None:
            return None
        return Request(waybill.id, parcel_connector(waybill.outbound, channel, waybill.package_number),
                       Booked(payload["tracking_no"], payload["carrier_ref"]), "")

    def perform(self, request):
        cancel_at_carrier(request.carrier, request.booked)

    def finish(self, request, answer):
        note_cancelled(lock_waybills([request.waybill_id])[0], answer)


def look(carrier, reference):
    """What the carrier has under our reference, None where it can't be asked."""
    return carrier.find(reference) if hasattr(carrier, "find") else None


def note_cancelled(waybill, answer):
    """Write down how the cancelling went. Passing faults are raised, so that the outbox tries again."""
    if isinstance(answer, Failure) and answer.retry in (Retry.LATER, Retry.UNKNOWN):
        raise answer
    if isinstance(answer, Failure):
        waybill.error_code, waybill.error_params = answer.code, dict(answer.params)
        add_event("waybill", waybill, "cancel_refused", code=answer.code, params=dict(answer.params))
    else:
        add_event("waybill", waybill, "cancelled", code="waybill.cancelled_at_carrier")
