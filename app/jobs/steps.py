"""Runs of the `steps` shape: prepare, commit, call out with no transaction open, finish, commit, row by row."""
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale, get_locale
from sqlalchemy.exc import InterfaceError, OperationalError

from app.domain import runs
from app.extensions import db
from app.failures import Blame, Failure, Retry
from app.jobs import engine
from app.jobs.progress import broken, check_halt, save, stopped
from app.models import Run, RunRow
from app.tenancy import as_tenant, current_actor, current_scope
from app.web import lock_rows

log = logging.getLogger(__name__)
TOGETHER = 4            # calls of one run that are out at the same moment
MAX_TRIES = 3           # of one row within a run, for passing faults; a verb may say `max_tries`
LONGEST_WAIT_S = 30
SAVE_TRIES, SAVE_PAUSE_S = 4, 1.0


def do(run_id, known, job):
    """Work through the waiting rows. A row whose worker died is simply prepared again: the verb's own claim knows what was sent."""
    while not stopped(run_id) and (rows := runs.waiting(run_id, TOGETHER)):
        check_halt(job)
        params = dict(db.session.get(Run, run_id).params)
        save(run_id, job)
        requests = {}
        for row in rows:
            prepared = _prepare(known, row.subject_id, params)
            if isinstance(prepared, runs.Result):
                _record(run_id, row, prepared)
            else:
                requests[row.id] = (row, prepared)
            db.session.commit()
        if requests:
            _perform_all(run_id, known, requests, job)


def _prepare(known, subject_id, params):
    try:
        return known.steps.prepare(subject_id, params)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        db.session.rollback()
        return broken(subject_id, known, error)


def _perform_all(run_id, known, requests, job):
    """Make the calls side by side; each answer is saved as soon as it is there, and before anything else may go wrong."""
    app, context = current_app._get_current_object(), (current_scope(), current_actor(), str(get_locale() or "zh"))
    halt, trouble, halted = (job or {}).get("halt") or threading.Event(), None, False
    with ThreadPoolExecutor(len(requests)) as pool:
        calls = {pool.submit(_perform, app, context, known, request, halt): (row, request) for row, request in requests.values()}
        for call in as_completed(calls):
            answer = call.result()
            if answer is engine.HandBack:
                halted = True
                continue
            try:
                _save(run_id, known, *calls[call], answer)
            except Exception as error:
                # The other calls' answers are still to come and may be paid waybills: save them first.
                db.session.rollback()
                trouble = error
    if trouble is not None:
        raise trouble
    if halted:
        raise engine.HandBack


def _save(run_id, known, row, request, answer):
    """Finish a row; a database that is busy at this moment is asked again, for the answer may not come twice."""
    for attempt in range(1, SAVE_TRIES + 1):
        try:
            try:
                result = known.steps.finish(request, answer)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:
                db.session.rollback()
                result = broken(row.subject_id, known, error)
            _record(run_id, row, result)
            db.session.commit()
            return
        except (OperationalError, InterfaceError):
            db.session.rollback()
            if attempt == SAVE_TRIES:
                raise
            time.sleep(SAVE_PAUSE_S * attempt)


def _record(run_id, row, result):
    """Into the row, unless another worker that took over has answered it already."""
    state = db.session.scalar(lock_rows(sa.select(RunRow.state).where(RunRow.id == row.id)))
    if state == "waiting":
        result.subject_id = row.subject_id
        runs.record(run_id, [result], {row.subject_id: row.id})


def _perform(app, context, known, request, halt):
    """The answer, a Failure, or HandBack (the worker stops before the next try).

    Passing faults get a few tries. An unknown outcome is never repeated here: the verb asks the other side first.
    """
    scope, actor, locale = context
    tries = getattr(known.steps, "max_tries", MAX_TRIES)
    with app.app_context(), as_tenant(scope, actor), force_locale(locale):
        for attempt in range(1, tries + 1):
            try:
                return known.steps.perform(request)
            except Failure as failure:
                db.session.rollback()
                if failure.retry != Retry.LATER or attempt == tries:
                    return failure
                if halt.wait(min(failure.wait or 0.5 * 2 ** attempt, LONGEST_WAIT_S)):
                    return engine.HandBack
            except Exception as error:
                # Whether it had an effect is not known: the verb treats it like a lost answer.
                log.exception("perform of %s broke", known.kind)
                db.session.rollback()
                return Failure("job.crashed", retry=Retry.UNKNOWN, blame=Blame.US, kind=type(error).__name__)
