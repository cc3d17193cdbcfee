"""What every shape of run asks between its chunks: stopped by somebody, told to let go, still ours?"""
import logging

import sqlalchemy as sa

from app.domain import runs
from app.extensions import db
from app.failures import Failure
from app.jobs import engine
from app.models import Run
from app.web import lock_rows

log = logging.getLogger(__name__)


def stopped(run_id):
    """True when somebody stopped the run. Locks it, so that two workers never work on the same waiting rows at once."""
    return db.session.scalar(lock_rows(sa.select(Run.state).where(Run.id == run_id))) != "running"


def save(run_id, job):
    """Commit a chunk together with its counters, unless the lease is lost: then nothing of it counts. Raises engine.HandBack."""
    if job is not None:
        done, total = db.session.execute(sa.select(Run.done + Run.failed + Run.skipped, Run.total).where(Run.id == run_id)).one()
        if not engine.keep(job, progress=min(99, done * 100 // total) if total else 0):
            db.session.rollback()
            raise engine.HandBack
    db.session.commit()


def check_halt(job):
    """Raises engine.HandBack when the worker is told to stop or lost its lease."""
    if job is not None and job.get("halt") is not None and job["halt"].is_set():
        db.session.rollback()
        raise engine.HandBack


def broken(subject_id, known, error):
    """The result of a row whose verb raised: its own failure, or an error of ours that was logged."""
    if isinstance(error, Failure):
        return runs.Result.failed(subject_id, error)
    log.error("run row of %s broke", known.kind, exc_info=error)
    return runs.Result(subject_id, "failed", "job.crashed", {"kind": type(error).__name__})
