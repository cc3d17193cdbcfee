"""Push waybills (推送运单): claim the row, commit, call the carrier with our reference, save number and label together.

prepare -> claim, committed by the caller; perform -> the carrier, no transaction open; finish -> number, label, events in one
transaction. After a lost answer or a lost worker the carrier is asked by reference before anything is booked again, so a
parcel never gets two paid waybills.
"""
from dataclasses import asdict

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain import runs
from app.domain.orders.lifecycle import add_event, allowed, move
from app.domain.shipping import build, channels, claims, pool
from app.domain.shipping.booking import cancel_at_once, refuse, stopped, store_booking, taken_over
from app.domain.shipping.calling import Parcel, Request, call_carrier
from app.domain.shipping.parcels import live_waybills, lock_order, open_parcel, parcel_connector
from app.domain.shipping.preflight import preflight
from app.domain.shipping.sanitise import sanitise_shipment
from app.extensions import db
from app.failures import Failure, Retry
from app.models import OutboundOrder, Waybill
from app.models.base import utcnow
from app.web import lock_rows

def locked_outbound(outbound_id):
    """The outbound order with its row lock, read afresh; None for a foreign or missing id."""
    return db.session.scalar(lock_rows(sa.select(OutboundOrder).where(OutboundOrder.id == outbound_id)
                                       .execution_options(populate_existing=True)))


@runs.verb("push", _l("Push waybills"), OutboundOrder, ref="number", shape="steps")
class Push:
    """推送运单 on outbound orders. Already pushed ones are skipped."""

    def prepare(self, outbound_id, params):
        outbound = locked_outbound(outbound_id)
        try:
            if outbound is None:
                raise Failure("outbound.gone")
            lock_order(outbound.platform_order_id)
            if self._is_done(outbound):
                return runs.Result(outbound_id, "skipped", "waybill.already_pushed", {"number": outbound.number})
            check_pushable(outbound)
        except Failure as failure:
            return runs.Result.failed(outbound_id, failure)
        request = Request(outbound.id)
        for number in build.package_numbers(outbound.platform_order) or [""]:
            result = self._claim(outbound, number, request)
            if result is not None:
                self._give_back(request)
                return result
        return request

    def _is_done(self, outbound):
        done = [w for w in live_waybills(outbound.id) if w.state != "unconfirmed"]
        return bool(done) and len(done) >= (len(build.package_numbers(outbound.platform_order)) or 1)

    def _claim(self, outbound, number, request):
        """Claim one parcel into `request`; gives a failed Result when it can't be pushed, None when all is well."""
        try:
            waybill = open_parcel(outbound, number)
        except Failure as failure:
            return runs.Result.failed(outbound.id, failure)
        if waybill.state != "unconfirmed":
            return None
        if waybill.push_step == "claimed" and not claims.is_lost(waybill.id, waybill.claimed_by, waybill.claimed_at):
            return runs.Result(outbound.id, "failed", "waybill.in_progress", {"number": outbound.number})
        try:
            parcel = self._parcel(outbound, waybill)
        except Failure as failure:
            if waybill.push_step in ("claimed", "unknown"):
                waybill.push_step = "unknown"       # still to be asked for once the data is mended
            refuse(waybill, failure)
            return runs.Result.failed(outbound.id, failure)
        waybill.push_step, waybill.claimed_at, waybill.claimed_by = "claimed", utcnow(), parcel.claim
        waybill.channel_id, waybill.carrier = outbound.channel_id, outbound.channel.carrier
        waybill.attempts = (waybill.attempts or 0) + 1
        add_event("waybill", waybill, "claim", note=waybill.reference)
        claims.take(waybill.id)
        request.parcels.append(parcel)
        return None

    def _parcel(self, outbound, waybill):
        """Checks, carrier copy and connectors of one parcel. Raises the first fatal finding."""
        channel = outbound.channel
        parcel = Parcel(waybill.id, claims.new_claim(), waybill.reference, None, None, channel.id)
        if waybill.push_step in ("claimed", "unknown"):
            parcel.ask, parcel.asked_since = parcel_connector(outbound, waybill.channel, waybill.package_number), waybill.claimed_at
            parcel.asked_channel_id = waybill.channel_id
        parcel.carrier = parcel_connector(outbound, channel, waybill.package_number)
        shipment = build.shipment_of(outbound, outbound.lines, channel, channel.carrier_account, waybill.package_number,
                                     reference=waybill.reference, edited=waybill.edited)
        if channel.carrier == channels.PLATFORM:
            parcel.shipment = shipment      # the platform has the address itself; its copy here is masked
            waybill.sent, waybill.changes = asdict(shipment.recipient), []
            return parcel
        profile = channels.profile_of(channel)
        fatal = [f for f in preflight(shipment, channels.class_of(channel.carrier), channels.countries_of(channel), profile) if f.fatal]
        if fatal:
            raise Failure(fatal[0].code, **fatal[0].params)
        parcel.shipment, changes = sanitise_shipment(shipment, profile)
        if channel.carrier == "number_pool":
            parcel.shipment.options["pool_number"] = pool.claim(channel.id, waybill.reference)
        waybill.sent, waybill.changes = asdict(parcel.shipment.recipient), [asdict(c) for c in changes]
        return parcel

    def _give_back(self, request):
        """Another parcel of the order could not be claimed: the ones before it were not sent, so they are free again."""
        for parcel in request.parcels:
            waybill = db.session.get(Waybill, parcel.waybill_id)
            waybill.push_step = "unknown" if parcel.ask else "idle"
            claims.leave(parcel.waybill_id)

    def perform(self, request):
        return call_carrier(request)

    def finish(self, request, answer):
        outbound = locked_outbound(request.outbound_id)
        if isinstance(answer, Failure):     # perform itself broke: whatever has no answer yet may or may not be booked
            answer.retry = Retry.UNKNOWN
        results = [self._save(outbound, p, p.answer or answer) for p in request.parcels]
        db.session.flush()
        if any(r.state == "done" for r in results):
            self._forecast(outbound)
        failed = [r for r in results if r.state == "failed"]
        return failed[0] if failed else results[0]

    def _save(self, outbound, parcel, answer):
        mine = sa.select(Waybill).where(Waybill.id == parcel.waybill_id).execution_options(populate_existing=True)
        waybill = db.session.scalar(lock_rows(mine))
        if isinstance(answer, Failure):
            return self._save_failure(outbound, waybill, parcel, answer)
        if waybill.claimed_by != parcel.claim and waybill.tracking_no:
            return taken_over(outbound, waybill, parcel, answer)
        store_booking(waybill, parcel, answer)
        lock_order(outbound.platform_order_id)
        if stopped(outbound, waybill):
            return cancel_at_once(outbound, waybill)
        move(waybill, "forecast", params={"number": waybill.tracking_no})
        return runs.Result(outbound.id, "done", "waybill.pushed", {"number": outbound.number, "tracking_no": waybill.tracking_no})

    def _save_failure(self, outbound, waybill, parcel, failure):
        if waybill.claimed_by == parcel.claim and waybill.push_step == "claimed":
            unknown = failure.retry == Retry.UNKNOWN or failure.code == "waybill.number_pending" or (parcel.ask and not parcel.settled)
            waybill.push_step = "unknown" if unknown else "idle"
            refuse(waybill, failure)
            if not unknown and parcel.shipment is not None:
                pool.release(waybill.reference, waybill.tracking_no)
        return runs.Result.failed(outbound.id, failure)

    def _forecast(self, outbound):
        """All parcels have their numbers: the outbound order is forecast, the platform order shows the number."""
        waybills = [w for w in live_waybills(outbound.id) if w.tracking_no]
        order = outbound.platform_order
        if order is not None and waybills:
            order.tracking_no, order.problem_code, order.problem_params = waybills[0].tracking_no, "", {}
        if not self._is_done(outbound):
            return
        if "forecast" in allowed(OutboundOrder, outbound.state):
            move(outbound, "forecast")
        elif outbound.state == "problem" and outbound.resume_to == "audited":
            outbound.resume_to = "forecast"


