"""The outbox: committed with the change, delivered after it, tried again without harm, never in anybody's way."""
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.domain import outbox
from app.extensions import db
from app.failures import Failure, Retry
from app.jobs import tasks
from app.jobs.pool import drain
from app.models import Job, Outbox
from app.models.base import utcnow
from app.tenancy import as_system, as_tenant


class Handler:
    """Notes what was sent; `behave` may raise or do something in the middle of the call."""

    def __init__(self):
        self.sent, self.finished, self.behave = [], [], lambda payload: None

    def prepare(self, payload):
        return None if payload.get("over") else payload

    def perform(self, request):
        assert not db.session().in_transaction(), "nothing calls out inside a transaction"
        self.sent.append(request["n"])
        self.behave(request)
        return "ok"

    def finish(self, request, answer):
        if isinstance(answer, Failure):
            raise answer
        self.finished.append(request["n"])


@pytest.fixture
def probe(world, monkeypatch):
    known = Handler()
    monkeypatch.setitem(outbox.HANDLERS, "probe", known)
    return known


def add(world, n, tenant=None, **values):
    with world.app.app_context(), as_tenant(tenant or world.a):
        outbox.add("probe", {"n": n, **values.pop("payload", {})}, **values)
        db.session.commit()


def rows(world):
    with world.app.app_context(), as_system():
        return [(r.payload["n"], r.state, r.attempts, r.error_code) for r in db.session.scalars(sa.select(Outbox).order_by(Outbox.id))]


def come_due(world):
    with world.app.app_context(), as_system():
        db.session.execute(sa.update(Outbox).values(due_at=utcnow() - timedelta(seconds=1)))
        db.session.commit()


def deliver(world):
    with world.app.app_context():
        return tasks.deliver_outbox()


def test_rolled_back_with_the_change(world, probe):
    with world.app.app_context(), as_tenant(world.a):
        outbox.add("probe", {"n": 1})
        db.session.rollback()
    assert deliver(world) == 0 and probe.sent == []


def test_the_clock_queues_one_job_per_merchant_and_a_worker_delivers(world, probe):
    for n in range(9):
        add(world, n)
    add(world, 100, tenant=world.b)
    with world.app.app_context():
        assert tasks.queue_outbox() == 2
        assert tasks.queue_outbox() == 0, "while it is queued, once is enough"
    drain(world.app)
    assert sorted(probe.finished) == [*range(9), 100] and sorted(probe.sent) == sorted(probe.finished)
    assert {state for _n, state, _a, _c in rows(world)} == {"done"}
    with world.app.app_context(), as_system():
        assert db.session.scalars(sa.select(Job.state)).all() == ["done", "done"]


@pytest.mark.parametrize(("retry", "tries", "code"), [
    (Retry.NEVER, 1, "http.refused"), (Retry.LATER, outbox.MAX_ATTEMPTS, "http.refused"), (Retry.UNKNOWN, outbox.MAX_ATTEMPTS, "http.refused")])
def test_tried_again_by_the_kind_of_failure_then_parked(world, probe, retry, tries, code):
    def behave(request):
        raise Failure("http.refused", retry=retry)

    probe.behave = behave
    add(world, 1)
    for _n in range(outbox.MAX_ATTEMPTS + 2):
        deliver(world)
        come_due(world)
    assert rows(world) == [(1, "failed", tries, code)] and len(probe.sent) == tries
    probe.behave = lambda request: None
    with world.app.app_context(), as_tenant(world.a):
        outbox.retry_now(db.session.scalar(sa.select(Outbox.id)))
        db.session.commit()
    deliver(world)
    assert rows(world)[0][1] == "done"


def test_a_poisoned_row_is_not_in_the_way_of_the_others(world, probe):
    def behave(request):
        if request["n"] == 1:
            raise ZeroDivisionError

    probe.behave = behave
    for n in (1, 2, 3):
        add(world, n)
    deliver(world)
    assert rows(world) == [(1, "waiting", 1, "job.crashed"), (2, "done", 1, ""), (3, "done", 1, "")]


def test_asked_again_while_it_is_on_its_way_it_goes_once_more_with_the_new_wish(world, probe):
    add(world, 1, dedupe="stock:7")
    add(world, 2, dedupe="stock:7")
    assert [r[0] for r in rows(world)] == [2], "one row, the newest wish"

    def behave(request):
        if request["n"] == 2:
            add(world, 3, dedupe="stock:7")

    probe.behave = behave
    deliver(world)
    assert probe.sent == [2, 3] and rows(world) == [(3, "done", 1, "")]


def test_a_dead_deliverers_row_comes_due_again_and_its_late_answer_changes_nothing(world, probe):
    add(world, 1)
    with world.app.app_context(), as_tenant(world.a):
        lost = outbox.claim("probe")
        db.session.commit()
    assert deliver(world) == 0, "claimed rows are not due"
    come_due(world)
    with world.app.app_context(), as_tenant(world.a):
        again = outbox.claim("probe")
        outbox.close(lost, Failure("http.refused"))
        db.session.commit()
        assert rows(world) == [(1, "waiting", 2, "")]
        outbox.close(again)
        db.session.commit()
    assert rows(world) == [(1, "done", 2, "")]


def test_what_is_no_longer_needed_is_closed_unsent(world, probe):
    add(world, 1, payload={"over": True})
    deliver(world)
    assert probe.sent == [] and rows(world) == [(1, "done", 1, "")]
