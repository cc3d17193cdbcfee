"""Runs of each shape: results per row, nothing lost or doubled when a run is taken up again."""
import pytest
import sqlalchemy as sa
from flask_babel import get_locale

from app.domain import runs
from app.extensions import db
from app.failures import Failure, Retry
from app.jobs import engine, runner, steps
from app.jobs.pool import Pool, drain
from app.models import Job, Product, Run, RunRow
from app.tenancy import as_system, as_tenant
from tests import factory
from tests.jobs.waiting import wait_until


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
    assert look(world, run_id) == (("failed", 1, 1, 0, 0), [("1", "done", "")])


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


def test_a_poisoned_row_fails_alone(world, verb):
    ids = [factory.product(world.a, f"P{n}") for n in range(5)]

    def batch(chosen, params):
        if ids[2] in chosen:
            raise ZeroDivisionError
        return [runs.Result(i) for i in chosen]

    verb("batch", batch, chunk=4)
    run_id = start(world, ids=ids)
    drain(world.app)
    assert look(world, run_id)[0] == ("done", 5, 4, 1, 0)
    assert look(world, run_id)[1][2] == ("P2", "failed", "job.crashed")


class Calls:
    """Steps whose three parts a test may break for one subject."""

    def __init__(self, **broken):
        self.broken, self.asked, self.finished = broken, [], {}

    def prepare(self, subject_id, params):
        self._break("prepare", subject_id)
        return subject_id

    def perform(self, request):
        self.asked.append(request)
        self._break("perform", request)
        return "number"

    def finish(self, request, answer):
        self.finished[request] = answer
        self._break("finish", request)
        return runs.Result.failed(request, answer) if isinstance(answer, Failure) else runs.Result(request)

    def _break(self, part, subject_id):
        subject, error = self.broken.get(part, (None, None))
        if subject == subject_id:
            raise error


@pytest.mark.parametrize("part", ["prepare", "perform", "finish"])
def test_a_bug_in_one_row_loses_no_other_answer(world, verb, part):
    ids = [factory.product(world.a, f"B{n}") for n in range(4)]
    calls = Calls(**{part: (ids[0], ZeroDivisionError())})
    verb("steps", calls)
    run_id = start(world, ids=ids)
    drain(world.app)
    counts, rows = look(world, run_id)
    assert counts == ("done", 4, 3, 1, 0) and rows[0][1:] == ("failed", "job.crashed")
    assert all(calls.finished[i] == "number" for i in ids[1:])
    if part == "perform":
        assert calls.finished[ids[0]].retry == Retry.UNKNOWN, "whether it had an effect is not known"


def test_an_answer_is_saved_though_the_database_is_busy(world, verb, monkeypatch):
    monkeypatch.setattr(steps, "SAVE_PAUSE_S", 0)
    subject = factory.product(world.a, "BUSY")
    calls, busy = Calls(), [2]
    finish = calls.finish

    def finish_later(request, answer):
        if busy[0]:
            busy[0] -= 1
            raise sa.exc.OperationalError("UPDATE", {}, Exception("database is locked"))
        return finish(request, answer)

    calls.finish = finish_later
    verb("steps", calls)
    run_id = start(world, ids=[subject])
    drain(world.app)
    assert calls.asked == [subject] and look(world, run_id)[0] == ("done", 1, 1, 0, 0)


@pytest.mark.parametrize(("retry", "asked"), [(Retry.LATER, 3), (Retry.UNKNOWN, 1), (Retry.NEVER, 1)])
def test_only_passing_faults_are_asked_again(world, verb, monkeypatch, retry, asked):
    monkeypatch.setattr(steps, "LONGEST_WAIT_S", 0)
    subject = factory.product(world.a, "F")
    calls = Calls(perform=(subject, Failure("http.timeout", retry=retry)))
    verb("steps", calls)
    run_id = start(world, ids=[subject])
    drain(world.app)
    assert len(calls.asked) == asked and look(world, run_id) == (("done", 1, 0, 1, 0), [("F", "failed", "http.timeout")])


def test_a_worker_that_is_told_to_stop_hands_the_run_back_between_chunks(world, verb):
    ids = [factory.product(world.a, f"H{n}") for n in range(6)]
    told = []

    def batch(chosen, params):
        if not told:
            told.append(pool.stopping.set())
            next(iter(pool.running.values()))["halt"].set()
        return [runs.Result(i) for i in chosen]

    verb("batch", batch, chunk=2)
    run_id = start(world, ids=ids)
    pool = Pool(world.app, threads=1)     # known before its thread calls `batch`
    pool.start()
    wait_until(lambda: look(world, run_id)[0][2] == 2 and not pool.running)
    pool.stop()
    with world.app.app_context(), as_tenant(world.a):
        job = db.session.scalars(sa.select(Job)).one()
        assert (job.state, job.attempts, job.progress) == ("queued", 0, 33)
    drain(world.app)
    assert look(world, run_id)[0] == ("done", 6, 6, 0, 0)


def test_what_a_worker_does_after_losing_its_lease_counts_for_nothing(world, verb):
    ids = [factory.product(world.a, f"L{n}") for n in range(3)]

    def batch(chosen, params):
        db.session.execute(sa.update(Job).values(worker="another", attempts=Job.attempts + 1).execution_options(synchronize_session=False))
        db.session.execute(sa.update(Product).values(name="doubled").execution_options(synchronize_session=False))
        return [runs.Result(i) for i in chosen]

    verb("batch", batch)
    run_id = start(world, ids=ids)
    with world.app.app_context():
        with as_system():
            job = engine.claim("slow")
            db.session.commit()
        with pytest.raises(engine.HandBack), as_tenant(world.a):
            runner.execute(run_id, job)
        with as_tenant(world.a):
            assert "doubled" not in db.session.scalars(sa.select(Product.name)).all()
    assert look(world, run_id)[0] == ("running", 3, 0, 0, 0)


def test_a_run_ends_with_its_parked_job_and_goes_on_when_tried_by_hand(world, verb, monkeypatch):
    monkeypatch.setattr(engine, "pause", lambda n: 0)
    sound = []

    def whole(run_id, params):
        yield runs.Progress([runs.Result(None, ref="1")])
        if not sound:
            raise ZeroDivisionError

    verb("whole", whole, model=None)
    run_id = start(world)
    drain(world.app)
    assert look(world, run_id)[0][0] == "failed"
    sound.append(True)
    with world.app.app_context(), as_tenant(world.a):
        job = db.session.scalars(sa.select(Job)).one()
        assert (job.state, job.error_code, job.attempts) == ("failed", "job.crashed", 5)
        engine.retry_now(job.id)
        db.session.commit()
    drain(world.app)
    assert look(world, run_id)[0][0] == "done"


def test_the_locale_of_the_run_holds_in_every_part(world, verb):
    seen = []

    class Speaking(Calls):
        def perform(self, request):
            seen.append(str(get_locale()))
            return super().perform(request)

        def finish(self, request, answer):
            seen.append(str(get_locale()))
            return super().finish(request, answer)

    verb("steps", Speaking())
    with world.app.app_context(), as_tenant(world.a):
        run = runs.start("probe", ids=[])
        run.locale = "en"
        db.session.commit()
        run_id = run.id
    subject = factory.product(world.a, "LOC")
    with world.app.app_context(), as_tenant(world.a):
        db.session.add(RunRow(run_id=run_id, seq=1, subject_id=subject))
        engine.defer_run(db.session.get(Run, run_id))
        db.session.commit()
    drain(world.app)
    assert seen == ["en", "en"]
