"""What happens to orders and packages: arranged, numbered, scanned, delivered, cancelled. Used by the API and by the control page."""

from ..core import world
from . import book, channels, push

OPEN = ("LOGISTICS_NOT_START", "LOGISTICS_PENDING_ARRANGE", "LOGISTICS_READY")
ARRANGED = "LOGISTICS_REQUEST_CREATED"
PICKED = "LOGISTICS_PICKUP_DONE"
DONE = "LOGISTICS_DELIVERY_DONE"
RETRY = "LOGISTICS_PICKUP_RETRY"
DEAD = ("LOGISTICS_INVALID", "LOGISTICS_REQUEST_CANCELED", "LOGISTICS_COD_REJECTED", "LOGISTICS_PICKUP_FAILED", "LOGISTICS_DELIVERY_FAILED",
        "LOGISTICS_LOST")
SHIPPABLE = ("READY_TO_SHIP", "RETRY_SHIP")


class WrongState(Exception):
    """The move is not possible from here; the text says why (for the control page)."""


def note_event(package: dict, text: str) -> None:
    """A line for get_tracking_info."""
    package["_events"].append({"update_time": int(world().now()), "description": text, "logistics_status": package["logistics_status"]})


def settle(shop_id: int, order: dict) -> None:
    """Order state from its live packages: the least advanced one counts; then tell the world."""
    states = {package["logistics_status"] for package in order["package_list"]} - set(DEAD)
    if states & set(OPEN):
        order["order_status"] = "READY_TO_SHIP"
    elif RETRY in states:
        order["order_status"] = "RETRY_SHIP"
    elif ARRANGED in states:
        order["order_status"] = "PROCESSED"
    elif PICKED in states:
        order["order_status"] = "SHIPPED"
    elif DONE in states:
        order["order_status"] = "COMPLETED"
    announce(shop_id, order)


def announce(shop_id: int, order: dict) -> None:
    """update_time becomes now; push code 3 goes out."""
    book.changed(shop_id, order)
    push.order_changed(order, shop_id)


def arrange(shop: dict, order: dict, package: dict, method: str, own_number: str = "") -> None:
    """ship_order has been accepted for this package."""
    here, shop_id = world(), shop["shop_id"]
    package.update(_arranged_at=here.now(), _method=method, _polls=0)
    if method == "non_integrated":
        package.update(_tracking=own_number, logistics_status=PICKED)
        order["pickup_done_time"] = int(here.now())
        note_event(package, "Seller shipped with own carrier")
    else:
        package["logistics_status"] = ARRANGED
        note_event(package, "Shipment has been arranged")
        settings, place = here.settings["shopee"], (shop_id, order["order_sn"], package["package_number"])
        here.call_soon(settings["number_seconds"], lambda: _number_due(*place))
        if settings["scan_seconds"]:
            here.call_soon(settings["number_seconds"] + settings["scan_seconds"], lambda: _scan_due(*place))
    settle(shop_id, order)


def _number_due(shop_id: int, order_sn: str, number: str) -> None:
    here = world()
    with here.lock:
        pair = book.find_package(shop_id, number)
        if pair and pair[1]["logistics_status"] == ARRANGED and not pair[1]["_tracking"]:
            issue(shop_id, *pair)


def _scan_due(shop_id: int, order_sn: str, number: str) -> None:
    here = world()
    with here.lock:
        pair = book.find_package(shop_id, number)
        if pair and pair[1]["logistics_status"] == ARRANGED:
            scan(shop_id, *pair)


def issue(shop_id: int, order: dict, package: dict) -> None:
    """The carrier gives the waybill number; push code 4 tells it."""
    here = world()
    shop = here.books("shopee.shops")[str(shop_id)]
    style = channels.by_id(shop, package["logistics_channel_id"])["style"]
    package["_tracking"] = channels.waybill_number(style, shop["region"], 210_000 + here.next_id("shopee.waybill"))
    book.changed(shop_id, order)
    push.number_issued(order, package, shop_id)


