"""Public tracking, without a token."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response, jsonify

from ..core import world
from .base import bp, shipments
from .status import STATES, name_of


@bp.get("/v1/track/<number>")
def track(number: str) -> Response:
    """Events of a parcel, oldest first; the number must carry its dashes. Unknown: 400."""
    with world().lock:
        shipment = shipments().get(number)
        if shipment is None:
            answer = jsonify({"status": 400, "error": {"detail": "Invalid tracking number."}})
            answer.status_code = 400
            return answer
        attributes = {"id": number, "status": shipment["status"], "created_at": _utc(shipment["created_at"]),
                      "events": [_event(event) for event in shipment["events"]]}
    return jsonify({"data": {"attributes": attributes}})


def _event(event: dict) -> dict:
    return {"status": event["status"], "status_name": name_of(event["status"]), "status_id": STATES[event["status"]],
            "remarks": event["remarks"], "created_at": _utc(event["at"]), "status_updated_at": _utc(event["at"])}


def _utc(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
