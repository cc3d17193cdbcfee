"""The GoGo Xpress stand-in, line by line of what it must refuse and give."""

import copy
import io
import json
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from pypdf import PdfReader

from app.sandbox import create_sandbox, serve_in_thread
from app.sandbox.core import PANELS
from app.sandbox.gogoxpress.access import read_token
from tests.sandbox.gogoxpress_client import ADDRESS, ORDER, VECTOR, call, control, create, estimate, inner, token
from tests.sandbox.listener import listen, until


@pytest.fixture
def app():
    app = create_sandbox(speed=3000)
    yield app
    app.extensions["world"].close()


@pytest.fixture
def client(app):
    return app.test_client()


# access

def test_golden_token():
    claims = read_token(VECTOR["token"], {VECTOR["api_key"]: VECTOR["secret"]})
    assert claims == json.loads(VECTOR["payload"])
    assert token(iat=VECTOR["iat"], jti=VECTOR["jti"]) == VECTOR["token"]
    assert read_token(VECTOR["token"][:-1] + "1", {VECTOR["api_key"]: VECTOR["secret"]}) is None


def test_golden_token_is_let_in_once(client):
    headers = {"Authorization": "Bearer " + VECTOR["token"]}
    assert client.get("/gogoxpress/v1/orders", headers=headers).status_code == 200
    again = client.get("/gogoxpress/v1/orders", headers=headers)
    assert again.status_code == 401
    assert again.json.keys() == {"status", "message", "description", "parameters"} and again.json["message"] == "Unauthorized"


@pytest.mark.parametrize("bad", [
    token(secret="wrong"), token(sub="nobody"), token(sub=7), token(iat="1790000000"), token(iat=1.5), token(iat=True),
    token(drop=("iat",)), token(drop=("jti",)), token(drop=("sub",)), token(jti=""), token(header={"alg": "none", "typ": "JWT"}),
    token(header={"alg": "HS256"}), token() + "=", "a.b", "", "ÿ.ÿ.ÿ",
])
def test_bad_token(client, bad):
    assert client.get("/gogoxpress/v1/orders", headers={"Authorization": "Bearer " + bad}).status_code == 401


def test_other_scheme_or_no_header(client):
    assert client.get("/gogoxpress/v1/orders").status_code == 401
    assert client.get("/gogoxpress/v1/orders", headers={"Authorization": "Basic " + token()}).status_code == 401


def test_a_nonce_counts_per_key(client):
    control(client, "/accounts", {"api_key": "second", "secret": "s2"})
    nonce = str(uuid.uuid4())
    assert call(client, "GET", "/v1/orders", jti=nonce).status_code == 200
    assert call(client, "GET", "/v1/orders", jti=nonce, sub="second", secret="s2").status_code == 200
    assert call(client, "GET", "/v1/orders", jti=nonce).status_code == 401


# creation

def test_create(client):
    order = create(client)
    assert re.fullmatch(r"\d{4}-\d{4}-[A-Z]{4}", order["tracking_number"])
    assert (order["status"], order["total"], order["reference_id"]) == ("for_pickup", "3153.25", "SO-2026-0001")
    assert order["charge"] == {"status": "pending", "payment_method": "cod", "total_amount": 3153.25, "tendered_amount": 0,
                               "change_amount": 0, "remarks": None}
    assert order["items"][1] == {"type": "product", "description": "Blue Shirt", "amount": "700.00", "quantity": 2, "metadata": None}
    assert order["delivery_address"] == ADDRESS


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"x"', b'{"total": NaN}', b'{"a": "\\ud800"}', b"\xff"])
def test_body_that_is_no_object(client, raw):
    answer = call(client, "POST", "/v2/orders", raw)
    assert (answer.status_code, answer.json["message"]) == (400, "Bad Request")


def test_body_above_a_megabyte(client):
    assert call(client, "POST", "/v2/orders", {**ORDER, "metadata": {"x": "y" * 1024 * 1024}}).status_code == 413


