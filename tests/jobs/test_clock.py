"""The clock: ticks only while it leads, survives a tick that breaks, enqueues once; and what is forgotten at night."""
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.domain import runs
from app.extensions import db
from app.jobs import cleaning, clock, engine
from app.models import Job, Outbox, Run, RunRow, ShopAccount
from app.models.base import utcnow
from app.tenancy import as_system, as_tenant
from app.vault import seal
from tests import factory

OLD = timedelta(days=100)


def all_of(world, column):
    with world.app.app_context(), as_system():
        return db.session.scalars(sa.select(column).order_by(column)).all()


def test_due_accounts_are_pulled_once_and_a_changed_schedule_counts_at_once(world):
    with world.app.app_context():
        secrets = seal({"access_token": "x"})
    now = utcnow()
    due = factory.account(world.a, secrets=secrets, next_pull_at=now - timedelta(seconds=1))
    manual = factory.account(world.a, secrets=secrets, next_pull_at=now - timedelta(seconds=1), pull_mode="manual")
    factory.account(world.b, secrets=secrets, next_pull_at=now + timedelta(hours=1))
    running = clock.Clock(world.app)
    for _n in range(3):
        running.guarded(clock.pulls)
    assert all_of(world, Job.account_id) == [due]
    with world.app.app_context(), as_tenant(world.a):
        db.session.get(ShopAccount, manual).pull_mode = "auto"
        db.session.commit()
    running.guarded(clock.pulls)
    running.stop_leading()
    assert all_of(world, Job.account_id) == sorted([due, manual])
    assert len(all_of(world, Run.id)) == 2


def test_the_second_clock_waits_and_takes_over(world, monkeypatch):
    ticks = []
    first, second = clock.Clock(world.app), clock.Clock(world.app)
    first.guarded(lambda: ticks.append("first"))
    second.guarded(lambda: ticks.append("second"))
    first.stop_leading()
    second.guarded(lambda: ticks.append("second"))
    second.stop_leading()
    assert ticks == ["first", "second"]


def test_a_tick_that_breaks_does_not_stop_the_others(world, monkeypatch):
    ticks = []

    def broken():
        ticks.append("broken")
        raise ZeroDivisionError

    def sound():
        ticks.append("sound")

    monkeypatch.setattr(clock, "TICKS", ((broken, 0.2), (sound, 0.2)))
    running = clock.Clock(world.app).start()
    end = time.monotonic() + 10
    while not (ticks.count("broken") > 1 and ticks.count("sound") > 1):
        assert time.monotonic() < end, ticks
        time.sleep(0.05)
    running.stop()


@pytest.mark.parametrize("age", [OLD, timedelta(days=1)])
def test_old_runs_go_with_their_rows_and_parked_jobs(world, monkeypatch, age):
    monkeypatch.setitem(runs.VERBS, "probe", runs.Verb("probe", "Probe", None))
    at = utcnow() - age
    with world.app.app_context(), as_tenant(world.a):
        for state in ("failed", "done", "queued"):
            run = runs.start("probe")
            run.state, run.finished_at = ("queued", None) if state == "queued" else (state, at)
            runs.record(run.id, [runs.Result(None, ref="1")])
            job = db.session.get(Job, engine.defer_run(run))
            job.state, job.finished_at = state, run.finished_at
        db.session.add(Outbox(kind="probe", state="done", done_at=at))
        db.session.add(Outbox(kind="probe", state="failed", done_at=at))
        db.session.commit()
    with world.app.app_context(), as_system():
        cleaning.clean()
    left = ["queued"] if age == OLD else ["done", "failed", "queued"]
    assert all_of(world, Run.state) == left and all_of(world, Job.state) == left and len(all_of(world, RunRow.id)) == len(left)
    assert all_of(world, Outbox.state) == (["failed"] if age == OLD else ["done", "failed"]), "what nobody has seen to is kept"


def test_every_tick_runs_on_an_empty_installation(world):
    with world.app.app_context():
        for tick, _seconds in (*clock.TICKS, (clock.clean, 0)):
            tick()
    assert all_of(world, Job.id) == []
