"""设置渠道, of platform orders and of outbound orders. A channel that people chose is kept by every re-pull."""
from flask_babel import lazy_gettext as _l

from app.domain import runs
from app.domain.orders import edit
from app.domain.orders.attached import take_orders, take_outbounds
from app.domain.orders.lifecycle import add_event
from app.extensions import db
from app.failures import Failure, IllegalMove
from app.models import OutboundOrder, PlatformOrder


@runs.verb("set_channel", _l("Set channel"), PlatformOrder, ref="order_no")
def set_channel(ids, params):
    """Channel of platform orders and of their outbound orders. `channel_id`: empty = none; channel.gone fails the whole batch."""
    channel_id = edit.channel_of(params.get("channel_id"))
    orders, hanging = take_orders(ids)

    def one(order):
        if order.state not in ("pending", "processed", "frozen"):
            raise IllegalMove("platform_order", "set_channel", order.state)
        outbound = hanging.outbound(order)
        if outbound is not None:
            _set_outbound(outbound, hanging.of(outbound), channel_id)
        _set_order(order, channel_id)
    return _each(orders, one, "order_no")


@runs.verb("set_channel_outbound", _l("Set channel"), OutboundOrder, ref="number")
def set_channel_outbound(ids, params):
    """Channel of outbound orders; an audited one has to be audited again."""
    channel_id = edit.channel_of(params.get("channel_id"))
    outbounds, waybills, orders = take_outbounds(ids)

    def one(outbound):
        _set_outbound(outbound, waybills.get(outbound.id, []), channel_id)
        if outbound.platform_order_id in orders:
            _set_order(orders[outbound.platform_order_id], channel_id)
    return _each(outbounds, one, "number")


def _each(rows, action, ref):
    results = []
    for row in rows:
        try:
            action(row)
            results.append(runs.Result(row.id, ref=getattr(row, ref)))
        except Failure as failure:
            results.append(runs.Result.failed(row.id, failure, getattr(row, ref)))
    db.session.flush()
    return results


def _set_order(order, channel_id):
    edit.mark(order, {"channel"})
    if order.channel_id != channel_id:
        order.channel_id = channel_id
        add_event("platform_order", order, "edit", code="order.edited", params={"fields": ["channel"]})


def _set_outbound(outbound, waybills, channel_id):
    edit.refuse_locked(outbound, waybills)
    if outbound.channel_id != channel_id:
        edit.back_to_draft(outbound)
        outbound.channel_id = channel_id
        add_event("outbound_order", outbound, "edit", code="order.edited", params={"fields": ["channel"]})
