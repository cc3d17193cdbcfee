"""The shapes of GoGo Xpress: account form, order body, status words, events and refusals. Pure translators."""
import logging
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_DOWN, Decimal

import orjson

from app.failures import Blame, Failure, Retry
from app.integrations.types import Field, TrackEvent

log = logging.getLogger(__name__)
MANILA = timezone(timedelta(hours=8))
CENT = Decimal("0.01")
PACKAGINGS = ("small-pouch", "medium-pouch", "large-pouch", "big-pouch", "small-box", "medium-box", "large-box", "document")
LINE = 60       # characters per address line

ACCOUNT = (
    Field("api_key", "API key", "secret", help="Issued by GoGo Xpress staff; there is no self-service."),
    Field("secret_key", "Secret key", "secret"),
    Field("pickup_name", "Pickup: name"), Field("pickup_company", "Pickup: company", required=False),
    Field("pickup_phone", "Pickup: mobile number", help="+639…"),
    Field("pickup_street", "Pickup: street"), Field("pickup_district", "Pickup: barangay"), Field("pickup_city", "Pickup: city"),
    Field("pickup_state", "Pickup: province"), Field("pickup_postcode", "Pickup: postcode", required=False),
    Field("service_type", "Default service", "choice", choices=("next_day", "same_day", "instant"), default="next_day"),
    Field("packaging", "Default packaging", "choice", choices=PACKAGINGS, default="small-pouch"),
    Field("label_type", "Label printer", "choice", choices=("zebra", "fuji"), default="zebra", help="zebra: thermal, fuji: laser"),
    Field("webhook_token", "Webhook token", "secret", required=False, help="A long random text; part of the address that GoGo calls."),
    Field("cancel_api", "Cancel by API", "choice", required=False, choices=("no", "yes"), default="no",
          help="Only when GoGo confirmed that this account may cancel by API; otherwise cancel through their support."),
    Field("track_base", "Tracking base address", required=False),
)
CHANNEL = (
    Field("packaging", "Packaging", "choice", required=False, choices=PACKAGINGS),
    Field("pickup_time", "Preferred pickup time", required=False), Field("delivery_time", "Preferred delivery time", required=False),
    Field("payment_method", "Payment when prepaid", "choice", required=False, choices=("prepaid", "wallet", "bank_transfer"),
          default="prepaid"),
)
STATES = {
    **dict.fromkeys(("pending", "for_pickup", "pickup_rider_found", "out_for_pickup"), "forecast"),
    **dict.fromkeys(("picked_up", "received_at_pickup_hub", "for_transfer", "in_transit"), "in_transit"),
    "out_for_delivery": "out_for_delivery", "delivered": "delivered", "returned": "returned", "cancelled": "voided",
    # On its way back it still needs somebody's eye; `returned` comes when it has arrived.
    **dict.fromkeys(("pickup_failed", "delivery_failed", "for_return", "out_for_return", "return_in_transit"), "exception"),
}


def inner(payload):
    """The object itself, from flat JSON or from data.attributes (`id` beside the attributes is kept)."""
    data = payload.get("data") if isinstance(payload, dict) else None
    for box in (data, payload):
        if isinstance(box, dict) and isinstance(box.get("attributes"), dict):
            return {**({"id": box["id"]} if "id" in box else {}), **box["attributes"]}
    return data if isinstance(data, dict) else payload if isinstance(payload, dict) else {}


def dashed(number):
    """`00000021ZTMR` as `0000-0021-ZTMR`; a number with dashes stays."""
    number = number.strip()
    return number if "-" in number else "-".join(number[i:i + 4] for i in range(0, len(number), 4))


def order_body(shipment, options, state, city):
    """The body of POST /v2/orders; `state` and `city` in the carrier's spelling. Failure carrier.currency, carrier.sender_missing."""
    if shipment.currency != "PHP":
        raise Failure("carrier.currency", currency=shipment.currency or "-", wanted="PHP")
    lines, total = order_lines(shipment)
    own = shipment.options
    service = shipment.service or options.get("service_type") or "next_day"
    body = {
        "currency": "PHP", "total": f"{total:.2f}", "payment_provider": "lbcx", "status": "for_pickup", "own_print": True,
        "payment_method": "cod" if shipment.cod is not None else own.get("payment_method") or "prepaid",
        "shipment": own.get("packaging") or options.get("packaging") or "small-pouch",
        "reference_id": shipment.reference, "buyer_name": shipment.recipient.name, "contact_number": shipment.recipient.phone,
        "email": shipment.recipient.email, "metadata": {"our_order": shipment.order_no},
        "preferred_pickup_time": own.get("pickup_time"), "preferred_delivery_time": own.get("delivery_time"),
        # Orders without it are next day; the field is known from the price enquiry only, so it is sent when it matters.
        "service_type": service if service != "next_day" else None,
        "delivery_address": address(shipment.recipient, state, city, shipment.remark), "items": lines,
    }
    body["pickup_address"] = body["return_address"] = pickup(shipment.sender, options)
    return {k: v for k, v in body.items() if v not in (None, "")}


