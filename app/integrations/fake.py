"""A transport that answers by itself: part of the product, so that no test patches functions."""
from dataclasses import dataclass, field
from http.client import RemoteDisconnected
from io import BytesIO
from urllib.parse import parse_qsl, urlsplit

import orjson
import requests
from requests.adapters import BaseAdapter
from urllib3.exceptions import NewConnectionError, ProtocolError


@dataclass(slots=True)
class Reply:
    """An answer to give: `json` or `body`."""
    status: int = 200
    json: object = None
    body: bytes = b""
    headers: dict = field(default_factory=dict)


@dataclass(slots=True)
class Sent:
    """A request that was made. `query` keeps repeated names as a list."""
    method: str
    url: str
    path: str
    query: dict
    headers: dict
    body: bytes

    def json(self):
        return orjson.loads(self.body)

    def form(self):
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class FakeTransport(BaseAdapter):
    """Answers from a list in order, or from a callable that gets the `Sent`. Every request is kept in `sent`.

    An answer is a `Reply`, parsed JSON (status 200), bytes, or an exception of requests (see `drop`, `time_out`, `refuse`).
    """

    def __init__(self, answers=()):
        super().__init__()
        self.answer = answers if callable(answers) else None
        self.queue = [] if callable(answers) else list(answers)
        self.sent = []

    def send(self, request, **_):
        sent = read_request(request)
        self.sent.append(sent)
        if not self.answer and not self.queue:
            raise AssertionError(f"no answer left for {sent.method} {sent.path}")
        answer = self.answer(sent) if self.answer else self.queue.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return make_response(request, answer)

    def close(self):
        """Nothing to close; requests asks every adapter."""

    def paths(self):
        return [s.path for s in self.sent]


def read_request(request):
    parts, query = urlsplit(request.url), {}
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        query[key] = [*([query[key]] if isinstance(query[key], str) else query[key]), value] if key in query else value
    body = request.body or b""
    return Sent(request.method, request.url, parts.path, query, dict(request.headers), body.encode() if isinstance(body, str) else body)


def make_response(request, answer):
    if isinstance(answer, bytes):
        answer = Reply(body=answer)
    elif not isinstance(answer, Reply):
        answer = Reply(json=answer)
    response = requests.Response()
    response.request, response.url, response.status_code = request, request.url, answer.status
    response.headers.update(answer.headers)
    if answer.json is not None:
        response.headers.setdefault("Content-Type", "application/json")
    response.raw = BytesIO(orjson.dumps(answer.json) if answer.json is not None else answer.body)
    return response


def drop():
    """The other side closes the connection without an answer (基础连接已经关闭)."""
    closed = RemoteDisconnected("Remote end closed connection without response")
    return requests.ConnectionError(ProtocolError("Connection aborted.", closed))


def time_out():
    """The request went out, the answer never came."""
    return requests.ReadTimeout("Read timed out.")


def refuse():
    """Nobody listens: nothing was sent."""
    return requests.ConnectionError(NewConnectionError(None, "Connection refused"))
