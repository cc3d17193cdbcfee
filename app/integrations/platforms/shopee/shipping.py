"""Arranging shipment and writing our own number back (section 7). Functions of a connector: `shop` is the Shopee object."""
from app.failures import Blame, Failure, Retry
from app.integrations.paging import chunks
from app.integrations.platforms.shopee.gate import response, rows
from app.integrations.platforms.shopee.orders import raw_details
from app.integrations.platforms.shopee.reading import package, read_order
from app.integrations.types import Arranged, PulledOrder

PARAMETER, SHIP = "/api/v2/logistics/get_shipping_parameter", "/api/v2/logistics/ship_order"
NUMBER, MASS_NUMBER = "/api/v2/logistics/get_tracking_number", "/api/v2/logistics/get_mass_tracking_number"
UPDATE, PACKAGES = "/api/v2/logistics/update_shipping_order", "/api/v2/order/get_package_detail"
LONGEST = 64
CLOSED = {"ship.already_arranged", "ship.wrong_state"}      # refusals behind which the work may be done already


def write_back(shop, parcel):
    """Our own carrier's number goes to the order (`non_integrated`); the order is SHIPPED at once.

    The same number already there is success (`already`), another one is ship.other_number. Raises ship.own_number_refused when
    the order's channel is one that issues its numbers itself. After Retry.UNKNOWN ask `arranged` first.
    """
    check_number(parcel)
    try:
        if "non_integrated" not in methods(shop, parcel):
            return already_there(shop, parcel, Failure("ship.own_number_refused", number=parcel.order_no))
        ship(shop, parcel, {"non_integrated": {"tracking_number": parcel.tracking_no}})
    except Failure as failure:
        if failure.code in CLOSED:
            return already_there(shop, parcel, failure)
        raise
    return Arranged(parcel.order_no, parcel.package_number, parcel.tracking_no, "shipped")


def check_number(parcel):
    if not parcel.tracking_no:
        raise Failure("ship.number_missing", number=parcel.order_no)
    if len(parcel.tracking_no) > LONGEST:
        raise Failure("ship.number_too_long", number=parcel.order_no, error="", detail="")


def already_there(shop, parcel, otherwise):
    """Success when the platform holds this very number; ship.other_number when another; else the failure we came with."""
    found = arranged(shop, parcel)
    if found is None or not found.tracking_no:
        raise otherwise
    if found.tracking_no != parcel.tracking_no:
        raise Failure("ship.other_number", number=parcel.order_no, theirs=found.tracking_no, ours=parcel.tracking_no)
    return found


def arrange(shop, parcel, prefer=("pickup", "dropoff")):
    """Arrange shipment on an integrated channel; Shopee issues the number, often later (tracking_no "").

    The first method of `prefer` that the channel allows and that can be filled is taken. Already arranged is success.
    """
    already = False
    try:
        ship(shop, parcel, choose(shop, parameter(shop, parcel), prefer))
    except Failure as failure:
        if failure.code not in CLOSED:
            raise
        found = arranged(shop, parcel)
        if found is None:
            raise
        already = True
    return Arranged(parcel.order_no, parcel.package_number, _number_so_far(shop, parcel), "processed", already)


def rearrange(shop, parcel):
    """A new pickup for an order whose pickup failed (RETRY_SHIP); the tracking number stays."""
    shop.gate.post(UPDATE, reference(parcel) | choose(shop, parameter(shop, parcel), ("pickup",)))
    return Arranged(parcel.order_no, parcel.package_number, _number_so_far(shop, parcel), "processed")


def _number_so_far(shop, parcel):
    """Shipment is arranged: a fault while asking for the number must not make it look undone."""
    try:
        return tracking_number(shop, parcel)
    except Failure as failure:
        if failure.retry == Retry.LATER:
            return ""
        raise


def parameter(shop, parcel):
    """The `response` of get_shipping_parameter."""
    return response(shop.gate.get(PARAMETER, reference(parcel)))


def methods(shop, parcel):
    """{method: needed fields} that the order's channel allows."""
    return parameter(shop, parcel).get("info_needed") or {}


def choose(shop, offer, prefer):
    """The one method object of ship_order, filled from the offer. Raises ship.* when none of `prefer` can be used."""
    needed = offer.get("info_needed") or {}
    problem = Failure("ship.own_number_needed" if set(needed) == {"non_integrated"} else "ship.method_unsupported", error="", detail="")
    fill = {"pickup": pickup, "dropoff": dropoff}
    for method in prefer:
        if method in needed and method in fill:
            try:
                return {method: fill[method](shop, needed[method] or [], offer.get(method) or {})}
            except Failure as failure:
                problem = failure
    raise problem


