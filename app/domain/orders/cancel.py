"""取消 an outbound order: its platform order waits again to be converted."""
from flask_babel import lazy_gettext as _l

from app.domain import runs
from app.domain.orders import states
from app.domain.orders.attached import is_gone, is_live, take_outbounds
from app.domain.orders.lifecycle import move, sources
from app.domain.stock import reservation
from app.extensions import db
from app.failures import Failure, IllegalMove
from app.models import OutboundOrder


@runs.verb("cancel_outbound", _l("Cancel outbound order"), OutboundOrder, ref="number")
def cancel_outbound(ids, params):
    """Free the stock and give the platform order back. A number at the carrier has to be reset first (outbound.has_waybill)."""
    outbounds, waybills, orders = take_outbounds(ids)
    results = []
    for outbound in outbounds:
        try:
            _cancel(outbound, waybills.get(outbound.id, []), orders.get(outbound.platform_order_id), params.get("note", ""))
            results.append(runs.Result(outbound.id, ref=outbound.number))
        except Failure as failure:
            results.append(runs.Result.failed(outbound.id, failure, outbound.number))
    db.session.flush()
    return results


def _cancel(outbound, waybills, order, note):
    if outbound.state not in sources(OutboundOrder, "cancel"):
        raise IllegalMove("outbound_order", "cancel", outbound.state)
    if any(is_live(w) for w in waybills):
        raise Failure("outbound.has_waybill", number=outbound.number)
    if is_gone(outbound, waybills):
        raise Failure("outbound.dispatched", number=outbound.number)
    states.cancel_waybills(outbound.order_no, waybills, "outbound order cancelled")
    reservation.release([outbound], "cancel")
    move(outbound, "cancel", note=note)
    if order is None:
        return
    order.outbound_no = ""
    if order.state == "processed":
        move(order, "unconvert", params={"number": outbound.number})
    elif order.state == "frozen" and order.problem_code == states.CANCELLED:
        move(order, "void", code=states.CANCELLED)      # it only waited for the goods to be put back
        order.frozen_by = ""
    elif order.state == "frozen":
        order.resume_to = "pending"
