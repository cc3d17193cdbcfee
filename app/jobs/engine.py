"""Jobs: enqueue in the business transaction, claim with a lease, retry by the kind of failure.

The `job` table is the truth under every engine. `defer*` are called by views, API and clock; an engine only decides who
picks a queued row up and when. Embedded: `pool.Pool` in the worker process.
"""
import random
from datetime import timedelta

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import IntegrityError

from app.domain import runs
from app.extensions import db
from app.failures import Blame, Failure, Retry
from app.models import Job, Run, bulk
from app.models.base import utcnow
from app.tenancy import current_actor
from app.web import skip_locked

PAUSE_S, LONGEST_PAUSE_S = 5, 900
OPEN = ("queued", "running")


class HandBack(Exception):
    """The worker lets go of a job (told to stop, or lease lost); somebody goes on with it later, the try does not count."""


def defer(kind, *, payload=None, account_id=None, run_id=None, dedupe=None, delay=0, priority=0, max_attempts=5):
    """Queue a job inside the caller's transaction: its id, or None while an open job has the same `dedupe`."""
    row = {"kind": kind, "payload": payload or {}, "account_id": account_id, "run_id": run_id, "dedupe": dedupe, "priority": priority,
           "max_attempts": max_attempts, "run_after": utcnow() + timedelta(seconds=delay), "actor": current_actor()}
    if dedupe is None:
        return bulk.insert_returning(Job, [row], "id")[0].id
    if not bulk.insert_missing(Job, [row]):
        return None
    return db.session.scalar(sa.select(Job.id).where(Job.dedupe == dedupe, Job.state.in_(OPEN)))


def defer_run(run, dedupe=None):
    """Queue the work of a Run; a run whose work is under way already under `dedupe` is taken back, and None given."""
    db.session.flush()
    job_id = defer("run", run_id=run.id, account_id=run.account_id, dedupe=dedupe)
    if job_id is None:
        db.session.delete(run)
        db.session.flush()
    return job_id


def claim(worker):
    """Take the next due job (SYSTEM scope), or None. Two jobs of one account never run at once: the database holds that too."""
    busy = sa.select(Job.account_id).where(Job.state == "running", Job.account_id.is_not(None))
    statement = (sa.select(Job).where(Job.state == "queued", Job.run_after <= utcnow(), sa.or_(Job.account_id.is_(None), Job.account_id.not_in(busy)))
                 .order_by(Job.priority.desc(), Job.run_after, Job.id).limit(1))
    job = db.session.scalars(skip_locked(statement)).first()
    if job is None:
        return None
    job.state, job.worker, job.attempts, job.started_at = "running", worker, job.attempts + 1, utcnow()
    job.lease_until = utcnow() + timedelta(seconds=current_app.config["JOB_LEASE_SECONDS"])
    job.error_code, job.error_params = "", {}
    db.session.flush()
    return {"id": job.id, "kind": job.kind, "tenant_id": job.tenant_id, "account_id": job.account_id, "run_id": job.run_id, "payload": job.payload,
            "actor": job.actor, "attempts": job.attempts, "max_attempts": job.max_attempts, "worker": worker}


def _held(job, worker):
    """The claim as a condition. The number of the try belongs to it: the same worker may have lost a job and taken it again."""
    return sa.and_(Job.id == job["id"], Job.worker == worker, Job.attempts == job["attempts"], Job.state == "running")


def renew(worker, job_ids):
    """Push the leases of jobs that this worker still runs; gives (id, try) of each: the others are lost."""
    held = sa.and_(Job.id.in_(job_ids), Job.worker == worker, Job.state == "running")
    db.session.execute(sa.update(Job).where(held).values(lease_until=utcnow() + timedelta(seconds=current_app.config["JOB_LEASE_SECONDS"]))
                       .execution_options(synchronize_session=False))
    return {tuple(r) for r in db.session.execute(sa.select(Job.id, Job.attempts).where(held))}


