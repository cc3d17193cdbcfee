"""The one way out of the house: sessions, limits, retries, and the classification of everything that can go wrong.

A transport fault or an answer of 3xx, 429 or 5xx becomes a `Failure` here and nowhere else. Other answers go back to the
connector, which judges the platform's own error codes.
"""
import json as json_module
import logging
import os
import random
import time
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import orjson
import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import ReadTimeoutError

from app.failures import Blame, Failure, Retry
from app.integrations import rates
from app.integrations.fake import FakeTransport, Reply, Sent, drop, refuse, time_out
from app.integrations.pools import pool
from app.integrations.rates import Rate
from app.integrations.redact import safe_body, safe_url

__all__ = ["Answer", "Client", "FakeTransport", "Rate", "Reply", "Sent", "drop", "refuse", "time_out"]

log = logging.getLogger(__name__)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
SAFE = {"GET", "HEAD", "OPTIONS"}
PATIENCE = 10.0         # longest pause in seconds between two tries inside one call; more is the job's matter
FAULTS = requests.exceptions


@dataclass(slots=True)
class Answer:
    """What came back. `elapsed` in seconds; `name` is the client's, for sentences; `idempotent` of the request asked."""
    status: int
    headers: dict               # case-insensitive
    body: bytes
    elapsed: float = 0.0
    name: str = ""
    idempotent: bool = True
    _json: object = field(default=None, repr=False)

    def json(self):
        """The parsed body. Failure http.not_json when it is HTML, empty or cut off."""
        if self._json is None:
            try:
                self._json = parse_json(self.body)
            except (ValueError, RecursionError):
                raise Failure("http.not_json", retry=_again(self.idempotent), blame=Blame.PLATFORM, raw=self.raw, name=self.name,
                              status=self.status) from None
        return self._json

    @property
    def raw(self):
        """The body for provider staff: redacted, at most 2,000 characters."""
        return safe_body(self.body)

    @property
    def date(self) -> datetime | None:
        """The server's own clock (header Date), aware UTC."""
        return _http_date(self.headers.get("Date"))


class Client:
    """HTTP to one host. Its connections are pooled in the process; TLS certificates are always checked.

    `rate`: limit under the client's name; `limits` of a call add more: [(key, Rate)]. `retries`: further tries of an
    idempotent call after a passing fault. `ssl_options`: bits for the SSL context of this host alone
    (0x4 = legacy renegotiation, VNPost). `transport`: a requests adapter, in tests a `FakeTransport`.
    """

    def __init__(self, base_url, name, *, timeout=(5, 30), rate=None, retries=2, session=None, limiter=None, ssl_options=0,
                 transport=None, headers=None, sleep=time.sleep):
        self.base_url, self.name, self.timeout, self.rate, self.retries = base_url.rstrip("/"), name, timeout, rate, retries
        self.limiter, self.sleep, self.headers = limiter or rates.shared(), sleep, headers or {}
        self.session = session or make_session(ssl_options, transport)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def request(self, method, path, *, params=None, json=None, data=None, files=None, headers=None, idempotent=None, judge=None,
                limits=(), timeout=None) -> Answer:
        """One call. `path` may be absolute. `idempotent`: may be repeated without harm (default: GET only).

        `judge(answer)` may raise Failure for what the body says; Retry.LATER of an idempotent call is then tried again here.
        Raises Failure http.*; Retry.UNKNOWN when a call that may not be repeated could have been done.
        """
        idempotent = method in SAFE if idempotent is None else idempotent
        url = path if "://" in path else self.base_url + path
        body = orjson.dumps(json, default=_plain) if json is not None else data
        headers = {**self.headers, **({"Content-Type": "application/json"} if json is not None else {}), **(headers or {})}
        sent = {"params": _query(params), "data": body, "files": files, "headers": headers, "timeout": timeout or self.timeout}
        for turn in range(self.retries + 1 if idempotent else 1):
            try:
                answer = self._send(method, url, sent, idempotent, limits)
                if judge:
                    judge(answer)
                return answer
            except Failure as failure:
                pause = backoff(turn, failure)
                if failure.retry != Retry.LATER or not idempotent or turn == self.retries or pause > PATIENCE:
                    raise
                log.info("%s: %s, again in %.1f s", self.name, failure.code, pause)
                self.sleep(pause)

    def _send(self, method, url, sent, idempotent, limits):
        for key, rate in [*limits, *([(self.name, self.rate)] if self.rate else [])]:
            self.limiter.wait(key, rate)
        started = time.monotonic()
        try:
            response = self.session.request(method, url, allow_redirects=False, proxies=proxies_for(url), **sent)
        except FAULTS.RequestException as fault:
            failure = classify_fault(fault, idempotent, self.name)
            log.warning("%s %s: %s (%s)", method, safe_url(url), failure.code, type(fault).__name__)
            # The fault's own text holds the whole address with token and signature, so it is not chained.
            raise failure from None
        answer = Answer(response.status_code, response.headers, response.content, time.monotonic() - started, self.name, idempotent)
        log.debug("%s %s -> %s in %.0f ms", method, safe_url(response.url), answer.status, answer.elapsed * 1000)
        failure = classify_status(answer)
        if failure:
            raise failure
        return answer


