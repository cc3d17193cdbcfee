"""The gateway: who calls, is the signature right, may this shop be touched. Order of checks as in the protocol notes, section 13."""

import functools
import hashlib
import hmac
import secrets
from dataclasses import dataclass

import orjson
from flask import Blueprint, Response, g, request

from .. import faults
from ..core import defaults, world
from ..store import dump

bp = Blueprint("shopee", __name__)
PREFIX = "/api/v2"
SKEW = 300  # seconds a timestamp may be off
BAD_TOKEN = ("invalid_acceess_token", "Invalid access_token, please have a check.")  # sic: their spelling

defaults("shopee", {
    "token_seconds": 14_400, "refresh_seconds": 30 * 86_400, "grace_seconds": 300, "code_seconds": 600,
    "number_polls": 1, "number_seconds": 30, "document_polls": 1, "document_seconds": 30, "scan_seconds": 0,
    "push_ladder": [300, 1800, 10_800], "push_timeout": 3.0,
})


class Refusal(Exception):
    """An answer with an error code. `status` is the HTTP status, `extra` more keys of the envelope."""

    def __init__(self, error: str, message: str, status: int = 200, **extra):
        super().__init__(error)
        self.error, self.message, self.status, self.extra = error, message, status, extra


def wrong(detail: str, error: str = "error_param") -> Refusal:
    """Their usual words for bad parameters."""
    return Refusal(error, f"Wrong parameters, detail: {detail}")


@dataclass
class Caller:
    """Who is asking, after the gate."""

    app: dict
    shop: dict | None = None
    merchant_id: int | None = None


def sign(key: str, *parts) -> str:
    """HMAC-SHA256 over the parts without separators, lower-case hex. The body is never part of it."""
    return hmac.new(key.encode(), "".join(str(part) for part in parts).encode(), hashlib.sha256).hexdigest()


def reply(body: dict, status: int = 200) -> Response:
    """Their envelope around `body`: error and message empty unless given, request_id of 32 hex."""
    answer = {"error": "", "message": "", "request_id": secrets.token_hex(16), **body}
    if answer["error"]:
        g.note = " ".join(filter(None, (g.get("note"), answer["error"])))
    return Response(dump(answer), status, content_type="application/json")


def answer(response, **more) -> dict:
    """Body of a success with the `response` wrapper."""
    return {"response": response, **more}


@bp.errorhandler(Refusal)
def _refused(refusal: Refusal) -> Response:
    return reply({"error": refusal.error, "message": refusal.message, **refusal.extra}, refusal.status)


def public_api(verb: str, path: str):
    """Register a call without a shop: the handler gets the Caller."""
    return _register(verb, path, "public")


def shop_api(verb: str, path: str):
    """Register a call for one shop: the handler gets the Caller with its shop, under the world's lock."""
    return _register(verb, path, "shop")


def merchant_api(verb: str, path: str):
    """Register a call for one merchant of a main account."""
    return _register(verb, path, "merchant")


def _register(verb: str, path: str, kind: str):
    def wrap(handler):
        @functools.wraps(handler)
        def view():
            if request.method != verb:
                raise Refusal("error_not_found", "The requested api does not exist for this method.", 405)
            with world().lock:
                result = handler(admit(kind))
            return reply(result) if isinstance(result, dict) else result

        # Both verbs come here, because the wrong one must be refused in their envelope, not as Flask's HTML page.
        bp.add_url_rule(PREFIX + path, "api" + path.replace("/", "_"), view, methods=["GET", "POST"])
        return handler

    return wrap


