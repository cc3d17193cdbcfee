"""Runs: every long action as an object with a row per result, and the registry of the verbs that can be run.

Three shapes of verb, so that no domain function ever commits or calls the network inside a transaction:
- batch: `fn(ids, params) -> list[Result]`, one transaction per chunk, committed by the caller with the results;
- steps: an object with `prepare(id, params) -> request | Result`, `perform(request) -> answer` (outside any transaction)
  and `finish(request, answer_or_failure) -> Result`; the caller commits after prepare and after finish;
- whole: `fn(run_id, params)`, a generator of `Progress`; the caller commits at each yield, and what the generator does
  before it first touches the database again (a page fetched, say) happens outside any transaction.
"""
import importlib
import pkgutil
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask_babel import get_locale

from app.extensions import db
from app.failures import Failure
from app.models.base import utcnow
from app.models.run import Run, RunFile, RunRow
from app.models import bulk
from app.tenancy import current_tenant

INLINE = 200        # up to so many rows a local verb is done inside the click


@dataclass(slots=True)
class Result:
    """Outcome for one subject. `state`: done, failed, skipped."""
    subject_id: int | None
    state: str = "done"
    code: str = ""
    params: dict = field(default_factory=dict)
    raw: str = ""
    ref: str = ""
    quiet: bool = False             # counted, but no row is written: thousands of unchanged orders say nothing

    @classmethod
    def failed(cls, subject_id, failure, ref=""):
        return cls(subject_id, "failed", failure.code, dict(failure.params), failure.raw, ref)


@dataclass(slots=True)
class Progress:
    """What a `whole` verb reports at a yield: rows finished since the last one, and the total if it is known now."""
    results: list = field(default_factory=list)
    total: int | None = None


@dataclass(slots=True)
class Verb:
    kind: str
    label: object                   # lazy text
    model: type | None              # of the subjects
    ref: str = "id"                 # column of the model that people know the row by
    batch: object = None
    steps: object = None
    whole: object = None
    chunk: int = 200


VERBS = {}


def verb(kind, label, model=None, ref="id", chunk=200, shape="batch"):
    """Register a function (batch, whole) or a class (steps) under `kind`."""
    def wrap(target):
        VERBS[kind] = Verb(kind, label, model, ref, chunk=chunk, **{shape: target() if isinstance(target, type) else target})
        return target
    return wrap


def load_verbs():
    """Import every module of the domain once, so that all verbs and outbox handlers are registered in every process."""
    import app.domain as domain
    for module in pkgutil.walk_packages(domain.__path__, "app.domain."):
        importlib.import_module(module.name)


def start(kind, ids=None, query=None, params=None, account_id=None, retry_of=None):
    """Create a Run with its waiting rows inside the caller's transaction; gives the Run. The caller defers the job
    (`jobs.engine.defer_run`) or, for a small local verb, calls `run_now`.

    `ids`: subject ids; `query`: a select of subject ids ("everything that matches the filter"), copied set-based.
    """
    known = VERBS[kind]
    run = Run(tenant_id=current_tenant(), kind=kind, params=params or {}, account_id=account_id, locale=str(get_locale() or "zh")[:2], retry_of=retry_of)
    db.session.add(run)
    db.session.flush()
    if known.model is not None and query is None and ids is not None:
        query = sa.select(known.model.id).where(known.model.id.in_(ids))
    if known.model is not None and query is not None:
        _copy_rows(run, known, query)
    run.total = db.session.scalar(sa.select(sa.func.count()).where(RunRow.run_id == run.id))
    return run


def _copy_rows(run, known, query):
    """The guard narrows `query` to the tenant, so forged ids fall out here; the caller compares `run.total`."""
    wanted = query.order_by(None).subquery()
    model = known.model
    rows = db.session.execute(sa.select(model.id, getattr(model, known.ref)).where(model.id.in_(sa.select(wanted.c[0]))).order_by(model.id)).all()
    bulk.insert_rows(RunRow, [{"run_id": run.id, "seq": n, "subject_id": r[0], "ref": str(r[1])} for n, r in enumerate(rows, 1)])


def begin(run):
    run.state, run.started_at = "running", run.started_at or utcnow()


def waiting(run_id, limit):
    """The next waiting rows: [(row id, subject id, ref)]."""
    return db.session.execute(sa.select(RunRow.id, RunRow.subject_id, RunRow.ref).where(RunRow.run_id == run_id, RunRow.state == "waiting")
                              .order_by(RunRow.seq).limit(limit)).all()


def record(run_id, results, row_ids=None, total=None):
    """Write results: into the waiting rows `row_ids` {subject id: row id}, or as new rows; and move the counters."""
    fresh, known = [], []
    for r in results:
        row_id = (row_ids or {}).get(r.subject_id)
        if row_id is None and r.quiet:
            continue
        values = {"state": r.state, "code": r.code, "params": r.params, "raw": (r.raw or "")[:8000]}
        if row_id is None:
            fresh.append({**values, "run_id": run_id, "seq": 0, "subject_id": r.subject_id, "ref": r.ref[:100]})
        else:
            known.append({**values, "id": row_id})
    bulk.insert_rows(RunRow, fresh)
    bulk.update_rows(RunRow, known, ("state", "code", "params", "raw"))
    count = {s: sum(r.state == s for r in results) for s in ("done", "failed", "skipped")}
    values = {s: getattr(Run, s) + n for s, n in count.items()}
    if total is not None:
        values["total"] = total
    db.session.execute(sa.update(Run).where(Run.id == run_id).values(**values))


def finish(run, failure=None):
    """Close a run: failed only when the run itself broke; failed rows are counted, not fatal."""
    run.finished_at = utcnow()
    run.total = max(run.total, run.done + run.failed + run.skipped)     # a pull learns its total at the end
    run.state = "failed" if failure else "done"
    if failure:
        run.error_code, run.error_params = failure.code, dict(failure.params)


def run_now(run):
    """Do a small local (batch) run inside the caller's transaction: gives the finished Run."""
    known = VERBS[run.kind]
    begin(run)
    while rows := waiting(run.id, known.chunk):
        do_batch(run, known, rows)
    finish(run)
    return run


def do_batch(run, known, rows):
    """One chunk of a batch verb. A subject for which the verb gives no result is failed, never silently dropped."""
    results = known.batch([r.subject_id for r in rows], run.params)
    answered = {r.subject_id for r in results}
    results += [Result(r.subject_id, "failed", "run.no_result") for r in rows if r.subject_id not in answered]
    record(run.id, results, {r.subject_id: r.id for r in rows})
    db.session.flush()
    db.session.refresh(run)


def store_file(run_id, kind, filename, content_type, content):
    row = RunFile(tenant_id=current_tenant(), run_id=run_id, kind=kind, filename=filename, content_type=content_type, content=content)
    db.session.add(row)
    db.session.flush()
    return row.id


def retry(run):
    """A new run over the failed rows of a finished one."""
    if run.state not in ("done", "failed"):
        raise Failure("run.still_running")
    ids = db.session.scalars(sa.select(RunRow.subject_id).where(RunRow.run_id == run.id, RunRow.state.in_(("failed", "waiting")),
                                                                RunRow.subject_id.is_not(None))).all()
    if VERBS[run.kind].model is not None and not ids:
        raise Failure("run.nothing_to_retry")
    return start(run.kind, ids=ids, params=run.params, account_id=run.account_id, retry_of=run.id)
