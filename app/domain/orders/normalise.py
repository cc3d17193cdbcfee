"""A pulled order as rows of our tables: fingerprint, refusals, texts cut and cleaned. Pure functions, no database.

This is the hot path of a pull: one pass over an order, C-level getters, nothing done twice.
"""
import unicodedata
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter

import orjson
from babel.numbers import list_currencies

from app.domain.shipping.contact import country_code
from app.failures import Failure
from app.models import OrderItem, PlatformOrder

MOST_PIECES = 1_000_000             # of one line; more is a fault of the platform and would overflow sums
MOST_MONEY = 10 ** 13               # Amount keeps 18 digits, four of them decimals

_texts = ("platform_status", "buyer", "buyer_note", "seller_note", "cancel_reason", "ship_method", "ship_method_id")
_get_texts = attrgetter(*_texts)
RECIPIENT = ("recipient", "phone")
PLACE = ("country", "province", "city", "district", "town", "street", "postcode")
_address_texts = ("recipient", "phone", "province", "city", "district", "town", "street", "postcode")
_get_address = attrgetter("name", "phone", "state", "city", "district", "town", "street", "postcode")
_item_texts = ("platform_sku", "name", "variation", "item_id", "model_id", "line_id", "package_number", "image_url")
_get_item = attrgetter("sku", "name", "variation", "item_id", "model_id", "line_id", "package_number", "image_url")
_get_package = attrgetter("number", "state", "carrier_id", "carrier_name", "tracking_no")
_get_head = attrgetter("number", "state", "platform_status", "updated_at", "created_at", "currency", "total", "cod", "paid_at", "ship_by",
                       "buyer",
                       "buyer_note", "seller_note", "ship_method", "ship_method_id", "own_carrier", "fulfilled_by_platform",
                       "cancel_reason")
_get_place = attrgetter("name", "phone", "country", "state", "city", "district", "town", "street", "postcode", "masked")
_get_line = attrgetter("sku", "quantity", "name", "variation", "price", "item_id", "model_id", "line_id", "package_number", "image_url")

NO_LIMIT = 1 << 30


def _limits(model, names):
    return tuple(getattr(model, name).type.length or NO_LIMIT for name in names)


ORDER_LIMITS, ADDRESS_LIMITS = _limits(PlatformOrder, _texts), _limits(PlatformOrder, _address_texts)
ITEM_LIMITS = _limits(OrderItem, _item_texts)


def fingerprint(order):
    """20 bytes over everything we keep of a PulledOrder, its change time included: without that a late old version could win."""
    content = (_get_head(order), _get_place(order.address), [_get_line(line) for line in order.lines],
               [_get_package(package) for package in order.packages])
    try:
        packed = orjson.dumps(content, default=str)
    except orjson.JSONEncodeError:      # lone surrogates, numbers beyond 64 bits
        packed = repr(content).encode("utf-8", "surrogatepass")
    return blake2b(packed, digest_size=20).digest()


def refuse(order):
    """Raises Failure when the order cannot be kept at all: order.bad_number, bad_time, bad_quantity, bad_amount."""
    if not order.number or len(order.number) > 64 or not order.number.isprintable():
        raise Failure("order.bad_number", number=printable(order.number)[:64])
    for name in ("created_at", "updated_at", "paid_at", "ship_by"):
        at = getattr(order, name)
        if at is None and name in ("paid_at", "ship_by"):
            continue
        if at is None or at.tzinfo is None:
            raise Failure("order.bad_time", number=order.number, field=name)
    for line in order.lines:
        if not 0 < line.quantity <= MOST_PIECES:
            raise Failure("order.bad_quantity", number=order.number, sku=name_sku(line)[:100], quantity=line.quantity)
        _check_money(order, line.price)
    if order.total is not None:
        _check_money(order, order.total)


