"""Does a Run by the shape of its verb. Commits are here: the domain never commits, and nothing calls out inside a transaction."""
import contextlib
import logging

import sqlalchemy as sa
from flask_babel import force_locale
from sqlalchemy.exc import InterfaceError, OperationalError

from app.domain import runs
from app.extensions import db
from app.failures import Blame, Failure
from app.jobs import steps
from app.jobs.progress import broken, check_halt, save, stopped
from app.models import Run, RunRow
from app.web import lock_rows

log = logging.getLogger(__name__)


def execute(run_id, job=None):
    """Do or go on with a run inside the current tenant. A Failure that breaks the whole run is kept on it and raised.

    `job`: the claim that this work belongs to; it is asked before each commit, so that a worker that lost its lease
    cannot count a chunk twice. Raises engine.HandBack when the worker has to let go: the run goes on later from where it is.
    """
    run = db.session.scalars(lock_rows(sa.select(Run).where(Run.id == run_id))).one_or_none()
    if run is None or run.state not in ("queued", "running"):
        return
    known = runs.VERBS.get(run.kind)
    with force_locale(run.locale):
        try:
            if known is None:
                raise Failure("job.unknown_kind", blame=Blame.US, kind=run.kind)
            _begin(run, known)
            (_batch if known.batch else steps.do if known.steps else _whole)(run_id, known, job)
            _close_unanswered(run_id)
        except Failure as failure:
            db.session.rollback()
            _end(run_id, failure)
            raise
        _end(run_id)


def _begin(run, known):
    """A run that is taken up again keeps its finished rows; a whole verb without subjects starts afresh."""
    again = run.state == "running"
    runs.begin(run)
    if again and known.whole and known.model is None:
        db.session.execute(sa.delete(RunRow).where(RunRow.run_id == run.id).execution_options(synchronize_session=False))
        run.done = run.failed = run.skipped = 0
    db.session.commit()


def _close_unanswered(run_id):
    """A subject for which a verb gave no result is failed, never silently dropped."""
    while not stopped(run_id) and (rows := runs.waiting(run_id, 500)):
        runs.record(run_id, [runs.Result(r.subject_id, "failed", "run.no_result") for r in rows], {r.subject_id: r.id for r in rows})
        db.session.commit()


def _end(run_id, failure=None):
    run = db.session.scalars(lock_rows(sa.select(Run).where(Run.id == run_id)).execution_options(populate_existing=True)).one_or_none()
    if run is not None and run.state == "running":
        runs.finish(run, failure)
    db.session.commit()


def _batch(run_id, known, job):
    while not stopped(run_id) and (rows := runs.waiting(run_id, known.chunk)):
        check_halt(job)
        if _chunk(run_id, known, rows):
            save(run_id, job)
        else:
            _one_by_one(run_id, known, rows, job)


def _chunk(run_id, known, rows):
    """True when the verb coped with all of it. A fault of the database is raised: the job comes back to it."""
    try:
        runs.do_batch(db.session.get(Run, run_id), known, rows)
        return True
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(rows) > 1:
            log.exception("run %s (%s): a chunk broke; its rows are done one by one", run_id, known.kind)
        db.session.rollback()
        if len(rows) == 1:
            runs.record(run_id, [broken(rows[0].subject_id, known, error)], {rows[0].subject_id: rows[0].id})
            return True
        return False


def _one_by_one(run_id, known, rows, job):
    """One poisoned row must not keep the others from being done."""
    for row in rows:
        check_halt(job)
        if stopped(run_id):
            return
        _chunk(run_id, known, [row])
        save(run_id, job)


def _whole(run_id, known, job):
    """Told to stop, it uses the worker's grace to end: most of these verbs start afresh when they are taken up again."""
    params = dict(db.session.get(Run, run_id).params)
    with contextlib.closing(known.whole(run_id, params)) as parts:
        for progress in parts:
            ids = _row_ids(run_id, known, progress.results)
            runs.record(run_id, progress.results, ids, total=progress.total)
            stop = stopped(run_id)
            save(run_id, job)
            if stop:
                return


def _row_ids(run_id, known, results):
    """Waiting rows of the results' subjects, so that they are answered and not doubled."""
    subjects = [r.subject_id for r in results if r.subject_id is not None]
    if known.model is None or not subjects:
        return {}
    return dict(db.session.execute(sa.select(RunRow.subject_id, RunRow.id).where(
        RunRow.run_id == run_id, RunRow.state == "waiting", RunRow.subject_id.in_(subjects))).all())