@bp.route("/api/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def unknown(rest: str):
    if rest.startswith("v1/"):
        raise Refusal("api_suspended", "This API is suspended.", 403)
    raise Refusal("error_not_found", "The requested api does not exist.", 404)


def admit(kind: str) -> Caller:
    """All checks before the parameters; answers the caller or raises Refusal."""
    app = known_app()
    check_timestamp()
    given = request.args.get("sign")
    if not given:
        raise Refusal("error_param", "There is no sign in query.")
    token, subject = _subject(kind)
    check_sign(app, given, token, subject)
    if not app["ip_declared"]:
        raise Refusal("source_ip_undeclared", "Request Source IP is undeclared, please declare it in the console.", 403)
    if kind == "public":
        return Caller(app)
    check_token(app, token, kind, subject)
    if kind == "merchant":
        return Caller(app, merchant_id=int(subject))
    return Caller(app, shop=_linked(app, subject))


def known_app() -> dict:
    partner_id = request.args.get("partner_id")
    if not partner_id:
        raise Refusal("error_param", "There is no partner_id in query.")
    if not (partner_id.isascii() and partner_id.isdigit()):
        raise Refusal("error_param", "Invalid partner_id.")
    app = world().books("shopee.apps").get(partner_id)
    if app is None:
        raise Refusal("invalid_partner_id", "Invalid partner_id, please have a check.", 403)
    return app


def check_timestamp() -> None:
    stamp = request.args.get("timestamp")
    if not stamp:
        raise Refusal("error_param", "no timestamp")
    if not (stamp.isascii() and stamp.isdigit()):
        raise Refusal("error_param", "Invalid timestamp")
    if abs(world().now() - int(stamp)) > SKEW:
        raise Refusal("error_param", "Timestamp is expired")


def check_sign(app: dict, given: str, token: str = "", subject: str = "") -> None:
    if app["key_expired"]:
        raise Refusal("error_partner_key_expired", "The partner_key is expired, please reset it in the console.", 403)
    path = faults.inside(request.path)[1]
    expected = sign(app["partner_key"], request.args["partner_id"], path, request.args["timestamp"], token, subject)
    if not hmac.compare_digest(given.encode(), expected.encode()):  # an upper-case sign is a wrong one
        raise Refusal("error_sign", "Wrong sign.", 403)


def _subject(kind: str) -> tuple[str, str]:
    """Token and shop_id or merchant_id of the query, as text."""
    if kind == "public":
        return "", ""
    for name in ("access_token", f"{kind}_id"):
        if not request.args.get(name):
            raise Refusal("error_param", f"There is no {name} in query.")
    return request.args["access_token"], request.args[f"{kind}_id"]


def check_token(app: dict, token: str, kind: str, subject: str) -> None:
    """The token is known, alive and made for this app and subject."""
    record = world().books("shopee.access").get(token)
    until = record["until"].get(f"{kind}:{subject}", 0) if record and record["partner_id"] == app["partner_id"] else 0
    if until and faults.active("shopee", "expired_token"):
        record["until"][f"{kind}:{subject}"] = until = 0
        world().touch()
    if until <= world().now():
        raise Refusal(*BAD_TOKEN, 403)


def _linked(app: dict, shop_id: str) -> dict:
    link = world().books("shopee.links").get(f"{app['partner_id']}:{shop_id}")
    shop = world().books("shopee.shops").get(shop_id)
    if link is None or shop is None:
        raise Refusal("shop_no_linked", "Partner and shop has no linked.", 403)
    if link["expire_time"] <= world().now():
        raise Refusal("shop_access_expired", "The authorization of this shop is expired, please authorize again.", 403)
    if shop["status"] == "BANNED" and not request.path.endswith("/get_shop_info"):
        raise Refusal("shop_banned", "The shop is banned.", 403)
    return shop


def body() -> dict:
    """The JSON object of a POST."""
    try:
        data = orjson.loads(request.get_data(cache=True) or b"{}")
    except orjson.JSONDecodeError as error:
        raise wrong("the body is not valid json.") from error
    if not isinstance(data, dict):
        raise wrong("the body should be a json object.")
    return data


def whole(value, name: str, low: int | None = None, high: int | None = None) -> int:
    """An integer parameter within bounds (query text or JSON number; JSON true is no number)."""
    try:
        number = int(value) if not isinstance(value, bool | float) else None
    except (TypeError, ValueError):
        number = None
    if number is None or (low is not None and number < low) or (high is not None and number > high):
        bounds = f" from {low} to {high}" if high is not None else ""
        raise wrong(f"{name} should be an integer{bounds}.")
    return number


def text_list(value: str | None, name: str, most: int) -> list[str]:
    """A comma-joined id list of 1 to `most` values."""
    values = [part.strip() for part in (value or "").split(",") if part.strip()]
    if not 1 <= len(values) <= most:
        raise wrong(f"{name} should hold 1 to {most} values.")
    return values


def _fault(fault: dict) -> Response:
    """Their words for faults of the general kinds."""
    status = fault["params"].get("status")
    if fault["kind"] == "rate_limit":
        text = "Too many requests. You have reached the rate limit. Please try again later."
        return reply({"error": "error_rate_limit", "message": text}, int(status or 429))
    if fault["kind"] == "daily_limit":
        text = "You have reached the daily API call limit, please try again after 00:00 (UTC+08:00)"
        return reply({"error": "error_limit", "message": text}, int(status or 200))
    return reply({"error": "error_server", "message": "Something wrong. Please try later."}, int(status or 500))


faults.shape("shopee", _fault)
