"""Order calls: list, detail, packages, splitting, cancelling, notes."""

import base64
import binascii

from flask import request

from .. import faults
from ..core import world
from . import book, lifecycle, view
from .gate import Caller, Refusal, answer, body, shop_api, text_list, whole, wrong

SPAN = 15 * 86_400
STATES = ("UNPAID", "READY_TO_SHIP", "PROCESSED", "SHIPPED", "COMPLETED", "IN_CANCEL", "CANCELLED", "INVOICE_PENDING", "RETRY_SHIP",
          "TO_CONFIRM_RECEIVE", "TO_RETURN")
REASONS = ("OUT_OF_STOCK", "CUSTOMER_REQUEST", "UNDELIVERABLE_AREA", "COD_NOT_SUPPORTED")


def pending_flag() -> bool:
    return request.args.get("request_order_status_pending", "").lower() == "true"


def make_cursor(moment: int, order_sn: str, salt: int = 0) -> str:
    """Opaque to the client; the last row given, so that changes while paging skip nothing."""
    return base64.urlsafe_b64encode(f"{moment}:{order_sn}:{salt}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[int, str] | None:
    if not text:
        return None
    try:
        moment, sn, _ = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(":")
        return int(moment), sn
    except (binascii.Error, ValueError) as error:
        raise wrong("cursor is invalid.") from error


def _window() -> tuple[str, int, int]:
    field = request.args.get("time_range_field")
    if field not in book.TIMES:
        raise wrong("time_range_field should be create_time or update_time.")
    start, end = (whole(request.args.get(name), name, 0) for name in ("time_from", "time_to"))
    if start >= end or end - start > SPAN:
        raise Refusal("order.order_list_invalid_time", "Start time must be earlier than end time and diff in 15days.")
    return field, start, end


@shop_api("GET", "/order/get_order_list")
def get_order_list(caller: Caller) -> dict:
    field, start, end = _window()
    size, pending = whole(request.args.get("page_size"), "page_size", 1, 100), pending_flag()
    wanted, optional = request.args.get("order_status"), request.args.get("response_optional_fields", "")
    if wanted and wanted not in STATES and not (pending and wanted == "PENDING"):
        raise wrong(f"order_status {wanted} is invalid.")
    given = read_cursor(request.args.get("cursor", ""))
    found = []
    for moment, order in book.between(caller.shop["shop_id"], field, start, end, given):
        if not wanted or view.state(order, pending) == wanted:
            found.append((moment, order))
            if len(found) > size:
                break
    more, found = len(found) > size, found[:size]
    cursor = make_cursor(found[-1][0], found[-1][1]["order_sn"]) if more else ""
    if found and faults.active("shopee", "duplicate_page"):
        more, cursor = True, make_cursor(*(given or (0, "")), salt=world().next_id("shopee.salt"))
    rows = [_list_row(order, optional, pending) for _, order in found]
    if faults.active("shopee", "reordered_page"):
        rows = rows[1::2] + rows[::2]
    return answer({"more": more, "next_cursor": cursor, "order_list": rows})


def _list_row(order: dict, optional: str, pending: bool) -> dict:
    row = {"order_sn": order["order_sn"]}
    if "order_status" in optional.split(","):
        row["order_status"] = view.state(order, pending)
    return {**row, "booking_sn": order["booking_sn"]}


@shop_api("GET", "/order/get_order_detail")
def get_order_detail(caller: Caller) -> dict:
    numbers = text_list(request.args.get("order_sn_list"), "order_sn_list", 50)
    fields = set(request.args.get("response_optional_fields", "").replace(" ", "").split(","))
    mine = book.orders(caller.shop["shop_id"])
    rows = [view.detail(mine[sn], caller.app, fields, pending_flag()) for sn in dict.fromkeys(numbers) if sn in mine]
    if not rows:
        raise Refusal(*book.NOT_FOUND)
    return answer({"order_list": rows}, warning=[])


@shop_api("POST", "/order/split_order")
def split_order(caller: Caller) -> dict:
    data = body()
    order = book.find(caller.shop["shop_id"], data.get("order_sn"))
    if order["split_up"]:
        raise Refusal("order.order_has_been_split", "The order has been split.")
    if order["order_status"] != "READY_TO_SHIP" or order["fulfillment_flag"] == "fulfilled_by_shopee":
        raise Refusal("order.order_cannot_split", "The order can not be split.")
    parts = data.get("package_list")
    most = 30 if caller.shop["region"] == "TW" else 5
    if not isinstance(parts, list) or not 2 <= len(parts) <= most:
        raise wrong(f"package_list should hold 2 to {most} packages.")
    old = order["package_list"][0]
    order["package_list"] = [_part(old, lines) for lines in _shares(order, parts)]
    order["split_up"] = True
    lifecycle.announce(caller.shop["shop_id"], order)
    rows = [{"package_number": package["package_number"], "item_list": view.public(package["item_list"])}
            for package in order["package_list"]]
    return answer({"order_sn": order["order_sn"], "package_list": rows})


def _shares(order: dict, parts: list) -> list[list[dict]]:
    """The lines of each wished package; every line of the order must be used up."""
    left = {_line_key(line): line["model_quantity_purchased"] for line in order["item_list"]}
    source = {_line_key(line): line for line in order["package_list"][0]["item_list"]}
    shares = []
    for part in parts:
        share = []
        for line in part.get("item_list", []) if isinstance(part, dict) else []:
            key = _line_key(line)
            if key not in left:
                raise Refusal("order.order_split_item_not_exist", "The item does not exist in this order.")
            if key in {_line_key(row) for row in share} or left[key] <= 0:
                raise Refusal("order.order_split_duplicate_item", "The item is duplicate.")
            quantity = whole(line.get("model_quantity", left[key]), "model_quantity", 1, left[key])
            left[key] -= quantity
            share.append({**source[key], "model_quantity": quantity})
        shares.append(share)
    if any(left.values()) or not all(shares):
        raise Refusal("order.order_split_package_missing_item", "Some items are missing in the packages.")
    return shares


def _line_key(line: dict) -> tuple:
    if not isinstance(line, dict):
        raise wrong("item_list should hold objects.")
    return line.get("item_id"), line.get("model_id"), line.get("order_item_id", line.get("item_id"))


def _part(old: dict, lines: list[dict]) -> dict:
    number = world().next_id("shopee.package")
    return {**old, "package_number": f"OFG{100_000_000_000_000 + number}", "_forder_id": str(5_000_000_000_000_000_000 + number),
            "item_list": lines, "_events": [], "_documents": {}}


@shop_api("POST", "/order/unsplit_order")
def unsplit_order(caller: Caller) -> dict:
    order = book.find(caller.shop["shop_id"], body().get("order_sn"))
    untouched = all(package["logistics_status"] in lifecycle.OPEN for package in order["package_list"])
    if not order["split_up"] or order["order_status"] != "READY_TO_SHIP" or not untouched:
        raise Refusal("order.order_cannot_undo_split", "The order can not undo split.")
    old, lines = order["package_list"][0], {}
    for package in order["package_list"]:
        for line in package["item_list"]:
            key = _line_key(line)
            lines[key] = {**line, "model_quantity": line["model_quantity"] + lines.get(key, {"model_quantity": 0})["model_quantity"]}
    order.update(package_list=[_part(old, list(lines.values()))], split_up=False)
    lifecycle.announce(caller.shop["shop_id"], order)
    return {}


@shop_api("POST", "/order/cancel_order")
def cancel_order(caller: Caller) -> dict:
    data = body()
    order, reason = book.find(caller.shop["shop_id"], data.get("order_sn")), data.get("cancel_reason")
    if reason not in REASONS:
        raise wrong("cancel_reason is invalid.")
    if reason == "OUT_OF_STOCK" and not data.get("item_list"):
        raise wrong("item_list is required when cancel_reason is OUT_OF_STOCK.")
    if order["order_status"] not in ("UNPAID", *lifecycle.SHIPPABLE, "PENDING"):
        raise Refusal("order.error_limit", "The order can not be cancelled in this status.")
    lifecycle.cancel(caller.shop["shop_id"], order, "seller", reason)
    return answer({"update_time": order["update_time"]})


@shop_api("POST", "/order/handle_buyer_cancellation")
def handle_buyer_cancellation(caller: Caller) -> dict:
    data = body()
    order = book.find(caller.shop["shop_id"], data.get("order_sn"))
    if data.get("operation") not in ("ACCEPT", "REJECT"):
        raise wrong("operation should be ACCEPT or REJECT.")
    if order["order_status"] != "IN_CANCEL":
        raise Refusal("order.cancel_order_invalid_status", "The order is not waiting for an answer to a cancellation.")
    lifecycle.answer_cancel(caller.shop["shop_id"], order, data["operation"] == "ACCEPT")
    return answer({"update_time": order["update_time"]})


@shop_api("POST", "/order/set_note")
def set_note(caller: Caller) -> dict:
    data = body()
    order = book.find(caller.shop["shop_id"], data.get("order_sn"))
    if not isinstance(data.get("note"), str):
        raise wrong("note should be a string.")
    order.update(note=data["note"], note_update_time=int(world().now()))
    world().touch()
    return {}
