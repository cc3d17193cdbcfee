"""GoGo Xpress: token vectors, request shapes and refusals over a fake transport, and the whole way against the sandbox."""
import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from app.domain.shipping.sanitise import sanitise_shipment
from app.failures import Failure, Retry
from app.integrations.carriers.base import CarrierSettings
from app.integrations.carriers.gogoxpress import GogoXpress, make_token
from app.integrations.http import Client, FakeTransport, Reply, drop, time_out
from app.integrations.types import Address, Booked, DeclaredItem, Shipment
from app.sandbox import create_sandbox, serve_in_thread

VECTORS = json.loads((Path(__file__).parent / "vectors" / "gogoxpress.json").read_text())
SENDER = Address(name="Sample Store", phone="+639170000002", country="PH", state="Metro Manila", city="Makati City", district="Bel-Air",
                 street="8F Building A, Sample St.", postcode="1209")
ANA = Address(name="Ana Cruz", phone="+639170000001", country="PH", state="Pangasinan", city="Mangaldan", district="Poblacion",
              street="12 Mabini St", postcode="2432")
ITEMS = [DeclaredItem("S1", 1, "Red Shirt", value=Decimal("1250")), DeclaredItem("S2", 2, "Blue Shirt", value=Decimal("700.50"))]
SHIPMENT = Shipment("OD-0001", "SO-1", SENDER, ANA, ITEMS, currency="PHP", value=Decimal("2651"))
NO_LISTS = Reply(404, {"message": "Not Found"})
ORDER = {"id": 7, "tracking_number": "0000-0021-ZTMR", "status": "for_pickup", "reference_id": "OD-0001"}


def make(answers=(), options=None, base="https://api.gogox.ph", cache=None, **secrets):
    transport = FakeTransport(answers)
    settings = CarrierSettings(base, options or {}, {"api_key": "demoKey01", "secret_key": "demoSecret01", **secrets})
    client = Client(base, "gogoxpress", transport=transport, sleep=lambda _: None)
    return GogoXpress(settings, client=client, cache=cache), transport


def claims(sent):
    part = sent.headers["Authorization"].removeprefix("Bearer ").split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def booked_body(shipment, options=None):
    carrier, transport = make([NO_LISTS, ORDER], options)
    carrier.book(shipment)
    return transport.sent[-1].json()


@pytest.mark.parametrize("vector", VECTORS["tokens"])
def test_token_vector(vector):
    assert make_token(vector["key"], vector["secret"], vector["iat"], vector["jti"]) == vector["token"]


def test_every_try_has_its_own_nonce():
    carrier, transport = make([Reply(500), Reply(429, headers={"Retry-After": "0"}), {"data": {"attributes": {"shipping_fee": 145.0}}}])
    assert carrier.verify() == "next_day 145.00 PHP"
    nonces = [claims(s)["jti"] for s in transport.sent]
    assert len(nonces) == 3 == len(set(nonces)) and {claims(s)["sub"] for s in transport.sent} == {"demoKey01"}


def test_no_token_goes_to_public_paths_or_other_hosts():
    signed = "https://files.example.com/awb.pdf?signature=1"
    answers = [VECTORS["track"], {"message": {"awb": signed}}, b"%PDF-1.4 label"]
    carrier, transport = make(answers)
    carrier.track("00000021ZTMR")
    assert carrier.fetch_label(Booked("0000-0021-ZTMR")).content == b"%PDF-1.4 label"
    assert [("Authorization" in s.headers) for s in transport.sent] == [False, True, False]
    assert transport.sent[0].url == "https://api.gogoxpress.com/v1/track/0000-0021-ZTMR"
    assert transport.sent[1].query == {"type": "zebra"} and transport.sent[2].url == signed


def test_missing_credentials():
    with pytest.raises(Failure, match="carrier.field_missing"):
        GogoXpress(CarrierSettings("https://api.gogox.ph"))


