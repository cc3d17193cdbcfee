"""The sandbox's core: memory, clock, delayed work, faults on real sockets, deliveries, the control API, the process."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
import zxingcpp
from PIL import Image, ImageDraw
from pypdf import PdfReader

from app.sandbox import create_sandbox, faults, hooks, serve_in_thread
from app.sandbox.core import register_panel
from app.sandbox.pdf import latin, waybill_pdf, waybills_pdf

from .shopee_desk import Listener, eventually

ROOT = Path(__file__).resolve().parents[2]
INFO = "/shopee/api/v2/public/get_shopee_ip_ranges"


@pytest.fixture
def app():
    made = create_sandbox(speed=1000)
    yield made
    made.extensions["world"].close()


@pytest.fixture
def server(app):
    base, stop = serve_in_thread(app)
    yield base
    stop()


def add(base, **fault):
    answer = requests.post(base + "/control/faults", json={"service": "shopee", "times": 1, **fault})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_restart_keeps_books_counters_clock_and_settings(tmp_path):
    file = tmp_path / "deep" / "world.json"
    first = create_sandbox(str(file)).extensions["world"]
    first.books("x")["a"] = {"text": "lã văn việt 🌸 \x00", "n": 1}
    assert [first.next_id("n"), first.next_id("n")] == [1, 2]
    first.set_offset(500)
    first.settings["shopee"]["token_seconds"] = 9
    first.close()
    second = create_sandbox(str(file)).extensions["world"]
    assert second.books("x") == {"a": {"text": "lã văn việt 🌸 \x00", "n": 1}}
    assert second.next_id("n") == 3 and second.settings["shopee"]["token_seconds"] == 9
    assert 499 < second.now() - time.time() < 501
    second.close()
    assert [path.name for path in file.parent.iterdir()] == ["world.json"]  # no temporary file stays behind


def test_snapshot_is_written_while_running_and_lone_surrogates_survive(tmp_path):
    file = tmp_path / "world.json"
    world = create_sandbox(str(file)).extensions["world"]
    world.books("x")["a"] = "\ud800"
    world.touch()
    eventually(lambda: file.exists() and json.loads(file.read_bytes())["books"]["x"]["a"] == "\ud800")
    world.close()


def test_call_soon_keeps_order_scales_with_speed_and_survives_a_broken_task(app):
    world, seen = app.extensions["world"], []
    started = time.monotonic()
    world.call_soon(200, lambda: seen.append("late"))
    world.call_soon(0, lambda: 1 / 0)
    world.call_soon(50, lambda: seen.append("soon"))
    eventually(lambda: len(seen) == 2)
    assert seen == ["soon", "late"] and time.monotonic() - started < 2
    assert world.calls[-1]["note"] == "ZeroDivisionError"


def test_reset_forgets_but_keeps_speed(app):
    web, world = app.test_client(), app.extensions["world"]
    web.post("/control/shopee/shops", json={"region": "VN"})
    web.post("/control/settings", json={"shopee": {"token_seconds": 1}})
    web.post("/control/clock", json={"offset": 77})
    assert web.post("/control/reset").json == {"ok": True}
    state = web.get("/control/state").json
    assert state["counts"].get("shopee.shops", 0) == 0 and state["offset"] == 0 and state["settings"]["speed"] == 1000
    assert world.settings["shopee"]["token_seconds"] == 14_400


@pytest.mark.parametrize("path, body", [
    ("/control/clock", {"offset": "x"}), ("/control/settings", {"shopee": 1}), ("/control/faults", {"service": "shopee", "kind": "flood"}),
    ("/control/faults", {"service": "shopee", "kind": "drop", "path": "("}), ("/control/faults", {}),
])
def test_control_refuses_nonsense(app, path, body):
    answer = app.test_client().post(path, json=body)
    assert answer.status_code == 400 and answer.json["error"]


def test_log_shows_calls_without_query_strings(app):
    web = app.test_client()
    web.get(INFO + "?partner_id=1&sign=topsecret")
    calls = web.get("/control/log?service=shopee").json["calls"]
    assert [(call["method"], call["status"], call["note"]) for call in calls] == [("GET", 403, "invalid_partner_id")]
    assert calls[0]["path"] == INFO.removeprefix("/shopee") and "topsecret" not in web.get("/control/log").text


def test_log_is_a_ring(app):
    world = app.extensions["world"]
    for number in range(2100):
        world.log("x", "GET", f"/{number}", 200)
    assert len(world.calls) == 2000 and world.calls[0]["path"] == "/100"


def test_answers_of_general_faults(server):
    for fault, status, error in [({"kind": "rate_limit"}, 429, "error_rate_limit"), ({"kind": "daily_limit"}, 200, "error_limit"),
                                 ({"kind": "server_error", "params": {"status": 503}}, 503, "error_server")]:
        add(server, **fault)
        answer = requests.get(server + INFO)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
    add(server, kind="not_json")
    answer = requests.get(server + INFO)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/html" and "<html" in answer.text
    assert requests.get(server + INFO).json()["error"] == "error_param"  # all used up


@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "timeout", "delay": 0.2}, {"kind": "drop", "after_effect": True}])
def test_connection_is_really_closed(server, fault):
    add(server, **fault)
    started = time.monotonic()
    with pytest.raises(requests.ConnectionError, match="closed connection without response"):
        requests.get(server + INFO)
    assert time.monotonic() - started >= fault.get("delay", 0)
    assert requests.get(server + INFO).status_code == 200


def test_after_effect_means_the_work_is_done(server):
    add(server, service="shopee", kind="drop", path="/auth", after_effect=True)
    requests.post(server + "/control/shopee/apps", json={"partner_id": 5, "partner_key": "k", "redirect_domain": "a.example.com"})
    requests.post(server + "/control/shopee/shops", json={"region": "PH", "shop_id": 9})
    link = server + "/shopee/auth?partner_id=5&redirect_uri=https://a.example.com/cb&auto=1&shop_id=9"
    with pytest.raises(requests.ConnectionError):
        requests.get(link, allow_redirects=False)
    assert requests.get(server + "/control/state").json()["counts"]["shopee.links"] == 1


def test_truncated_answer(server):
    add(server, kind="truncated")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        requests.get(server + INFO)


@pytest.mark.parametrize("kwargs, dropped", [
    ({"json": {"to": {"name": "O'Neil"}}}, True), ({"json": {"to": ["Demo & Co"]}}, True), ({"json": {"to": "Maria Santos"}}, False),
    ({"data": {"name": "a;b"}}, True), ({"data": {"name": "plain"}}, False), ({"data": {"payload": '{"name":"50%"}'}}, True),
    ({"data": b"<o><name>A &amp; B</name></o>"}, True), ({"data": b"<o><name>plain</name></o>"}, False),
])
def test_drop_on_characters_looks_at_decoded_values(server, kwargs, dropped):
    add(server, kind="drop_on_characters")
    if dropped:
        with pytest.raises(requests.ConnectionError):
            requests.post(server + "/shopee/auth", **kwargs)
    else:
        assert requests.post(server + "/shopee/auth", **kwargs).status_code == 400


def test_drop_on_characters_by_field_and_set(app):
    with app.test_request_context("/shopee/x", method="POST", json={"name": "O'Neil", "url": "a%b"}):
        assert faults.carries({}) and faults.carries({"fields": ["url"]})
        assert not faults.carries({"fields": ["url"], "characters": "'"}) and not faults.carries({"characters": "#"})


def test_rate_is_deterministic_and_after_lets_pass(app):
    def strikes(seed):
        with app.test_request_context("/shopee/api/x"):
            faults.add("shopee", "duplicate_page", rate=0.3, params={"seed": seed})
            hits = [bool(faults.active("shopee", "duplicate_page")) for _ in range(60)]
            app.extensions["world"].books("faults").clear()
            app.extensions["world"].store.data["counters"].clear()
            return hits

    assert strikes(1) == strikes(1) != strikes(2)
    assert 5 < sum(strikes(1)) < 35
    with app.test_request_context("/shopee/api/x"):
        faults.add("shopee", "duplicate_page", path="^/api/[xy]$", times=1, params={"after": 2})
        assert [bool(faults.active("shopee", "duplicate_page")) for _ in range(5)] == [False, False, True, False, False]
        assert not faults.active("vnpost", "duplicate_page")


def test_control_is_never_struck_and_faults_can_be_cleared(server):
    first = add(server, service="*", kind="drop", times=None)
    assert requests.get(server + "/control/state").status_code == 200
    assert requests.delete(f"{server}/control/faults/{first['id']}").status_code == 200
    assert requests.delete(f"{server}/control/faults/{first['id']}").status_code == 404
    assert requests.get(server + INFO).status_code == 200


def test_deliver_retries_up_the_ladder_then_succeeds(app):
    listener = Listener((500, b""), (200, b"{}"))
    with app.app_context():
        key = hooks.deliver("shopee", listener.url, b'{"a":1}', {"X-Sign": "s"}, lambda status, body: status < 300 and not body)
    record = app.extensions["world"].books("hooks.log")[key]
    eventually(lambda: record["done"])
    assert [attempt["status"] for attempt in record["attempts"]] == [500, 200, 200]
    assert record["attempts"][1]["note"] == "refused: 2 bytes" and not record["gave_up"]
    assert [(path, headers["X-Sign"], body) for path, headers, body in listener.got] == [("/hook", "s", b'{"a":1}')] * 3


def test_deliver_gives_up_after_the_ladder(app):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{sock.getsockname()[1]}/"
    lost = []
    with app.app_context():
        key = hooks.deliver("vnpost", dead, b"x", {}, ladder=(1, 1), give_up=lambda: lost.append(1))
    eventually(lambda: lost)
    record = app.extensions["world"].books("hooks.log")[key]
    assert [attempt["note"] for attempt in record["attempts"]] == ["ConnectionError"] * 3 and record["gave_up"] and not record["done"]


def test_page_shows_panels_and_escapes(app):
    from app.sandbox import core

    before = list(core.PANELS)
    try:
        register_panel("Parcels", lambda: [{"_id": "7/8", "name": "<script>x</script>"}], [("Deliver", "/vnpost/_control/{id}/deliver")])
        page = app.test_client().get("/control/").text
    finally:
        core.PANELS[:] = before
    assert "Parcels" in page and "&lt;script&gt;x" in page and "<script>x" not in page
    assert 'data-post="/vnpost/_control/7/8/deliver"' in page or 'data-post="/vnpost/_control/7%2F8/deliver"' in page


def test_page_has_no_outside_resources(app):
    page = app.test_client().get("/control/").text
    assert not re.search(r'(src|href)="(https?:)?//', page)


def test_imports_nothing_of_the_product():
    for file in (ROOT / "app" / "sandbox").rglob("*.py"):
        assert not re.search(r"app\.(integrations|domain|models)|from \.\.+(integrations|domain|models)", file.read_text()), file


def read_bars(page) -> str:
    """Draw the page's bars into a picture and let an independent reader read them."""
    picture = Image.new("L", (1000, 300), 255)
    pen = ImageDraw.Draw(picture)
    for x, width in re.findall(r"n ([\d.]+) 0 ([\d.]+) [\d.]+ re f\*", page.get_contents().get_data().decode()):
        pen.rectangle((round(float(x) * 4) + 50, 50, round((float(x) + float(width)) * 4) + 49, 250), fill=0)
    return zxingcpp.read_barcodes(picture)[0].text


