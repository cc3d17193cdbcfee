"""Runs of each shape: results per row, nothing lost or doubled when a run is taken up again."""
import pytest
import sqlalchemy as sa

from app.domain import runs
from app.extensions import db
from app.failures import Failure, Retry
from app.jobs import engine, runner, steps
from app.jobs.pool import drain
from app.models import Product, Run, RunRow
from app.tenancy import as_tenant
from tests import factory


class Stop(BaseException):
    """Stands for a worker that is killed."""


@pytest.fixture
def verb(monkeypatch):
    def make(shape, target, **more):
        monkeypatch.setitem(runs.VERBS, "probe", runs.Verb("probe", "Probe", **{"model": Product, "ref": "sku", shape: target, **more}))
    return make


def start(world, **values):
    with world.app.app_context(), as_tenant(world.a, "lily"):
        run = runs.start("probe", **values)
        engine.defer_run(run)
        db.session.commit()
        return run.id


def look(world, run_id):
    with world.app.app_context(), as_tenant(world.a):
        run = db.session.get(Run, run_id)
        rows = db.session.execute(sa.select(RunRow.ref, RunRow.state, RunRow.code).where(RunRow.run_id == run_id).order_by(RunRow.seq, RunRow.id)).all()
        return (run.state, run.total, run.done, run.failed, run.skipped), [tuple(r) for r in rows]


def test_batch_answers_every_row_and_forged_ids_fall_out(world, verb):
    mine = [factory.product(world.a, sku) for sku in ("A", "B", "C")]
    theirs = factory.product(world.b, "X")
    verb("batch", lambda ids, params: [runs.Result(ids[0]), runs.Result(ids[1], "failed", "stock.short")], chunk=3)
    run_id = start(world, ids=[*mine, theirs])
    drain(world.app)
    assert look(world, run_id) == (("done", 3, 1, 2, 0), [("A", "done", ""), ("B", "failed", "stock.short"), ("C", "failed", "run.no_result")])


def test_steps_call_outside_a_transaction_and_retry_passing_faults(world, verb, monkeypatch):
    monkeypatch.setattr(steps, "LONGEST_WAIT_S", 0)
    calls = []

    class Steps:
        def prepare(self, subject_id, params):
            return subject_id

        def perform(self, request):
            assert not db.session().in_transaction()
            calls.append(request)
            if calls.count(request) < 2:
                raise Failure("http.timeout", retry=Retry.LATER)
            return "number"

        def finish(self, request, answer):
            return runs.Result(request, "done" if answer == "number" else "failed")

    ids = [factory.product(world.a, f"S{n}") for n in range(5)]
    verb("steps", Steps())
    run_id = start(world, ids=ids)
    drain(world.app)
    assert look(world, run_id)[0] == ("done", 5, 5, 0, 0)
    assert len(calls) == 10


def test_a_killed_whole_run_starts_afresh_without_doubling(world, verb):
    tries = []

    def whole(run_id, params):
        tries.append(1)
        yield runs.Progress([runs.Result(None, ref="1")], total=2)
        if len(tries) == 1:
            raise Stop
        yield runs.Progress([runs.Result(None, ref="2")])

    verb("whole", whole, model=None)
    run_id = start(world)
    with world.app.app_context(), pytest.raises(Stop), as_tenant(world.a):
        runner.execute(run_id)
    with world.app.app_context(), as_tenant(world.a):
        runner.execute(run_id)
    assert look(world, run_id) == (("done", 2, 2, 0, 0), [("1", "done", ""), ("2", "done", "")])


def test_a_broken_whole_run_keeps_what_was_saved_and_says_why(world, verb):
    def whole(run_id, params):
        yield runs.Progress([runs.Result(None, ref="1")])
        raise Failure("http.truncated")

    verb("whole", whole, model=None)
    run_id = start(world)
    drain(world.app)
    assert look(world, run_id) == (("failed", 0, 1, 0, 0), [("1", "done", "")])


def test_a_stopped_run_stops_between_chunks(world, verb):
    ids = [factory.product(world.a, f"T{n}") for n in range(4)]

    def batch(chosen, params):
        db.session.execute(sa.update(Run).values(state="cancelled"))
        return [runs.Result(i) for i in chosen]

    verb("batch", batch, chunk=2)
    run_id = start(world, ids=ids)
    drain(world.app)
    assert look(world, run_id)[0] == ("cancelled", 4, 2, 0, 0)


def test_retry_takes_the_failed_rows_only(world, verb):
    ids = [factory.product(world.a, sku) for sku in ("A", "B")]
    verb("batch", lambda chosen, params: [runs.Result(i, "failed" if i == ids[1] else "done", "x.y") for i in chosen])
    run_id = start(world, ids=ids)
    drain(world.app)
    with world.app.app_context(), as_tenant(world.a):
        again = runs.retry(db.session.get(Run, run_id))
        db.session.commit()
        assert again.total == 1
        assert db.session.scalars(sa.select(RunRow.ref).where(RunRow.run_id == again.id)).all() == ["B"]
