"""What must reach the outside: a row committed with the change, done after it, repeatable without harm.

A handler is an object with `prepare(payload) -> request | None` (None: no longer needed), `perform(request)` (outside any
transaction) and `finish(request, answer_or_failure)`. A Failure with retry LATER or UNKNOWN that `finish` lets through, or
that prepare raises, is tried again with growing pauses; others park the row as failed.
"""
from datetime import timedelta

import sqlalchemy as sa

from app.extensions import db
from app.failures import Blame, Failure, Retry
from app.models import Outbox, bulk
from app.models.base import utcnow
from app.web import skip_locked

HANDLERS = {}
MAX_ATTEMPTS = 12
LEASE_S = 120


def handler(kind):
    """Register a handler class under its kind."""
    def wrap(cls):
        HANDLERS[kind] = cls()
        return cls
    return wrap


def add(kind, payload, dedupe=None, delay=0):
    """Add a row inside the caller's transaction; one that waits under the same `dedupe` already is enough."""
    bulk.insert_missing(Outbox, [{"kind": kind, "payload": payload, "dedupe": dedupe, "due_at": utcnow() + timedelta(seconds=delay)}])


def claim_due(limit=20):
    """Take due rows of all merchants (SYSTEM scope): [(row id, tenant id)]. A claim is a lease: a dead worker's rows come due again."""
    now = utcnow()
    rows = db.session.scalars(skip_locked(
        sa.select(Outbox).where(Outbox.state == "waiting", Outbox.due_at <= now).order_by(Outbox.due_at, Outbox.id).limit(limit))).all()
    for row in rows:
        row.due_at, row.attempts = now + timedelta(seconds=LEASE_S), row.attempts + 1
    return [(row.id, row.tenant_id) for row in rows]


def prepare(row_id):
    """(handler, request) of a claimed row; None when there is nothing left to do (the row is closed)."""
    row = db.session.get(Outbox, row_id)
    if row is None or row.state != "waiting":
        return None
    known = HANDLERS.get(row.kind)
    if known is None:
        close(row_id, Failure("job.unknown_kind", blame=Blame.US, kind=row.kind))
        return None
    request = known.prepare(row.payload)
    if request is None:
        close(row_id)
        return None
    return known, request


def close(row_id, failure=None):
    """Write down how a row went: done, to be tried again, or parked as failed."""
    row = db.session.get(Outbox, row_id)
    if row is None:
        return
    if failure is None:
        row.state, row.done_at, row.error_code = "done", utcnow(), ""
        return
    row.error_code, row.error_params = failure.code, dict(failure.params)
    if failure.retry in (Retry.LATER, Retry.UNKNOWN) and row.attempts < MAX_ATTEMPTS:
        row.due_at = utcnow() + timedelta(seconds=failure.wait or min(3600, 5 * 2 ** row.attempts))
    else:
        row.state, row.done_at = "failed", utcnow()
