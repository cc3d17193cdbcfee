"""States of a shipment, their events, and the webhook that tells of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

from .. import hooks
from ..core import world
from .base import SERVICE, accounts

STATES = {  # status -> the number that the public tracking shows
    "pending": "1000", "for_pickup": "5600", "pickup_rider_found": "5300", "out_for_pickup": "5300", "pickup_failed": "1450",
    "picked_up": "1400", "received_at_pickup_hub": "2900", "for_transfer": "2400", "in_transit": "1601",
    "out_for_delivery": "1501", "delivered": "2200", "delivery_failed": "1550",
    "for_return": "2600", "out_for_return": "2700", "return_in_transit": "2800", "returned": "2850", "cancelled": "9000",
}
BEFORE_PICKUP = ("pending", "for_pickup", "pickup_rider_found", "out_for_pickup", "pickup_failed")
LADDER = (300,) * 5  # every 5 minutes, 5 times, then the dead letter queue (carrier's documentation)
MANILA = timezone(timedelta(hours=8))


def set_status(shipment: dict, status: str, remarks: str = "") -> dict:
    """Change the state and keep the event; the caller holds the lock and sends the event afterwards."""
    here = world()
    moment = here.now()
    event = {"event_id": 35_800_000 + here.next_id("gogoxpress.event"), "status": status, "remarks": remarks, "at": moment}
    shipment["status"] = status
    shipment["events"].append(event)
    if status == "delivered" and shipment["order"]["payment_method"] == "cod":
        shipment["charge_status"] = "paid"
    here.touch()
    return event


def send_events(pairs: list[tuple[dict, dict]]) -> list[str]:
    """Tell each account's webhook of (shipment, event) pairs, one delivery per account; answers the delivery keys.

    Without a webhook address nothing is sent. What never gets its 200 ends in books("gogoxpress.dead_letters").
    """
    groups: dict[str, list[tuple[dict, dict]]] = {}
    for shipment, event in pairs:
        groups.setdefault(shipment["account"], []).append((shipment, event))
    keys = []
    with world().lock:
        targets = {key: accounts()[key] for key in groups if accounts().get(key, {}).get("webhook_url")}
    for key, account in targets.items():
        body = {"event": "status_update", "timestamp": int(world().now()),
                "data": [webhook_row(shipment, event, account) for shipment, event in groups[key]]}
        keys.append(_send(account["webhook_url"], body))
    return keys


def _send(url: str, body: dict) -> str:
    numbers = sorted({row["tracking_number"] for row in body["data"]})
    return hooks.deliver(
        SERVICE, url, json.dumps(body).encode(), {"Content-Type": "application/json"}, ok=lambda status, _: status == 200,
        ladder=LADDER, label=f"status_update {numbers[0]}" + (f" +{len(numbers) - 1}" if numbers[1:] else ""),
        give_up=lambda: _bury(body))


def _bury(body: dict) -> None:
    here = world()
    with here.lock:
        # The address is left out: its token would let a reader forge messages.
        here.books("gogoxpress.dead_letters")[str(here.next_id("gogoxpress.dead"))] = {"at": here.now(), "body": body}
        here.touch()


def webhook_row(shipment: dict, event: dict, account: dict) -> dict:
    """One element of `data` in a delivery."""
    order = shipment["order"]
    return {
        "event_id": event["event_id"], "tracking_number": shipment["tracking_number"], "reference_id": order.get("reference_id"),
        "created_at": stamp(event["at"], "microseconds"), "status_updated_at": stamp(event["at"]), "status": event["status"],
        "remarks": event["remarks"], "fees": {"shipping_fee": shipment["fee"], "insurance_fee": 0, "transaction_fee": 0},
        "party": {"id": account["party"], "external_id": None},
        "parent": {"id": None, "tracking_number": None, "reference_id": None},
    }


def stamp(moment: float, precision: str = "seconds") -> str:
    """Manila time as the webhook writes it: 2017-12-06 16:41:21+08."""
    return datetime.fromtimestamp(moment, UTC).astimezone(MANILA).isoformat(" ", precision).removesuffix(":00")


def name_of(status: str) -> str:
    """`picked_up` -> `Picked Up`, as in status_name of the public tracking."""
    return status.replace("_", " ").title()
