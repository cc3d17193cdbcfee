"""Tracking by asking and by webhook: the same events, the same moves, repeated or late ones change nothing."""
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.domain.accounts import hooks
from app.domain.shipping import tracking
from app.integrations.types import TrackEvent
from app.jobs import runner
from app.models import Event, HookNote, Job, Waybill
from app.tenancy import as_system, as_tenant
from tests.integration_flow import support

T0 = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.fixture
def waybill(sandbox, world):
    channel = support.carrier_channel(sandbox, world.a, "gogoxpress")
    outbound = support.outbound(world.a, channel)
    assert support.steps(world.a, "push", outbound).state == "done"
    return support.waybills(world.a)[0]


def told(world, waybill, *events):
    events = [TrackEvent(waybill.tracking_no, state, status, T0 + timedelta(hours=h)) for state, status, h in events]
    with as_tenant(world.a, "webhook") as session:
        tracking.apply_events("gogoxpress", events)
        session.commit()
    return support.one(world.a, Waybill, waybill.id, "state")


def history(world, waybill):
    with as_tenant(world.a, "test") as session:
        mine = sa.select(Event.move).where(Event.subject == "waybill", Event.subject_id == waybill.id)
        return list(session.scalars(mine.order_by(Event.id)))


def test_events_move_the_waybill_once_and_in_order(world, waybill):
    assert told(world, waybill, ("in_transit", "picked_up", 1)) == "in_transit"
    before = history(world, waybill)
    assert told(world, waybill, ("in_transit", "picked_up", 1)) == "in_transit" and history(world, waybill) == before
    assert told(world, waybill, ("delivered", "delivered", 9), ("out_for_delivery", "out_for_delivery", 8)) == "delivered"
    assert told(world, waybill, ("in_transit", "hub", 5)) == "delivered"
    assert support.one(world.a, Waybill, waybill.id, "track_status") == "delivered"
    assert history(world, waybill)[-3:] == ["track", "deliver", "track"]


def test_trouble_is_shown_and_can_be_overcome(world, waybill):
    assert told(world, waybill, ("exception", "delivery_failed", 3)) == "exception"
    assert told(world, waybill, ("out_for_delivery", "out_for_delivery", 4)) == "in_transit"
    assert told(world, waybill, ("returned", "returned", 6)) == "exception"


def test_asking_the_carrier_stops_at_the_end(world, sandbox, waybill):
    number = sandbox.parcels("gogoxpress")[0]["tracking_number"]
    sandbox.post(f"/gogoxpress/_control/shipments/{number}/status", status="delivered")
    run, (row,) = support.whole(world.a, "track")
    assert (row.state, row.params["state"]) == ("done", "delivered")
    assert support.whole(world.a, "track")[1] == []


def test_a_carrier_that_fails_costs_its_rows_only(world, sandbox, waybill):
    sandbox.fault("gogoxpress", "server_error", "/v1/track")
    _run, (row,) = support.whole(world.a, "track")
    assert (row.state, row.code) == ("failed", "http.server_error")
    assert support.one(world.a, Waybill, waybill.id, "state", "push_step") == ("forecast", "done")
    assert support.whole(world.a, "track")[1] == []      # not asked again at once


def test_a_run_is_started_for_merchants_with_live_waybills_only(world, waybill):
    assert tracking.start_tracking() == 1 and tracking.start_tracking() == 0
    with as_system() as session:
        assert [(j.tenant_id, j.dedupe) for j in session.scalars(sa.select(Job).where(Job.dedupe == "track"))] == [(world.a, "track")]


def test_a_lost_answer_is_settled_by_the_clock(world, sandbox, waybill):
    with as_tenant(world.a, "test") as session:
        row = session.get(Waybill, waybill.id)
        row.state, row.push_step, row.tracking_no, row.outbound.state = "unconfirmed", "unknown", "", "audited"
        session.commit()
        assert tracking.unsettled() == []       # the answer may still be on its way
        row.claimed_at -= timedelta(minutes=10)
        session.commit()
    assert tracking.start_tracking() == 1
    with as_tenant(world.a, "worker") as session:
        runner.execute(session.scalar(sa.select(Job.run_id).where(Job.dedupe == "settle")))
    assert support.one(world.a, Waybill, waybill.id, "state", "tracking_no") == ("forecast", waybill.tracking_no)
    assert len(sandbox.parcels("gogoxpress")) == 1


def test_a_carriers_webhook_over_http(world, sandbox, waybill):
    client, path = world.app.test_client(), f"/api/v1/carrier-push/gogoxpress/hook-gogoxpress-{world.a}"
    body = {"data": [{"tracking_number": waybill.tracking_no, "status": "picked_up", "event_id": "1",
                      "status_updated_at": "2026-11-21 16:41:21+08"}]}
    assert client.post(path + "x", json=body).status_code == 403
    assert client.post(path, data=b"[").status_code == 400
    answer = client.post(path, json=body)
    assert (answer.status_code, answer.data) == (200, b"")
    assert client.post(path, json=body).status_code == 200
    with as_system() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(HookNote)) == 1
    assert hooks.work_off() == 1 and hooks.work_off() == 0
    assert support.one(world.a, Waybill, waybill.id, "state") == "in_transit"
