"""Write back (平台发货 / 标记出货&回写单号): carrier and number of every parcel go to the platform, then the order is shipped."""
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain import runs
from app.domain.accounts import apps, health
from app.domain.orders.lifecycle import add_event, allowed, move
from app.domain.shipping import channels, handover
from app.domain.shipping.parcels import live_waybills, lock_order, platform_parcel
from app.extensions import db
from app.failures import Failure, Retry
from app.models import OutboundOrder, PlatformOrder, Waybill
from app.models.base import utcnow
from app.web import lock_rows


@dataclass(slots=True)
class Request:
    """`parcels`: [(waybill id, Parcel)] still to be told; `told`: waybill ids that the platform has already."""
    subject_id: int
    order_id: int
    shop: object
    parcels: list = field(default_factory=list)
    told: list = field(default_factory=list)


def outbound_of(order_id):
    """The live outbound order of a platform order, locked; None when it was not converted."""
    live = sa.select(OutboundOrder).where(OutboundOrder.platform_order_id == order_id, OutboundOrder.state != "cancelled")
    return db.session.scalar(lock_rows(live.execution_options(populate_existing=True)))


@runs.verb("write_back", _l("Ship on platform"), PlatformOrder, ref="order_no", shape="steps")
class WriteBack:
    """平台发货 on platform orders. A number that the platform has already counts as success."""

    def prepare(self, order_id, params):
        return self._prepare(order_id, order_id)

    def _prepare(self, subject_id, order_id):
        outbound = outbound_of(order_id)
        order = lock_order(order_id)
        try:
            if order is None:
                raise Failure("order.gone")
            if order.state == "shipped" and order.written_back_at is not None:
                return runs.Result(subject_id, "skipped", "write_back.already", {"number": order.order_no})
            request = self._request(subject_id, order, outbound)
        except Failure as failure:
            if order is not None:
                show(order, failure)
            return runs.Result.failed(subject_id, failure)
        return request

    def _request(self, subject_id, order, outbound):
        if order.state not in ("processed", "shipped"):
            raise Failure("write_back.wrong_state", number=order.order_no, state=order.state)
        waybills = [w for w in live_waybills(outbound.id) if w.state != "unconfirmed"] if outbound is not None else []
        if not waybills or any(not w.tracking_no for w in waybills) or _missing(outbound):
            raise Failure("write_back.no_number", number=order.order_no)
        shop = apps.connector(order.account)
        if not shop.can("write_back"):
            raise Failure("write_back.not_possible", platform=order.platform)
        request = Request(subject_id, order.id, shop)
        for waybill in waybills:
            if waybill.written_back_at is not None or waybill.carrier == channels.PLATFORM:
                request.told.append(waybill.id)     # the platform issued the number itself, or has it from us
            else:
                parcel = platform_parcel(outbound, waybill.package_number, waybill.tracking_no, channels.class_of(waybill.carrier).label)
                request.parcels.append((waybill.id, parcel))
        return request

    def perform(self, request):
        """{waybill id: Arranged or Failure}."""
        return {waybill_id: _tell(request.shop, parcel) for waybill_id, parcel in request.parcels}

    def finish(self, request, answer):
        answers = answer if isinstance(answer, dict) else {waybill_id: answer for waybill_id, _parcel in request.parcels}
        told = request.told + [i for i, a in answers.items() if not isinstance(a, Failure)]
        waybills, order = handover.lock_waybills(told), lock_order(request.order_id)
        for waybill in waybills:
            waybill.written_back_at = waybill.written_back_at or utcnow()
        failures = [a for a in answers.values() if isinstance(a, Failure)]
        if failures:
            return self._failed(request, order, failures[0])
        self._shipped(order, waybills)
        return runs.Result(request.subject_id, "done", "write_back.done", {"number": order.order_no, "tracking_no": order.tracking_no})

    def _failed(self, request, order, failure):
        show(order, failure)
        if failure.retry == Retry.REAUTHORISE:
            health.note_failure(order.account, failure)
        return runs.Result.failed(request.subject_id, failure)

    def _shipped(self, order, waybills):
        order.written_back_at, order.problem_code, order.problem_params = utcnow(), "", {}
        order.tracking_no = order.tracking_no or (waybills[0].tracking_no if waybills else "")
        for failure in handover.dispatch(waybills).values():
            # The platform knows already, so the order is shipped; that no stock was held is shown for people to settle.
            order.problem_code, order.problem_params = failure.code, dict(failure.params)
        if "write_back" in allowed(PlatformOrder, order.state):
            move(order, "write_back", params={"number": order.tracking_no})
        else:
            # Shipped by a pull meanwhile, or stopped while the platform was being told: the fact stays in the history.
            add_event("platform_order", order, "written_back", params={"number": order.tracking_no})


def _missing(outbound):
    from app.domain.shipping.build import package_numbers
    numbers = package_numbers(outbound.platform_order)
    live = live_waybills(outbound.id)
    return any(w.state == "unconfirmed" for w in live) or (numbers and any(w.package_number for w in live) and len(live) < len(numbers))


def _tell(shop, parcel):
    """Arranged or Failure. After a lost answer the platform is asked what it has before anything is reported."""
    try:
        return shop.write_back(parcel)
    except Failure as failure:
        if failure.retry != Retry.UNKNOWN or not shop.can("arranged"):
            return failure
        return _ask(shop, parcel, failure)


def _ask(shop, parcel, lost):
    try:
        found = shop.arranged(parcel)
    except Failure:
        return lost
    if found is None or not found.tracking_no:
        return lost
    if found.tracking_no != parcel.tracking_no:
        return Failure("ship.other_number", number=parcel.order_no, theirs=found.tracking_no, ours=parcel.tracking_no)
    return found


def show(order, failure):
    """The failure on the order's row (操作信息) and in its history."""
    order.problem_code, order.problem_params = failure.code, dict(failure.params)
    add_event("platform_order", order, "write_back_refused", code=failure.code, params=dict(failure.params))


@runs.verb("write_back_waybill", _l("Mark shipped and write back the number"), Waybill, ref="reference", shape="steps")
class WriteBackWaybill(WriteBack):
    """标记出货&回写单号 on waybills: the same for the platform orders behind them."""

    def prepare(self, waybill_id, params):
        waybill = db.session.get(Waybill, waybill_id)
        if waybill is None:
            return runs.Result(waybill_id, "failed", "waybill.gone")
        if waybill.state == "unconfirmed":
            return runs.Result(waybill_id, "failed", "waybill.not_pushed", {"reference": waybill.reference})
        order_id = waybill.outbound.platform_order_id
        if order_id is None:
            return runs.Result(waybill_id, "failed", "write_back.no_platform", {"reference": waybill.reference})
        return self._prepare(waybill_id, order_id)
