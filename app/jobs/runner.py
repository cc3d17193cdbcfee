"""Does a Run by the shape of its verb. Commits are here: the domain never commits, and nothing calls out inside a transaction."""
import contextlib
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale

from app.domain import runs
from app.extensions import db
from app.failures import Blame, Failure, Retry
from app.models import Run, RunRow
from app.tenancy import as_tenant, current_actor, current_scope

TOGETHER = 4            # calls of one run that are out at the same moment
MAX_TRIES = 3           # of one row within a run, for passing faults
LONGEST_WAIT_S = 30


def execute(run_id):
    """Do or go on with a run inside the current tenant. A Failure that breaks the whole run is kept on it and raised."""
    run = db.session.get(Run, run_id)
    if run is None or run.state not in ("queued", "running"):
        return
    known = runs.VERBS.get(run.kind)
    with force_locale(run.locale):
        try:
            if known is None:
                raise Failure("job.unknown_kind", blame=Blame.US, kind=run.kind)
            _begin(run, known)
            (_batch if known.batch else _steps if known.steps else _whole)(run_id, known)
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


def _end(run_id, failure=None):
    run = db.session.get(Run, run_id)
    if run is not None and run.state == "running":
        runs.finish(run, failure)
    db.session.commit()


def _stopped(run_id):
    return db.session.scalar(sa.select(Run.state).where(Run.id == run_id)) != "running"


def _batch(run_id, known):
    while not _stopped(run_id) and (rows := runs.waiting(run_id, known.chunk)):
        runs.do_batch(db.session.get(Run, run_id), known, rows)
        db.session.commit()


def _whole(run_id, known):
    params = dict(db.session.get(Run, run_id).params)
    with contextlib.closing(known.whole(run_id, params)) as steps:
        for progress in steps:
            ids = _row_ids(run_id, known, progress.results)
            runs.record(run_id, progress.results, ids, total=progress.total)
            stop = _stopped(run_id)
            db.session.commit()
            if stop:
                return


def _row_ids(run_id, known, results):
    """Waiting rows of the results' subjects, so that they are answered and not doubled."""
    subjects = [r.subject_id for r in results if r.subject_id is not None]
    if known.model is None or not subjects:
        return {}
    return dict(db.session.execute(sa.select(RunRow.subject_id, RunRow.id).where(
        RunRow.run_id == run_id, RunRow.state == "waiting", RunRow.subject_id.in_(subjects))).all())


def _steps(run_id, known):
    while not _stopped(run_id) and (rows := runs.waiting(run_id, TOGETHER)):
        params = dict(db.session.get(Run, run_id).params)
        requests = {}
        for row in rows:
            prepared = _prepare(known.steps, row.subject_id, params)
            if isinstance(prepared, runs.Result):
                runs.record(run_id, [prepared], {row.subject_id: row.id})
                db.session.commit()
            else:
                db.session.commit()
                requests[row.id] = (row, prepared)
        _perform_all(run_id, known, requests)


def _prepare(steps, subject_id, params):
    try:
        return steps.prepare(subject_id, params)
    except Failure as failure:
        db.session.rollback()
        return runs.Result.failed(subject_id, failure)


def _perform_all(run_id, known, requests):
    """Make the calls side by side, outside any transaction; each answer is saved as soon as it is there."""
    app, scope, actor = current_app._get_current_object(), current_scope(), current_actor()
    with ThreadPoolExecutor(max(1, len(requests))) as pool:
        calls = {pool.submit(_perform, app, scope, actor, known.steps, request): row for row, request in requests.values()}
        for call in as_completed(calls):
            row = calls[call]
            answer = call.result()
            try:
                result = known.steps.finish(requests[row.id][1], answer)
            except Failure as failure:
                db.session.rollback()
                result = runs.Result.failed(row.subject_id, failure)
            runs.record(run_id, [result], {row.subject_id: row.id})
            db.session.commit()


def _perform(app, scope, actor, steps, request):
    """The call, with a few tries for passing faults. An unknown outcome is never repeated here: the verb asks first."""
    with app.app_context(), as_tenant(scope, actor):
        for attempt in range(1, MAX_TRIES + 1):
            try:
                return steps.perform(request)
            except Failure as failure:
                wait = min(failure.wait or 0.5 * 2 ** attempt, LONGEST_WAIT_S)
                if failure.retry != Retry.LATER or attempt == MAX_TRIES:
                    return failure
                db.session.rollback()
                time.sleep(wait)