def test_order_body():
    body = booked_body(replace(SHIPMENT, remark="call first"), {"packaging": "large-box"})
    assert body["total"] == "2651.00" and body["payment_method"] == "prepaid" and body["shipment"] == "large-box"
    assert body["reference_id"] == "OD-0001" and body["own_print"] is True and body["currency"] == "PHP" and "service_type" not in body
    assert [(i["type"], i["description"], i["amount"], i["quantity"]) for i in body["items"]] == [
        ("product", "Red Shirt", 1250, 1), ("product", "Blue Shirt", 700.5, 2)]
    assert body["delivery_address"] == {
        "name": "Ana Cruz", "company": "", "phone_number": "", "mobile_number": "+639170000001", "line_1": "12 Mabini St", "line_2": "",
        "district": "Poblacion", "city": "Mangaldan", "state": "Pangasinan", "postal_code": "2432", "country": "PH",
        "remarks": "call first"}
    assert body["pickup_address"]["city"] == "Makati City" == body["return_address"]["city"]


@pytest.mark.parametrize(("cod", "amounts"), [
    ("2651", [1250, 700.5]), ("2801.25", [1250, 700.5, 150.25]), ("2000", [943.04, 1056.96]),
])
def test_total_is_always_the_sum_of_the_items(cod, amounts):
    body = booked_body(replace(SHIPMENT, cod=Decimal(cod)))
    assert body["payment_method"] == "cod" and Decimal(body["total"]) == Decimal(cod)
    assert sum(Decimal(str(i["amount"])) * i["quantity"] for i in body["items"]) == Decimal(cod)
    assert [i["amount"] for i in body["items"]] == amounts


def test_sender_outside_the_country_gives_way_to_the_pickup_block():
    abroad = replace(SHIPMENT, sender=replace(SENDER, country="CN"))
    with pytest.raises(Failure) as caught:
        booked_body(abroad)
    assert caught.value.code == "carrier.sender_missing" and "phone" in caught.value.params["fields"]
    block = {"pickup_name": "Hub", "pickup_phone": "+639170000009", "pickup_street": "1 Rizal", "pickup_city": "Manila",
        "pickup_state": "Metro Manila"}
    assert booked_body(abroad, block)["pickup_address"]["name"] == "Hub"


def test_only_pesos():
    with pytest.raises(Failure) as caught:
        booked_body(replace(SHIPMENT, currency="USD"))
    assert caught.value.params == {"currency": "USD", "wanted": "PHP"}


def test_long_street_goes_over_two_lines():
    street = "Unit 12 Tower 3 The Very Long Named Residences, 88 Extraordinary Boulevard"
    block = booked_body(replace(SHIPMENT, recipient=replace(ANA, street=street)))["delivery_address"]
    assert f"{block['line_1']} {block['line_2']}" == street and len(block["line_1"]) <= 60


@pytest.mark.parametrize("answer", [ORDER, {"data": ORDER}, {"data": {"id": 7, "attributes": ORDER}}])
def test_answer_is_found_in_all_places(answer):
    carrier, _ = make([NO_LISTS, answer])
    assert carrier.book(SHIPMENT) == Booked("0000-0021-ZTMR", "7", status="for_pickup")


@pytest.mark.parametrize(("reply", "code", "retry"), [
    (Reply(400, {"message": "Bad Request", "description": "no JSON"}), "carrier.refused", Retry.NEVER),
    (Reply(401, {"message": "Unauthorized"}), "carrier.bad_credentials", Retry.NEVER),
    (Reply(413, {"message": "Too large"}), "carrier.refused", Retry.NEVER),
    (Reply(404, body=b"<html>"), "carrier.not_found", Retry.NEVER),
    (Reply(400, body=b"<html>"), "carrier.refused", Retry.NEVER),
    (Reply(422, {"parameters": {"delivery_address.city": ["is invalid."]}}), "carrier.not_served", Retry.NEVER),
    (Reply(422, {"parameters": {"reference_id": ["has already been taken."]}}), "carrier.duplicate_reference", Retry.UNKNOWN),
    (Reply(429), "http.rate_limited", Retry.LATER), (Reply(500), "http.server_error", Retry.UNKNOWN),
    (drop(), "http.connection_closed", Retry.UNKNOWN), (time_out(), "http.timeout", Retry.UNKNOWN),
    (b'{"tracking_number": "00', "http.not_json", Retry.UNKNOWN), ({"id": 1}, "carrier.unreadable", Retry.UNKNOWN),
    ([], "carrier.unreadable", Retry.UNKNOWN),
])
def test_booking_refused_or_lost(reply, code, retry):
    carrier, transport = make([NO_LISTS, reply])
    with pytest.raises(Failure) as caught:
        carrier.book(SHIPMENT)
    assert (caught.value.code, caught.value.retry) == (code, retry)
    assert transport.paths().count("/v2/orders") == 1, "an order must never be sent twice"


