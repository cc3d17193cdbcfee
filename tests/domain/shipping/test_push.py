"""One parcel, one waybill: whatever the network, a colleague, a crash or the platform does in between."""
import os
import subprocess
import sys
import threading
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain import runs
from app.domain.shipping import calling, claims, push
from app.models import Outbox, OutboundOrder, PlatformOrder, PoolNumber, ShippingChannel, Waybill
from app.models.base import utcnow
from app.tenancy import as_tenant
from tests import factory
from tests.integration_flow import support


@pytest.fixture
def patience(monkeypatch):
    """No waiting for calls of dead workers that may still be under way: here they are surely over."""
    monkeypatch.setattr(calling, "SETTLE_S", 0)


@pytest.fixture
def gogo(sandbox, world):
    return support.carrier_channel(sandbox, world.a, "gogoxpress")


def only(tenant):
    found = support.waybills(tenant)
    assert len(found) == 1, [(w.reference, w.state, w.tracking_no) for w in found]
    return found[0]


def test_a_push_saves_number_label_and_history(world, sandbox, gogo):
    outbound = support.outbound(world.a, gogo, recipient="Jun’jun “Dy” 😀", cod=True)
    result = support.steps(world.a, "push", outbound)
    assert (result.state, result.code) == ("done", "waybill.pushed"), result
    waybill = only(world.a)
    assert (waybill.state, waybill.push_step, waybill.reference) == ("forecast", "done", f"OD{outbound:010d}")
    assert waybill.sent["name"] == "Junjun Dy" and any(c["field"] == "recipient.name" for c in waybill.changes)
    assert support.one(world.a, OutboundOrder, outbound, "state", "recipient") == ("forecast", "Jun’jun “Dy” 😀")
    (theirs,) = sandbox.parcels("gogoxpress")
    assert Decimal(str(theirs["total"])) == 350 and theirs["payment_method"] == "cod"
    again = support.steps(world.a, "push", outbound)
    assert (again.state, again.code) == ("skipped", "waybill.already_pushed") and len(sandbox.parcels("gogoxpress")) == 1


@pytest.mark.parametrize("kind", ["timeout", "drop", "truncated"])
def test_an_answer_lost_after_the_effect_leaves_one_waybill(world, sandbox, gogo, kind):
    outbound = support.outbound(world.a, gogo)
    sandbox.fault("gogoxpress", kind, "/v2/orders$", times=1, after_effect=True)
    result = support.steps(world.a, "push", outbound)
    assert result.state == "done", result
    (theirs,) = sandbox.parcels("gogoxpress")
    assert only(world.a).tracking_no == theirs["tracking_number"]


def test_an_answer_that_stays_lost_is_asked_for_by_the_next_push(world, sandbox, gogo, patience):
    outbound = support.outbound(world.a, gogo)
    sandbox.fault("gogoxpress", "drop", "/v2/orders$", times=4, after_effect=True)      # the booking and all questions
    first = support.steps(world.a, "push", outbound)
    assert (first.state, first.code) == ("failed", "http.connection_closed")
    waybill = only(world.a)
    assert (waybill.state, waybill.push_step, waybill.error_code) == ("unconfirmed", "unknown", "http.connection_closed")
    sandbox.calm()
    assert support.steps(world.a, "push", outbound).state == "done"
    (theirs,) = sandbox.parcels("gogoxpress")
    assert only(world.a).tracking_no == theirs["tracking_number"]


def test_a_question_that_cannot_be_answered_never_books_again(world, sandbox, gogo, patience):
    outbound = support.outbound(world.a, gogo)
    sandbox.fault("gogoxpress", "drop", "/v2/orders$", times=4, after_effect=True)
    support.steps(world.a, "push", outbound)
    sandbox.calm()
    sandbox.fault("gogoxpress", "server_error", "/v2/orders", params={"status": 401})
    assert support.steps(world.a, "push", outbound).state == "failed"
    assert only(world.a).push_step == "unknown"
    sandbox.calm()
    assert support.steps(world.a, "push", outbound).state == "done" and len(sandbox.parcels("gogoxpress")) == 1