def pickup(shop, needed, offer):
    """The default (else first pickup) address, and its recommended (else first) slot; without slots none is sent."""
    if not needed:
        return {}
    addresses = offer.get("address_list") or []
    if "address_id" in needed and not addresses:
        raise Failure("ship.no_pickup_address")
    chosen = best(addresses, "address_flag", ("default_address", "pickup_address"))
    slot = best(chosen.get("time_slot_list") or [], "flags", ("recommended",))
    body = {"address_id": chosen.get("address_id")} if "address_id" in needed else {}
    if "pickup_time_id" in needed and slot:
        body["pickup_time_id"] = str(slot["pickup_time_id"])
    if "tracking_number" in needed or "tracking_no" in needed:
        raise missing("tracking_number")
    return body


def dropoff(shop, needed, offer):
    """Branch, shop (slug) and sender from the account's options, else the first that is offered."""
    body = {}
    if "branch_id" in needed:
        offered = [b.get("branch_id") for b in offer.get("branch_list") or []]
        wished = [b for b in offered if str(b) == str(shop.options.get("branch_id"))]
        body["branch_id"] = (wished or offered or [None])[0]
    if "slug" in needed:
        body["slug"] = shop.options.get("slug") or next((s.get("slug") for s in offer.get("slug_list") or []), None)
    if "sender_real_name" in needed:
        body["sender_real_name"] = (shop.options.get("sender_real_name") or "")[:LONGEST] or None
    if "tracking_no" in needed:
        body["tracking_number"] = None
    for name, value in body.items():
        if value is None:
            raise missing(name)
    return body


def best(things, key, flags):
    """The first thing with the first of these flags that any has; else the first; {} when there are none."""
    for flag in flags:
        for thing in things:
            if flag in (thing.get(key) or []):
                return thing
    return things[0] if things else {}


def missing(field):
    return Failure("ship.field_missing", error=field, detail="")


def ship(shop, parcel, method):
    """ship_order. Never repeated by itself: after a lost answer the state must be read first."""
    shop.gate.post(SHIP, reference(parcel) | method)


def reference(parcel):
    """order_sn, and package_number exactly when the order is split: it is refused both ways otherwise."""
    if not parcel.split:
        return {"order_sn": parcel.order_no}
    if not parcel.package_number:
        raise Failure("ship.package_number", blame=Blame.US, error="", detail="")
    return {"order_sn": parcel.order_no, "package_number": parcel.package_number}


def tracking_number(shop, parcel):
    """The number that Shopee issued, or "" while there is none (documented pace: every five minutes)."""
    return str(response(shop.gate.get(NUMBER, reference(parcel))).get("tracking_number") or "")


def tracking_numbers(shop, package_numbers):
    """{package number: tracking number} for the packages that have one already; 50 are asked in one call."""
    found = {}
    for batch in chunks(package_numbers, 50):
        body = shop.gate.post(MASS_NUMBER, {"package_list": [{"package_number": p} for p in batch]}, idempotent=True)
        issued = [row for row in rows(body, "success_list") if row.get("tracking_number")]
        found |= {str(row.get("package_number")): row["tracking_number"] for row in issued}
    return found


def arranged(shop, parcel):
    """Has shipment been arranged? Read-only, for after a lost answer; None when not. The number may still be ""."""
    details = raw_details(shop, [parcel.order_no])
    order = read_order(details[0]) if details else None
    if not isinstance(order, PulledOrder):
        raise Failure("order.not_found", error="", detail="")
    one = next((p for p in order.packages if not parcel.split or p.number == parcel.package_number), None)
    state = one.state if one else order.state
    if state not in ("processed", "shipped") and not (one and _flagged(shop, one.number)):
        return None
    state = "shipped" if state == "shipped" else "processed"
    return Arranged(parcel.order_no, parcel.package_number, _number_so_far(shop, parcel), state, True)


def _flagged(shop, number):
    """is_shipment_arranged: true while the number is still being made. It may lag 15–20 minutes, so false proves nothing."""
    for raw in rows(shop.gate.get(PACKAGES, {"package_number_list": number}), "package_list"):
        if str(raw.get("package_number")) == number:
            return raw.get("is_shipment_arranged") is True or package(raw, "").state in ("processed", "shipped")
    return False


def channels(shop):
    """The shop's delivery channels [(id, name)] that are switched on: to choose those that run over our own carrier."""
    return [(str(row.get("logistics_channel_id")), str(row.get("logistics_channel_name") or ""))
            for row in rows(shop.gate.get("/api/v2/logistics/get_channel_list"), "logistics_channel_list") if row.get("enabled")]
