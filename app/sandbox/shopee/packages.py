"""Package calls: what is to be shipped, seen from the parcels."""

from flask import request

from . import book, lifecycle, view
from .gate import Caller, Refusal, answer, body, shop_api, text_list, whole, wrong
from .orders import make_cursor, read_cursor

# package_status of search_package_list -> package states
STATUSES = {
    0: None,
    1: ("LOGISTICS_NOT_START", "LOGISTICS_PENDING_ARRANGE"),
    2: ("LOGISTICS_READY", lifecycle.RETRY),
    3: (lifecycle.ARRANGED,),
}
FLAGS = {0: None, 1: "fulfilled_by_shopee", 2: "fulfilled_by_local_seller"}


def _page(rows: list[tuple[dict, dict]], cursor: str, size: int) -> tuple[list, str, bool]:
    """Rows sorted by package number behind the cursor."""
    after = read_cursor(cursor)
    rows = [row for row in rows if not after or row[1]["package_number"] > after[1]]
    more = len(rows) > size
    return rows[:size], make_cursor(0, rows[size - 1][1]["package_number"]) if more else "", more


def _all(shop_id: int):
    for order in book.orders(shop_id).values():
        for package in order["package_list"]:
            yield order, package


@shop_api("POST", "/order/search_package_list")
def search_package_list(caller: Caller) -> dict:
    data = body()
    wish, paging = data.get("filter") or {}, data.get("pagination") or {}
    size = whole(paging.get("page_size"), "page_size", 1, 100)
    states = STATUSES[whole(wish.get("package_status", 0), "package_status", 0, 3)]
    flag = FLAGS[whole(wish.get("fulfillment_type", 0), "fulfillment_type", 0, 2)]
    channels, places = set(wish.get("logistics_channel_ids") or []), set(wish.get("product_location_ids") or [])
    rows = []
    for order, package in _all(caller.shop["shop_id"]):
        if (order["order_status"] in ("IN_CANCEL", "CANCELLED", "UNPAID") or (states and package["logistics_status"] not in states)
                or (flag and order["fulfillment_flag"] != flag) or (channels and package["logistics_channel_id"] not in channels)
                or (places and package["_location"] not in places)):
            continue
        rows.append((order, package))
    rows.sort(key=lambda row: row[1]["package_number"])
    page, cursor, more = _page(rows, paging.get("cursor") or "", size)
    listed = [{"order_sn": order["order_sn"], "package_number": package["package_number"],
               "logistics_channel_id": package["logistics_channel_id"], "product_location_id": package["_location"],
               "is_shipment_arranged": bool(package["_arranged_at"])} for order, package in page]
    return answer({"packages_list": listed, "pagination": {"total_count": len(rows), "next_cursor": cursor, "more": more}})


@shop_api("GET", "/order/get_shipment_list")
def get_shipment_list(caller: Caller) -> dict:
    size = whole(request.args.get("page_size"), "page_size", 1, 100)
    rows = [row for row in _all(caller.shop["shop_id"]) if row[0]["order_status"] in lifecycle.SHIPPABLE]
    rows.sort(key=lambda row: row[1]["package_number"])
    page, cursor, more = _page(rows, request.args.get("cursor", ""), size)
    listed = [{"order_sn": order["order_sn"], "package_number": package["package_number"]} for order, package in page]
    return answer({"order_list": listed, "more": more, "next_cursor": cursor})


@shop_api("GET", "/order/get_package_detail")
def get_package_detail(caller: Caller) -> dict:
    numbers = text_list(request.args.get("package_number_list"), "package_number_list", 50)
    pairs = [pair for number in dict.fromkeys(numbers) if (pair := book.find_package(caller.shop["shop_id"], number))]
    if not pairs:
        raise Refusal("logistics.package_not_exist", "The package does not exist.")
    return answer({"package_list": [_detail(caller, *pair) for pair in pairs]}, warning=[])


def _detail(caller: Caller, order: dict, package: dict) -> dict:
    skus = {(line["item_id"], line["model_id"]): line for line in order["item_list"]}
    lines = []
    for line in package["item_list"]:
        full = skus.get((line["item_id"], line["model_id"]), {})
        lines.append({**view.public(line), "item_sku": full.get("item_sku", ""), "model_sku": full.get("model_sku", "")})
    return {
        "order_sn": order["order_sn"], "package_number": package["package_number"], "fulfillment_status": package["logistics_status"],
        "update_time": order["update_time"], "logistics_channel_id": package["logistics_channel_id"],
        "shipping_carrier": package["shipping_carrier"], "days_to_ship": order["days_to_ship"], "ship_by_date": order["ship_by_date"],
        "pending_terms": order.get("pending_terms", []), "tracking_number": package["_tracking"],
        "pickup_done_time": order["pickup_done_time"], "is_split_up": order["split_up"],
        "is_shipment_arranged": bool(package["_arranged_at"]), "item_list": lines, "recipient_address": view.recipient(order, caller.app),
    }


def locate(shop_id: int, row) -> tuple[dict, dict]:
    """Order and package of {order_sn, package_number?}; a split order needs the package number (read calls accept it always)."""
    if not isinstance(row, dict):
        raise wrong("the row should be an object.")
    order = book.orders(shop_id).get(row.get("order_sn")) if isinstance(row.get("order_sn"), str) else None
    if order is None:
        raise Refusal("logistics.order_not_exist", "The order does not exist.")
    number = row.get("package_number")
    if not number:
        if order["split_up"]:
            raise Refusal("logistics.package_number_not_exist", "Please request with package_number for this split order.")
        if not order["package_list"]:
            raise Refusal("logistics.package_not_exist", "The package does not exist.")
        return order, order["package_list"][0]
    for package in order["package_list"]:
        if package["package_number"] == number:
            return order, package
    raise Refusal("logistics.package_number_not_found", "The package_number does not belong to this order.")