@pytest.mark.parametrize(("path", "value", "field"), [
    *((("delivery_address", name), "", f"delivery_address.{name}") for name in ("name", "line_1", "city", "state", "mobile_number")),
    (("delivery_address", "country"), "VN", "delivery_address.country"),
    (("delivery_address", "country"), None, "delivery_address.country"),
    (("delivery_address", "city"), "Mangaldam", "delivery_address.city"),
    (("delivery_address", "state"), "NCR", "delivery_address.state"),
    (("delivery_address",), None, "delivery_address"), (("currency",), "USD", "currency"), (("payment_method",), "cash", "payment_method"),
    (("shipment",), "huge-box", "shipment"), (("items",), [], "items"), (("items",), None, "items"),
    (("items", 0, "type"), "gift", "items.0.type"), (("items", 0, "quantity"), -1, "items.0.quantity"),
    (("items", 0, "amount"), "abc", "items.0.amount"), (("items", 0), "x", "items.0.type"),
    (("total",), "3153.26", "total"), (("total",), "many", "total"), (("status",), "delivered", "status"),
])
def test_refused_order(client, path, value, field):
    body = copy.deepcopy(ORDER)
    place = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    answer = call(client, "POST", "/v2/orders", body)
    assert answer.status_code == 422 and answer.json["message"] == "Unprocessable Entity"
    assert isinstance(answer.json["parameters"][field], list)
    assert control(client, "/shipments").json == []


def test_destination_not_served(client):
    sulu = {**ADDRESS, "state": "Sulu", "city": "Jolo"}
    assert list(call(client, "POST", "/v2/orders", {**ORDER, "delivery_address": sulu}).json["parameters"]) == ["delivery_address.state"]
    assert call(client, "POST", "/v2/orders/estimates/rates", estimate(state="Sulu", city="Jolo")).status_code == 422


def test_reference_may_repeat_unless_switched(client):
    assert create(client)["tracking_number"] != create(client)["tracking_number"]
    control(client, "/settings", {"unique_reference": True})
    assert "reference_id" in call(client, "POST", "/v2/orders", ORDER).json["parameters"]
    create(client, reference_id="SO-2")


def test_wrapped_answer_can_be_switched_on(client):
    control(client, "/settings", {"wrap_orders": True})
    assert create(client)["data"]["attributes"]["reference_id"] == "SO-2026-0001"


def test_parallel_creates_get_different_numbers(app):
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda n: create(app.test_client(), reference_id=f"P-{n}")["tracking_number"], range(40)))
    assert len(set(numbers)) == 40


# lists

@pytest.mark.parametrize("version", ["v1", "v2"])
def test_list_pages(client, version):
    for number in range(5):
        create(client, reference_id=f"SO-{number}")
    first = call(client, "GET", f"/{version}/orders?per_page=2")
    assert {key: first.json[key] for key in ("total", "per_page", "current_page", "last_page")} == {
        "total": 5, "per_page": 2, "current_page": 1, "last_page": 3}
    assert first.headers["X-Pagination-Total-Count"] == "5" and first.headers["X-Pagination-Page-Count"] == "3"
    assert first.headers["Link"] == f'<{first.json["next_page_url"]}>; rel="next"'
    assert "items" not in first.json["data"][0]
    path = first.json["next_page_url"].removeprefix("http://localhost/gogoxpress")
    assert [row["reference_id"] for row in call(client, "GET", path).json["data"]] == ["SO-2", "SO-3"]
    last = call(client, "GET", f"/{version}/orders?per_page=2&page=3")
    assert last.json["next_page_url"] is None and "Link" not in last.headers
    assert call(client, "GET", f"/{version}/orders").json["per_page"] == 25


def test_list_by_reference_and_own_orders_only(client):
    wanted = create(client, reference_id="A&B 1")
    create(client, reference_id="other")
    rows = call(client, "GET", "/v2/orders?reference_id=A%26B%201").json["data"]
    assert [row["tracking_number"] for row in rows] == [wanted["tracking_number"]]
    control(client, "/accounts", {"api_key": "second", "secret": "s2"})
    assert call(client, "GET", "/v2/orders", sub="second", secret="s2").json["total"] == 0


@pytest.mark.parametrize("query", ["page=0", "page=x", "per_page=-1", "page=" + "9" * 5000])
def test_bad_paging(client, query):
    assert call(client, "GET", "/v1/orders?" + query).status_code == 422


# estimates and places