def keep(job, progress):
    """Within the transaction that saves work: False when the job is no longer ours, so that nothing of it may be saved."""
    return db.session.execute(sa.update(Job).where(_held(job, job["worker"])).values(progress=progress)
                              .execution_options(synchronize_session=False)).rowcount == 1


def settle(job, worker, failure=None):
    """Write down how a job ended; without effect when the lease was lost and another worker has it now.

    A run that broke has said so itself and is not repeated: its people, or its schedule, start another.
    """
    row = db.session.scalars(sa.select(Job).where(_held(job, worker)).with_for_update()).one_or_none()
    if row is None:
        return
    row.lease_until = None
    if failure is None:
        row.state, row.progress, row.finished_at = "done", 100, utcnow()
        return
    run = db.session.get(Run, row.run_id) if row.run_id else None
    row.error_code, row.error_params = failure.code, dict(failure.params)
    if failure.retry == Retry.LATER and row.attempts < row.max_attempts and (run is None or run.state in OPEN):
        row.state, row.run_after = "queued", utcnow() + timedelta(seconds=failure.wait or pause(row.attempts))
    else:
        _park(row, failure)


def _park(row, failure):
    """Failed for good, until somebody tries it again by hand; its run ends with it, else it would show as running for ever."""
    row.state, row.finished_at = "failed", utcnow()
    row.error_code, row.error_params = failure.code, dict(failure.params)
    run = db.session.get(Run, row.run_id) if row.run_id else None
    if run is not None and run.state in OPEN:
        runs.finish(run, failure)


def give_back(job, worker):
    """Queue a job again without counting the try, if it is still ours."""
    db.session.execute(sa.update(Job).where(_held(job, worker)).values(state="queued", attempts=Job.attempts - 1, lease_until=None, worker="")
                       .execution_options(synchronize_session=False))


def pause(attempts):
    """Seconds before the next try: doubling, with jitter so that many do not come back at once."""
    return min(LONGEST_PAUSE_S, PAUSE_S * 2 ** attempts) * random.uniform(0.7, 1.3)


def hand_back(worker, job_ids):
    """A worker that is told to stop gives unfinished jobs back; the try does not count."""
    db.session.execute(sa.update(Job).where(Job.id.in_(job_ids), Job.worker == worker, Job.state == "running")
                       .values(state="queued", attempts=Job.attempts - 1, lease_until=None, worker="").execution_options(synchronize_session=False))


def recover():
    """Jobs whose worker died (lease over): queued again, or parked once their tries are used up. Gives their number."""
    rows = db.session.scalars(skip_locked(sa.select(Job).where(Job.state == "running", Job.lease_until < utcnow()).limit(100))).all()
    for row in rows:
        row.worker, row.lease_until = "", None
        if row.attempts >= row.max_attempts:
            _park(row, Failure("job.lost", blame=Blame.US, attempts=row.attempts))
        else:
            row.state, row.run_after = "queued", utcnow()
    return len(rows)


def cancel(job_id):
    """Stop a queued job, or ask a running one's Run to stop. Raises Failure job.ended."""
    job = _open(job_id)
    if job.run_id:
        run = db.session.get(Run, job.run_id)
        if run and run.state in ("queued", "running"):
            run.state, run.finished_at = "cancelled", utcnow()
    if job.state == "queued":
        job.state, job.finished_at = "cancelled", utcnow()
    return job


def retry_now(job_id):
    """Try a parked or waiting job again at once. Raises Failure job.running, also when another with its key is under way."""
    job = db.session.get(Job, job_id)
    if job is None or job.state in ("running", "done"):
        raise Failure("job.running")
    if job.run_id:
        run = db.session.get(Run, job.run_id)
        if run and run.state in ("failed", "cancelled"):
            run.state, run.finished_at, run.error_code = "queued", None, ""
    job.state, job.attempts, job.run_after, job.finished_at = "queued", 0, utcnow(), None
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise Failure("job.running") from None
    return job


def _open(job_id):
    job = db.session.get(Job, job_id)
    if job is None or job.state not in OPEN:
        raise Failure("job.ended")
    return job
