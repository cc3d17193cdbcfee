"""Goods leave the house: waybill and outbound order are dispatched, the stock goes out with them."""
import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain import runs
from app.domain.orders.lifecycle import add_event, allowed, move
from app.domain.stock import reservation
from app.extensions import db
from app.failures import Failure
from app.models import OutboundOrder, PlatformOrder, Waybill
from app.models.base import utcnow
from app.web import lock_rows


def dispatch(waybills):
    """Dispatch forecast waybills and, when it was their last one, the outbound orders with their stock; rows are locked by the caller.

    Gives {outbound id: Failure} of outbound orders that stay because nothing is held for them; call `unheld` first to refuse those.
    """
    outbounds = {}
    for waybill in waybills:
        if "dispatch" in allowed(Waybill, waybill.state):
            move(waybill, "dispatch")
        outbounds[waybill.outbound_id] = waybill.outbound
    db.session.flush()
    waiting = _waiting(outbounds)
    ready = [o for _id, o in sorted(outbounds.items()) if "dispatch" in allowed(OutboundOrder, o.state) and o.id not in waiting]
    staying = {o.id: failure for o in ready if (failure := unheld(o)) is not None}
    ready = [o for o in ready if o.id not in staying]
    for outbound in ready:
        move(outbound, "dispatch")
    reservation.dispatch(ready)
    return staying


def unheld(outbound):
    """Failure stock.not_reserved when stock has to leave with this order but none is held for it; None when all is well."""
    if outbound.fulfilment == "warehouse" and not outbound.reserved and outbound.state != "dispatched":
        return Failure("stock.not_reserved", number=outbound.number)
    return None


def _waiting(outbound_ids):
    """Those of which another parcel has not left yet."""
    return set(db.session.scalars(sa.select(Waybill.outbound_id).where(
        Waybill.outbound_id.in_(outbound_ids), Waybill.state.in_(("unconfirmed", "forecast")))))


def lock_waybills(ids):
    """Waybills and their outbound orders, locked in the order push locks them: outbound orders first."""
    found = db.session.execute(sa.select(Waybill.id, Waybill.outbound_id).where(Waybill.id.in_(ids))).all()
    lock_outbounds({row.outbound_id for row in found})
    return db.session.scalars(lock_rows(sa.select(Waybill).where(Waybill.id.in_([row.id for row in found])).order_by(Waybill.id)
                                        .execution_options(populate_existing=True))).all()


def lock_outbounds(ids):
    return db.session.scalars(lock_rows(sa.select(OutboundOrder).where(OutboundOrder.id.in_(ids)).order_by(OutboundOrder.id)
                                        .execution_options(populate_existing=True))).all()


@runs.verb("mark_dispatched", _l("Mark shipped"), Waybill, ref="reference", chunk=100)
def mark_dispatched(ids, params):
    """标记出货: ours only, the platform is not told. Batch verb on waybills."""
    waybills = lock_waybills(ids)
    results, going = [], []
    for waybill in waybills:
        if waybill.state == "dispatched":
            results.append(runs.Result(waybill.id, "skipped", "waybill.already_dispatched", {"reference": waybill.reference}))
        elif "dispatch" not in allowed(Waybill, waybill.state):
            about = {"reference": waybill.reference, "state": waybill.state}
            results.append(runs.Result(waybill.id, "failed", "waybill.wrong_state", about))
        elif (failure := _stopped(waybill)) is not None:
            results.append(runs.Result.failed(waybill.id, failure))
        else:
            waybill.marked_at = utcnow()
            going.append(waybill)
            results.append(runs.Result(waybill.id, "done", "waybill.marked", {"reference": waybill.reference}))
    orders = _orders_of(going)
    dispatch(going)
    gone = {w.outbound.platform_order_id for w in going if w.outbound.state == "dispatched"}
    for order in orders:
        if order.id in gone and "mark_shipped" in allowed(PlatformOrder, order.state):
            move(order, "mark_shipped")
    return results


def _stopped(waybill):
    """A frozen or void order must not leave the house."""
    order = waybill.outbound.platform_order
    if order is not None and order.state in ("frozen", "void"):
        return Failure("waybill.order_stopped", number=waybill.outbound_no, state=order.state)
    if waybill.outbound.state in ("problem", "cancelled"):
        return Failure("waybill.order_stopped", number=waybill.outbound_no, state=waybill.outbound.state)
    return unheld(waybill.outbound)


def _orders_of(waybills):
    """Their platform orders, locked."""
    ids = sorted({w.outbound.platform_order_id for w in waybills if w.outbound.platform_order_id})
    return db.session.scalars(lock_rows(sa.select(PlatformOrder).where(PlatformOrder.id.in_(ids)).order_by(PlatformOrder.id)
                                        .execution_options(populate_existing=True))).all() if ids else []


def recall(waybill):
    """Marked by mistake and not told to the platform: everything back to forecast, stock too. Raises Failure waybill.written_back."""
    outbound, order = waybill.outbound, waybill.outbound.platform_order
    if waybill.written_back_at is not None:
        raise Failure("waybill.written_back", reference=waybill.reference)
    move(waybill, "recall")
    waybill.marked_at = None
    if "recall" in allowed(OutboundOrder, outbound.state):
        move(outbound, "recall")
        reservation.recall([outbound], waybill.reference)
    if order is not None and order.written_back_at is None and "unship" in allowed(PlatformOrder, order.state):
        move(order, "unship")
    add_event("waybill", waybill, "unmark")