def test_estimates(client):
    near = call(client, "POST", "/v2/orders/estimates/rates", estimate(city="Manila", state="Metro Manila")).json
    far = call(client, "POST", "/v2/orders/estimates/rates", estimate(city="Baguio City", state="Benguet")).json
    assert far == {"data": {"attributes": {"shipping_fee": 145.0}}}
    assert near["data"]["attributes"]["shipping_fee"] < 145.0
    dates = call(client, "POST", "/v2/orders/estimates/dates", estimate()).json["data"]["attributes"]
    assert dates["pickup_date"] < dates["estimated_delivery_date"]
    bad = estimate()
    bad["data"]["attributes"]["service_type"] = "someday"
    assert "service_type" in call(client, "POST", "/v2/orders/estimates/rates", bad).json["parameters"]
    assert call(client, "POST", "/v2/orders/estimates/rates", {"data": []}).status_code == 422
    assert client.post("/gogoxpress/v2/orders/estimates/rates", json=estimate()).status_code == 401


def test_places_need_no_token(client):
    provinces = {row["name"]: row for row in client.get("/gogoxpress/v1/locations/provinces/").json["data"]}
    for state, city in (("Pangasinan", "Mangaldan"), ("Metro Manila", "Pasig"), ("Metro Manila", "Quezon City"), ("Cebu", "Cebu City"),
                        ("Benguet", "Baguio City"), ("La Union", "San Fernando"), ("Metro Manila", "Manila")):
        rows = client.get(f"/gogoxpress/v1/locations/provinces/{provinces[state]['id']}/cities").json["data"]
        assert city in {row["name"] for row in rows}
    assert "Sulu" not in provinces and provinces["Benguet"].keys() == {"id", "name", "cluster"}
    assert client.get("/gogoxpress/v1/locations/provinces/999/cities").status_code == 404


# labels

def text_of(pdf):
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


@pytest.mark.parametrize(("kind", "millimetres"), [("zebra", 100), ("fuji", 210)])
def test_awb(client, kind, millimetres):
    number = create(client)["tracking_number"]
    answer = call(client, "GET", f"/v1/print/awb/{number}?type={kind}").json
    assert answer["success"] is True and answer["message"].keys() == {
        "tracking_number", "date_pickup_at", "estimated_delivery_date", "pickup_hub", "pickup_hub_zone", "delivery_hub", "awb"}
    file = client.get(inner(answer["message"]["awb"]))
    assert file.mimetype == "application/pdf" and number in text_of(file.data)[0]
    assert round(float(PdfReader(io.BytesIO(file.data)).pages[0].mediabox.width) / 72 * 25.4) == millimetres


def test_awb_barcode_reads(client):
    zxingcpp, pdfium = pytest.importorskip("zxingcpp"), pytest.importorskip("pypdfium2")
    number = create(client)["tracking_number"]
    file = client.get(inner(call(client, "GET", f"/v1/print/awb/{number}?type=zebra").json["message"]["awb"]))
    image = pdfium.PdfDocument(file.data)[0].render(scale=203 / 72).to_pil()
    assert number in {code.text for code in zxingcpp.read_barcodes(image)}


def test_awb_address_expires_and_cannot_be_forged(client):
    control(client, "/settings", {"awb_seconds": 60})
    number = create(client)["tracking_number"]
    url = inner(call(client, "GET", f"/v1/print/awb/{number}?type=zebra").json["message"]["awb"])
    assert client.get(url).status_code == 200
    later = re.sub(r"Expires=(\d+)", lambda match: f"Expires={int(match[1]) + 999}", url)
    assert client.get(later).status_code == 403
    assert client.get(url.partition("?")[0]).status_code == 403
    client.post("/control/clock", json={"add": 61})
    gone = client.get(url)
    assert gone.status_code == 403 and b"expired" in gone.data


def test_awb_refusals(client):
    number = create(client)["tracking_number"]
    assert call(client, "GET", f"/v1/print/awb/{number}?type=laser").status_code == 422
    assert call(client, "GET", f"/v1/print/awb/{number}").status_code == 422
    assert call(client, "GET", "/v1/print/awb/0000-0000-AAAA?type=zebra").status_code == 404
    control(client, "/accounts", {"api_key": "second", "secret": "s2"})
    assert call(client, "GET", f"/v1/print/awb/{number}?type=zebra", sub="second", secret="s2").status_code == 404


