"""Rates, dates and the location lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Response, jsonify

from .. import places
from ..core import world
from . import checks
from .access import caller
from .base import Refusal, bp, read_object
from .status import MANILA

BASE_FEE = {"next_day": 85.0, "same_day": 160.0, "instant": 240.0}
DISTANCE_FEE = {"NCR": 0.0, "South Luzon": 40.0, "Central Luzon": 40.0, "North Luzon": 60.0, "Visayas": 75.0, "Mindanao": 95.0}
DAYS = {"NCR": 1, "South Luzon": 2, "Central Luzon": 2, "North Luzon": 3, "Visayas": 4, "Mindanao": 5}
NEEDED = ("line_1", "city", "state")


def fee_of(service_type: str, address: dict) -> float:
    """Pesos for a parcel from Metro Manila to a listed place."""
    return BASE_FEE[service_type] + DISTANCE_FEE[places.cluster_ph(address["state"])]


def day(offset: int) -> str:
    """The date `offset` days from now in Manila, as 2026-11-26."""
    return (datetime.fromtimestamp(world().now(), UTC).astimezone(MANILA) + timedelta(days=offset)).date().isoformat()


def days_to(address: dict) -> int:
    """Days from pickup to delivery at a listed place."""
    return DAYS[places.cluster_ph(address["state"])]


def _asked() -> dict:
    caller()
    data = read_object().get("data")
    wanted = data.get("attributes") if isinstance(data, dict) else None
    if not isinstance(wanted, dict):
        raise Refusal(422, {"data.attributes": ["The data.attributes field is required."]})
    found = checks.address_faults(wanted.get("delivery_address"), "delivery_address", NEEDED)
    if wanted.get("service_type") not in checks.SERVICE_TYPES:
        found["service_type"] = ["The selected service type is invalid."]
    if not isinstance(wanted.get("pickup_address"), dict):
        found["pickup_address"] = ["The pickup address field is required."]
    if found:
        raise Refusal(422, found)
    return wanted


@bp.post("/v2/orders/estimates/rates")
def rates() -> Response:
    """Shipping fee in pesos."""
    wanted = _asked()
    return jsonify({"data": {"attributes": {"shipping_fee": fee_of(wanted["service_type"], wanted["delivery_address"])}}})


@bp.post("/v2/orders/estimates/dates")
def dates() -> Response:
    """Day of pickup and estimated day of delivery."""
    wanted = _asked()
    last = 1 + days_to(wanted["delivery_address"]) if wanted["service_type"] == "next_day" else 1
    return jsonify({"data": {"attributes": {"pickup_date": day(1), "estimated_delivery_date": day(last)}}})


@bp.get("/v1/locations/provinces/")
@bp.get("/v1/locations/provinces")
def provinces() -> Response:
    """All provinces; the one known client sends no token here."""
    return jsonify({"data": places.provinces_ph()})


@bp.get("/v1/locations/provinces/<int:number>/cities")
def cities(number: int) -> Response:
    """Cities of one province."""
    rows = places.cities_ph(number)
    if rows is None:
        raise Refusal(404)
    return jsonify({"data": rows})