def classify_fault(fault, idempotent, name):
    """A requests exception as Failure. The order matters: requests' own tree nests them in surprising ways."""
    again = _again(idempotent)
    if isinstance(fault, (FAULTS.InvalidURL, FAULTS.MissingSchema, FAULTS.InvalidSchema, FAULTS.InvalidHeader)):
        return Failure("http.bad_address", blame=Blame.US, name=name)
    if isinstance(fault, FAULTS.ConnectTimeout | FAULTS.ProxyError):
        return Failure("http.unreachable", retry=Retry.LATER, blame=Blame.PLATFORM, name=name)
    if isinstance(fault, FAULTS.ReadTimeout) or _mentions(fault, ReadTimeoutError):
        return Failure("http.timeout", retry=again, blame=Blame.PLATFORM, name=name)
    if isinstance(fault, FAULTS.ChunkedEncodingError | FAULTS.ContentDecodingError):
        return Failure("http.truncated", retry=again, blame=Blame.PLATFORM, name=name)
    if isinstance(fault, FAULTS.SSLError):
        return Failure("http.tls", retry=Retry.LATER, blame=Blame.PLATFORM, name=name)
    if isinstance(fault, FAULTS.ConnectionError) and not _was_sent(fault):
        return Failure("http.unreachable", retry=Retry.LATER, blame=Blame.PLATFORM, name=name)
    return Failure("http.connection_closed", retry=again, blame=Blame.PLATFORM, name=name)


def classify_status(answer):
    """Failure for redirects, 429 and 5xx, else None: the connector judges the rest."""
    about = {"blame": Blame.PLATFORM, "raw": answer.raw, "name": answer.name, "status": answer.status} if answer.status >= 300 else {}
    if answer.status == 429:
        return Failure("http.rate_limited", retry=Retry.LATER, wait=retry_after(answer.headers), **about)
    if answer.status >= 500:
        return Failure("http.server_error", retry=_again(answer.idempotent), wait=retry_after(answer.headers), **about)
    if 300 <= answer.status < 400:
        # Following would hand the token in the address to whoever is named there.
        return Failure("http.redirected", **{**about, "blame": Blame.US})
    return None


def backoff(turn, failure):
    """Seconds before the next try: what the server asked for, else 0.5, 1, 2 … with jitter so that workers spread out."""
    if failure.wait is not None:
        return failure.wait
    return 0.5 * 2 ** turn * random.uniform(0.7, 1.3)


def retry_after(headers):
    """Header Retry-After in seconds (number or date form), or None."""
    value = (headers.get("Retry-After") or "").strip()
    if value.replace(".", "", 1).isdigit():
        return float(value)
    at = _http_date(value)
    return max(0.0, at.timestamp() - time.time()) if at else None


def proxies_for(url):
    """Proxies of the environment, none for the loopback: the sandbox must be reached on machines behind a proxy."""
    return {} if (urlsplit(url).hostname or "") in LOOPBACK else get_environ_proxies(url)


def make_session(ssl_options=0, transport=None):
    """A session without cookies, without ~/.netrc (it would add credentials to calls) and with pooled connections."""
    session = requests.Session()
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = "Waybridge/1.0"
    adapter = transport or pool(ssl_options)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def parse_json(body):
    """JSON of the outside. A half emoji or a NUL in one buyer's note must not stop a whole page, nor reach the database.

    Raises ValueError when it is not JSON.
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        # orjson refuses lone surrogates and invalid UTF-8 that the standard library lets pass.
        return _wash(json_module.loads(bytes(body).decode("utf-8", "replace")))
    return _wash(parsed) if b"\\u0000" in body else parsed


def _wash(value):
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_wash(k): _wash(v) for k, v in value.items()}
    return [_wash(v) for v in value] if isinstance(value, list) else value


def _again(idempotent):
    return Retry.LATER if idempotent else Retry.UNKNOWN


def _was_sent(fault):
    """False when no connection came about (refused, unknown host), so that nothing can have been done."""
    text = repr(fault)
    return not any(word in text for word in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError"))


def _mentions(fault, kind):
    return any(isinstance(arg, kind) or isinstance(getattr(arg, "reason", None), kind) for arg in fault.args)


def _query(params):
    """Lower-case booleans, as every JSON-minded platform expects them; a list value repeats its name."""
    pairs = params.items() if isinstance(params, dict) else params or ()
    return [(k, str(v).lower() if isinstance(v, bool) else v) for k, v in pairs if v is not None]


def _plain(value):
    """Decimals in a JSON body: whole numbers without a point, others as float (money has at most a few digits)."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _http_date(value):
    if not value:
        return None
    try:
        return parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
