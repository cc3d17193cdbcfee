"""Shopee's order JSON -> PulledOrder (sections 6 and 12). No network; every reader names the field that it cannot read."""
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from app.failures import Blame, Failure
from app.integrations.redact import safe_body
from app.integrations.types import Address, PulledLine, PulledOrder, PulledPackage, Unreadable

STATES = {
    "UNPAID": "frozen", "PENDING": "frozen", "INVOICE_PENDING": "frozen", "READY_TO_SHIP": "pending", "RETRY_SHIP": "pending",
    "PROCESSED": "processed", "SHIPPED": "shipped", "TO_CONFIRM_RECEIVE": "shipped", "COMPLETED": "shipped", "TO_RETURN": "frozen",
    "IN_CANCEL": "frozen", "CANCELLED": "void",
}
PACKAGE_STATES = {
    "LOGISTICS_NOT_START": "pending", "PENDING_ARRANGE": "pending", "LOGISTICS_PENDING_ARRANGE": "pending", "LOGISTICS_READY": "pending",
    "LOGISTICS_PICKUP_RETRY": "pending", "LOGISTICS_REQUEST_CREATED": "processed", "LOGISTICS_PICKUP_DONE": "shipped",
    "LOGISTICS_DELIVERY_DONE": "shipped", "LOGISTICS_INVALID": "void", "LOGISTICS_REQUEST_CANCELED": "void",
    "LOGISTICS_COD_REJECTED": "void", "LOGISTICS_PICKUP_FAILED": "void", "LOGISTICS_DELIVERY_FAILED": "void", "LOGISTICS_LOST": "void",
}
ADVANCE = ("pending", "processed", "shipped")       # least advanced first
STARS = re.compile(r"\*{2,}")
CURRENCY = re.compile(r"^[A-Z]{3}$")


def read_order(raw, own_channels=frozenset()):
    """A PulledOrder, or an Unreadable that keeps the redacted body. `own_channels`: lower-case channel names and ids of ours.

    A status that is not in the table becomes `frozen`: nobody ships what we do not understand; `platform_status` keeps the word.
    """
    try:
        return _order(raw, own_channels)
    except Failure as failure:
        number = str(raw.get("order_sn") or "") if isinstance(raw, dict) else ""
        return Unreadable(number, failure.code, failure.params, safe_body(raw))


def _order(raw, own_channels):
    if not isinstance(raw, dict):
        raise bad("order")
    packages = objects(raw, "package_list")
    state = order_state(raw, packages)
    carrier, carrier_id = carrier_of(raw, packages)
    return PulledOrder(
        number=text(raw, "order_sn", required=True), state=state, platform_status=text(raw, "order_status", required=True),
        updated_at=moment(raw, "update_time", required=True), created_at=moment(raw, "create_time", required=True),
        currency=currency(raw), total=money(raw, "total_amount"), cod=bool(raw.get("cod")), paid_at=moment(raw, "pay_time"),
        ship_by=moment(raw, "ship_by_date"), buyer=text(raw, "buyer_username"), buyer_note=text(raw, "message_to_seller"),
        seller_note=text(raw, "note"), ship_method=carrier, ship_method_id=carrier_id,
        own_carrier=bool({carrier.lower(), carrier_id} & own_channels),
        fulfilled_by_platform=raw.get("fulfillment_flag") == "fulfilled_by_shopee",
        cancel_reason=text(raw, "cancel_reason") or text(raw, "buyer_cancel_reason"),
        address=address(raw.get("recipient_address") or {}), lines=lines(raw, packages),
        packages=[package(p, state) for p in packages], raw=raw)


def order_state(raw, packages):
    """Our word. Holds (pending_terms) and advance-fulfilment orders are frozen; a split order is as far as its slowest live package."""
    state = STATES.get(text(raw, "order_status", required=True), "frozen")
    if state == "pending" and (raw.get("pending_terms") or raw.get("advance_package") is True or raw.get("booking_sn")):
        return "frozen"
    if state in ADVANCE and len(packages) > 1:
        live = [s for s in (PACKAGE_STATES.get(p.get("logistics_status")) for p in packages) if s in ADVANCE]
        return min(live, key=ADVANCE.index) if live else state
    return state


