"""Arranging shipment: parameters, ship_order and its rules, the batch forms, re-arranging a failed pickup."""

from dataclasses import dataclass

from flask import request

from ..core import world
from . import book, channels, lifecycle
from .gate import Caller, Refusal, answer, body, shop_api, whole, wrong
from .packages import locate

METHODS = ("pickup", "dropoff", "non_integrated")
LONGEST = 64
SLOTS = 3  # pickup days on offer
DAY = 86_400


def error(name: str, message: str) -> Refusal:
    return Refusal(f"logistics.ship_order_{name}", message)


def slots(order: dict, package: dict) -> list[dict]:
    """Pickup days on offer: none when already shipped or past ship_by_date."""
    moment = int(world().now())
    if package["logistics_status"] not in (*lifecycle.OPEN, lifecycle.RETRY) or moment > order["ship_by_date"]:
        return []
    first = (moment // DAY + 1) * DAY - 8 * 3600  # midnight of the shop sites' clocks, roughly
    rows = [{"date": first + day * DAY, "time_text": "", "pickup_time_id": str(first + day * DAY)} for day in range(1, SLOTS + 1)]
    rows[0]["flags"] = ["recommended"]
    return rows


def parameter(shop: dict, order: dict, package: dict) -> dict:
    """What ship_order wants for this package."""
    needed = channels.by_id(shop, package["logistics_channel_id"])["info_needed"]
    view = {"info_needed": needed}
    if "dropoff" in needed:
        view["dropoff"] = {"branch_list": channels.branches_of(shop["region"]) if "branch_id" in needed["dropoff"] else None}
    if "pickup" in needed:
        view["pickup"] = {"address_list": [{**address, "time_slot_list": slots(order, package)} for address in shop["addresses"]]}
    return view


@shop_api("GET", "/logistics/get_shipping_parameter")
def get_shipping_parameter(caller: Caller) -> dict:
    order, package = locate(caller.shop["shop_id"], request.args)
    if order["order_status"] == "CANCELLED":
        raise Refusal("error_status", "The order has been cancelled.")
    return answer(parameter(caller.shop, order, package))


@dataclass
class Request:
    """The chosen method of a ship call and what was sent with it."""

    method: str
    given: dict


def chosen(data: dict) -> Request:
    """Exactly one of pickup, dropoff, non_integrated; an empty object counts."""
    sent = [method for method in METHODS if data.get(method) is not None]
    if len(sent) != 1:
        raise error("only_support_one_type", "Only one of pickup, dropoff and non_integrated is supported.")
    if not isinstance(data[sent[0]], dict):
        raise wrong(f"{sent[0]} should be an object.")
    return Request(sent[0], data[sent[0]])


def shippable(order: dict, package: dict) -> None:
    """The state rules, in the order in which a seller would meet them."""
    if order["fulfillment_flag"] == "fulfilled_by_shopee":
        raise error("pff_init", "The order is fulfilled by Shopee.")
    if order["booking_sn"] or order.get("advance_package"):
        raise Refusal("logistics.error_booking_order", "The order is matched with a booking.")
    if order["order_status"] == "CANCELLED":
        raise Refusal("error_status", "The order has been cancelled.")
    if package["_arranged_at"] and package["logistics_status"] != lifecycle.RETRY:
        text = "This package has already been arranged shipment and you can't call this API again."
        raise Refusal(" logistics.package_already_shipped", text)  # the leading blank is theirs
    if order["order_status"] == "PENDING":
        raise Refusal("logistics.error_param", "The order is being allocated, please wait until the allocate is completed.")
    if order["order_status"] not in lifecycle.SHIPPABLE:
        raise error("not_ready_to_ship", "The order status is not ready to ship.")


def check_method(shop: dict, order: dict, package: dict, wish: Request) -> None:
    """The channel knows this method and all its fields are there and right."""
    needed = channels.by_id(shop, package["logistics_channel_id"])["info_needed"]
    if wish.method not in needed:
        raise error(f"unsupport_{wish.method}", f"The channel does not support {wish.method}.")
    if wish.method == "pickup":
        check_pickup(shop, order, package, wish.given)
    elif wish.method == "dropoff":
        _check_dropoff(shop, needed["dropoff"], wish.given)


def check_pickup(shop: dict, order: dict, package: dict, given: dict) -> None:
    offered = slots(order, package)
    if not given.get("address_id") or (offered and not given.get("pickup_time_id")):
        raise error("need_address_pickup_time", "address_id and pickup_time_id are required.")
    if given["address_id"] not in [address["address_id"] for address in shop["addresses"]]:
        raise Refusal("logistics.error_param", "The address_id is invalid.")
    if given.get("pickup_time_id") and not isinstance(given["pickup_time_id"], str):
        raise wrong("pickup_time_id should be a string.", "logistics.error_param")
    if given.get("pickup_time_id") and given["pickup_time_id"] not in [slot["pickup_time_id"] for slot in offered]:
        raise error("pickup_time_invalid", "The pickup_time_id is invalid.")


def _check_dropoff(shop: dict, fields: list, given: dict) -> None:
    branches = [branch["branch_id"] for branch in channels.branches_of(shop["region"])]
    if "branch_id" in fields and given.get("branch_id") not in branches:
        raise error("need_branch_id", "branch_id is required.")
    name = given.get("sender_real_name") or ""
    if "sender_real_name" in fields and not name:
        raise error("need_sender_real_name", "sender_real_name is required.")
    if len(name) > LONGEST:
        raise error("long_sender_real_name", "sender_real_name is too long.")


def check_number(shop_id: int, number) -> str:
    """The seller's own number: there, short enough, nobody else's."""
    if not isinstance(number, str) or not number.strip():
        raise error("need_tracking_number", "tracking_number is required.")
    if len(number) > LONGEST:
        raise error("long_tracking_number", "tracking_number is too long.")
    used = world().books("shopee.own_numbers")
    if f"{shop_id}:{number}" in used:
        raise Refusal("logistics.error_param", "The tracking number has been used by other orders, please fill in a valid one.")
    return number


def ship(shop: dict, order: dict, package: dict, wish: Request, number=None) -> None:
    """All rules, then the shipment."""
    shippable(order, package)
    check_method(shop, order, package, wish)
    if wish.method == "non_integrated":
        number = check_number(shop["shop_id"], number)
        world().books("shopee.own_numbers")[f"{shop['shop_id']}:{number}"] = order["order_sn"]
    lifecycle.arrange(shop, order, package, wish.method, number or "")


@shop_api("POST", "/logistics/ship_order")
def ship_order(caller: Caller) -> dict:
    data, shop_id = body(), caller.shop["shop_id"]
    order = book.orders(shop_id).get(data.get("order_sn")) if isinstance(data.get("order_sn"), str) else None
    if order is None:
        raise Refusal("logistics.order_not_exist", "The order does not exist.")
    order["_ship_calls"] += 1
    world().touch()
    if order["split_up"] and not data.get("package_number"):
        raise error("need_pacakge_number", "The order is split, package_number is required.")  # sic
    if not order["split_up"] and "package_number" in data:
        raise error("not_need_pacakge_number", "The order is not split, package_number is not needed.")  # sic
    order, package = locate(shop_id, data)
    wish = chosen(data)
    ship(caller.shop, order, package, wish, wish.given.get("tracking_number"))
    return {}


@shop_api("POST", "/logistics/update_shipping_order")
def update_shipping_order(caller: Caller) -> dict:
    data = body()
    order, package = locate(caller.shop["shop_id"], data)
    if package["logistics_status"] != lifecycle.RETRY or not isinstance(data.get("pickup"), dict):
        raise Refusal("logistics.error_status", "Only pickup orders in RETRY_SHIP can be updated.")
    check_method(caller.shop, order, package, Request("pickup", data["pickup"]))
    lifecycle.arrange(caller.shop, order, package, "pickup")
    return {}


def mass_packages(caller: Caller, data: dict) -> tuple[list[tuple[dict, dict]], list[dict]]:
    """(order, package) of each row, and the rows that do not fit: unknown, other channel or other location."""
    rows = data.get("package_list")
    if not isinstance(rows, list) or not 1 <= len(rows) <= 50:
        raise wrong("package_list should hold 1 to 50 packages.")
    good, bad = [], []
    channel, place = whole(data.get("logistics_channel_id"), "logistics_channel_id"), data.get("product_location_id")
    for row in rows:
        number = row.get("package_number") if isinstance(row, dict) else None
        pair = book.find_package(caller.shop["shop_id"], number)
        if pair is None:
            bad.append({"package_number": number, "fail_reason": "The package does not exist."})
        elif pair[1]["logistics_channel_id"] != channel or (place and pair[1]["_location"] != place):
            bad.append({"package_number": number, "fail_reason": "The package has another channel or location."})
        else:
            good.append(pair)
    return good, bad


@shop_api("POST", "/logistics/get_mass_shipping_parameter")
def get_mass_shipping_parameter(caller: Caller) -> dict:
    good, bad = mass_packages(caller, body())
    view = parameter(caller.shop, *good[0]) if good else {}
    return answer({**view, "success_list": [{"package_number": package["package_number"]} for _, package in good], "fail_list": bad})


@shop_api("POST", "/logistics/mass_ship_order")
def mass_ship_order(caller: Caller) -> dict:
    data = body()
    good, bad = mass_packages(caller, data)
    wish, done, numbers = chosen(data), [], {}
    if wish.method == "non_integrated":
        rows = wish.given.get("tracking_number")
        numbers = {row.get("package_number"): row.get("tracking_number") for row in rows or [] if isinstance(row, dict)}
    for order, package in good:
        number = package["package_number"]
        order["_ship_calls"] += 1
        try:
            ship(caller.shop, order, package, wish, numbers.get(number))
            done.append({"package_number": number})
        except Refusal as refusal:
            bad.append({"package_number": number, "fail_reason": f"{refusal.error.strip()}: {refusal.message}"})
    world().touch()
    return answer({"success_list": done, "fail_list": bad})
