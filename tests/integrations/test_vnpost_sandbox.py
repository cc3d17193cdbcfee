"""VNPost against the sandbox, over real HTTP: the whole way, lost answers, dropped connections, the signed webhook."""
import threading
import time
from dataclasses import replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests

from app.domain.shipping.sanitise import sanitise_shipment
from app.failures import Failure, Retry
from app.integrations.carriers.base import CarrierSettings
from app.integrations.carriers.vnpost import VNPost
from app.integrations.http import Client
from app.integrations.types import Booked
from app.sandbox import create_sandbox, serve_in_thread
from tests.integrations.test_vnpost import ACCOUNT, SHIPMENT, VIET

@pytest.fixture(scope="module")
def sandbox():
    base, stop = serve_in_thread(create_sandbox())
    yield base
    stop()


@pytest.fixture
def live(sandbox):
    requests.post(f"{sandbox}/control/reset", timeout=5)
    settings = CarrierSettings(f"{sandbox}/vnpost", dict(ACCOUNT), {"password": "demoPass01"})
    return VNPost(settings, client=Client(settings.base_url, "vnpost", sleep=lambda _: None))


def fault(sandbox, **values):
    assert requests.post(f"{sandbox}/control/faults", json={"service": "vnpost", **values}, timeout=5).status_code == 201


def at_the_carrier(sandbox, reference):
    return requests.get(f"{sandbox}/vnpost/_control/shipments", params={"reference": reference}, timeout=5).json()


@pytest.mark.parametrize("place", [{}, {"city": "Phường Bến Thành", "district": ""}])
def test_the_whole_way(sandbox, live, place):
    shipment = replace(SHIPMENT, recipient=replace(VIET, **place), cod=Decimal(150000))
    live.verify()
    live.check(shipment)
    assert live.find(shipment.reference) is None
    parcel = live.book(shipment)
    assert parcel.tracking_no.endswith("VN") and parcel.fee > 0 and parcel.carrier_ref
    assert live.find(shipment.reference) == parcel
    assert [e.state for e in live.track(parcel.tracking_no)] == ["forecast"]
    live.cancel(Booked(parcel.tracking_no))
    assert live.track(parcel.tracking_no)[-1].state == "voided"
    assert live.find(shipment.reference) is None
    live.cancel(parcel)
    assert live.track("CA000000000VN") == []


def test_a_collected_parcel_cannot_be_cancelled(sandbox, live):
    parcel = live.book(SHIPMENT)
    requests.post(f"{sandbox}/vnpost/_control/shipments/{parcel.tracking_no}/status", json={"status": 10}, timeout=5)
    with pytest.raises(Failure, match="carrier.cancel_refused"):
        live.cancel(parcel)


@pytest.mark.parametrize(("kind", "code"), [("timeout", "http.connection_closed"), ("drop", "http.connection_closed"), ("truncated",
    "http.truncated")])
def test_a_lost_answer_leaves_exactly_one(sandbox, live, kind, code):
    fault(sandbox, kind=kind, path="CreateOrder", times=1, after_effect=True)
    with pytest.raises(Failure) as caught:
        live.book(SHIPMENT)
    assert (caught.value.code, caught.value.retry) == (code, Retry.UNKNOWN)
    found = live.find(SHIPMENT.reference)
    assert [s["itemCode"] for s in at_the_carrier(sandbox, SHIPMENT.reference)] == [found.tracking_no]


def test_special_characters_close_the_connection_until_cleaned(sandbox, live):
    fault(sandbox, kind="drop_on_characters", path="CreateOrder")
    raw = replace(SHIPMENT, recipient=replace(VIET, name="Lã Văn 'Việt'", street="12 ngõ 34; Nguyễn Trãi & Co"))
    with pytest.raises(Failure, match="http.connection_closed"):
        live.book(raw)
    assert live.find(raw.reference) is None
    copy, _ = sanitise_shipment(raw, VNPost.profile)
    live.book(copy)
    assert [s["receiverName"] for s in at_the_carrier(sandbox, raw.reference)] == ["Lã Văn Việt"]


def test_expired_token_is_renewed_in_the_middle(sandbox, live):
    live.verify()
    requests.post(f"{sandbox}/control/clock", json={"add": 7200}, timeout=5)
    assert live.book(SHIPMENT).tracking_no
    requests.post(f"{sandbox}/control/clock", json={"offset": 0}, timeout=5)


def test_the_other_prefix(sandbox, live):
    requests.post(f"{sandbox}/vnpost/_control/settings", json={"prefixes": ["/customer-partner"]}, timeout=5)
    assert live.verify() == "T000123456 (/customer-partner)"
    assert live.book(SHIPMENT).tracking_no
    requests.post(f"{sandbox}/vnpost/_control/settings", json={"prefixes": ["", "/customer-partner"]}, timeout=5)


def test_refusals_of_the_carrier(sandbox, live):
    far = replace(SHIPMENT, recipient=replace(VIET, state="Khánh Hòa", city="Huyện Trường Sa", district="Thị trấn Trường Sa"))
    with pytest.raises(Failure, match="carrier.not_served"):
        live.check(far)
    with pytest.raises(Failure) as caught:
        live.book(replace(SHIPMENT, recipient=replace(VIET, phone="12")))
    assert caught.value.code == "carrier.refused" and "receiverPhone" in caught.value.params["reason"]
    with pytest.raises(Failure, match="carrier.bad_credentials"):
        VNPost(replace(live.settings, secrets={"password": "wrong"})).verify()


def test_signed_webhook_of_the_stand_in(sandbox, live):
    """What the stand-in sends, caught by a server of our own."""
    caught = []

    class Catch(BaseHTTPRequestHandler):
        def do_POST(self):
            caught.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Catch)
    threading.Thread(target=server.handle_request, daemon=True).start()
    server.timeout = 10
    account = {"username": "demo@example.com", "password": "demoPass01", "customerCode": "T000123456",
               "webhook_url": f"http://127.0.0.1:{server.server_port}/"}
    requests.post(f"{sandbox}/vnpost/_control/accounts", json=account, timeout=5)
    live.settings.options["webhook_key"] = requests.get(f"{sandbox}/vnpost/_control/public_key", timeout=5).json()["public_key"]
    parcel = live.book(SHIPMENT)
    requests.post(f"{sandbox}/vnpost/_control/shipments/{parcel.tracking_no}/status", json={"status": 14}, timeout=5)
    until = time.monotonic() + 10
    while not caught and time.monotonic() < until:
        time.sleep(0.02)
    server.server_close()
    events = live.read_push({}, caught[0], {})
    assert [(e.tracking_no, e.state, e.reference) for e in events] == [(parcel.tracking_no, "delivered", "OD-0001")]
    with pytest.raises(Failure, match="push.bad_signature"):
        live.read_push({}, caught[0].replace(b'"status": 14', b'"status": 19'), {})