def test_parameters_are_named_field_by_field():
    carrier, _ = make([NO_LISTS, Reply(422, {"parameters": {"payment_method": ["is invalid."], "total": ["must be a number.",
        "is wrong."]}})])
    with pytest.raises(Failure) as caught:
        carrier.book(SHIPMENT)
    assert caught.value.params["reason"] == "payment_method: is invalid.; total: must be a number. is wrong."


def pages(total, filtered=False):
    """A list that knows no filter, 100 a page, oldest first; the wanted order stands at `total`."""
    def answer(sent):
        page, last = int(sent.query["page"]), -(-total // 100)
        numbers = range((page - 1) * 100 + 1, min(page * 100, total) + 1)
        return {"last_page": last, "data": [{"id": n, "reference_id": f"OD-{n}", "tracking_number": f"T{n}",
            "status": "pending"} for n in numbers]}
    return answer


def test_find_reads_both_ends_and_no_more():
    carrier, transport = make(pages(3050))
    assert carrier.find("OD-3049").tracking_no == "T3049"
    assert carrier.find("OD-7").tracking_no == "T7"
    transport.sent.clear()
    assert carrier.find("OD-none") is None
    assert [int(s.query["page"]) for s in transport.sent] == [1, 2, 3, 4, 5, 27, 28, 29, 30, 31]
    transport.sent.clear()
    assert make(pages(800))[0].find("OD-555").tracking_no == "T555"


def test_find_ignores_cancelled_orders_and_strangers():
    rows = [{"reference_id": "OD-1", "status": "cancelled", "tracking_number": "A"}, {"reference_id": "OD-11", "tracking_number": "B"}]
    assert make([{"data": rows, "last_page": 1}])[0].find("OD-1") is None
    with pytest.raises(Failure, match="carrier.unreadable"):
        make([{"success": False}])[0].find("OD-1")


@pytest.mark.parametrize(("answers", "code", "retry"), [
    ([{"success": False, "message": "no"}], "label.not_ready", Retry.LATER),
    ([{"message": {"awb": None}}], "label.not_ready", Retry.LATER),
    ([{"message": {"awb": "https://x.example/a.pdf"}}, Reply(403, body=b"expired")], "label.not_pdf", Retry.LATER),
    ([{"message": {"awb": "https://x.example/a.pdf"}}, b"<html>"], "label.not_pdf", Retry.LATER),
    ([{"message": {"awb": "file:///etc/passwd"}}], "label.not_pdf", Retry.NEVER),
])
def test_label_refused(answers, code, retry):
    with pytest.raises(Failure) as caught:
        make(answers)[0].fetch_label(Booked("0000-0021-ZTMR"))
    assert (caught.value.code, caught.value.retry) == (code, retry)


def test_cancel_is_manual_unless_the_account_may():
    carrier, transport = make()
    with pytest.raises(Failure, match="carrier.cancel_manual"):
        carrier.cancel(Booked("0000-0021-ZTMR"))
    assert transport.sent == []
    carrier, transport = make([ORDER], {"cancel_api": "yes"})
    carrier.cancel(Booked("0000-0021-ZTMR", "7"))
    assert (transport.sent[0].method, transport.sent[0].path) == ("PUT", "/v1/orders/7/cancel")
    with pytest.raises(Failure, match="carrier.cancel_refused"):
        make([Reply(422, {"parameters": {"status": ["is delivered"]}})], {"cancel_api": "yes"})[0].cancel(Booked("0000-0021-ZTMR"))


def test_track_events():
    events = make([VECTORS["track"]])[0].track("0000-0021-ZTMR")
    assert [(e.status, e.state) for e in events] == [("picked_up", "in_transit"), ("in_transit", "in_transit"), ("beamed_up", "unknown")]
    assert events[0].at == datetime(2026, 11, 20, 10, 5, tzinfo=UTC)
    assert make([Reply(400, {"status": 400, "error": {"detail": "no"}})])[0].track("X") == []


def test_push_with_many_events_and_missing_fields():
    carrier, _ = make(webhook_token="long-and-random")
    events = carrier.read_push({}, json.dumps(VECTORS["push"]).encode(), {"token": "long-and-random"})
    assert [(e.tracking_no, e.state, e.event_id) for e in events] == [("0000-0021-ZTMR", "delivered", "35800001"), ("0000-0022-ABCD",
        "exception", "")]
    assert events[0].at == datetime(2017, 12, 6, 8, 41, 21, tzinfo=UTC) and events[0].reference == "SO-2026-0001"


@pytest.mark.parametrize(("token", "query"), [("long", {"token": "wrong"}), ("long", {}), ("long", None), ("", {"token": ""}), ("", {})])
def test_push_needs_the_token(token, query):
    with pytest.raises(Failure, match="push.bad_signature"):
        make(webhook_token=token)[0].read_push({}, b'{"data": []}', query)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"event": 1}', b"null"])