def order_lines(shipment):
    """(items, total): the carrier demands total = Σ amount × quantity, and collects `total` when it is cash on delivery."""
    lines = [{"type": "product", "description": item.name_en or item.name_zh or item.sku, "amount": item.value.quantize(CENT),
              "quantity": item.quantity} for item in shipment.items]
    goods = sum((line["amount"] * line["quantity"] for line in lines), Decimal(0))
    if shipment.cod is None or shipment.cod == goods:
        return lines, goods
    cod = shipment.cod.quantize(CENT)
    if cod > goods:
        return [*lines, {"type": "shipping", "description": "Shipping and fees", "amount": cod - goods, "quantity": 1}], cod
    return shared_out(lines, goods, cod), cod


def shared_out(lines, goods, cod):
    """Lines of quantity 1 whose amounts add up to less than the goods (a voucher was used), each in proportion."""
    left, out = cod, []
    for line in lines:
        worth = line["amount"] * line["quantity"]
        amount = left if line is lines[-1] else (cod * worth / goods).quantize(CENT, ROUND_DOWN)
        left -= amount
        name = line["description"] if line["quantity"] == 1 else f"{line['description']} x{line['quantity']}"
        out.append({"type": "product", "description": name, "amount": amount, "quantity": 1})
    return out


def address(a, state, city, remarks=""):
    """One address block; a long street goes over two lines, broken at a blank."""
    cut = len(a.street) if len(a.street) <= LINE else a.street.rfind(" ", 0, LINE + 1)
    cut = cut if cut > 0 else LINE
    return {"name": a.name, "company": a.company, "phone_number": "", "mobile_number": a.phone, "line_1": a.street[:cut].rstrip(),
            "line_2": a.street[cut:].strip(), "district": a.district or a.town, "city": city, "state": state, "postal_code": a.postcode,
            "country": a.country or "PH", "remarks": remarks}


def pickup(sender, options):
    """The sender of the shipment when it stands in the Philippines, else the account's pickup block."""
    if sender.country == "PH" and sender.street and sender.phone:
        return address(sender, sender.state, sender.city)
    names = ("name", "company", "street", "district", "city", "state", "postcode", "phone")
    block = {name: options.get(f"pickup_{name}", "") for name in names}
    missing = [name for name in ("name", "phone", "street", "city", "state") if not block[name]]
    if missing:
        raise Failure("carrier.sender_missing", carrier="GoGo Xpress", fields=", ".join(missing))
    return address(type(sender)(**block, country="PH"), block["state"], block["city"])


def track_events(number, attributes):
    """Events of the public tracking, oldest first; the present status alone when there is no event."""
    events = attributes.get("events") or ([attributes] if attributes.get("status") else [])
    found = [TrackEvent(number, state_of(e), str(e.get("status") or ""), moment(e.get("status_updated_at") or e.get("created_at")),
                        str(e.get("remarks") or e.get("failure_reason") or "")) for e in events if isinstance(e, dict)]
    return sorted(found, key=lambda e: e.at or datetime.min.replace(tzinfo=UTC))


def push_events(body):
    """A webhook body with many events of many parcels; any field of an element may be missing. Failure push.bad_body."""
    try:
        data = orjson.loads(body)["data"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as e:
        raise Failure("push.bad_body", blame=Blame.PLATFORM) from e
    rows = [row for row in (data if isinstance(data, list) else [data]) if isinstance(row, dict)]
    return [TrackEvent(str(row.get("tracking_number") or ""), state_of(row), str(row.get("status") or ""),
                       moment(row.get("status_updated_at") or row.get("created_at")), str(row.get("remarks") or ""),
                       str(row.get("event_id") or ""), str(row.get("reference_id") or ""))
            for row in rows if row.get("tracking_number") or row.get("reference_id")]


def state_of(row):
    status = str(row.get("status") or "")
    if status not in STATES:
        log.warning("gogoxpress: unknown status %r", status[:40])
    return STATES.get(status, "unknown")


def moment(text):
    """`2017-12-06 16:41:21+08` or ISO as aware UTC; text without an offset is Manila time. None when unreadable."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=MANILA)).astimezone(UTC)


def refusal(answer, label):
    """The carrier's 4xx as Failure; `parameters` of a 422 are named field by field."""
    about = {"blame": Blame.MERCHANT, "raw": answer.raw, "carrier": label}
    if answer.status in (401, 403):
        return Failure("carrier.bad_credentials", **about)
    if answer.status == 404:
        return Failure("carrier.not_found", **about)
    try:
        found = answer.json()
    except Failure:
        found = {}      # an HTML page of a proxy: the status alone tells
    found = found if isinstance(found, dict) else {}
    parameters = found.get("parameters") if isinstance(found.get("parameters"), dict) else {}
    reason = "; ".join(f"{name}: {' '.join(map(str, texts if isinstance(texts, list) else [texts]))}" for name, texts in parameters.items())
    if "taken" in str(parameters.get("reference_id", "")):
        return Failure("carrier.duplicate_reference", **{**about, "retry": Retry.UNKNOWN})
    if parameters and all(name in ("delivery_address.city", "delivery_address.state", "delivery_address.country") for name in parameters):
        return Failure("carrier.not_served", place=reason, **about)
    reason = reason or str(found.get("description") or found.get("message") or f"HTTP {answer.status}")
    return Failure("carrier.refused", reason=reason, **about)
