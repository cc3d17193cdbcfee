"""What the stand-in demands of an order; pure functions from a body to `parameters` of the 422 envelope."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from .. import places

PAYMENT_METHODS = ("cod", "prepaid", "wallet", "bank_transfer")
PACKAGINGS = ("small-pouch", "medium-pouch", "large-pouch", "big-pouch", "small-box", "medium-box", "large-box", "document")
ITEM_TYPES = ("product", "tax", "shipping", "fee", "insurance")
SERVICE_TYPES = ("next_day", "same_day", "instant")
MOST = Decimal(10) ** 9
NEEDED = ("name", "line_1", "city", "state", "mobile_number")


def order_faults(body: dict) -> dict[str, list[str]]:
    """Field path -> sentences; empty when the order may be created."""
    found: dict[str, list[str]] = {}
    found.update(address_faults(body.get("delivery_address"), "delivery_address", NEEDED))
    if body.get("currency") != "PHP":
        found["currency"] = ["The selected currency is invalid."]
    for field, allowed in (("payment_method", PAYMENT_METHODS), ("shipment", PACKAGINGS)):
        if body.get(field) not in allowed:
            found[field] = [f"The selected {_words(field)} is invalid."]
    found.update(_item_faults(body))
    return found


def address_faults(address: object, path: str, needed: tuple[str, ...]) -> dict[str, list[str]]:
    """Faults of one address: missing fields, another country, a place outside the list (= destination not served)."""
    if not isinstance(address, dict):
        return {path: [f"The {_words(path)} field is required."]}
    found = {f"{path}.{field}": [f"The {_words(path)}.{_words(field)} field is required."]
             for field in needed if not str(address.get(field) or "").strip()}
    if address.get("country") != "PH":
        found[f"{path}.country"] = [f"The selected {_words(path)}.country is invalid."]
    state, city = address.get("state"), address.get("city")
    if state and not places.province_known_ph(state):
        found[f"{path}.state"] = [f"The selected {_words(path)}.state is invalid."]
    elif state and city and not places.city_known_ph(state, city):
        found[f"{path}.city"] = [f"The selected {_words(path)}.city is invalid."]
    return found


def money(value: object) -> Decimal | None:
    """Pesos from a JSON number or text; None when it is no finite number below a billion."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < MOST else None


def quantity(item: dict) -> int | None:
    """Pieces of an item line, 1 when not given; None when it is no whole number from 1."""
    pieces = item.get("quantity", 1)
    return pieces if type(pieces) is int and pieces >= 1 else None


def _item_faults(body: dict) -> dict[str, list[str]]:
    items = body.get("items")
    if not isinstance(items, list) or not items:
        return {"items": ["The items field is required."]}
    found, total = {}, Decimal(0)
    for number, item in enumerate(items):
        item = item if isinstance(item, dict) else {}
        amount, pieces = money(item.get("amount")), quantity(item)
        if item.get("type") not in ITEM_TYPES:
            found[f"items.{number}.type"] = [f"The selected items.{number}.type is invalid."]
        if amount is None:
            found[f"items.{number}.amount"] = [f"The items.{number}.amount must be a number."]
        if pieces is None:
            found[f"items.{number}.quantity"] = [f"The items.{number}.quantity must be an integer."]
        total += (amount or Decimal(0)) * (pieces or 0)
    given = money(body.get("total"))
    if given is None:
        found["total"] = ["The total must be a number."]
    elif given != total:
        found["total"] = ["The total must be equal to the sum of the items."]
    return found


def _words(field: str) -> str:
    return field.replace("_", " ")