def _check_money(order, amount):
    if not amount.is_finite() or abs(amount) >= MOST_MONEY:
        raise Failure("order.bad_amount", number=order.number, amount=str(amount)[:40])


def order_row(order, cut):
    """The platform's columns of PlatformOrder; names of shortened fields are added to the set `cut`."""
    row = {"order_no": order.number, "ordered_at": order.created_at, "paid_at": order.paid_at, "ship_by": order.ship_by,
           "platform_updated_at": order.updated_at, "total": order.total, "cod": order.cod, "own_carrier": order.own_carrier,
           "masked": order.address.masked, "country": country(order.address.country), "currency": printable(order.currency)[:3].upper(),
           "packages": [dict(zip(("number", "state", "carrier_id", "carrier_name", "tracking_no"), _get_package(p)))
                        for p in order.packages]}
    if order.address.country and not row["country"]:
        cut.add("country")
    fill(row, _texts, ORDER_LIMITS, _get_texts(order), cut)
    fill(row, _address_texts, ADDRESS_LIMITS, _get_address(order.address), cut)
    return row


def item_rows(order, cut):
    """Columns of OrderItem, one dict per line."""
    rows = []
    for n, line in enumerate(order.lines):
        row = {"line": n, "quantity": line.quantity, "price": line.price}
        fill(row, _item_texts, ITEM_LIMITS, _get_item(line), cut)
        row["platform_sku"] = row["platform_sku"].strip() or name_sku(line)[:ITEM_LIMITS[0]]
        rows.append(row)
    return rows


def fill(row, names, limits, values, cut):
    """Put texts into `row`: NUL and lone surrogates out (no database takes them), overlong ones cut."""
    for name, limit, value in zip(names, limits, values):
        if not value:
            value = ""
        elif not value.isascii() or "\x00" in value:
            value = printable(value)
        if len(value) > limit:
            cut.add(name)
            value = value[:limit]
        row[name] = value


def printable(text):
    """Without NUL and lone surrogates; emoji and everything else stays."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "ignore").decode()
    return text.replace("\x00", "")


def name_sku(line):
    """What stands for an empty platform SKU: the item's name and its variation, or else two colours would be one SKU."""
    sku = printable(line.sku or "").strip()
    if sku:
        return sku
    name, variation = printable(line.name or "").strip(), printable(line.variation or "").strip()[:40]
    tail = f" [{variation}]" if variation else ""
    return (name[:100 - len(tail)] + tail).strip() or line.item_id or "?"


def raw_text(order):
    """The platform's own body as JSON text that every database takes."""
    try:
        text = orjson.dumps(order.raw, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError:
        text = repr(order.raw)
    return printable(text.replace("\\u0000", ""))


@lru_cache(4096)
def country(text):
    """ISO code of what the platform calls the country; "" when nobody knows it."""
    return country_code(printable(text)) if text else ""


@lru_cache(512)
def known_currency(code):
    return not code or code in list_currencies()


@lru_cache(4096)
def fold(text):
    """For comparing names that people type: no case, no accents, single blanks."""
    bare = unicodedata.normalize("NFD", (text or "").casefold().replace("đ", "d"))
    return " ".join("".join(c for c in bare if not unicodedata.combining(c)).split())


def problem_of(order, state):
    """(code, params) of what has to be told about an order that is kept all the same; ("", {}) for nothing.

    `state`: our state. «processed» at first sight means that somebody arranged the shipment elsewhere: a processed order of
    ours always has an outbound order, so such an order is kept as pending and says so.
    """
    if order.fulfilled_by_platform and state in ("pending", "frozen"):
        return "order.platform_warehouse", {}
    if not order.lines and state in ("pending", "frozen"):
        return "order.no_items", {}
    if order.state == "processed" and state == "pending":
        return "order.arranged_elsewhere", {}
    if not known_currency(order.currency):
        return "order.unknown_currency", {"currency": printable(order.currency)[:10]}
    return "", {}
