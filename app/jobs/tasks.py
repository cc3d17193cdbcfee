"""What a job of each kind does: thin, the tenant is entered already."""
from app.domain import outbox
from app.extensions import db
from app.failures import Blame, Failure
from app.jobs import runner
from app.tenancy import as_system, as_tenant


def do(job):
    """Run one claimed job (a dict of engine.claim) inside its tenant. Raises Failure."""
    task = TASKS.get(job["kind"])
    if task is None:
        raise Failure("job.unknown_kind", blame=Blame.US, kind=job["kind"])
    task(job)


def run(job):
    runner.execute(job["run_id"])


TASKS = {"run": run}


def deliver_outbox(limit=20):
    """Deliver what is due, of all merchants; gives the number of rows worked on."""
    with as_system("outbox"):
        due = outbox.claim_due(limit)
        db.session.commit()
    for row_id, tenant_id in due:
        with as_tenant(tenant_id, "outbox"):
            _deliver(row_id)
    return len(due)


def _deliver(row_id):
    try:
        prepared = outbox.prepare(row_id)
        db.session.commit()
        if prepared is None:
            return
        known, request = prepared
        known.finish(request, _call(known, request))
        outbox.close(row_id)
    except Failure as failure:
        db.session.rollback()
        outbox.close(row_id, failure)
    db.session.commit()


def _call(known, request):
    try:
        return known.perform(request)
    except Failure as failure:
        return failure
