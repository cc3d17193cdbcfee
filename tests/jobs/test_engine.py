"""The embedded engine: enqueue once, claim once, one job per account, retries, leases, graceful stop."""
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.failures import Failure, Retry
from app.jobs import engine, tasks
from app.jobs import pool as pool_module
from app.jobs.pool import Pool, drain
from app.models import Job
from app.models.base import utcnow
from app.tenancy import as_system, as_tenant
from tests import factory
from tests.jobs.waiting import wait_until


@pytest.fixture
def task(monkeypatch):
    """A task kind `probe` whose behaviour a test chooses; it notes the payloads it was given."""
    class Probe:
        seen, behave = [], staticmethod(lambda job: None)

        def __call__(self, job):
            self.seen.append(job["payload"].get("n"))
            return self.behave(job)

    probe = Probe()
    probe.seen = []
    monkeypatch.setitem(tasks.TASKS, "probe", probe)
    return probe


def queue(world, tenant=None, **values):
    with world.app.app_context(), as_tenant(tenant or world.a, "tester"):
        job_id = engine.defer("probe", **values)
        db.session.commit()
        return job_id


def job_row(world, job_id):
    with world.app.app_context(), as_system():
        job = db.session.get(Job, job_id)
        db.session.expunge(job)
        return job


def test_an_open_job_with_the_same_key_is_enough(world, task):
    first = queue(world, dedupe="pull:1")
    assert first and queue(world, dedupe="pull:1") is None
    assert queue(world, tenant=world.b, dedupe="pull:1"), "another merchant's key is another key"
    drain(world.app)
    assert queue(world, dedupe="pull:1"), "a finished job no longer blocks"


def test_enqueued_with_the_business_transaction(world, task):
    with world.app.app_context(), as_tenant(world.a):
        engine.defer("probe")
        db.session.rollback()
    assert drain(world.app) == 0


def test_two_pools_do_each_job_once(world, task):
    for n in range(30):
        queue(world, payload={"n": n})
    pools = [Pool(world.app, threads=3).start() for _ in range(2)]
    wait_until(lambda: len(task.seen) >= 30)
    for pool in pools:
        pool.stop()
    assert sorted(task.seen) == list(range(30))


def test_jobs_of_one_account_never_overlap(world, task):
    shop, running, worst, lock = factory.account(world.a), [0], [0], threading.Lock()

    def behave(job):
        with lock:
            running[0] += 1
            worst[0] = max(worst[0], running[0])
        threading.Event().wait(0.05)
        with lock:
            running[0] -= 1

    task.behave = behave
    for n in range(6):
        queue(world, account_id=shop, payload={"n": n})
    pool = Pool(world.app, threads=4).start()
    wait_until(lambda: len(task.seen) == 6)
    pool.stop()
    assert worst[0] == 1


@pytest.mark.parametrize(("failure", "state", "attempts"), [
    (Failure("http.timeout", retry=Retry.LATER, wait=0), "failed", 3),
    (Failure("order.unmatched"), "failed", 1),
    (Failure("shop.authorisation_expired", retry=Retry.REAUTHORISE), "failed", 1),
    (ValueError("boom"), "failed", 3),
])
def test_retry_by_the_kind_of_failure(world, task, monkeypatch, failure, state, attempts):
    monkeypatch.setattr(engine, "pause", lambda n: 0)

    def behave(job):
        raise failure

    task.behave = behave
    job_id = queue(world, max_attempts=3)
    drain(world.app)
    job = job_row(world, job_id)
    assert (job.state, job.attempts) == (state, attempts)
    assert job.error_code == ("job.crashed" if isinstance(failure, ValueError) else failure.code)