def test_push_bad_body(body):
    with pytest.raises(Failure, match="push.bad_body"):
        make(webhook_token="t")[0].read_push({}, body, {"token": "t"})


PROVINCES = {"data": [{"id": 9, "name": "Metro Manila"}, {"id": 12, "name": "Pangasinan"}]}
CITIES = {"data": [{"id": 1, "name": "Makati City"}, {"id": 2, "name": "Parañaque City"}, {"id": 3, "name": "Manila"}]}


@pytest.mark.parametrize(("state", "city", "wanted"), [
    ("NCR", "Makati", "Makati City"), ("metro manila", "City of Parañaque", "Parañaque City"),
    ("Metro Manila", "PARANAQUE", "Parañaque City"),
])
def test_places_are_sent_in_the_carriers_spelling(state, city, wanted):
    carrier, transport = make([PROVINCES, CITIES, ORDER])
    shipment = replace(SHIPMENT, recipient=replace(ANA, state=state, city=city))
    carrier.check(shipment)
    carrier.book(shipment)
    assert transport.paths() == ["/v1/locations/provinces/", "/v1/locations/provinces/9/cities", "/v2/orders"], "lists are cached"
    block = transport.sent[-1].json()["delivery_address"]
    assert (block["state"], block["city"]) == ("Metro Manila", wanted)


@pytest.mark.parametrize(("change", "place"), [
    ({"state": "Atlantis"}, "Mangaldan, Atlantis"), ({"state": "NCR", "city": "Nowhere"}, "Nowhere, NCR"), ({"country": "VN"}, "VN"),
])
def test_not_served(change, place):
    with pytest.raises(Failure) as caught:
        make([PROVINCES, CITIES])[0].check(replace(SHIPMENT, recipient=replace(ANA, **change)))
    assert (caught.value.code, caught.value.params["place"]) == ("carrier.not_served", place)


def test_check_says_nothing_where_there_is_no_list():
    make([NO_LISTS])[0].check(SHIPMENT)


# --- against the stand-in, over real HTTP -------------------------------------------------------------------------

@pytest.fixture(scope="module")
def sandbox():
    base, stop = serve_in_thread(create_sandbox())
    yield base
    stop()


