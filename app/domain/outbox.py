"""What must reach the outside: a row committed with the change, done after it, repeatable without harm.

A handler is an object with `prepare(payload) -> request | None` (None: no longer needed), `perform(request)` (outside any
transaction) and `finish(request, answer_or_failure)`. A Failure with retry LATER or UNKNOWN that `finish` lets through, or
that prepare raises, is tried again with growing pauses; others park the row as failed.
"""
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.extensions import db
from app.failures import Blame, Failure, Retry
from app.models import Outbox, bulk
from app.models.base import utcnow
from app.web import lock_rows, skip_locked

HANDLERS = {}
MAX_ATTEMPTS = 12
LEASE_S = 300           # longer than any one delivery takes, tries of the HTTP client included


@dataclass(slots=True)
class Claimed:
    """A row that is being delivered, as it was taken: `asked_at` and `attempts` tell whether it is still the same wish and ours."""
    id: int
    kind: str
    payload: dict
    asked_at: datetime
    attempts: int


def handler(kind):
    """Register a handler class under its kind."""
    def wrap(cls):
        HANDLERS[kind] = cls()
        return cls
    return wrap


def add(kind, payload, dedupe=None, delay=0):
    """Add a row inside the caller's transaction. One that waits under the same `dedupe` takes the new payload instead.

    When that one is on its way at this moment, it is delivered once more: what it took along may be out of date.
    """
    due = utcnow() + timedelta(seconds=delay)
    while True:     # ends at once, but for the instant in which the waiting row is closed between the two statements
        if bulk.insert_missing(Outbox, [{"kind": kind, "payload": payload, "dedupe": dedupe, "due_at": due}]):
            return
        touched = db.session.execute(sa.update(Outbox).where(Outbox.dedupe == dedupe, Outbox.state == "waiting")
                                     .values(payload=payload, created_at=utcnow()).execution_options(synchronize_session=False))
        if touched.rowcount:
            return


def due():
    """[(tenant id, kind)] that have due rows, of all merchants (SYSTEM scope)."""
    return [tuple(r) for r in db.session.execute(sa.select(Outbox.tenant_id, Outbox.kind).where(
        Outbox.state == "waiting", Outbox.due_at <= utcnow()).distinct().order_by(Outbox.tenant_id, Outbox.kind))]


def claim(kind):
    """Take the next due row of the tenant, or None. A claim is a lease: a dead worker's row comes due again."""
    now = utcnow()
    row = db.session.scalars(skip_locked(
        sa.select(Outbox).where(Outbox.state == "waiting", Outbox.kind == kind, Outbox.due_at <= now)
        .order_by(Outbox.due_at, Outbox.id).limit(1)).execution_options(populate_existing=True)).first()
    if row is None:
        return None
    row.due_at, row.attempts = now + timedelta(seconds=LEASE_S), row.attempts + 1
    return Claimed(row.id, row.kind, dict(row.payload), row.created_at, row.attempts)


def prepare(claimed):
    """(handler, request) of a claimed row; the request is None when there is nothing left to do. Raises Failure."""
    known = HANDLERS.get(claimed.kind)
    if known is None:
        raise Failure("job.unknown_kind", blame=Blame.US, kind=claimed.kind)
    if claimed.attempts > MAX_ATTEMPTS:
        raise Failure("job.lost", blame=Blame.US, attempts=MAX_ATTEMPTS)    # it took its worker down each time
    return known, known.prepare(claimed.payload)


def close(claimed, failure=None):
    """Write down how a row went: done, to be tried again, or parked as failed. No effect when another has taken it since."""
    row = db.session.scalars(lock_rows(sa.select(Outbox).where(Outbox.id == claimed.id))
                             .execution_options(populate_existing=True)).one_or_none()
    if row is None or row.state != "waiting" or row.attempts != claimed.attempts:
        return
    if row.created_at != claimed.asked_at:
        row.due_at, row.attempts = utcnow(), 0      # asked for again while it was on its way
        return
    if failure is None:
        row.state, row.done_at, row.error_code = "done", utcnow(), ""
        return
    row.error_code, row.error_params = failure.code, dict(failure.params)
    if failure.retry in (Retry.LATER, Retry.UNKNOWN) and row.attempts < MAX_ATTEMPTS:
        row.due_at = utcnow() + timedelta(seconds=failure.wait or min(3600, 5 * 2 ** row.attempts))
    else:
        row.state, row.done_at = "failed", utcnow()


def retry_now(row_id):
    """Try a parked row again at once. Raises Failure job.running when it is not parked or the same is waiting already."""
    row = db.session.get(Outbox, row_id)
    same = row is not None and row.dedupe and db.session.scalar(
        sa.select(Outbox.id).where(Outbox.dedupe == row.dedupe, Outbox.state == "waiting", Outbox.tenant_id == row.tenant_id))
    if row is None or row.state != "failed" or same:
        raise Failure("job.running")
    row.state, row.attempts, row.due_at, row.done_at = "waiting", 0, utcnow(), None
