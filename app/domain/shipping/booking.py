"""What the carrier answered, written into the waybill: number and label in one transaction, or the failure."""
from app.domain import runs
from app.domain.orders.lifecycle import add_event, move
from app.domain.shipping import channels
from app.extensions import db
from app.models import LabelBlob
from app.models.base import utcnow


def refuse(waybill, failure):
    """Show the failure on the waybill and on its platform order."""
    waybill.error_code, waybill.error_params, waybill.error_raw = failure.code, dict(failure.params), failure.raw[:8000]
    add_event("waybill", waybill, "refused", code=failure.code, params=dict(failure.params))
    order = waybill.outbound.platform_order if waybill.outbound is not None else None
    if order is not None:
        order.problem_code, order.problem_params = failure.code, dict(failure.params)


def store_booking(waybill, parcel, booked):
    """Number, fee and label of the carrier: some carriers give a label once, so it is saved with the number."""
    waybill.tracking_no, waybill.carrier_ref = booked.tracking_no, booked.carrier_ref
    waybill.fee, waybill.fee_currency = booked.fee, booked.currency if booked.fee is not None else ""
    waybill.push_step, waybill.pushed_at, waybill.track_status = "done", utcnow(), booked.status[:60]
    waybill.error_code, waybill.error_params, waybill.error_raw = "", {}, ""
    if parcel.found and parcel.asked_channel_id:
        waybill.channel_id = parcel.asked_channel_id    # it was booked there before somebody chose another channel
        waybill.carrier = waybill.channel.carrier
    add_event("waybill", waybill, "found" if parcel.found else "push", params={"number": booked.tracking_no})
    if parcel.label is not None:
        store_label(waybill, parcel.label)
    elif not channels.class_of(waybill.carrier).needs_own_label:
        from app.domain import outbox
        outbox.add("fetch_label", {"waybill_id": waybill.id}, dedupe=f"label:{waybill.id}")


def store_label(waybill, file):
    """Put a LabelFile beside its waybill; the newest one counts."""
    blob = db.session.get(LabelBlob, waybill.id) or LabelBlob(tenant_id=waybill.tenant_id, waybill_id=waybill.id)
    blob.content_type, blob.content, blob.stored_at = file.content_type, file.content, utcnow()
    db.session.add(blob)


def stopped(outbound, waybill):
    """Was the order cancelled while the carrier was answering?"""
    order = outbound.platform_order
    return waybill.state == "voided" or outbound.state == "cancelled" or (order is not None and is_cancelled(order))


def is_cancelled(order):
    """Void, or frozen because the platform cancelled it while a number may have existed (orders.states.cancel_by_platform)."""
    return order.state == "void" or (order.state == "frozen" and order.problem_code == "order.cancelled_by_platform")


def cancel_at_once(outbound, waybill):
    """The number exists at the carrier but must not be used: keep it for proof, void it, and cancel it there after the commit."""
    from app.domain import outbox
    if waybill.state != "voided":
        move(waybill, "void", code="waybill.order_cancelled")
    waybill.void_reason = waybill.void_reason or "order cancelled"
    if outbound.state == "problem" and outbound.resume_to == "forecast":
        outbound.resume_to = "audited"
    outbox.add("cancel_waybill", {"waybill_id": waybill.id, "reason": waybill.void_reason}, dedupe=f"cancel:{waybill.id}")
    return runs.Result(outbound.id, "failed", "waybill.order_cancelled", {"number": outbound.number, "tracking_no": waybill.tracking_no})


def taken_over(outbound, waybill, parcel, booked):
    """Somebody finished this parcel meanwhile; with the same number all is well, another number must not stay alive."""
    if waybill.tracking_no == booked.tracking_no:
        return runs.Result(outbound.id, "done", "waybill.pushed", {"number": outbound.number, "tracking_no": waybill.tracking_no})
    from app.domain import outbox
    outbox.add("cancel_booking", {"waybill_id": waybill.id, "tracking_no": booked.tracking_no, "carrier_ref": booked.carrier_ref,
                                  "channel_id": parcel.channel_id}, dedupe=f"cancel:{booked.tracking_no}")
    add_event("waybill", waybill, "double", code="waybill.second_number", params={"number": booked.tracking_no})
    return runs.Result(outbound.id, "failed", "waybill.second_number", {"number": outbound.number, "second": booked.tracking_no})
