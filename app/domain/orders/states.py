"""冻结, 解冻, 作废, 转标记发货: what people and platforms do to an order, and what that does to its outbound order, waybill and stock.

A waybill between claim and answer is never touched here: the push that holds it finds the order stopped, keeps the number
and cancels it at the carrier; the outbox row is for the case that this push dies.
"""
import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain import outbox, runs
from app.domain.orders.attached import is_gone, is_live, stage, take_orders
from app.domain.orders.lifecycle import add_event, move, sources
from app.domain.stock import reservation
from app.extensions import db
from app.failures import Failure, IllegalMove
from app.models import Event, OutboundOrder, PlatformOrder

PICKED = ("picking", "packed")
CANCELLED = "order.cancelled_by_platform"


@runs.verb("freeze", _l("Freeze"), PlatformOrder, ref="order_no")
def freeze(ids, params):
    """Stop orders and their outbound orders. `keep_stock` (default True): what is reserved stays reserved, so thawing cannot fail."""
    orders, hanging = take_orders(ids)
    keep, note = params.get("keep_stock", True), params.get("note", "")
    return _each(orders, lambda order: freeze_one(order, hanging, "staff", keep_stock=keep, note=note))


@runs.verb("thaw", _l("Thaw"), PlatformOrder, ref="order_no")
def thaw(ids, params):
    """Put orders back to where they were frozen; released stock is reserved again, or the order stays frozen (stock.short).

    What the platform froze (unpaid, cancel asked for, its own warehouse) only the platform's next change thaws.
    """
    orders, hanging = take_orders(ids)

    def one(order):
        if order.state == "frozen" and order.frozen_by == "platform":
            raise Failure("order.frozen_by_platform", status=order.platform_status)
        thaw_one(order, hanging)
    return _each(orders, one)


@runs.verb("void", _l("Void"), PlatformOrder, ref="order_no")
def void(ids, params):
    """Give orders up: outbound order cancelled, stock free, a waybill that the carrier knows is cancelled there after the commit."""
    orders, hanging = take_orders(ids)
    return _each(orders, lambda order: void_one(order, hanging, note=params.get("note", "")))


@runs.verb("mark_shipped", _l("Mark shipped"), PlatformOrder, ref="order_no")
def mark_shipped(ids, params):
    """转标记发货: shipped in our books only, the platform is not told."""
    orders, _hanging = take_orders(ids)
    return _each(orders, lambda order: move(order, "mark_shipped", note=params.get("note", "")))


def _each(orders, action):
    results = []
    for order in orders:
        try:
            action(order)
            results.append(runs.Result(order.id, ref=order.order_no))
        except Failure as failure:
            results.append(runs.Result.failed(order.id, failure, order.order_no))
    db.session.flush()
    return results


def check(order, name):
    """Raises IllegalMove before anything is touched."""
    if order.state not in sources(PlatformOrder, name):
        raise IllegalMove("platform_order", name, order.state)


def freeze_one(order, hanging, by, *, keep_stock=True, code="order.frozen", note=""):
    """Freeze one locked order; its outbound order stops. `by`: staff or platform."""
    check(order, "freeze")
    outbound = hanging.outbound(order)
    move(order, "freeze", note=note, code=code)
    order.frozen_by, order.stock_kept = by, keep_stock
    if outbound is not None and outbound.state in sources(OutboundOrder, "stop"):
        move(outbound, "stop", code="order.frozen")
        if not keep_stock:
            reservation.release([outbound], "freeze")


def thaw_one(order, hanging):
    """Thaw one locked order. Raises Failure stock.short, and then nothing has changed."""
    check(order, "thaw")
    outbound = hanging.outbound(order)
    resumes = outbound is not None and outbound.state == "problem" and _stopped_by_freeze(outbound)
    if resumes and not outbound.reserved and stage(outbound) != "draft":
        reserve_or_fail(outbound)
    move(order, "thaw")
    order.frozen_by, order.stock_kept = "", True
    if order.problem_code in (CANCELLED, "stock.short"):
        order.problem_code, order.problem_params = "", {}
    if resumes:
        move(outbound, "resume")
        if outbound.state == "audited" and any(w.state == "forecast" for w in hanging.of(outbound)):
            move(outbound, "forecast")      # its number came while it was frozen