def test_bulk_print_needs_a_poll(client):
    numbers = [create(client)["tracking_number"] for _ in range(51)]
    job = call(client, "POST", "/v1/print/awb?type=zebra", {"tracking_number": numbers}).json
    assert job["success"] is True and job["numOfBatches"] == 2 and job["pollUrl"].endswith(f"/v1/print/awb/poll/{job['id']}")
    path = inner(job["pollUrl"]).removeprefix("/gogoxpress")
    early = call(client, "GET", path).json
    assert {row["status"] for row in early} == {"pending"} and early[0]["url"] is None
    rows = call(client, "GET", path).json
    assert [(row["sequence"], row["status"]) for row in rows] == [(1, "done"), (2, "done")]
    assert rows[0].keys() == {"batchgroupid", "labelType", "sequence", "batchid", "printer", "status", "file", "url"}
    pages = [text for row in rows for text in text_of(client.get(inner(row["url"])).data)]
    assert len(pages) == 51 and all(number in page for number, page in zip(numbers, pages, strict=True))


def test_bulk_print_refusals(client):
    number = create(client)["tracking_number"]
    for numbers in ([], "x", None):
        assert call(client, "POST", "/v1/print/awb?type=zebra", {"tracking_number": numbers}).status_code == 422
    answer = call(client, "POST", "/v1/print/awb?type=zebra", {"tracking_number": [number, "0000-0000-AAAA", 7]})
    assert list(answer.json["parameters"]) == ["tracking_number.1", "tracking_number.2"]
    assert call(client, "GET", "/v1/print/awb/poll/123").status_code == 404


# cancel and track

def test_cancel(client):
    first, second = create(client), create(client)
    assert call(client, "PUT", f"/v1/orders/{first['tracking_number']}/cancel").json["status"] == "cancelled"
    assert call(client, "PUT", f"/v1/orders/{first['tracking_number']}/cancel").status_code == 422
    assert call(client, "PUT", f"/v1/orders/{second['id']}/cancel").json["status"] == "cancelled"
    third = create(client)["tracking_number"]
    control(client, f"/shipments/{third}/status", {"status": "picked_up"})
    assert "status" in call(client, "PUT", f"/v1/orders/{third}/cancel").json["parameters"]
    assert call(client, "PUT", "/v1/orders/nothing/cancel").status_code == 404


def test_public_track(client):
    number = create(client)["tracking_number"]
    control(client, f"/shipments/{number}/status", {"status": "picked_up", "remarks": "Rider has it"})
    attributes = client.get(f"/gogoxpress/v1/track/{number}").json["data"]["attributes"]
    assert attributes["status"] == "picked_up"
    assert [event["status"] for event in attributes["events"]] == ["for_pickup", "picked_up"]
    last = attributes["events"][-1]
    assert (last["status_name"], last["status_id"], last["remarks"]) == ("Picked Up", "1400", "Rider has it")
    for unknown in ("0000-0000-AAAA", number.replace("-", "")):
        answer = client.get(f"/gogoxpress/v1/track/{unknown}")
        assert answer.status_code == 400 and answer.json["error"]["detail"]


# webhook

@pytest.fixture
def listener():
    with listen() as server:
        yield server