def test_a_lost_request_that_never_arrived_is_booked_once(world, sandbox, gogo, patience):
    outbound = support.outbound(world.a, gogo)
    sandbox.fault("gogoxpress", "drop", "/v2/orders$", times=1)
    assert support.steps(world.a, "push", outbound).code == "http.connection_closed"
    assert sandbox.parcels("gogoxpress") == []
    assert support.steps(world.a, "push", outbound).state == "done" and len(sandbox.parcels("gogoxpress")) == 1


@pytest.mark.parametrize("carrier", ["gogoxpress", "vnpost"])
def test_characters_that_make_the_carrier_hang_up_do_not_reach_it(world, sandbox, carrier):
    channel = support.carrier_channel(sandbox, world.a, carrier)
    sandbox.fault(carrier, "drop_on_characters", "/")
    place = {} if carrier == "gogoxpress" else {"country": "VN", "province": "TP. Hồ Chí Minh", "city": "Quận 5", "district": "Phường 1",
                                                "phone": "0987654321", "postcode": "700000", "currency": "VND", "total": Decimal(90000)}
    outbound = support.outbound(world.a, channel, recipient="Shaun O'Neil & <Sons>", street="12\\3 \"Mabini\"; St 100%", **place)
    result = support.steps(world.a, "push", outbound)
    assert result.state == "done", (result, only(world.a).error_raw)
    assert support.one(world.a, OutboundOrder, outbound, "recipient") == "Shaun O'Neil & <Sons>"


def test_two_people_push_the_same_order_at_once(world, sandbox, gogo):
    outbound = support.outbound(world.a, gogo)
    gate, results = threading.Barrier(2), []

    def press():
        with world.app.app_context():
            gate.wait()
            results.append(support.steps(world.a, "push", outbound))

    people = [threading.Thread(target=press) for _ in range(2)]
    [p.start() for p in people]
    [p.join() for p in people]
    codes = sorted(r.code for r in results)
    assert "waybill.pushed" in codes and codes[0] in ("waybill.already_pushed", "waybill.in_progress"), codes
    assert len(sandbox.parcels("gogoxpress")) == 1 and only(world.a).state == "forecast"


class Killed(BaseException):
    pass


def test_a_thread_that_dies_between_answer_and_save(world, sandbox, gogo, patience):
    outbound = support.outbound(world.a, gogo)
    known = runs.VERBS["push"].steps
    with pytest.raises(Killed), as_tenant(world.a, "clerk") as session:
        request = known.prepare(outbound, {})
        session.commit()
        known.perform(request)
        raise Killed
    assert (only(world.a).push_step, only(world.a).tracking_no) == ("claimed", "")
    assert support.steps(world.a, "push", outbound).state == "done"
    (theirs,) = sandbox.parcels("gogoxpress")
    assert only(world.a).tracking_no == theirs["tracking_number"]