def package(raw, order_state):
    status = text(raw, "logistics_status") or text(raw, "fulfillment_status")
    state = PACKAGE_STATES.get(status, "frozen")
    if order_state in ("frozen", "void") and state == "pending":
        state = order_state
    return PulledPackage(text(raw, "package_number"), state, status, text(raw, "logistics_channel_id"), text(raw, "shipping_carrier"),
                         text(raw, "tracking_number"))


def carrier_of(raw, packages):
    """(name, id) of the delivery as the screen shows it: the first package knows best, before packing the order does."""
    first = packages[0] if packages else {}
    return text(first, "shipping_carrier") or text(raw, "shipping_carrier") or text(raw, "checkout_shipping_carrier"), \
        text(first, "logistics_channel_id")


def lines(raw, packages):
    """One line per item and package: of a split order a line may lie in several packages with parts of its quantity."""
    found = []
    for item in objects(raw, "item_list"):
        left = whole(item, "model_quantity_purchased")
        if left < 0:
            raise bad("model_quantity_purchased")
        if len(packages) < 2:
            found.append(line(item, left, text(packages[0], "package_number") if packages else ""))
            continue
        for number, part in _parts(item, packages):
            part = min(part, left)
            left -= part
            found.append(line(item, part, number))
        if left:
            found.append(line(item, left, ""))
    return found


def _parts(item, packages):
    """(package number, quantity) of an item in a split order's packages."""
    for one in packages:
        for piece in objects(one, "item_list"):
            if line_key(piece) == line_key(item):
                yield text(one, "package_number"), whole(piece, "model_quantity") or whole(item, "model_quantity_purchased")


def line_key(item):
    """What makes an item of an order unique: order_item_id alone is the item_id for ordinary items, so two models would share it."""
    return tuple(str(item.get(k) or 0) for k in ("order_item_id", "model_id", "promotion_group_id", "item_id"))


def line(item, quantity, package_number):
    order_item, model, group, item_id = line_key(item)
    image = item.get("image_info") if isinstance(item.get("image_info"), dict) else {}
    return PulledLine(
        sku=text(item, "model_sku") or text(item, "item_sku"), quantity=quantity, name=text(item, "item_name"),
        variation=text(item, "model_name"), price=money(item, "model_discounted_price") or Decimal(0), item_id=item_id, model_id=model,
        line_id=f"{order_item}:{model}:{group}", package_number=package_number, image_url=text(image, "image_url"),
        weight_g=round((money(item, "weight") or 0) * 1000))


def address(raw):
    if not isinstance(raw, dict):
        raise bad("recipient_address")
    keys = {"name": "name", "phone": "phone", "country": "region", "state": "state", "city": "city", "district": "district", "town": "town",
            "street": "full_address", "postcode": "zipcode"}
    values = {ours: text(raw, theirs) for ours, theirs in keys.items()}
    return Address(**values, masked=any(STARS.search(v) or v == "*" for v in values.values()))


def currency(raw):
    value = text(raw, "currency")
    if value and not CURRENCY.match(value):
        raise bad("currency")
    return value


def text(raw, key, required=False):
    value = raw.get(key)
    if isinstance(value, (dict, list)) or (required and value in (None, "")):
        raise bad(key)
    return "" if value is None else str(value).strip()


def whole(raw, key):
    value = raw.get(key)
    try:
        number = Decimal(str(value or 0))
    except InvalidOperation:
        raise bad(key) from None
    if not number.is_finite() or number != int(number) or isinstance(value, (dict, list)):
        raise bad(key)
    return int(number)


def money(raw, key):
    """Decimal in the major unit; None when the field is missing. Through str, so that 12.3 stays 12.3."""
    value = raw.get(key)
    if value is None or value == "":
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise bad(key) from None
    if not amount.is_finite() or isinstance(value, bool):
        raise bad(key)
    return amount


def moment(raw, key, required=False):
    """Aware UTC from Unix seconds; None for 0 or missing."""
    value = raw.get(key)
    if not value and not required:
        return None
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise bad(key) from None


def objects(raw, key):
    """A list of objects; null and missing are empty."""
    value = raw.get(key) or []
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise bad(key)
    return value


def bad(field):
    return Failure("order.field_unreadable", blame=Blame.PLATFORM, field=field)
