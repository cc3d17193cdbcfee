"""Several worker processes on one database, and what is left when one of them is killed."""
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.domain import runs
from app.extensions import db
from app.jobs import engine, tasks
from app.jobs.leader import Leader
from app.jobs.pool import Pool
from app.models import Job, Product, Run
from app.tenancy import as_tenant
from tests import factory
from tests.jobs import child
from tests.jobs.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def spawn(database, tmp_path):
    """Starts a child of a role and waits for its first line; all are killed in the end."""
    children = []

    def start(role):
        process = subprocess.Popen([sys.executable, "-m", "tests.jobs.child", role, database, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        children.append(process)
        process.first = process.stdout.readline().strip()
        return process

    yield start
    for process in children:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def marked(world, tmp_path, monkeypatch):
    monkeypatch.setitem(tasks.TASKS, "mark", None)
    monkeypatch.setitem(runs.VERBS, "mark_products", None)
    child.register(tmp_path, hang=None)
    return world


def lines(tmp_path):
    notes = tmp_path / "notes"
    return notes.read_text().split("\n")[:-1] if notes.exists() else []


def test_two_processes_do_each_job_once(marked, spawn, tmp_path):
    workers = [spawn("worker"), spawn("worker")]
    with marked.app.app_context(), as_tenant(marked.a):
        for n in range(40):
            engine.defer("mark", payload={"n": n})
        db.session.commit()
    wait_until(lambda: len(lines(tmp_path)) >= 40, 60)
    done = [line.split() for line in lines(tmp_path)]
    assert sorted(int(n) for n, _pid in done) == list(range(40))
    assert {int(pid) for _n, pid in done} == {w.pid for w in workers}


def test_a_killed_worker_loses_and_doubles_nothing(marked, spawn, tmp_path, monkeypatch):
    """SIGKILL in the second of three chunks: its transaction is gone, the run is taken up from there by another."""
    monkeypatch.setitem(marked.app.config, "JOB_LEASE_SECONDS", 3)
    ids = [factory.product(marked.a, f"K{n}", name="p") for n in range(6)]
    with marked.app.app_context(), as_tenant(marked.a):
        run = runs.start("mark_products", ids=ids)
        engine.defer_run(run)
        db.session.commit()
        run_id = run.id
    worker = spawn("worker")
    wait_until(lambda: "hangs" in lines(tmp_path))
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    pool = Pool(marked.app, threads=2).start()

    def look(column):
        with marked.app.app_context(), as_tenant(marked.a):
            return db.session.scalars(sa.select(column)).all()

    wait_until(lambda: look(Run.state) == ["done"])
    pool.stop()
    with marked.app.app_context(), as_tenant(marked.a):
        run = db.session.get(Run, run_id)
        assert (run.total, run.done, run.failed) == (6, 6, 0)
    assert look(Product.name) == ["p+"] * 6
    assert look(Job.state) == ["done"] and look(Job.attempts) == [2]


def test_one_leads_and_another_takes_over_when_it_is_killed(marked, spawn):
    first = spawn("leader")
    assert first.first == "leads"
    assert spawn("leader").first == "waits"
    with marked.app.app_context():
        mine = Leader(db.engine)
    assert not mine.try_lead()
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    wait_until(mine.try_lead)
    assert mine.try_lead(), "and it keeps leading"
    mine.release()