KILL = """
import os, signal, sys
from app import create_app
from app.domain import runs
from app.domain.shipping import push
from app.extensions import db
from app.tenancy import as_tenant
app = create_app(SQLALCHEMY_DATABASE_URI=sys.argv[1], TESTING=True)
with app.app_context(), as_tenant(int(sys.argv[2]), "worker"):
    request = push.Push().prepare(int(sys.argv[3]), {})
    db.session.commit()
    push.Push().perform(request)
    print("answered", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_killed_between_answer_and_save(world, sandbox, gogo, patience, database):
    outbound = support.outbound(world.a, gogo)
    worker = subprocess.run([sys.executable, "-c", KILL, database, str(world.a), str(outbound)], capture_output=True, text=True, timeout=60,
                            cwd=os.getcwd(), env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert worker.returncode == -9 and "answered" in worker.stdout, worker.stderr[-2000:]
    assert only(world.a).push_step == "claimed" and len(sandbox.parcels("gogoxpress")) == 1
    assert support.steps(world.a, "push", outbound).state == "done"
    (theirs,) = sandbox.parcels("gogoxpress")
    assert only(world.a).tracking_no == theirs["tracking_number"]


def test_a_claim_of_another_machine_holds_until_it_is_stale(world, sandbox, gogo, patience):
    outbound = support.outbound(world.a, gogo)
    known = runs.VERBS["push"].steps
    with as_tenant(world.a, "clerk") as session:
        claims.leave(known.prepare(outbound, {}).parcels[0].waybill_id)
        session.commit()
    waybill = only(world.a)
    support.change(world.a, Waybill, waybill.id, claimed_by="other-host/77/1/abc")
    assert support.steps(world.a, "push", outbound).code == "waybill.in_progress"
    support.change(world.a, Waybill, waybill.id, claimed_at=utcnow() - timedelta(seconds=claims.STALE_S + 1))
    assert support.steps(world.a, "push", outbound).state == "done" and len(sandbox.parcels("gogoxpress")) == 1


def test_cancelled_on_the_platform_between_claim_and_answer(world, sandbox, gogo):
    account = factory.account(world.a)
    order = factory.order(world.a, account, state="processed", outbound_no="X")
    outbound = support.outbound(world.a, gogo, order=order)
    known = runs.VERBS["push"].steps
    with as_tenant(world.a, "clerk") as session:
        request = known.prepare(outbound, {})
        session.commit()
        answer = known.perform(request)
        support.batch(world.a, "void", [order])
        result = known.finish(request, answer)
        session.commit()
        assert (result.state, result.code) == ("failed", "waybill.order_cancelled")
        (outbox,) = session.scalars(sa.select(Outbox).where(Outbox.kind == "cancel_waybill"))
        payload = dict(outbox.payload)
    waybill = only(world.a)
    assert waybill.state == "voided" and waybill.tracking_no and support.one(world.a, PlatformOrder, order, "state") == "void"
    support.run_outbox(world.a, "cancel_waybill", payload)
    assert sandbox.parcels("gogoxpress")[0]["status"] == "cancelled"


def test_findings_stop_the_push_before_the_carrier_is_asked(world, sandbox, gogo):
    outbound = support.outbound(world.a, gogo, phone="123")
    result = support.steps(world.a, "push", outbound)
    assert (result.state, result.code) == ("failed", "phone.invalid")
    waybill = only(world.a)
    assert (waybill.push_step, waybill.error_code, waybill.attempts) == ("idle", "phone.invalid", 0)
    with as_tenant(world.a, "clerk") as session:
        push.edit(session.get(Waybill, waybill.id), {"phone": "09325122495", "street": "14 Rizal St"})
        session.commit()
    assert support.steps(world.a, "push", outbound).state == "done"
    assert only(world.a).sent["street"] == "14 Rizal St" and support.one(world.a, OutboundOrder, outbound, "phone") == "123"


def test_a_refusal_of_the_carrier_is_shown_and_can_be_mended(world, sandbox, gogo):
    outbound = support.outbound(world.a, gogo, city="Nowhere City")
    result = support.steps(world.a, "push", outbound)
    assert (result.state, result.code) == ("failed", "carrier.not_served")
    assert (only(world.a).push_step, only(world.a).error_code) == ("idle", "carrier.not_served")
    support.change(world.a, OutboundOrder, outbound, city="Mangaldan")
    assert support.steps(world.a, "push", outbound).state == "done" and only(world.a).error_code == ""


def test_what_may_not_be_pushed(world, sandbox, gogo):
    account = factory.account(world.a)
    frozen = support.outbound(world.a, gogo, order=factory.order(world.a, account, state="frozen"))
    assert support.steps(world.a, "push", frozen).code == "waybill.order_stopped"
    assert support.steps(world.a, "push", support.outbound(world.a, gogo, state="draft")).code == "outbound.not_audited"
    assert support.steps(world.a, "push", support.outbound(world.a, None)).code == "waybill.no_channel"
    assert support.steps(world.a, "push", 99999).code == "outbound.gone"
    assert support.steps(world.b, "push", support.outbound(world.a, gogo)).code == "outbound.gone"
    support.change(world.a, ShippingChannel, gogo, active=False)
    assert support.steps(world.a, "push", support.outbound(world.a, gogo)).code == "channel.inactive"
    assert sandbox.parcels("gogoxpress") == []


def test_a_number_pool_gives_each_number_once(world, sandbox):
    channel = support.carrier_channel(sandbox, world.a, "number_pool")
    for number in ("RR1", "RR2"):
        factory.add(world.a, PoolNumber(channel_id=channel, number=number))
    made = [support.steps(world.a, "push", support.outbound(world.a, channel)) for _ in range(3)]
    assert [(r.state, r.params.get("tracking_no", r.code)) for r in made] == [("done", "RR1"), ("done", "RR2"), ("failed", "pool.empty")]
    assert support.steps(world.a, "reset", support.waybills(world.a)[0].id).state == "done"
    assert support.steps(world.a, "push", support.waybills(world.a)[0].outbound_id).code == "pool.empty"


def test_a_split_order_gets_a_waybill_per_package(world, sandbox, gogo):
    account = factory.account(world.a)
    order = factory.order(world.a, account, [("CUP-BL-500", 1), ("CUP-BL-500", 1)], state="processed",
                          packages=[{"number": "OFG1", "state": "pending"}, {"number": "OFG2", "state": "pending"}])
    with as_tenant(world.a, "test") as session:
        for item, number in zip(session.get(PlatformOrder, order).items, ("OFG1", "OFG2"), strict=True):
            item.package_number = number
        session.commit()
    outbound = support.outbound(world.a, gogo, order=order, cod=True, total=Decimal("350.01"))
    assert support.steps(world.a, "push", outbound).state == "done"
    found = support.waybills(world.a)
    assert [(w.package_number, w.reference[-2:]) for w in found] == [("OFG1", "P1"), ("OFG2", "P2")]
    assert sum(Decimal(str(p["total"])) for p in sandbox.parcels("gogoxpress")) == Decimal("350.01")


def test_the_platform_itself_as_carrier(world, sandbox):
    shop_id = sandbox.shop()
    (number,) = sandbox.orders(shop_id, carrier_kind="integrated", items=[{"sku": "CUP-BL-500", "quantity": 1}])
    support.with_product(world.a, "CUP", ["CUP-BL-500"])
    (account,) = support.authorise_shop(sandbox, world.a, shop_id)
    _run, (pulled,) = support.whole(world.a, "pull", account_id=account, numbers=[number])
    channel = factory.add(world.a, ShippingChannel(code="SHP", name="Shopee", carrier="platform"))
    support.change(world.a, PlatformOrder, pulled.subject_id, channel_id=channel)
    assert support.batch(world.a, "convert", [pulled.subject_id])[0].state == "done"
    with as_tenant(world.a, "test") as session:
        outbound = session.scalar(sa.select(OutboundOrder.id))
        session.get(OutboundOrder, outbound).state = "audited"
        session.commit()
    result = support.steps(world.a, "push", outbound)
    if result.code == "waybill.number_pending":     # the platform takes its time to issue the number
        assert only(world.a).push_step == "unknown"
        support.until(lambda: sandbox.get(f"/control/shopee/orders/{number}")["tracking_numbers"])
        result = support.steps(world.a, "push", outbound)
    assert result.state == "done", result
    theirs = sandbox.get(f"/control/shopee/orders/{number}")
    assert theirs["tracking_numbers"] == [only(world.a).tracking_no] and theirs["ship_calls"] == 1
    assert support.steps(world.a, "write_back", pulled.subject_id).state == "done"
    assert sandbox.get(f"/control/shopee/orders/{number}")["ship_calls"] == 1
