"""Create, list and cancel orders."""

from __future__ import annotations

import hashlib
from urllib.parse import urlencode

from flask import Response, jsonify, request

from ..core import world
from . import checks
from .access import caller
from .base import Refusal, bp, read_object, settings, shipments, whole
from .estimates import fee_of
from .status import BEFORE_PICKUP, send_events, set_status

SHORT = ("currency", "payment_method", "email", "contact_number", "metadata", "preferred_pickup_time", "preferred_delivery_time")
ECHOED = ("payment_provider", "shipment", "buyer_name", "buyer_id", "own_print", "pickup_total", "pickup_address", "return_address",
          "delivery_address")
FIRST_STATES = ("pending", "for_pickup")
PER_PAGE = 25


@bp.post("/v1/orders")
@bp.post("/v2/orders")
def create_order() -> Response:
    """Book a parcel; answers the order object with its tracking number."""
    account = caller()
    body = read_object()
    found = checks.order_faults(body)
    if body.get("status") not in (None, *FIRST_STATES):
        found["status"] = ["The selected status is invalid."]
    here = world()
    with here.lock:
        if settings()["unique_reference"] and of_reference(account["api_key"], body.get("reference_id")):
            found["reference_id"] = ["The reference id has already been taken."]
        if found:
            raise Refusal(422, found)
        shipment = _book_in(account, body)
        set_status(shipment, shipment["status"], "Order created")
        return _answer(shipment)


def _book_in(account: dict, body: dict) -> dict:
    here = world()
    serial = here.next_id("gogoxpress.order")
    shipment = {
        "id": serial, "account": account["api_key"], "tracking_number": tracking_number(serial), "order": body,
        "status": body.get("status") or FIRST_STATES[0], "created_at": here.now(), "events": [], "charge_status": "pending",
        "fee": fee_of("next_day", body["delivery_address"]),
    }
    shipments()[shipment["tracking_number"]] = shipment
    return shipment


def tracking_number(serial: int) -> str:
    """`NNNN-NNNN-LLLL`: eight digits of a running number and four letters that depend on it."""
    digits = f"{57_068_000 + serial:08d}"
    letters = "".join(chr(65 + byte % 26) for byte in hashlib.sha256(digits.encode()).digest()[:4])
    return f"{digits[:4]}-{digits[4:]}-{letters}"


def of_reference(api_key: str, reference: object) -> list[dict]:
    """Shipments of one account with this reference_id, oldest first. Call with the lock held."""
    if not reference:
        return []
    return [row for row in shipments().values() if row["account"] == api_key and row["order"].get("reference_id") == reference]


def _answer(shipment: dict) -> Response:
    order = order_view(shipment)
    return jsonify({"data": {"id": order["id"], "attributes": order}} if settings()["wrap_orders"] else order)


def short_view(shipment: dict) -> dict:
    """What lists show of an order: no addresses, no items."""
    order = shipment["order"]
    return {
        "id": shipment["id"], "reference_id": order.get("reference_id"), "tracking_number": shipment["tracking_number"],
        "status": shipment["status"], "total": f"{checks.money(order['total']):.2f}", "paid": 0,
        **{field: order.get(field) for field in SHORT},
    }


def order_view(shipment: dict) -> dict:
    """The whole order object."""
    order = shipment["order"]
    total = float(checks.money(order["total"]))
    paid = total if shipment["charge_status"] == "paid" else 0
    return {
        **short_view(shipment), **{field: order.get(field) for field in ECHOED},
        "charge": {"status": shipment["charge_status"], "payment_method": order["payment_method"], "total_amount": total,
                   "tendered_amount": paid, "change_amount": 0, "remarks": None},
        "items": [{"type": item["type"], "description": item.get("description"), "amount": f"{checks.money(item['amount']):.2f}",
                   "quantity": item.get("quantity", 1), "metadata": item.get("metadata")} for item in order["items"]],
    }


@bp.get("/v1/orders")
@bp.get("/v2/orders")
def list_orders() -> Response:
    """A page of the account's orders; paging stands in the body and in X-Pagination-* and Link headers."""
    account = caller()
    page, per_page = _whole("page", 1, 1_000_000), _whole("per_page", PER_PAGE, 500)
    reference = request.args.get("reference_id")
    with world().lock:
        if reference:
            rows = of_reference(account["api_key"], reference)
        else:
            rows = [row for row in shipments().values() if row["account"] == account["api_key"]]
        start = (page - 1) * per_page
        views = [short_view(row) for row in rows[start:start + per_page]]
    return _page(views, len(rows), page, per_page)


def _page(views: list[dict], total: int, page: int, per_page: int) -> Response:
    last = max(1, -(-total // per_page))
    following = _page_url(page + 1) if page < last else None
    start = (page - 1) * per_page
    answer = jsonify({
        "total": total, "per_page": per_page, "current_page": page, "last_page": last, "next_page_url": following,
        "prev_page_url": _page_url(page - 1) if page > 1 else None,
        "from": start + 1 if views else None, "to": start + len(views) if views else None, "data": views,
    })
    for name, value in (("Current-Page", page), ("Page-Count", last), ("Per-Page", per_page), ("Total-Count", total)):
        answer.headers[f"X-Pagination-{name}"] = str(value)
    if following:
        answer.headers["Link"] = f'<{following}>; rel="next"'
    return answer


def _page_url(page: int) -> str:
    return request.base_url + "?" + urlencode({**request.args.to_dict(), "page": page})


def _whole(name: str, standard: int, most: int) -> int:
    number = whole(request.args.get(name, str(standard)))
    if number is None or not 1 <= number <= most:
        raise Refusal(422, {name: [f"The {name.replace('_', ' ')} must be an integer between 1 and {most}."]})
    return number


@bp.put("/v1/orders/<key>/cancel")
@bp.put("/v2/orders/<key>/cancel")
def cancel_order(key: str) -> Response:
    """Cancel by order id or tracking number, until the parcel is picked up."""
    account = caller()
    with world().lock:
        shipment = own_shipment(account, key)
        if shipment["status"] not in BEFORE_PICKUP:
            raise Refusal(422, {"status": [f"An order that is {shipment['status'].replace('_', ' ')} can not be cancelled."]})
        event = set_status(shipment, "cancelled", "Cancelled by client")
        answer = _answer(shipment)
    send_events([(shipment, event)])
    return answer


def own_shipment(account: dict, key: str) -> dict:
    """The account's shipment of this tracking number or id; refuses (404) others'. Call with the lock held."""
    shipment = shipments().get(key)
    if shipment is None and (number := whole(key)) is not None:
        shipment = next((row for row in shipments().values() if row["id"] == number), None)
    if shipment is None or shipment["account"] != account["api_key"]:
        raise Refusal(404)
    return shipment
