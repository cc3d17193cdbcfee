"""Blueprint, both prefixes, accounts, tokens and the Spring-style error body of the VNPost stand-in."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import wraps

from flask import Blueprint, Response, jsonify, request

from .. import faults
from ..core import defaults, world

SERVICE = "vnpost"
PREFIXES = ("", "/customer-partner")
DEMO = {"username": "demo@example.com", "password": "demoPass01", "customerCode": "T000123456", "webhook_url": ""}
REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests",
           500: "Internal Server Error"}
HANOI = timezone(timedelta(hours=7))
TOKENS_KEPT = 5000

# prefixes: those that answer; a real host is thought to know only one of them, so a test can switch the other to 404.
defaults(SERVICE, {"token_seconds": 3600, "unique_reference": False, "prefixes": list(PREFIXES)})

bp = Blueprint(SERVICE, __name__)


class Refusal(Exception):
    """Ends a call with the Spring-style error body."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status, self.message = status, message


def spring(status: int, message: str) -> Response:
    """Error body {status, timestamp, error, message, description, path} with the matching HTTP code."""
    path = faults.inside(request.path)[1]
    extra = {"data": None} if path.endswith("/ServicesCharge") else {}  # clients of that call look at data first
    answer = jsonify({
        "status": status, "timestamp": datetime.fromtimestamp(world().now(), UTC).isoformat(timespec="milliseconds"),
        "error": REASONS[status], "message": message, "description": message, "path": path, **extra,
    })
    answer.status_code = status
    return answer


@bp.errorhandler(Refusal)
def _refuse(refusal: Refusal) -> Response:
    return spring(refusal.status, refusal.message)


def _strike(fault: dict) -> Response:
    return spring(500, "Internal Server Error") if fault["kind"] == "server_error" else spring(429, "Too many requests")


faults.shape(SERVICE, _strike)


def serve(path: str, *methods: str) -> Callable:
    """Register a view for `path` under both prefixes; a prefix switched off answers 404."""
    def register(view: Callable) -> Callable:
        for prefix in PREFIXES:
            bp.add_url_rule(prefix + path, f"{view.__name__}{prefix.replace('/', '_')}", _gated(view, prefix), methods=list(methods))
        return view
    return register


def _gated(view: Callable, prefix: str) -> Callable:
    @wraps(view)
    def gated(**arguments):
        if prefix not in settings()["prefixes"]:
            return spring(404, "No message available")
        return view(**arguments)
    return gated


def read_object() -> dict:
    """The JSON object of the body; anything else is refused (400)."""
    try:
        value = json.loads(request.get_data(cache=True), parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except ValueError:
        raise Refusal(400, "JSON parse error") from None
    if not isinstance(value, dict):
        raise Refusal(400, "JSON object expected")
    return value


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def settings() -> dict:
    """Current settings of this service."""
    return world().settings[SERVICE]


def accounts() -> dict:
    """Username -> account {username, password, customerCode, contractCode, webhook_url}; the demo is always there. Hold the lock."""
    book = world().books("vnpost.accounts")
    if DEMO["username"] not in book:
        save_account(book, DEMO)
    return book


def save_account(book: dict, values: dict) -> dict:
    """Add an account, or change the given values of one that exists."""
    account = book.setdefault(values["username"], {"webhook_url": "", "contractCode": ""})
    known = ("username", "password", "customerCode", "contractCode", "webhook_url")
    account.update({key: values[key] for key in known if key in values})
    world().touch()
    return account


def orders() -> dict:
    """originalID -> order record, in order of creation. Hold the lock."""
    return world().books("vnpost.orders")


def caller() -> dict:
    """The account of the `token` header; refuses (401) a missing, unknown or expired one. A Bearer header counts for nothing."""
    here = world()
    with here.lock:
        ticket = here.books("vnpost.tokens").get(request.headers.get("token", ""))
        if ticket is None or ticket["expires"] <= here.now() or faults.active(SERVICE, "expired_token"):
            raise Refusal(401, "Token không hợp lệ hoặc đã hết hạn")
        return accounts()[ticket["username"]]


@serve("/GetAccessToken", "POST")
def get_access_token() -> Response:
    """Token for username, password and customerCode; wrong ones answer success=false with a message (HTTP 200)."""
    body = read_object()
    here = world()
    with here.lock:
        account = accounts().get(body.get("username")) if isinstance(body.get("username"), str) else None
        wanted = ("password", "customerCode")
        if account is None or any(body.get(field) != account[field] for field in wanted):
            return jsonify({"success": False, "token": None, "message": "Tài khoản, mật khẩu hoặc mã khách hàng không đúng"})
        # The real token is no JWT and holds + / =, which clients must not mangle.
        token = "+/" + base64.b64encode(secrets.token_bytes(94)).decode()
        tickets = here.books("vnpost.tokens")
        tickets[token] = {"username": account["username"], "expires": here.now() + float(settings()["token_seconds"])}
        while len(tickets) > TOKENS_KEPT:
            del tickets[next(iter(tickets))]
        here.touch()
        return jsonify({"success": True, "token": token})


def local(moment: float, shape: str = "%d/%m/%Y %H:%M:%S") -> str:
    """Vietnam time in the carrier's spelling, 21/11/2026 09:30:00."""
    return datetime.fromtimestamp(moment, UTC).astimezone(HANOI).strftime(shape)
