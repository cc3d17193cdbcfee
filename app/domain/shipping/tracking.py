"""Tracking: carriers are asked about live waybills, or tell by webhook; both go through `apply_events`."""
from datetime import timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain import outbox, runs
from app.domain.accounts.short import short
from app.domain.orders.lifecycle import add_event, allowed, move
from app.domain.shipping import channels
from app.domain.shipping.booking import store_label
from app.domain.shipping.calling import fetch_label
from app.domain.shipping.claims import STALE_S
from app.domain.shipping.parcels import parcel_connector
from app.extensions import db
from app.failures import Failure, Retry
from app.integrations.types import Booked
from app.models import Event, OutboundOrder, Waybill
from app.models.base import utcnow
from app.tenancy import as_system
from app.web import lock_rows

LIVE = ("forecast", "dispatched", "in_transit", "exception")
MOST = 500              # waybills per run
CHUNK = 20
EVERY_S = 2 * 3600      # a waybill is asked about at most so often
OWED = ("claimed", "unknown")
MOST_TRIES = 50         # a number that the platform owes comes within hours; then people look
GIVE_UP_DAYS = 60       # after the push
MOVES = {"in_transit": "transit", "out_for_delivery": "transit", "delivered": "deliver", "exception": "except", "returned": "except",
         "voided": "except"}
TOLD = ("track", "transit", "deliver", "except")     # moves whose event holds what a carrier said


def due(limit=MOST):
    """Ids of waybills to ask about now, the longest unasked first."""
    now = utcnow()
    trackable = [c for c in channels.MODULES if channels.class_of(c).can("track")]
    return db.session.scalars(
        sa.select(Waybill.id).where(
            Waybill.state.in_(LIVE), Waybill.tracking_no != "", Waybill.carrier.in_(trackable),
            Waybill.pushed_at > now - timedelta(days=GIVE_UP_DAYS),
            sa.or_(Waybill.tracked_at.is_(None), Waybill.tracked_at < now - timedelta(seconds=EVERY_S)))
        .order_by(Waybill.tracked_at.is_not(None), Waybill.tracked_at, Waybill.id).limit(limit)).all()


def start_tracking():
    """For the clock: a run per merchant that has waybills to ask about, and one for pushes whose answer is owed; gives their number."""
    from app.jobs.engine import defer_run
    with as_system() as session:
        tenants = session.scalars(sa.select(Waybill.tenant_id).where(sa.or_(
            sa.and_(Waybill.state.in_(LIVE), Waybill.tracking_no != ""), Waybill.push_step.in_(OWED))).distinct()).all()
    started = 0
    for tenant_id in tenants:
        with short(tenant_id, "clock"):
            started += bool(due(1) and defer_run(runs.start("track"), dedupe="track"))
            owed = unsettled()
            started += bool(owed and defer_run(runs.start("push", ids=owed), dedupe="settle"))
    return started


def unsettled():
    """Outbound orders whose push lost its answer, or whose platform had no number yet: pushing again asks before it books."""
    return db.session.scalars(sa.select(Waybill.outbound_id).join(OutboundOrder, OutboundOrder.id == Waybill.outbound_id).where(
        Waybill.state == "unconfirmed", Waybill.push_step.in_(OWED), Waybill.claimed_at < utcnow() - timedelta(seconds=STALE_S),
        Waybill.attempts < MOST_TRIES, OutboundOrder.state == "audited").order_by(Waybill.claimed_at).limit(MOST)).all()


@runs.verb("track", _l("Track waybills"), shape="whole")
def track(run_id, params):
    """Whole verb; params {ids} for some waybills only. A carrier that fails costs its own rows, not the run."""
    ids = list(params.get("ids") or due())
    yield runs.Progress(total=len(ids))
    for start in range(0, len(ids), CHUNK):
        asked = _load(ids[start:start + CHUNK])
        yield runs.Progress()
        answers = [(waybill_id, number, carrier, _ask(connector, number)) for waybill_id, number, carrier, connector in asked]
        yield runs.Progress([_keep(*answer) for answer in answers])


