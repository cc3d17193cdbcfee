"""What a job of each kind does: thin, the tenant is entered already."""
import logging
from concurrent.futures import ThreadPoolExecutor

from flask import current_app

from app.domain import outbox
from app.extensions import db
from app.failures import Blame, Failure, Retry
from app.jobs import engine, runner
from app.tenancy import as_system, as_tenant, current_actor

log = logging.getLogger(__name__)
DELIVERERS = 4          # calls of one merchant and kind that are out at the same moment
MOST = 500              # rows of one job, so that a merchant with thousands lets others in between


def do(job):
    """Run one claimed job (a dict of engine.claim) inside its tenant. Raises Failure, engine.HandBack."""
    task = TASKS.get(job["kind"])
    if task is None:
        raise Failure("job.unknown_kind", blame=Blame.US, kind=job["kind"])
    task(job)


def run(job):
    runner.execute(job["run_id"], job)


def deliver(job):
    """The due outbox rows of one merchant and kind, a few at a time: a slow carrier holds up nobody else's."""
    app, actor = current_app._get_current_object(), current_actor()
    with ThreadPoolExecutor(DELIVERERS) as pool:
        for call in [pool.submit(_deliver_many, app, actor, job) for _n in range(DELIVERERS)]:
            call.result()


def _deliver_many(app, actor, job):
    halt = job.get("halt")
    with app.app_context(), as_tenant(job["tenant_id"], actor):
        for _n in range(MOST // DELIVERERS):
            if (halt is not None and halt.is_set()) or not _deliver_next(job["payload"].get("kind")):
                return


TASKS = {"run": run, "outbox": deliver}


def queue_outbox():
    """For the clock: a job per merchant and kind of due outbox rows; gives the number queued."""
    with as_system("outbox"):
        due = outbox.due()
    queued = 0
    for tenant_id, kind in due:
        with as_tenant(tenant_id, "outbox"):
            queued += engine.defer("outbox", payload={"kind": kind}, dedupe=f"outbox:{kind}") is not None
            db.session.commit()
    return queued


def deliver_outbox(limit=200):
    """Deliver what is due in this thread, of all merchants; gives the number of rows worked on. For tests and the demo walk."""
    done = 0
    while done < limit:
        with as_system("outbox"):
            due = outbox.due()
        before = done
        for tenant_id, kind in due:
            with as_tenant(tenant_id, "outbox"):
                done += _deliver_next(kind)
        if done == before:
            break
    return done


def _deliver_next(kind):
    """Claim and deliver one row of the current tenant; False when none is due."""
    claimed = outbox.claim(kind)
    db.session.commit()
    if claimed is None:
        return False
    try:
        failure = _deliver(claimed)
    except Failure as caught:
        failure = caught
    except Exception as error:
        log.exception("outbox row %s (%s) broke", claimed.id, kind)
        failure = Failure("job.crashed", retry=Retry.LATER, blame=Blame.US, kind=type(error).__name__)
    if failure is not None:
        db.session.rollback()
        outbox.close(claimed, failure)
        db.session.commit()
    return True


def _deliver(claimed):
    """None when delivered or no longer needed, committed."""
    known, request = outbox.prepare(claimed)
    db.session.commit()
    if request is not None:
        known.finish(request, _call(known, request))
    outbox.close(claimed)
    db.session.commit()
    return None


def _call(known, request):
    try:
        return known.perform(request)
    except Failure as failure:
        db.session.rollback()
        return failure