def test_webhook_tells_many_parcels_at_once(client, listener):
    control(client, "/accounts", {"api_key": "demoKey01", "secret": "demoSecret01", "webhook_url": listener.url})
    numbers = [create(client, reference_id=f"W-{n}")["tracking_number"] for n in range(3)]
    assert control(client, "/shipments/status", {"tracking_numbers": numbers, "status": "in_transit"}).status_code == 200
    path, body = until(lambda: listener.got)[0]
    assert path == "/hook/secretToken" and body["event"] == "status_update" and isinstance(body["timestamp"], int)
    assert [row["tracking_number"] for row in body["data"]] == numbers
    row = body["data"][0]
    assert row.keys() == {"event_id", "tracking_number", "reference_id", "created_at", "status_updated_at", "status", "remarks", "fees",
                          "party", "parent"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+08", row["status_updated_at"])
    assert (row["reference_id"], row["status"]) == ("W-0", "in_transit")


def test_webhook_is_repeated_until_200(client, listener):
    control(client, "/accounts", {"api_key": "demoKey01", "secret": "demoSecret01", "webhook_url": listener.url})
    listener.answers = [500, 204, 302]
    number = create(client)["tracking_number"]
    control(client, f"/shipments/{number}/status", {"status": "picked_up"})
    until(lambda: len(listener.got) == 4)
    assert len({body["data"][0]["event_id"] for _, body in listener.got}) == 1
    time.sleep(0.25)
    assert len(listener.got) == 4 and control(client, "/dead_letters").json == []


def test_webhook_ends_in_dead_letters(client, listener):
    control(client, "/accounts", {"api_key": "demoKey01", "secret": "demoSecret01", "webhook_url": listener.url})
    listener.answers = [201] * 20
    number = create(client)["tracking_number"]
    control(client, f"/shipments/{number}/status", {"status": "delivered"})
    letters = until(lambda: control(client, "/dead_letters").json)
    assert len(listener.got) == 6  # once, and five times more
    assert letters[0]["body"]["data"][0]["tracking_number"] == number and "secretToken" not in json.dumps(letters)


# control

def test_control(client):
    order = create(client)
    assert control(client, "/shipments?reference=SO-2026-0001").json[0]["tracking_number"] == order["tracking_number"]
    assert control(client, "/shipments?reference=none").json == []
    assert control(client, f"/shipments/{order['tracking_number']}").json["events"][0]["status"] == "for_pickup"
    assert control(client, "/shipments/none").status_code == 404
    assert control(client, f"/shipments/{order['tracking_number']}/status", {"status": "flying"}).status_code == 400
    assert control(client, f"/shipments/{order['tracking_number']}/status", {"status": []}).status_code == 400
    assert control(client, "/shipments/none/status", {"status": "delivered"}).status_code == 404
    steps = [control(client, f"/shipments/{order['tracking_number']}/advance", {}).json["shipments"][0]["status"] for _ in range(4)]
    assert steps == ["picked_up", "in_transit", "out_for_delivery", "delivered"]
    assert control(client, f"/shipments/{order['tracking_number']}/advance", {}).status_code == 409
    assert control(client, f"/shipments/{order['tracking_number']}").json["charge"]["status"] == "paid"


def test_control_accounts_and_settings(client):
    assert "demoSecret01" not in control(client, "/accounts").text
    assert control(client, "/accounts", {"api_key": "x"}).status_code == 400
    assert control(client, "/settings", {"awb_seconds": "soon"}).status_code == 400
    assert control(client, "/settings", {"nonsense": 1}).status_code == 400
    assert control(client, "/settings").json["awb_seconds"] == 900


def test_lost_answer_leaves_the_order_to_be_found(app):
    """Over a real connection: the order is booked, the answer never comes, the list by reference still finds it."""
    base, stop = serve_in_thread(app)
    try:
        requests.post(base + "/control/faults", timeout=5, json={
            "service": "gogoxpress", "kind": "timeout", "path": "/v2/orders", "times": 1, "after_effect": True}).raise_for_status()
        with pytest.raises(requests.ConnectionError):
            requests.post(base + "/gogoxpress/v2/orders", json=ORDER, headers={"Authorization": "Bearer " + token()}, timeout=5)
        found = requests.get(base + "/gogoxpress/v2/orders", params={"reference_id": "SO-2026-0001"}, timeout=5,
                             headers={"Authorization": "Bearer " + token()}).json()["data"]
        assert len(found) == 1
        path = f"/gogoxpress/v1/print/awb/{found[0]['tracking_number']}?type=zebra"
        label = requests.get(base + path, headers={"Authorization": "Bearer " + token()}, timeout=5).json()["message"]["awb"]
        assert label.startswith(base) and requests.get(label, timeout=5).content.startswith(b"%PDF")
    finally:
        stop()


@pytest.mark.parametrize(("kind", "status"), [("rate_limit", 429), ("server_error", 500), ("expired_token", 401)])
def test_faults_wear_the_envelope(client, kind, status):
    client.post("/control/faults", json={"service": "gogoxpress", "kind": kind, "path": "/v2", "times": 1})
    answer = call(client, "GET", "/v2/orders")
    assert answer.status_code == answer.json["status"] == status and answer.json["description"]
    assert call(client, "GET", "/v2/orders").status_code == 200


def test_control_page_has_the_shipments(app, client):
    number = create(client)["tracking_number"]
    panel = next(panel for panel in PANELS if panel["title"] == "GoGo Xpress shipments")
    with app.app_context():
        row = panel["rows"]()[0]
    assert row["_id"] == number and row["Reference"] == "SO-2026-0001" and "Ana" not in str(row)
    assert client.post(panel["actions"][0][1].format(id=row["_id"]), json={}).status_code == 200
