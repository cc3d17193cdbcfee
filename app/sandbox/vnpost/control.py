"""Control API of this stand-in (/vnpost/_control/…) and its table on the control page. No token is asked here."""

from __future__ import annotations

from flask import Response, jsonify, request

from ..core import register_panel, world
from .base import PREFIXES, accounts, bp, orders, read_object, save_account, settings
from .status import STATES, history, public_key, send_orders, set_status, view

NEXT = {1: 6, 2: 6, 3: 6, 4: 6, 5: 6, 8: 6, 6: 7, 7: 10, 10: 11, 11: 12, 13: 10, 12: 14, 15: 12, 16: 17, 17: 18, 18: 24, 24: 19}
ROWS = 200  # newest shipments on the control page


def _fault(text: str, status: int = 400) -> tuple[Response, int]:
    return jsonify({"error": text}), status


@bp.post("/_control/accounts")
def control_account() -> tuple[Response, int]:
    """Add or change an account: {username, password, customerCode, contractCode, webhook_url}."""
    body = read_object()
    if not all(isinstance(body.get(field), str) and body[field] for field in ("username", "password", "customerCode")):
        return _fault("username, password and customerCode are needed")
    if not isinstance(body.get("webhook_url", ""), str):
        return _fault("webhook_url must be text")
    with world().lock:
        return jsonify(_open(save_account(accounts(), body))), 201


@bp.get("/_control/accounts")
def control_accounts() -> Response:
    """Accounts without their passwords."""
    with world().lock:
        return jsonify([_open(account) for account in accounts().values()])


def _open(account: dict) -> dict:
    return {key: value for key, value in account.items() if key != "password"}


@bp.get("/_control/public_key")
def control_public_key() -> Response:
    """The RSA public key that checks the webhook's signature."""
    return jsonify({"public_key": public_key()})


@bp.get("/_control/shipments")
def control_shipments() -> Response:
    """Orders of all accounts, oldest first; ?reference= keeps those with this saleOrderCode."""
    reference = request.args.get("reference")
    with world().lock:
        return jsonify([_view(order) for order in orders().values()
                        if reference is None or str(order["info"].get("saleOrderCode")) == reference])


@bp.get("/_control/shipments/<number>")
def control_shipment(number: str) -> Response | tuple[Response, int]:
    """One issued order with its history."""
    with world().lock:
        order = _numbered(number)
        return jsonify(_view(order)) if order else _fault("no such shipment", 404)


def _numbered(number: str) -> dict | None:
    return next((order for order in orders().values() if order["itemCode"] == number), None)


def _view(order: dict) -> dict:
    return {**view(order), "reference": order["info"].get("saleOrderCode"), "tracking_number": order["itemCode"],
            "username": order["username"], "statusHistory": history(order)["statusHistory"]}


@bp.post("/_control/shipments/<number>/status")
def control_status(number: str) -> Response | tuple[Response, int]:
    """Set {status: code} and send the signed webhook; any state may follow any other here."""
    return _move(number, read_object().get("status"))


@bp.post("/_control/shipments/<number>/advance")
def control_advance(number: str) -> Response | tuple[Response, int]:
    """Take the usual next step of a parcel and send the webhook."""
    with world().lock:
        order = _numbered(number)
        following = NEXT.get(order["status"]) if order else None
    if order is None:
        return _fault("no such shipment", 404)
    return _move(number, following) if following else _fault("nothing follows this status", 409)


def _move(number: str, status: object) -> Response | tuple[Response, int]:
    code = int(status) if isinstance(status, str) and status.isascii() and status.isdigit() else status
    if type(code) is not int or code not in STATES:
        return _fault("unknown status; one of " + ", ".join(map(str, STATES)))
    with world().lock:
        order = _numbered(number)
        if order is None:
            return _fault("no such shipment", 404)
        set_status(order, code)
        shown = _view(order)
        deliveries = send_orders([order])  # signed with the lock held: the text must be that of this state
    return jsonify({"shipment": shown, "deliveries": deliveries})


@bp.route("/_control/settings", methods=["GET", "POST"])
def control_settings() -> Response | tuple[Response, int]:
    """Read the settings, or change some: token_seconds (whole), unique_reference (true/false), prefixes (list of "" and the other)."""
    good = {
        "token_seconds": lambda value: type(value) is int and value >= 0,
        "unique_reference": lambda value: isinstance(value, bool),
        "prefixes": lambda value: isinstance(value, list) and all(prefix in PREFIXES for prefix in value),
    }
    if request.method == "POST":
        body = read_object()
        for key, value in body.items():
            if key not in good or not good[key](value):
                return _fault(f"{key}: unknown setting or wrong value")
        with world().lock:
            settings().update(body)
            world().touch()
    return jsonify(settings())


def _rows() -> list[dict]:
    with world().lock:
        newest = list(orders().values())[:-ROWS - 1:-1]
        return [{"_id": order["itemCode"] or "-", "Tracking no.": order["itemCode"] or "(draft)",
                 "Reference": order["info"].get("saleOrderCode") or "", "Status": f"{order['status']} {STATES[order['status']]}",
                 "Service": order["info"]["serviceCode"], "COD": f"{order['cod']} VND" if order["cod"] else "",
                 "Account": order["customerCode"]} for order in newest]


register_panel("VNPost shipments", _rows, [
    ("Next step", "/vnpost/_control/shipments/{id}/advance"),
])
