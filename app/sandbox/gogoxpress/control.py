"""Control API of this stand-in (/gogoxpress/_control/…) and its table on the control page. No token is asked here."""

from __future__ import annotations

from flask import Response, jsonify, request

from ..core import register_panel, world
from .base import accounts, bp, read_object, save_account, settings, shipments
from .orders import order_view
from .status import STATES, send_events, set_status

NEXT = {
    "pending": "picked_up", "for_pickup": "picked_up", "pickup_rider_found": "picked_up", "out_for_pickup": "picked_up",
    "pickup_failed": "picked_up", "picked_up": "in_transit", "received_at_pickup_hub": "in_transit", "for_transfer": "in_transit",
    "in_transit": "out_for_delivery", "out_for_delivery": "delivered", "delivery_failed": "out_for_delivery",
    "for_return": "return_in_transit", "out_for_return": "returned", "return_in_transit": "returned",
}
WHOLE, SWITCHES = ("awb_seconds", "polls"), ("unique_reference", "wrap_orders")
ROWS = 200  # newest shipments on the control page


def _fault(text: str, status: int = 400) -> tuple[Response, int]:
    return jsonify({"error": text}), status


@bp.post("/_control/accounts")
def control_account() -> tuple[Response, int]:
    """Add or change an account: {api_key, secret, webhook_url}; the token of the webhook is part of its address."""
    body = read_object()
    if not all(isinstance(body.get(field), str) and body[field] for field in ("api_key", "secret")):
        return _fault("api_key and secret are needed")
    if not isinstance(body.get("webhook_url", ""), str):
        return _fault("webhook_url must be text")
    with world().lock:
        account = save_account(accounts(), body)
        return jsonify({"api_key": account["api_key"], "webhook_url": account["webhook_url"]}), 201


@bp.get("/_control/accounts")
def control_accounts() -> Response:
    """Accounts without their secrets."""
    with world().lock:
        return jsonify([{"api_key": row["api_key"], "webhook_url": row["webhook_url"]} for row in accounts().values()])


@bp.get("/_control/shipments")
def control_shipments() -> Response:
    """Shipments of all accounts, oldest first; ?reference= keeps those with this reference_id."""
    reference = request.args.get("reference")
    with world().lock:
        return jsonify([_view(row) for row in shipments().values()
                        if reference is None or str(row["order"].get("reference_id")) == reference])


@bp.get("/_control/shipments/<number>")
def control_shipment(number: str) -> Response | tuple[Response, int]:
    """One shipment with its order and events."""
    with world().lock:
        shipment = shipments().get(number)
        return jsonify(_view(shipment)) if shipment else _fault("no such shipment", 404)


def _view(shipment: dict) -> dict:
    return {**order_view(shipment), "account": shipment["account"], "created_at": shipment["created_at"], "events": shipment["events"]}


@bp.post("/_control/shipments/<number>/status")
def control_status(number: str) -> Response | tuple[Response, int]:
    """Set {status, remarks} and send the webhook; any state may follow any other here."""
    body = read_object()
    return _move([number], body.get("status"), body.get("remarks"))


@bp.post("/_control/shipments/status")
def control_statuses() -> Response | tuple[Response, int]:
    """Set {status, remarks} of many parcels {tracking_numbers: […]} and tell them in one delivery per account."""
    body = read_object()
    numbers = body.get("tracking_numbers")
    if not isinstance(numbers, list) or not all(isinstance(number, str) for number in numbers):
        return _fault("tracking_numbers must be a list of texts")
    return _move(numbers, body.get("status"), body.get("remarks"))


@bp.post("/_control/shipments/<number>/advance")
def control_advance(number: str) -> Response | tuple[Response, int]:
    """Take the usual next step of a parcel and send the webhook."""
    with world().lock:
        shipment = shipments().get(number)
        following = NEXT.get(shipment["status"]) if shipment else None
    if shipment is None:
        return _fault("no such shipment", 404)
    return _move([number], following, None) if following else _fault("nothing follows this status", 409)


def _move(numbers: list[str], status: object, remarks: object) -> Response | tuple[Response, int]:
    if not isinstance(status, str) or status not in STATES:
        return _fault("unknown status; one of " + ", ".join(STATES))
    with world().lock:
        rows = [shipments().get(number) for number in numbers]
        if None in rows:
            return _fault("no such shipment", 404)
        pairs = [(row, set_status(row, status, str(remarks or ""))) for row in rows]
        views = [_view(row) for row in rows]
    deliveries = send_events(pairs)
    return jsonify({"shipments": views, "deliveries": deliveries})


@bp.route("/_control/settings", methods=["GET", "POST"])
def control_settings() -> Response | tuple[Response, int]:
    """Read the settings, or change some: awb_seconds, polls (whole numbers), unique_reference, wrap_orders (true/false)."""
    if request.method == "POST":
        body = read_object()
        for key, value in body.items():
            if not (type(value) is int and value >= 0 if key in WHOLE else key in SWITCHES and isinstance(value, bool)):
                return _fault(f"{key}: unknown setting or wrong value")
        with world().lock:
            settings().update(body)
            world().touch()
    return jsonify(settings())


@bp.get("/_control/dead_letters")
def control_dead_letters() -> Response:
    """Webhook messages that were refused six times."""
    with world().lock:
        return jsonify(list(world().books("gogoxpress.dead_letters").values()))


def _rows() -> list[dict]:
    with world().lock:
        newest = list(shipments().values())[:-ROWS - 1:-1]
        return [{"_id": row["tracking_number"], "Tracking no.": row["tracking_number"], "Reference": row["order"].get("reference_id") or "",
                 "Status": row["status"], "To": f"{row['order']['delivery_address']['city']}, {row['order']['delivery_address']['state']}",
                 "Account": row["account"]} for row in newest]


register_panel("GoGo Xpress shipments", _rows, [
    ("Next step", "/gogoxpress/_control/shipments/{id}/advance"),
])
