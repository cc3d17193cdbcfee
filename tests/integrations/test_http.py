"""The HTTP layer: against small real servers where the network matters, over FakeTransport elsewhere."""
import socket
import threading
from contextlib import contextmanager

import pytest
import requests

from app.failures import Failure, Retry
from app.integrations import rates
from app.integrations.http import Client, FakeTransport, Rate, Reply, drop, parse_json, refuse, retry_after, time_out
from app.integrations.pools import PooledAdapter
from app.integrations.rates import LocalLimiter
from app.integrations.redact import safe_body, safe_headers, safe_url


def client(answers, **options):
    transport = FakeTransport(answers)
    pauses = []
    made = Client("https://api.example.test/", "x", transport=transport, sleep=pauses.append, **options)
    made.sent, made.pauses = transport.sent, pauses
    return made


@contextmanager
def server(*scripts):
    """A raw TCP server: each connection is answered with the next bytes and closed; None means: never answer."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen, open_ends = [], []

    def run():
        for script in scripts:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            seen.append(connection.recv(65536))
            if script is None:
                open_ends.append(connection)
                continue
            connection.sendall(script)
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
    listener.close()
    for end in open_ends:
        end.close()
    thread.join(2)


def refusal(call):
    with pytest.raises(Failure) as caught:
        call()
    return caught.value


def http(body, head="HTTP/1.1 200 OK\r\nContent-Type: application/json", length=None):
    return f"{head}\r\nContent-Length: {len(body) if length is None else length}\r\nConnection: close\r\n\r\n{body}".encode()


@pytest.mark.parametrize("method,retry", [("GET", Retry.LATER), ("POST", Retry.UNKNOWN)])
@pytest.mark.parametrize("script,code", [
    (b"", "http.connection_closed"), (http("{}", length=900), "http.truncated"), (None, "http.timeout"),
    (http("no", "HTTP/1.1 502 Bad Gateway"), "http.server_error"),
])
def test_real_faults_are_classified_by_what_may_have_been_done(method, retry, script, code):
    with server(script) as (url, _):
        failure = refusal(lambda: Client(url, "x", timeout=(1, 0.3), retries=0).request(method, "/a", json={}))
    assert (failure.code, failure.retry) == (code, retry)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://nobody.invalid"])
def test_nothing_was_sent_when_nobody_listens(url):
    failure = refusal(lambda: Client(url, "x", retries=0).post("/a", json={}))
    assert (failure.code, failure.retry) == ("http.unreachable", Retry.LATER)


def test_a_bad_address_is_our_own_fault():
    assert refusal(lambda: Client("nonsense", "x").get("/a")).code == "http.bad_address"


def test_idempotent_calls_are_tried_again_and_others_are_not():
    made = client([drop(), Reply(503), {"ok": 1}])
    assert made.get("/a").json() == {"ok": 1}
    assert len(made.sent) == 3 and len(made.pauses) == 2 and made.pauses[1] > made.pauses[0] * 1.05

    made = client([drop(), {"ok": 1}])
    assert refusal(lambda: made.post("/a", json={})).retry == Retry.UNKNOWN
    assert len(made.sent) == 1


def test_tries_are_bounded_and_a_long_pause_is_left_to_the_job():
    made = client([time_out()] * 3)
    assert refusal(lambda: made.get("/a")).code == "http.timeout"
    made = client([Reply(429, headers={"Retry-After": "120"})])
    failure = refusal(lambda: made.get("/a"))
    assert (failure.code, failure.wait, made.pauses) == ("http.rate_limited", 120, [])


def test_a_refused_connection_may_be_repeated_even_for_a_booking():
    assert refusal(lambda: client([refuse()]).post("/a", json={})).retry == Retry.LATER


def test_too_many_requests_means_not_done_even_for_a_booking():
    assert refusal(lambda: client([Reply(429)]).post("/a", json={})).retry == Retry.LATER


def test_the_judge_decides_what_the_body_means_and_passing_refusals_are_tried_again():
    def judge(answer):
        if answer.json().get("busy"):
            raise Failure("platform.rate_limited", retry=Retry.LATER)
    made = client([{"busy": 1}, {"ok": 1}])
    assert made.get("/a", judge=judge).json() == {"ok": 1} and len(made.sent) == 2


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"", b'{"a": [1, 2', b"[" * 100_000])
def test_what_is_not_json_is_said_so(body):
    failure = refusal(lambda: client([body]).post("/a", json={}).json())
    assert (failure.code, failure.retry) == ("http.not_json", Retry.UNKNOWN)


def test_half_an_emoji_or_a_nul_in_a_note_does_not_stop_the_page():
    assert parse_json(rb'{"note": "hi \ud83d!", "n": 1}') == {"note": "hi ?!", "n": 1}
    assert parse_json(rb'{"a\u0000": ["x\u0000y"]}') == {"a": ["xy"]}
    assert parse_json('{"note": "😀"}'.encode()) == {"note": "😀"}


def test_redirects_are_not_followed_since_they_would_carry_the_token_away():
    made = client([Reply(302, headers={"Location": "https://evil.example/"})])
    assert refusal(lambda: made.get("/a")).code == "http.redirected"
    assert len(made.sent) == 1


def test_queries_and_bodies_are_written_plainly():
    made = client([{}])
    made.get("/a", params=[("flag", True), ("none", None), ("many", [1, 2])])
    assert made.sent[0].query == {"flag": "true", "many": ["1", "2"]}
    assert made.sent[0].url.startswith("https://api.example.test/a?")


@pytest.mark.parametrize("value,seconds", [("7", 7), ("1.5", 1.5), ("", None), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)])
def test_retry_after_in_both_forms(value, seconds):
    assert retry_after({"Retry-After": value}) == seconds


def test_the_environment_adds_neither_credentials_nor_a_proxy_for_the_loopback(monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login eve password leak\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with server(http("{}")) as (url, seen):
        Client(url, "x").get("/a")
    assert b"authorization" not in seen[0].lower() and seen[0].startswith(b"GET /a ")


def test_cookies_are_not_kept():
    with server(http("{}", "HTTP/1.1 200 OK\r\nSet-Cookie: a=b"), http("{}")) as (url, seen):
        made = Client(url, "x")
        made.get("/a")
        made.get("/a")
    assert b"cookie" not in seen[1].lower()


def test_legacy_renegotiation_is_for_one_host_and_leaves_certificates_checked():
    adapter = PooledAdapter(0x4)
    context = adapter.poolmanager.connection_pool_kw["ssl_context"]
    assert context.options & 0x4 and context.verify_mode.name == "CERT_REQUIRED"
    assert Client("https://a.test", "x", ssl_options=0x4).session.adapters["https://"].ssl_options == 0x4
    assert Client("https://a.test", "x").session.adapters["https://"].ssl_options == 0
    assert Client("https://a.test", "x").session.verify is not False


def test_secrets_stay_out_of_exceptions_and_logs(caplog):
    caplog.set_level("DEBUG")
    secret = "6f7a4b6c4d6e4f70"
    for answer in ([Reply(500, {"access_token": secret})], [drop()], [{"refresh_token": secret}]):
        try:
            client(answer, retries=0).get("/a", params={"access_token": secret, "sign": secret}, headers={"Authorization": secret})
        except Failure as failure:
            assert secret not in failure.raw + repr(failure.__cause__) + str(failure.params)
            assert failure.__suppress_context__ or failure.__context__ is None
    assert "/a?access_token=***&sign=***" in caplog.text and secret not in caplog.text


def test_addresses_and_headers_are_redacted_by_name():
    assert safe_url("https://me:pw@h.test/a?code=c0de&page=2&client_secret=s") == "https://h.test/a?code=***&page=2&client_secret=***"
    assert safe_headers({"H-Token": "t", "Accept": "*"}) == {"H-Token": "***", "Accept": "*"}


def test_people_are_masked_and_what_staff_needs_stays():
    text = safe_body({"order_sn": "260921ABCD1234", "code": "0", "item_name": "Cup", "recipient_address": {"name": "Ana", "region": "PH",
                      "full_address": "12 Demo St"}, "buyer_username": "ana88", "phone": "+639171234567", "message": "mail ana@x.test"})
    for gone in ("Ana", "Demo St", "ana88", "9171234567", "ana@x.test"):
        assert gone not in text
    for kept in ("260921ABCD1234", "Cup", '"region":"PH"', '"code":"0"', "67"):
        assert kept in text


def test_broken_and_long_bodies_are_masked_and_trimmed():
    cut = safe_body(b'{"orders":[{"name":"Ana Cruz","access_token":"abc","sku":"CUP","phone":"0917123')
    assert "Ana" not in cut and "abc" not in cut and "0917" not in cut and "CUP" in cut
    assert len(safe_body("x" * 10_000)) == 2000
    assert safe_body(b"%PDF-1.7 \x00\x01") == "<11 bytes>"


class Time:
    def __init__(self):
        self.at, self.slept = 0.0, []

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.slept.append(round(seconds, 3))
        self.at += seconds


def test_the_bucket_lets_a_burst_through_and_then_the_rate():
    time = Time()
    limiter = LocalLimiter(time.now, time.sleep)
    for _ in range(8):
        limiter.wait("a", Rate(5))
    limiter.wait("b", Rate(5))
    assert time.slept == [0.2, 0.2, 0.2]
    time.at += 60
    assert [limiter.wait("a", Rate(5)) for _ in range(5)] == [0] * 5


def test_threads_share_one_bucket():
    time = Time()
    limiter = LocalLimiter(lambda: 0.0, time.sleep)
    threads = [threading.Thread(target=limiter.wait, args=("a", Rate(2))) for _ in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(time.slept) == [0.5, 1.0, 1.5, 2.0]


def test_a_held_key_waits_and_too_long_a_wait_is_refused():
    time = Time()
    limiter = LocalLimiter(time.now, time.sleep, longest=30)
    limiter.hold("a", 5)
    assert limiter.wait("a", Rate(10)) == 5
    limiter.hold("a", 300)
    failure = refusal(lambda: limiter.wait("a", Rate(10)))
    assert (failure.code, failure.retry) == ("http.rate_limited", Retry.LATER) and failure.wait > 200


def test_another_limiter_can_stand_behind_all_clients():
    class Counting:
        keys = []

        def wait(self, key, rate):
            self.keys.append((key, rate.calls))

        def hold(self, key, seconds):
            raise AssertionError("not asked")

    before = rates.use(Counting())
    try:
        client([{}], rate=Rate(3)).get("/a", limits=[("x:shop:1", Rate(5))])
    finally:
        rates.use(before)
    assert Counting.keys == [("x:shop:1", 5), ("x", 3)]


def test_the_fake_transport_says_when_it_has_no_answer():
    with pytest.raises(AssertionError, match="GET /a"):
        client([]).get("/a")
    assert refusal(lambda: client([requests.exceptions.SSLError("x")] * 3).get("/a")).code == "http.tls"