def _load(ids):
    found = []
    for waybill in db.session.scalars(sa.select(Waybill).where(Waybill.id.in_(ids)).order_by(Waybill.id)):
        try:
            found.append((waybill.id, waybill.tracking_no, waybill.carrier, channels.carrier_of(waybill.channel)))
        except Failure as failure:
            found.append((waybill.id, waybill.tracking_no, waybill.carrier, failure))
    return found


def _ask(connector, number):
    if isinstance(connector, Failure):
        return connector
    try:
        return connector.track(number)
    except Failure as failure:
        return failure


def _keep(waybill_id, number, carrier, answer):
    if isinstance(answer, Failure):
        db.session.execute(sa.update(Waybill).where(Waybill.id == waybill_id).values(tracked_at=utcnow()))
        return runs.Result.failed(waybill_id, answer, ref=number)
    waybill = db.session.scalar(lock_rows(sa.select(Waybill).where(Waybill.id == waybill_id).execution_options(populate_existing=True)))
    apply(waybill, answer)
    return runs.Result(waybill_id, "done", "waybill.tracked", {"state": waybill.state, "status": waybill.track_status}, ref=number)


def apply_events(carrier, events):
    """Events of a webhook onto the tenant's waybills of this carrier; unknown parcels are ignored. Gives how many were known."""
    by_number, by_reference = {}, {}
    for event in events:
        (by_number if event.tracking_no else by_reference).setdefault(event.tracking_no or event.reference, []).append(event)
    mine = sa.or_(Waybill.tracking_no.in_([n for n in by_number if n]), Waybill.reference.in_([r for r in by_reference if r]))
    known = db.session.scalars(lock_rows(sa.select(Waybill).where(Waybill.carrier == carrier, mine)
        .order_by(Waybill.id).execution_options(populate_existing=True))).all()
    for waybill in known:
        apply(waybill, by_number.get(waybill.tracking_no, []) + by_reference.get(waybill.reference, []))
    return len(known)


def apply(waybill, events):
    """Move one locked waybill by its events, oldest first. Repeated events change nothing, late ones only fill the history."""
    waybill.tracked_at = utcnow()
    seen = _seen(waybill)
    latest = max((at for at, _status in seen), default="")
    for event in sorted(events, key=lambda e: _mark(e)):
        mark = _mark(event)
        if mark in seen:
            continue
        seen.add(mark)
        _apply_one(waybill, event, mark, fresh=mark[0] >= latest or not mark[0])
        latest = max(latest, mark[0])


def _mark(event):
    return event.at.isoformat() if event.at else "", event.status


def _seen(waybill):
    """{(time, status)} of the carrier's events in the waybill's history."""
    rows = db.session.scalars(sa.select(Event.params).where(
        Event.subject == "waybill", Event.subject_id == waybill.id, Event.move.in_(TOLD)))
    return {(p["at"], p["status"]) for p in rows if "status" in p and "at" in p}


def _apply_one(waybill, event, mark, fresh):
    told = {"params": {"at": mark[0], "status": mark[1]}, "note": event.text}
    name = MOVES.get(event.state) if fresh else None
    if fresh:
        waybill.track_status = event.status[:60]
    if name is None or name not in allowed(Waybill, waybill.state):
        add_event("waybill", waybill, "track", **told)
        return
    code = {"returned": "waybill.returned", "voided": "waybill.voided_outside"}.get(event.state, "")
    move(waybill, name, code=code, **told)


@outbox.handler("fetch_label")
class FetchLabel:
    """Outbox: the carrier's label that was not ready when the number came."""

    def prepare(self, payload):
        waybill = db.session.get(Waybill, payload["waybill_id"])
        if waybill is None or waybill.state == "voided" or not waybill.tracking_no:
            return None
        carrier = parcel_connector(waybill.outbound, waybill.channel, waybill.package_number)
        return waybill.id, carrier, Booked(waybill.tracking_no, waybill.carrier_ref)

    def perform(self, request):
        file = fetch_label(request[1], request[2])
        if file is None:
            raise Failure("label.not_ready", retry=Retry.LATER, wait=30, number=request[2].tracking_no)
        return file

    def finish(self, request, answer):
        if isinstance(answer, Failure):
            raise answer
        store_label(db.session.get(Waybill, request[0]), answer)