def test_waybill_pdf_has_size_text_and_a_readable_code():
    raw = waybill_pdf(["GoGo Xpress", "TO: lã văn việt 🌸", "ที่อยู่ Demo"], "0021-0001-ZTMR")
    page = PdfReader(io.BytesIO(raw)).pages[0]
    assert raw.startswith(b"%PDF") and [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [100, 150]
    text = page.extract_text()
    assert "GoGo Xpress" in text and "0021-0001-ZTMR" in text and "TO: lã van viet" in text
    assert read_bars(page) == "0021-0001-ZTMR"
    assert latin("Đặng\x00 ’") == "Dang "
    two = PdfReader(io.BytesIO(waybills_pdf([(["a"], "A1"), (["b"], "B2")], (105, 148))))
    assert len(two.pages) == 2


def test_process_listens_answers_and_keeps_its_state(tmp_path):
    state = tmp_path / "world.json"
    for run, orders in ((1, 0), (2, 3)):
        process = subprocess.Popen([sys.executable, "-m", "app.sandbox", "--port", "0", "--state", str(state)], cwd=ROOT,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        try:
            line = process.stdout.readline()
            base = re.search(r"http://127\.0\.0\.1:\d+", line).group()
            if run == 1:
                requests.post(base + "/control/shopee/shops", json={"region": "PH", "shop_id": 9})
                requests.post(base + "/control/shopee/orders", json={"shop_id": 9, "count": 3})
                add(base, kind="drop")
                with pytest.raises(requests.ConnectionError):
                    requests.get(base + INFO)
                add(base, kind="truncated")
                with pytest.raises(requests.exceptions.ChunkedEncodingError):
                    requests.get(base + INFO)
            else:
                assert len(requests.get(base + "/control/shopee/orders?shop_id=9").json()["orders"]) == orders
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.communicate(timeout=10)[0]
        assert "Traceback" not in rest and process.returncode == 0
