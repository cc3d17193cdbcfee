"""What hangs on platform orders: their live outbound orders and waybills, locked.

Lock order of the house: outbound order, waybill, platform order, stock level. A push keeps to it too, so a cancel that meets
a carrier's answer waits for it and never blocks it.
"""
import sqlalchemy as sa

from app.extensions import db
from app.models import OutboundOrder, PlatformOrder, Waybill
from app.web import lock_rows

IN_FLIGHT = ("claimed", "unknown")                          # somebody may be talking to the carrier, or the answer was lost
ON_ITS_WAY = ("dispatched", "in_transit", "delivered", "exception")


class Attached:
    """Locked outbound orders by platform order, and their waybills that are not voided."""

    def __init__(self, order_ids):
        self.outbounds, self.waybills = {}, {}
        self._lock(order_ids)

    def _lock(self, order_ids):
        condition = OutboundOrder.platform_order_id.in_(order_ids), OutboundOrder.state != "cancelled"
        found = locked(OutboundOrder, *condition) if order_ids else []
        self.outbounds.update({outbound.platform_order_id: outbound for outbound in found})
        self.lock_waybills(found)

    def lock_waybills(self, outbounds):
        if outbounds:
            for waybill in locked(Waybill, Waybill.outbound_id.in_([o.id for o in outbounds]), Waybill.state != "voided"):
                self.waybills.setdefault(waybill.outbound_id, []).append(waybill)

    def complete(self, orders):
        """After the platform orders are locked: lock what was converted between our two looks."""
        self._lock([o.id for o in orders if o.outbound_no and o.id not in self.outbounds])

    def outbound(self, order):
        return self.outbounds.get(order.id)

    def of(self, outbound):
        return self.waybills.get(outbound.id, []) if outbound is not None else []


def locked(model, *conditions):
    """Rows of the model, locked in id order and read afresh."""
    statement = lock_rows(sa.select(model).where(*conditions).order_by(model.id))
    return db.session.scalars(statement.execution_options(populate_existing=True)).all()


def take_orders(order_ids):
    """(platform orders, Attached), everything locked in the right order."""
    hanging = Attached(order_ids)
    orders = locked(PlatformOrder, PlatformOrder.id.in_(order_ids))
    hanging.complete(orders)
    return orders, hanging


def take_outbounds(outbound_ids):
    """(outbound orders, {outbound id: waybills}, {id: platform order}), everything locked in the right order."""
    outbounds = locked(OutboundOrder, OutboundOrder.id.in_(outbound_ids))
    hanging = Attached([])
    hanging.lock_waybills(outbounds)
    order_ids = [o.platform_order_id for o in outbounds if o.platform_order_id]
    orders = locked(PlatformOrder, PlatformOrder.id.in_(order_ids)) if order_ids else []
    return outbounds, hanging.waybills, {order.id: order for order in orders}


def is_live(waybill):
    """The carrier knows it, or may know it: it has to be cancelled there before it is gone."""
    return waybill.state != "voided" and (waybill.push_step in (*IN_FLIGHT, "done") or bool(waybill.tracking_no))


def is_gone(outbound, waybills):
    """The goods have left the house: nothing can be cancelled any more."""
    return outbound.state == "dispatched" or any(w.state in ON_ITS_WAY for w in waybills)


def stage(outbound):
    """The state of the outbound order, or the one that a stop interrupted."""
    return outbound.resume_to or "draft" if outbound.state == "problem" else outbound.state
