"""Blueprint, accounts, settings and the error envelope of the GoGo Xpress stand-in."""

from __future__ import annotations

import json

from flask import Blueprint, Response, jsonify, request

from .. import faults
from ..core import defaults, world

SERVICE = "gogoxpress"
BODY_LIMIT = 1024 * 1024  # 413 above, as the carrier documents
DEMO = {"api_key": "demoKey01", "secret": "demoSecret01", "webhook_url": ""}
DESCRIPTIONS = {
    400: ("Bad Request", "We didn't understand your request. Please make sure that you're sending a valid JSON payload."),
    401: ("Unauthorized", "The token is not valid or may have already expired."),
    404: ("Not Found", "The entity that you're looking for does not exist."),
    413: ("Request Entity Too Large", "You have exceeded the maximum allowable upload size of 1MB."),
    422: ("Unprocessable Entity", "The given data failed to pass validation."),
    429: ("Too Many Requests", "Your account has been temporarily suspended because you have exceeded the allowable number of requests."),
    500: ("Internal Server Error", "Something went wrong. We're looking into it."),
}

# awb_seconds: life of a signed label address. polls: answers «pending» of a bulk print before «done» (at least 1).
# wrap_orders: answer orders inside data.attributes, because which of the two v2 does is not known.
defaults(SERVICE, {"awb_seconds": 900, "unique_reference": False, "polls": 1, "wrap_orders": False})

bp = Blueprint(SERVICE, __name__)


class Refusal(Exception):
    """Ends a call with the carrier's error envelope."""

    def __init__(self, status: int, parameters: dict[str, list[str]] | None = None, description: str = ""):
        super().__init__(status)
        self.status, self.parameters, self.description = status, parameters or {}, description


def envelope(status: int, parameters: dict | None = None, description: str = "") -> Response:
    """The documented error body; `parameters` maps a field path to its sentences."""
    message, standard = DESCRIPTIONS[status]
    body = {"status": status, "message": message, "description": description or standard, "parameters": parameters or {}}
    answer = jsonify(body)
    answer.status_code = status
    return answer


@bp.errorhandler(Refusal)
def _refuse(refusal: Refusal) -> Response:
    return envelope(refusal.status, refusal.parameters, refusal.description)


faults.shape(SERVICE, lambda fault: envelope(500 if fault["kind"] == "server_error" else 429))


def read_object() -> dict:
    """The JSON object of the request body; refuses more than 1 MB (413) and anything else than an object (400)."""
    if (request.content_length or 0) > BODY_LIMIT or len(raw := request.get_data(cache=True)) > BODY_LIMIT:
        raise Refusal(413)
    try:
        value = json.loads(raw, parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except ValueError:
        raise Refusal(400) from None
    if not isinstance(value, dict):
        raise Refusal(400)
    return value


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def whole(text: str) -> int | None:
    """A plain number from a query or path (at most 15 digits), else None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def accounts() -> dict:
    """API key -> account {api_key, secret, webhook_url, party}; the demo account is always there. Call with the lock held."""
    book = world().books("gogoxpress.accounts")
    if DEMO["api_key"] not in book:
        save_account(book, DEMO)
    return book


def save_account(book: dict, values: dict) -> dict:
    """Add an account, or change the given values of one that exists."""
    account = book.setdefault(values["api_key"], {"webhook_url": "", "party": len(book) + 1})
    account.update({key: values[key] for key in ("api_key", "secret", "webhook_url") if key in values})
    world().touch()
    return account


def shipments() -> dict:
    """Tracking number -> order record, in order of creation. Call with the lock held."""
    return world().books("gogoxpress.shipments")


def settings() -> dict:
    """Current settings of this service."""
    return world().settings[SERVICE]