@pytest.fixture
def live(sandbox):
    requests.post(f"{sandbox}/control/reset", timeout=5)
    secrets = {"api_key": "demoKey01", "secret_key": "demoSecret01", "webhook_token": "t"}
    settings = CarrierSettings(f"{sandbox}/gogoxpress", {"cancel_api": "yes"}, secrets)
    return GogoXpress(settings, client=Client(settings.base_url, "gogoxpress", sleep=lambda _: None))


def fault(sandbox, **values):
    assert requests.post(f"{sandbox}/control/faults", json={"service": "gogoxpress", **values}, timeout=5).status_code == 201


def at_the_carrier(sandbox, reference):
    return requests.get(f"{sandbox}/gogoxpress/_control/shipments", params={"reference": reference}, timeout=5).json()


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_whole_way(sandbox, live, wrapped):
    requests.post(f"{sandbox}/control/settings", json={"gogoxpress": {"wrap_orders": wrapped}}, timeout=5)
    assert live.verify() == "next_day 85.00 PHP"
    live.check(SHIPMENT)
    assert live.find(SHIPMENT.reference) is None
    parcel = live.book(replace(SHIPMENT, cod=Decimal("2000.01")))
    assert live.find(SHIPMENT.reference).tracking_no == parcel.tracking_no
    label = live.fetch_label(parcel)
    assert label.content.startswith(b"%PDF") and label.tracking_no == parcel.tracking_no
    assert [e.state for e in live.track(parcel.tracking_no)] == ["forecast"]
    live.cancel(parcel)
    assert live.track(parcel.tracking_no)[-1].state == "voided"
    assert live.find(SHIPMENT.reference) is None
    assert live.track("0000-0000-ZZZZ") == []
    requests.post(f"{sandbox}/control/settings", json={"gogoxpress": {"wrap_orders": False}}, timeout=5)


@pytest.mark.parametrize(("kind", "code"), [("timeout", "http.connection_closed"), ("drop", "http.connection_closed"), ("truncated",
    "http.truncated")])
def test_a_lost_answer_leaves_exactly_one(sandbox, live, kind, code):
    fault(sandbox, kind=kind, path="/v2/orders$", times=1, after_effect=True)
    with pytest.raises(Failure) as caught:
        live.book(SHIPMENT)
    assert (caught.value.code, caught.value.retry) == (code, Retry.UNKNOWN)
    found = live.find(SHIPMENT.reference)
    assert [s["tracking_number"] for s in at_the_carrier(sandbox, SHIPMENT.reference)] == [found.tracking_no]


def test_special_characters_close_the_connection_until_cleaned(sandbox, live):
    fault(sandbox, kind="drop_on_characters", path="/v2/orders$")
    raw = replace(SHIPMENT, recipient=replace(ANA, name="Ana O'Neil", street="12 Mabini & Co; \"A\""))
    with pytest.raises(Failure) as caught:
        live.book(raw)
    assert (caught.value.code, caught.value.retry) == ("http.connection_closed", Retry.UNKNOWN)
    assert live.find(raw.reference) is None
    copy, changes = sanitise_shipment(raw, GogoXpress.profile)
    assert live.book(copy).tracking_no and len(changes) == 2


def test_refusals_of_the_carrier(sandbox, live):
    with pytest.raises(Failure) as caught:
        live.book(replace(SHIPMENT, recipient=replace(ANA, city="Nowhere")))
    assert caught.value.code == "carrier.not_served" and "city" in caught.value.params["place"]
    with pytest.raises(Failure) as caught:
        live.book(replace(SHIPMENT, recipient=replace(ANA, name="", phone="")))
    assert "delivery_address.mobile_number" in caught.value.params["reason"] and caught.value.code == "carrier.refused"
    live.settings.secrets["secret_key"] = "wrong"
    with pytest.raises(Failure, match="carrier.bad_credentials"):
        GogoXpress(live.settings).verify()


def test_reads_survive_passing_faults(sandbox, live):
    live.book(SHIPMENT)
    fault(sandbox, kind="server_error", path="/v2/orders$", times=2)
    assert live.find(SHIPMENT.reference)