def poll_number(shop_id: int, order: dict, package: dict) -> str:
    """One question for the number: "" for the first N polls, unless its time has come (setting number_seconds, by speed)."""
    if package["logistics_status"] != ARRANGED or package["_tracking"]:
        return package["_tracking"]
    here, settings = world(), world().settings["shopee"]
    package["_polls"] += 1
    waited = here.now() - (package["_arranged_at"] or here.now())
    if package["_polls"] > settings["number_polls"] or waited >= settings["number_seconds"] / max(here.settings["speed"], 0.001):
        issue(shop_id, order, package)
    here.touch()
    return package["_tracking"]


def scan(shop_id: int, order: dict, package: dict) -> None:
    """The 3PL has picked the package up."""
    if not package["_tracking"]:
        issue(shop_id, order, package)
    package["logistics_status"] = PICKED
    order["pickup_done_time"] = int(world().now())
    note_event(package, "Parcel has been picked up by our logistics partner")
    settle(shop_id, order)


def advance(shop_id: int, order: dict) -> None:
    """One step on: paid, pickup scan, delivered."""
    state = order["order_status"]
    if state in ("UNPAID", "PENDING", "INVOICE_PENDING"):
        _release(order)
        settle(shop_id, order)
    elif state == "PROCESSED":
        for package in live(order):
            if package["logistics_status"] == ARRANGED:
                scan(shop_id, order, package)
    elif state in ("SHIPPED", "TO_CONFIRM_RECEIVE"):
        for package in live(order):
            package["logistics_status"] = DONE
            note_event(package, "Parcel has been delivered")
        settle(shop_id, order)
    else:
        raise WrongState(f"an order in state {state} cannot advance; arrange its shipment first" if state in SHIPPABLE
                         else f"an order in state {state} cannot advance")


def _release(order: dict) -> None:
    order.update(pending_terms=[], pay_time=order["pay_time"] or int(world().now()))
    for package in order["package_list"]:
        package["logistics_status"] = "LOGISTICS_READY"


def live(order: dict) -> list[dict]:
    """Packages that are not dead."""
    return [package for package in order["package_list"] if package["logistics_status"] not in DEAD]


def cancel(shop_id: int, order: dict, by: str, reason: str) -> None:
    """The order ends here, whatever state it was in."""
    if order["order_status"] in ("CANCELLED", "COMPLETED"):
        raise WrongState(f"the order is already {order['order_status']}")
    order.update(order_status="CANCELLED", cancel_by=by, cancel_reason=reason, buyer_cancel_reason=reason if by == "buyer" else "")
    for package in live(order):
        package["logistics_status"] = "LOGISTICS_INVALID" if not package["_arranged_at"] else "LOGISTICS_REQUEST_CANCELED"
        note_event(package, "Cancelled")
    announce(shop_id, order)


def ask_cancel(shop_id: int, order: dict, reason: str) -> None:
    """The buyer asks for cancellation: IN_CANCEL until the seller answers."""
    if order["order_status"] not in (*SHIPPABLE, "PROCESSED"):
        raise WrongState(f"a buyer cannot cancel in state {order['order_status']}")
    order.update(_was=order["order_status"], order_status="IN_CANCEL", buyer_cancel_reason=reason, cancel_by="buyer")
    announce(shop_id, order)


def answer_cancel(shop_id: int, order: dict, accept: bool) -> None:
    """The seller's answer to the buyer's wish."""
    if accept:
        cancel(shop_id, order, "buyer", order["buyer_cancel_reason"])
    else:
        order.update(order_status=order.pop("_was", None) or "READY_TO_SHIP", cancel_by="", buyer_cancel_reason="")
        announce(shop_id, order)


def fail_pickup(shop_id: int, order: dict) -> None:
    """The courier came in vain: RETRY_SHIP, to be arranged again."""
    waiting = [package for package in live(order) if package["logistics_status"] == ARRANGED]
    if not waiting:
        raise WrongState("no package of this order waits for pickup")
    for package in waiting:
        package["logistics_status"] = RETRY
        note_event(package, "Pickup failed")
    settle(shop_id, order)
