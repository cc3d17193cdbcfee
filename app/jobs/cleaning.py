"""What is forgotten at night. Each step is a short transaction, for on SQLite others wait for it. Runs as SYSTEM."""
from datetime import timedelta

import sqlalchemy as sa

from app.extensions import db
from app.models import HookNote, Job, Outbox, Run
from app.models.base import utcnow

JOBS_KEPT_DAYS, NOTES_KEPT_DAYS, RUNS_KEPT_DAYS = 14, 30, 90
BATCH = 500


def clean():
    """Old finished jobs, delivered outbox rows, worked-off webhook notes; then old runs with what hangs on them. Commits."""
    _forget(Job, Job.state.in_(("done", "cancelled")), Job.finished_at < _ago(JOBS_KEPT_DAYS))
    _forget(Outbox, Outbox.state == "done", Outbox.done_at < _ago(NOTES_KEPT_DAYS))
    _forget(HookNote, HookNote.state.in_(("done", "ignored")), HookNote.at < _ago(NOTES_KEPT_DAYS))
    old_runs = Run.finished_at < _ago(RUNS_KEPT_DAYS)
    # Parked jobs refer to their runs; open ones keep theirs.
    _forget(Job, Job.state == "failed", sa.or_(Job.finished_at < _ago(RUNS_KEPT_DAYS), Job.run_id.in_(sa.select(Run.id).where(old_runs))))
    _forget(Run, old_runs, Run.id.not_in(sa.select(Job.run_id).where(Job.run_id.is_not(None))))


def _forget(model, *conditions):
    while True:
        ids = sa.select(model.id).where(*conditions).order_by(model.id).limit(BATCH)
        gone = db.session.execute(sa.delete(model).where(model.id.in_(ids)).execution_options(synchronize_session=False)).rowcount
        db.session.commit()
        if gone < BATCH:
            return


def _ago(days):
    return utcnow() - timedelta(days=days)