def test_a_dead_workers_job_is_taken_up_again_and_parked_in_the_end(world, task):
    job_id = queue(world, max_attempts=2)
    with world.app.app_context(), as_system():
        for attempt in (1, 2):
            assert engine.claim("dead")["attempts"] == attempt
            db.session.execute(sa.update(Job).values(lease_until=utcnow() - timedelta(seconds=1)))
            db.session.commit()
            assert engine.recover() == 1
            db.session.commit()
    job = job_row(world, job_id)
    assert (job.state, job.error_code) == ("failed", "job.lost")
    with world.app.app_context(), as_system():
        engine.retry_now(job_id)
        db.session.commit()
    drain(world.app)
    assert job_row(world, job_id).state == "done"


def test_a_late_worker_cannot_settle_what_another_has(world, task):
    job_id = queue(world)
    with world.app.app_context(), as_system():
        job = engine.claim("slow")
        engine.hand_back("slow", [job_id])
        engine.claim("fast")
        engine.settle(job, "slow")
        db.session.commit()
    assert job_row(world, job_id).state == "running"


def test_graceful_stop_hands_back(world, task):
    task.behave = lambda job: threading.Event().wait(2)
    job_id = queue(world)
    pool = Pool(world.app, threads=1).start()
    wait_until(lambda: task.seen)
    assert pool.stop(grace=0.2) == 1
    job = job_row(world, job_id)
    assert (job.state, job.attempts) == ("queued", 0)


def test_unknown_kind_is_said(world):
    with world.app.app_context(), as_tenant(world.a):
        job_id = engine.defer("no_such_thing")
        db.session.commit()
    drain(world.app)
    assert job_row(world, job_id).error_code == "job.unknown_kind"


def test_a_job_of_an_older_run_of_the_same_key_is_not_started_beside_an_open_one(world, task):
    def behave(job):
        raise Failure("order.unmatched")

    task.behave = behave
    parked = queue(world, dedupe="pull:1")
    drain(world.app)
    assert queue(world, dedupe="pull:1")
    with world.app.app_context(), as_system():
        with pytest.raises(Failure, match="job.running"):
            engine.retry_now(parked)
    assert job_row(world, parked).state == "failed"


def test_a_cancelled_job_is_not_done(world, task):
    job_id = queue(world)
    with world.app.app_context(), as_tenant(world.a):
        engine.cancel(job_id)
        db.session.commit()
        with pytest.raises(Failure, match="job.ended"):
            engine.cancel(job_id)
    drain(world.app)
    assert task.seen == [] and job_row(world, job_id).state == "cancelled"
    with world.app.app_context(), as_tenant(world.b), pytest.raises(Failure):
        engine.retry_now(job_id)


def test_priority_and_delay(world, task):
    queue(world, payload={"n": "late"}, delay=3600)
    for n, priority in (("low", 0), ("high", 5)):
        queue(world, payload={"n": n}, priority=priority)
    drain(world.app)
    assert task.seen == ["high", "low"]


def test_leases_are_renewed_while_the_work_goes_on(world, task, monkeypatch):
    monkeypatch.setitem(world.app.config, "JOB_LEASE_SECONDS", 2)
    monkeypatch.setattr(pool_module, "RECOVER_S", 0.2)
    task.behave = lambda job: threading.Event().wait(4)
    job_id = queue(world)
    pools = [Pool(world.app, threads=1).start() for _ in range(2)]
    wait_until(lambda: job_row(world, job_id).state == "done")
    for pool in pools:
        pool.stop()
    assert len(task.seen) == 1 and job_row(world, job_id).attempts == 1


def test_a_thread_outlives_a_database_that_is_away(world, task, monkeypatch):
    monkeypatch.setattr(pool_module.time, "sleep", lambda seconds: None)
    broken, settle = [3], engine.settle

    def settle_badly(*args):
        if broken[0]:
            broken[0] -= 1
            raise sa.exc.OperationalError("UPDATE", {}, Exception("database is locked"))
        return settle(*args)

    monkeypatch.setattr(engine, "settle", settle_badly)
    job_id = queue(world)
    assert drain(world.app) == 1
    assert job_row(world, job_id).state == "done" and len(task.seen) == 1