def check_pushable(outbound):
    """Raises Failure outbound.not_audited, waybill.no_channel, waybill.order_stopped."""
    order = outbound.platform_order
    if outbound.state == "draft":
        raise Failure("outbound.not_audited", number=outbound.number)
    stopped_at = order.state if order is not None and order.state in ("frozen", "void") else outbound.state
    if stopped_at != "audited":
        raise Failure("waybill.order_stopped", number=outbound.number, state=stopped_at)
    if outbound.channel_id is None:
        raise Failure("waybill.no_channel", number=outbound.number)


def edit(waybill, values):
    """Corrections of the recipient for the carrier copy of an unconfirmed waybill; the order keeps the platform's words.

    Inside the caller's transaction, with the row locked. Raises Failure waybill.wrong_state, waybill.in_progress.
    """
    if waybill.state != "unconfirmed":
        raise Failure("waybill.wrong_state", reference=waybill.reference, state=waybill.state)
    if waybill.push_step == "claimed" and not claims.is_lost(waybill.id, waybill.claimed_by, waybill.claimed_at):
        raise Failure("waybill.in_progress", number=waybill.outbound_no)
    kept = {**waybill.edited, **{k: v.strip() for k, v in values.items() if k in build.ADDRESS and k not in ("masked", "country")}}
    waybill.edited = kept
    add_event("waybill", waybill, "edit", note=", ".join(sorted(values)))
