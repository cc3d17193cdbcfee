"""Control API of the Shopee stand-in: apps, shops, orders and what their buyers and carriers do."""

from flask import jsonify, request
import requests

from ..control import Refused, bp, given
from ..core import register_panel, world
from . import auth, book, factory, lifecycle, push, tokens
from .gate import Refusal

SWITCHES = ("unmasked", "ip_declared", "key_expired")


def shop_or_404(shop_id) -> dict:
    shop = world().books("shopee.shops").get(str(shop_id))
    if shop is None:
        raise Refused(f"no shop {shop_id}", 404)
    return shop


def order_or_404(order_sn: str) -> tuple[int, dict]:
    """(shop_id, order) of any shop."""
    for shop_id in world().books("shopee.shops"):
        if order_sn in book.orders(shop_id):
            return int(shop_id), book.orders(shop_id)[order_sn]
    raise Refused(f"no order {order_sn}", 404)


def number(value, name: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise Refused(f"{name} must be an integer") from error


@bp.post("/shopee/apps")
def put_app():
    """Create an app, or change the fields given of an existing one."""
    here, data = world(), given()
    partner_id = number(data.get("partner_id"), "partner_id")
    with here.lock:
        app = here.books("shopee.apps").setdefault(str(partner_id), {
            "partner_id": partner_id, "partner_key": "", "push_key": "", "name": "ERP", "redirect_domain": "127.0.0.1", "callback_url": "",
            "unmasked": False, "ip_declared": True, "key_expired": False, "push_on": list(push.CODES), "blocked": [],
            "push_status": "Normal"})
        app.update({key: data[key] for key in app if key in data and key != "partner_id" and data[key] is not None})
        for switch in SWITCHES:
            app[switch] = bool(app[switch])
        here.touch()
        return jsonify(app), 201


@bp.get("/shopee/apps")
def list_apps():
    with world().lock:
        return jsonify(apps=list(world().books("shopee.apps").values()))


@bp.post("/shopee/apps/<int:partner_id>/verify")
def verify_push(partner_id: int):
    """What the console's Verify button does: one test message (code 0), the answer shown at once."""
    app = world().books("shopee.apps").get(str(partner_id))
    if app is None or not app["callback_url"]:
        raise Refused("no such app, or it has no callback_url", 404)
    raw = b'{"code":0,"timestamp":%d,"data":{"verify_info":"This is a Verification message."}}' % int(world().now())
    try:
        told = requests.post(app["callback_url"], data=raw, headers=push.headers(app, raw), timeout=3)
    except requests.RequestException as error:
        return jsonify(ok=False, status=0, note=type(error).__name__)
    return jsonify(ok=200 <= told.status_code < 300, status=told.status_code, note="")


@bp.post("/shopee/shops")
def put_shop():
    here, data = world(), given()
    with here.lock:
        try:
            return jsonify(factory.new_shop(data)), 201
        except (TypeError, ValueError) as error:
            raise Refused(str(error)) from error


@bp.get("/shopee/shops")
def list_shops():
    with world().lock:
        return jsonify(shops=list(world().books("shopee.shops").values()))


@bp.patch("/shopee/shops/<shop_id>")
def patch_shop(shop_id: str):
    """Alter fields of a shop, e.g. {"status": "BANNED"} or {"channels": […]}."""
    with world().lock:
        shop = shop_or_404(shop_id)
        shop.update({key: value for key, value in given().items() if key in shop and key != "shop_id"})
        world().touch()
        return jsonify(shop)


@bp.post("/shopee/shops/<shop_id>/revoke")
def revoke(shop_id: str):
    """The seller ends the authorisation of every app."""
    with world().lock:
        shop = shop_or_404(shop_id)
        for app in world().books("shopee.apps").values():
            auth.unlink(app, shop["shop_id"])
    return jsonify(ok=True)


@bp.post("/shopee/shops/<shop_id>/authorise")
def authorise(shop_id: str):
    """Link and issue tokens at once {partner_id, days?}: for tests that are not about the authorise pages."""
    with world().lock:
        shop, data = shop_or_404(shop_id), given()
        app = world().books("shopee.apps").get(str(data.get("partner_id")))
        if app is None:
            raise Refused("no such app", 404)
        tokens.link(app, shop, float(data.get("days", 365)))
        return jsonify(shop_id=shop["shop_id"], **tokens.issue(app["partner_id"], [f"shop:{shop['shop_id']}"]))


@bp.post("/shopee/shops/<shop_id>/resend_code")
def resend_code(shop_id: str):
    """The seller presses «resend code» {partner_id}."""
    with world().lock:
        shop, app = shop_or_404(shop_id), world().books("shopee.apps").get(str(given().get("partner_id")))
        if app is None or f"{app['partner_id']}:{shop['shop_id']}" not in world().books("shopee.links"):
            raise Refused("the shop is not linked to this app", 404)
        return jsonify(resend_code=tokens.new_code(app, [f"shop:{shop['shop_id']}"], f"shop_id:{shop['shop_id']}", "resend"))


@bp.post("/shopee/shops/<shop_id>/expire_soon")
def expire_soon(shop_id: str):
    """Push code 12: the authorisation ends within seven days (and really does)."""
    with world().lock:
        shop, soon = shop_or_404(shop_id), int(world().now()) + 7 * 86_400
        for app in world().books("shopee.apps").values():
            row = world().books("shopee.links").get(f"{app['partner_id']}:{shop['shop_id']}")
            if row:
                row["expire_time"] = min(row["expire_time"], soon - 60)
                push.send_app(app, 12, {"shop_expire_soon": [shop["shop_id"]], "merchant_expire_soon": [], "expire_before": soon,
                                        "page_no": 1, "total_page": 1})
        world().touch()
    return jsonify(ok=True)


@bp.post("/shopee/orders")
def make_orders():
    """Make orders; pushes go out when `push` is true, or by itself for up to 100 orders."""
    here, data = world(), given()
    with here.lock:
        shop = shop_or_404(data.get("shop_id"))
        try:
            made = factory.make_orders(shop, data)
        except (TypeError, ValueError, AttributeError) as error:
            raise Refused(str(error)) from error
        if data.get("push", len(made) <= 100):
            for order in made:
                push.order_changed(order, shop["shop_id"])
    return jsonify(order_sn=[order["order_sn"] for order in made]), 201


def brief(shop_id: int, order: dict) -> dict:
    """One row of a list."""
    return {
        "order_sn": order["order_sn"], "shop_id": shop_id, "order_status": order["order_status"],
        "shipping_carrier": order["shipping_carrier"],
        "cod": order["cod"], "total_amount": order["total_amount"], "currency": order["currency"], "create_time": order["create_time"],
        "update_time": order["update_time"], "ship_calls": order["_ship_calls"],
        "tracking_numbers": [package["_tracking"] for package in order["package_list"] if package["_tracking"]],
    }


@bp.get("/shopee/orders")
def list_orders():
    """Newest change first; ?shop_id= &limit= (100)."""
    with world().lock:
        return jsonify(orders=_newest(request.args.get("shop_id"), request.args.get("limit", 100, type=int)))


def _newest(shop_id: str | None, limit: int) -> list[dict]:
    rows = []
    for each in [shop_id] if shop_id else list(world().books("shopee.shops")):
        shop_or_404(each)
        last = book.index(each)["update_time"][-limit:] if limit > 0 else []
        rows += [brief(int(each), book.orders(each)[sn]) for _, sn in last]
    return sorted(rows, key=lambda row: (row["update_time"], row["order_sn"]), reverse=True)[:limit]


@bp.get("/shopee/orders/<order_sn>")
def show_order(order_sn: str):
    """The shop's whole view: clear data, the stand-in's own fields, numbers and count of ship calls."""
    with world().lock:
        shop_id, order = order_or_404(order_sn)
        return jsonify({**order, "shop_id": shop_id, "ship_calls": order["_ship_calls"],
                        "tracking_numbers": brief(shop_id, order)["tracking_numbers"]})


@bp.patch("/shopee/orders/<order_sn>")
def patch_order(order_sn: str):
    """Alter any field; objects are merged, lists replaced. update_time becomes now, push code 3 goes out."""
    with world().lock:
        shop_id, order = order_or_404(order_sn)
        for key, value in given().items():
            if key in ("order_sn", "update_time", "create_time"):
                raise Refused(f"{key} cannot be altered")
            order[key] = {**order[key], **value} if isinstance(value, dict) and isinstance(order.get(key), dict) else value
        lifecycle.announce(shop_id, order)
        return jsonify(brief(shop_id, order))


@bp.post("/shopee/orders/<order_sn>/<move>")
def move_order(order_sn: str, move: str):
    """cancel {by, reason, ask}, advance, retry_pickup."""
    with world().lock:
        shop_id, order = order_or_404(order_sn)
        data = given()
        try:
            if move == "cancel" and data.get("ask"):
                lifecycle.ask_cancel(shop_id, order, data.get("reason") or "Need to change delivery address")
            elif move == "cancel":
                lifecycle.cancel(shop_id, order, data.get("by") or "buyer", data.get("reason") or "Buyer changed their mind")
            elif move == "advance":
                lifecycle.advance(shop_id, order)
            elif move == "retry_pickup":
                lifecycle.fail_pickup(shop_id, order)
            else:
                raise Refused(f"unknown move {move}", 404)
        except (lifecycle.WrongState, Refusal) as error:
            raise Refused(str(error), 409) from error
        return jsonify(brief(shop_id, order))


def _shop_rows() -> list[dict]:
    links = world().books("shopee.links")
    return [{"_id": shop["shop_id"], "shop_id": shop["shop_id"], "name / 名称": shop["name"], "region / 站点": shop["region"],
             "status": shop["status"], "orders / 订单": len(book.orders(shop["shop_id"])),
             "linked to / 已授权": ", ".join(key.partition(":")[0] for key in links if key.endswith(f":{shop['shop_id']}"))}
            for shop in world().books("shopee.shops").values()]


def _order_rows() -> list[dict]:
    return [{"_id": row["order_sn"], "order_sn": row["order_sn"], "shop_id": row["shop_id"], "state / 状态": row["order_status"],
             "carrier / 物流": row["shipping_carrier"], "COD": "COD" if row["cod"] else "",
             "amount / 金额": f"{row['total_amount']} {row['currency']}",
             "tracking / 运单号": ", ".join(row["tracking_numbers"]), "ship calls / 发货调用": row["ship_calls"]} for row in _newest(None, 60)]


register_panel("Shopee shops / 店铺", _shop_rows, [
    ("Revoke / 取消授权", "/control/shopee/shops/{id}/revoke"), ("Expires soon / 即将到期", "/control/shopee/shops/{id}/expire_soon")])
register_panel("Shopee orders / 订单", _order_rows, [
    ("Advance / 推进", "/control/shopee/orders/{id}/advance"), ("Cancel / 取消", "/control/shopee/orders/{id}/cancel"),
    ("Pickup failed / 揽收失败", "/control/shopee/orders/{id}/retry_pickup")])
