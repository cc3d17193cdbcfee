"""Push messages (codes 0, 1, 2, 3, 4, 12, 15), the app's push configuration and the queue of lost messages."""

import secrets

import orjson

from .. import hooks
from ..core import world
from .gate import Caller, answer, body, public_api, sign, whole, wrong

CODES = (1, 2, 3, 4, 12, 15)
LOST_DAYS = 3


def send(code: int, shop_id: int, data: dict, **more) -> None:
    """Tell every linked app that listens to `code`. `more` are further keys of the message."""
    here, links = world(), world().books("shopee.links")
    for app in here.books("shopee.apps").values():
        if f"{app['partner_id']}:{shop_id}" in links:
            _send(app, code, shop_id, {"data": data, "shop_id": shop_id, "code": code, "timestamp": int(here.now()), **more})


def send_app(app: dict, code: int, data: dict) -> None:
    """A message about the app as a whole: no shop_id on the outside (codes 0, 1, 2, 12)."""
    extra = {"partner_id": app["partner_id"]} if code in (1, 2) else {}
    _send(app, code, 0, {"data": data, **extra, "code": code, "timestamp": int(world().now())})


def _send(app: dict, code: int, shop_id: int, message: dict) -> None:
    here = world()
    url = app["callback_url"]
    if not url or app["push_status"] == "Suspended" or shop_id in app["blocked"] or (code and code not in app["push_on"]):
        return
    raw = orjson.dumps(message)
    settings = here.settings["shopee"]
    hooks.deliver(
        "shopee", url, raw, headers(app, raw), empty_success, tuple(settings["push_ladder"]), timeout=settings["push_timeout"],
        label=f"code {code} {message['data'].get('ordersn', '')}".strip(), give_up=lambda: _lose(app["partner_id"], shop_id, code, message),
    )


def headers(app: dict, raw: bytes) -> dict:
    """Bare lower-case hex over «callback URL|raw body» with the push key, or the partner key where no push key is set."""
    key = app["push_key"] or app["partner_key"]
    return {"Content-Type": "application/json", "Authorization": sign(key, app["callback_url"], "|", raw.decode())}


def empty_success(status: int, content: bytes) -> bool:
    """2xx with an EMPTY body; a JSON body counts as a failure."""
    return 200 <= status < 300 and not content


def order_changed(order: dict, shop_id: int) -> None:
    """Code 3: the order's state."""
    send(3, shop_id, {"ordersn": order["order_sn"], "status": order["order_status"], "completed_scenario": "",
                      "update_time": order["update_time"], "items": []})


def number_issued(order: dict, package: dict, shop_id: int) -> None:
    """Code 4: the waybill number."""
    data = {"ordersn": order["order_sn"], "forder_id": package["_forder_id"], "package_number": package["package_number"],
            "tracking_no": package["_tracking"]}
    send(4, shop_id, data, msg_id=secrets.token_hex(16))


def document_ready(order: dict, package: dict, shop_id: int) -> None:
    """Code 15: the label can be downloaded."""
    send(15, shop_id, {"ordersn": order["order_sn"], "package_number": package["package_number"], "status": "READY"})


def _lose(partner_id: int, shop_id: int, code: int, message: dict) -> None:
    here = world()
    with here.lock:
        number = here.next_id("shopee.lost") + 900_000
        here.books("shopee.lost")[str(number)] = {"partner_id": partner_id, "shop_id": shop_id, "code": code,
                                                  "timestamp": message["timestamp"], "data": orjson.dumps(message).decode()}
        here.touch()


@public_api("POST", "/push/set_app_push_config")
def set_app_push_config(caller: Caller) -> dict:
    data, app = body(), caller.app
    for name in ("set_push_config_on", "set_push_config_off", "blocked_shop_id_list"):
        if not isinstance(data.get(name, []), list):
            raise wrong(f"{name} should be a list.")
    if len(data.get("blocked_shop_id_list", [])) > 500:
        raise wrong("blocked_shop_id_list holds more than 500 shops.")
    if "callback_url" in data:
        if not str(data["callback_url"]).startswith(("http://", "https://")):
            raise wrong("callback_url should be a url.")
        app["callback_url"] = data["callback_url"]
    turned_on, turned_off = data.get("set_push_config_on", []), data.get("set_push_config_off", [])
    app["push_on"] = sorted({*app["push_on"], *turned_on} - set(turned_off))
    app["blocked"] = data.get("blocked_shop_id_list", app["blocked"])
    world().touch()
    send_app(app, 0, {"verify_info": "This is a Verification message. Please respond in the certain format."})
    return answer({"result": "success"})


@public_api("GET", "/push/get_app_push_config")
def get_app_push_config(caller: Caller) -> dict:
    app = caller.app
    off = [code for code in CODES if code not in app["push_on"]]
    return answer({"callback_url": app["callback_url"], "live_push_status": app["push_status"], "push_config_on_list": app["push_on"],
                   "push_config_off_list": off, "blocked_shop_id_list": app["blocked"], "suspended_time": None})


@public_api("GET", "/push/get_lost_push_message")
def get_lost_push_message(caller: Caller) -> dict:
    """The oldest 100 of the last three days that nobody has confirmed."""
    oldest = world().now() - LOST_DAYS * 86_400
    mine = [(int(number), row) for number, row in world().books("shopee.lost").items()
            if row["partner_id"] == caller.app["partner_id"] and row["timestamp"] >= oldest]
    mine.sort(key=lambda pair: pair[0])
    rows = [{key: row[key] for key in ("shop_id", "code", "timestamp", "data")} for _, row in mine[:100]]
    return answer({"push_message_list": rows, "has_next_page": len(mine) > 100, "last_message_id": mine[:100][-1][0] if mine else 0})


@public_api("POST", "/push/confirm_consumed_lost_push_message")
def confirm_consumed_lost_push_message(caller: Caller) -> dict:
    last, lost = whole(body().get("last_message_id"), "last_message_id", 1), world().books("shopee.lost")
    for number in [number for number, row in lost.items() if int(number) <= last and row["partner_id"] == caller.app["partner_id"]]:
        del lost[number]
    world().touch()
    return answer({"result": "success"})
