"""Faults on demand: what networks, gateways and overloaded servers do to a client."""

import json
import random
import re
import socket
import time
from collections.abc import Callable
from xml.etree import ElementTree

from flask import Flask, Response, current_app, g, request

from .core import world

KINDS = (
    "rate_limit", "server_error", "timeout", "truncated", "not_json", "drop", "drop_on_characters",
    "duplicate_page", "reordered_page", "expired_token", "daily_limit",
)
ASKED_BY_HANDLERS = ("duplicate_page", "reordered_page", "expired_token")
FORBIDDEN = "'\"<>&;\\%"  # what the carriers' front-end filters refuse
BODIES: dict[str, Callable[[dict], Response]] = {}
HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def shape(service: str, fn: Callable[[dict], Response]) -> None:
    """Let a service word its own refusals: `fn(fault) -> Response` for rate_limit, daily_limit and server_error."""
    BODIES[service] = fn


def add(service: str, kind: str, path: str = "/", times: int | None = None, rate: float = 1.0,
        after_effect: bool = False, delay: float = 0.0, params: dict | None = None) -> dict:
    """Switch a fault on and answer it. `params`: after (calls let pass first), status, characters, fields, seed.

    Raises ValueError for an unknown kind or a broken pattern.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; one of {', '.join(KINDS)}")
    try:
        re.compile(path)
    except re.error as error:
        raise ValueError(f"broken pattern: {error}") from error
    here = world()
    fault = {"id": here.next_id("fault"), "service": service, "kind": kind, "path": path or "/", "times": times, "rate": float(rate),
             "after_effect": bool(after_effect), "delay": float(delay), "params": params or {}, "seen": 0, "fired": 0}
    with here.lock:
        here.books("faults")[str(fault["id"])] = fault
        here.touch()
    return fault


def active(service: str, kind: str) -> dict | None:
    """The fault of this kind that strikes the current request, or None. One question uses up one of its times."""
    return _strike(service, inside(request.path)[1], lambda fault: fault["kind"] == kind)


def inside(path: str) -> tuple[str, str]:
    """Service and path inside the service: /shopee/api/v2/x -> ("shopee", "/api/v2/x")."""
    service, _, rest = path.lstrip("/").partition("/")
    return service, "/" + rest


def _strike(service: str, path: str, wanted: Callable[[dict], bool]) -> dict | None:
    here = world()
    with here.lock:
        for fault in here.books("faults").values():
            if fault["service"] not in (service, "*") or not wanted(fault) or not _matches(fault["path"], path):
                continue
            fault["seen"] += 1
            if _lands(fault):
                fault["fired"] += 1
                here.touch()
                return dict(fault)
    return None


def _matches(pattern: str, path: str) -> bool:
    return path.startswith(pattern) or re.search(pattern, path) is not None


def _lands(fault: dict) -> bool:
    params = fault["params"]
    if fault["times"] is not None and fault["fired"] >= fault["times"]:
        return False
    if fault["seen"] <= int(params.get("after", 0)):
        return False
    # Seeded by fault and call number: a test that is run again sees the same calls fail.
    return random.Random(f"{params.get('seed', 0)}:{fault['id']}:{fault['seen']}").random() < fault["rate"]


def _wanted(fault: dict) -> bool:
    if fault["kind"] in ASKED_BY_HANDLERS:
        return False
    return fault["kind"] != "drop_on_characters" or carries(fault["params"])


def carries(params: dict) -> bool:
    """Whether a text value of the request body holds one of the characters (params.characters, params.fields)."""
    characters = set(params.get("characters") or FORBIDDEN)
    fields = params.get("fields")
    return any(characters.intersection(text) for key, text in _texts() if not fields or key in fields)


def _texts():
    """(field, text) of every text value in the decoded body: JSON, form (also JSON inside a form) or XML."""
    raw = request.get_data(cache=True)
    if request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        for key, value in request.form.items(multi=True):
            yield from _decoded(key, value)
    elif raw:
        yield from _decoded("", raw.decode("utf-8", "replace"))


def _decoded(key: str, text: str):
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if isinstance(value, dict | list):
        yield from _walk(key, value)
    elif text.lstrip().startswith("<"):
        yield from _xml(text)
    else:
        yield key, text


def _walk(key: str, value):
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _walk(name, item)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(key, item)
    elif isinstance(value, str):
        yield key, value


def _xml(text: str):
    try:
        nodes = list(ElementTree.fromstring(text).iter())
    except ElementTree.ParseError:
        nodes = []
        yield "", text
    for node in nodes:
        yield node.tag.rpartition("}")[2], (node.text or "").strip()


def init_app(app: Flask) -> None:
    """Put the faults in front of and behind every service except the control API."""
    app.before_request(_before)
    app.after_request(_after)


def _before() -> Response | None:
    service, path = inside(request.path)
    if service == "control":
        return None
    request.get_data(cache=True)  # read to the end: closing on unread bytes would reset instead of close
    g.fault = _strike(service, path, _wanted)
    if not g.fault:
        return None
    g.note = f"fault {g.fault['id']} {g.fault['kind']}"
    if g.fault["after_effect"] or g.fault["kind"] == "truncated":
        return None
    fault, g.fault = g.fault, None
    return _suffer(fault, None)


def _after(response: Response) -> Response:
    fault = g.get("fault")
    if not fault:
        return response
    g.fault = None
    return _suffer(fault, response)


def _suffer(fault: dict, response: Response | None) -> Response:
    kind = fault["kind"]
    if fault["delay"]:
        time.sleep(fault["delay"])
    if kind in ("timeout", "drop", "drop_on_characters"):
        return hang_up()
    if kind == "truncated":
        return _truncate(response)
    if kind == "not_json":
        return Response(HTML, 200, content_type="text/html")
    word = BODIES.get(fault["service"]) or BODIES.get(inside(request.path)[0]) or _plain
    return word(fault)


def _plain(fault: dict) -> Response:
    status = {"rate_limit": 429, "daily_limit": 429}.get(fault["kind"], 500)
    body = json.dumps({"error": fault["kind"], "message": f"{fault['kind']} (sandbox fault)"})
    return Response(body, int(fault["params"].get("status", status)), content_type="application/json")


def _socket() -> socket.socket:
    sock = request.environ.get("werkzeug.socket") or request.environ.get("gunicorn.socket")
    if sock is None:
        raise ConnectionAbortedError("sandbox fault: connection closed")  # Flask's test client has no socket
    return sock


def hang_up() -> Response:
    """Close the connection of this request without an answer."""
    _shut(_socket())
    return Response("", 499)


def _truncate(response: Response) -> Response:
    """Promise the whole body, send half, close. Written by hand: a WSGI server would mend the length or keep the connection."""
    sock, body = _socket(), response.get_data()
    head = f"HTTP/1.1 {response.status}\r\nContent-Type: {response.content_type}\r\nContent-Length: {max(len(body), 2)}\r\n\r\n"
    sock.sendall(head.encode() + body[: len(body) // 2])
    _shut(sock)
    return Response("", 499)


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError as error:  # the client was faster
        current_app.logger.debug("socket already closed: %s", error)