def reserve_or_fail(outbound):
    short = reservation.reserve([outbound]).get(outbound.id)
    if short:
        raise Failure("stock.short", sku=short[0].sku, wanted=short[0].wanted, available=short[0].available)


def _stopped_by_freeze(outbound):
    """Or by somebody else, who then has to resume it."""
    stops = sa.select(Event.code).where(Event.subject == "outbound_order", Event.subject_id == outbound.id, Event.move == "stop")
    code = db.session.scalar(stops.order_by(Event.id.desc()).limit(1))
    return code == "order.frozen"


def void_one(order, hanging, *, code="", note=""):
    """Void one locked order with everything that hangs on it. Raises Failure outbound.dispatched when the goods have left."""
    check(order, "void")
    outbound = hanging.outbound(order)
    if outbound is not None:
        if is_gone(outbound, hanging.of(outbound)):
            raise Failure("outbound.dispatched", number=outbound.number)
        cancel_waybills(order.order_no, hanging.of(outbound), "order voided")
        reservation.release([outbound], "void")
        move(outbound, "cancel", code=code or "order.voided")
    move(order, "void", code=code, note=note)
    order.frozen_by = ""


def cancel_waybills(order_no, waybills, reason):
    """Unsent waybills are voided here and now; those that the carrier knows or may know get an outbox row."""
    live = [w for w in waybills if is_live(w)]
    for waybill in waybills:
        if waybill not in live and waybill.state == "unconfirmed":
            move(waybill, "void", code="order.voided")
            waybill.void_reason = reason
    for waybill in live:
        outbox.add("cancel_waybill", {"waybill_id": waybill.id, "reason": reason}, dedupe=f"cancel:{waybill.id}")
        add_event("waybill", waybill, "cancel_asked", code="waybill.cancel_asked", params={"order_no": order_no})


def cancel_by_platform(order, hanging):
    """The platform cancelled. Not sent and not packed: void. A number at the carrier or goods in a parcel: freeze, stop, cancel the number.

    Stock is freed at once, but for goods already picked: those are held until the warehouse has put them back and cancels.
    """
    outbound = hanging.outbound(order)
    waybills = hanging.of(outbound)
    if outbound is None or not _blocked(outbound, waybills):
        void_one(order, hanging, code=CANCELLED)
        order.problem_code, order.problem_params = CANCELLED, {"reason": order.cancel_reason}
        return
    keep = stage(outbound) in PICKED or is_gone(outbound, waybills)
    if order.state != "frozen":
        freeze_one(order, hanging, "platform", keep_stock=keep, code=CANCELLED)
    else:
        order.frozen_by, order.stock_kept = "platform", keep
        if not keep:
            reservation.release([outbound], "cancelled")
    if is_gone(outbound, waybills):
        order.problem_code, order.problem_params = "order.cancelled_after_dispatch", {"number": outbound.number}
        return
    order.problem_code, order.problem_params = CANCELLED, {"reason": order.cancel_reason}
    cancel_waybills(order.order_no, waybills, "cancelled on the platform")


def _blocked(outbound, waybills):
    return stage(outbound) in PICKED or is_gone(outbound, waybills) or any(is_live(w) for w in waybills)


def settle_cancelled(ids):
    """Void the orders that the platform cancelled and that only waited for their waybill to be void at the carrier.

    For the job that has just voided it, and for the warehouse that put the goods back. Gives the ids that are void now.
    """
    orders, hanging = take_orders(ids)
    done = []
    for order in orders:
        outbound = hanging.outbound(order)
        waits = outbound is not None and _blocked(outbound, hanging.of(outbound))
        if order.state == "frozen" and order.problem_code == CANCELLED and not waits:
            void_one(order, hanging, code=CANCELLED)
            done.append(order.id)
    return done
