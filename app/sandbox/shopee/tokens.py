"""Codes, access tokens and refresh tokens: how they are made, exchanged, rotated and lost.

A subject is "shop:<id>" or "merchant:<id>". The first refresh token of a main account is shared by all its subjects, each may use it once.
"""

import secrets

from flask import request

from ..core import world
from .gate import Caller, Refusal, answer, body, merchant_api, public_api, shop_api, whole

REUSED = "Your refresh token is error ,please check refresh token or shopid."  # their words
PAIRS = (("shop", "error_shop_refresh_token"), ("merchant", "error_merchant_refresh_token"))


def link(app: dict, shop: dict, days: float) -> None:
    """The seller agreed: the shop is linked to the app for `days`."""
    moment = int(world().now())
    world().books("shopee.links")[f"{app['partner_id']}:{shop['shop_id']}"] = {
        "auth_time": moment, "expire_time": moment + int(days * 86_400)}
    world().touch()


def new_code(app: dict, subjects: list[str], owner: str, prefix: str = "") -> str:
    """A single-use code for the callback; `owner` is "shop_id:…" or "main_account_id:…"."""
    here, code = world(), prefix + secrets.token_hex(16)
    here.books("shopee.codes")[code] = {"partner_id": app["partner_id"], "owner": owner, "subjects": subjects,
                                        "until": here.now() + here.settings["shopee"]["code_seconds"]}
    here.touch()
    return code


def issue(partner_id: int, subjects: list[str]) -> dict:
    """A new pair for these subjects: the top-level fields of a token answer."""
    here, settings = world(), world().settings["shopee"]
    access, refresh = secrets.token_hex(16), secrets.token_hex(16)
    until = here.now() + settings["token_seconds"]
    here.books("shopee.access")[access] = {"partner_id": partner_id, "until": dict.fromkeys(subjects, until)}
    here.books("shopee.refresh")[refresh] = {"partner_id": partner_id, "open": list(subjects), "access": access,
                                             "until": here.now() + settings["refresh_seconds"]}
    here.touch()
    return {"access_token": access, "refresh_token": refresh, "expire_in": settings["token_seconds"]}


def ids(subjects: list[str], kind: str) -> list[int]:
    return [int(subject.partition(":")[2]) for subject in subjects if subject.startswith(kind + ":")]


def _own_partner(app: dict, data: dict) -> None:
    if whole(data.get("partner_id"), "partner_id") != app["partner_id"]:
        raise Refusal("error_param", "Invalid partner_id.")


@public_api("POST", "/auth/token/get")
def token_get(caller: Caller) -> dict:
    data = body()
    _own_partner(caller.app, data)
    owners = [name for name in ("shop_id", "main_account_id") if data.get(name) is not None]
    if len(owners) != 1:
        raise Refusal("error_param", "Exactly one of shop_id and main_account_id is needed.")
    owner = f"{owners[0]}:{whole(data[owners[0]], owners[0])}"
    record = _usable_code(caller.app, data.get("code"))
    if record["owner"] != owner:
        bad = "invalid_shop_id" if owners[0] == "shop_id" else "invalid_main_acount_id"  # sic
        raise Refusal(bad, f"Invalid {owners[0]}, please have a check.")
    return _exchanged(data["code"], record)


def _usable_code(app: dict, code) -> dict:
    record = world().books("shopee.codes").get(code) if isinstance(code, str) else None
    if record is None or record["partner_id"] != app["partner_id"] or record["until"] <= world().now():
        raise Refusal("invalid_code", "The code is expired or used or invalid, please check the code.")
    return record


def _exchanged(code: str, record: dict) -> dict:
    del world().books("shopee.codes")[code]  # single use
    subjects = record["subjects"]
    pair = issue(record["partner_id"], subjects)
    if record["owner"].startswith("main_account_id") or record.get("resend"):
        pair.update(merchant_id_list=ids(subjects, "merchant"), shop_id_list=ids(subjects, "shop"), supplier_id_list=[])
    return pair


@public_api("POST", "/public/get_token_by_resend_code")
def get_token_by_resend_code(caller: Caller) -> dict:
    code = body().get("resend_code")
    record = _usable_code(caller.app, code)
    if not code.startswith("resend"):
        raise Refusal("invalid_code", "The code is expired or used or invalid, please check the code.")
    return _exchanged(code, {**record, "resend": True})


@public_api("POST", "/auth/access_token/get")
def access_token_get(caller: Caller) -> dict:
    data, app = body(), caller.app
    _own_partner(app, data)
    given = [(kind, error) for kind, error in PAIRS if data.get(f"{kind}_id") is not None]
    if len(given) != 1:
        raise Refusal("error_param", "Exactly one of shop_id and merchant_id is needed.")
    kind, error = given[0]
    number = whole(data[f"{kind}_id"], f"{kind}_id")
    record = _open_refresh(app, data.get("refresh_token"), f"{kind}:{number}", error)
    if kind == "shop":
        _still_authorised(app, number)
    return {"partner_id": app["partner_id"], f"{kind}_id": number, **_rotate(record, f"{kind}:{number}")}


def _open_refresh(app: dict, token, subject: str, error: str) -> dict:
    """The refresh token's record, if this subject may still use it."""
    record = world().books("shopee.refresh").get(token) if isinstance(token, str) else None
    if record is None or record["partner_id"] != app["partner_id"] or subject not in record["open"]:
        raise Refusal(error, REUSED, 403)
    if record["until"] <= world().now():
        raise Refusal("refresh_token_expired", "Your refresh_token expired, please authorize again.", 403)
    return record


def _still_authorised(app: dict, shop_id: int) -> None:
    row = world().books("shopee.links").get(f"{app['partner_id']}:{shop_id}")
    if row is None:
        raise Refusal("shop_no_linked", "Partner and shop has no linked.", 403)
    if row["expire_time"] <= world().now():
        raise Refusal("shop_access_expired", "The authorization of this shop is expired, please authorize again.", 403)


def _rotate(record: dict, subject: str) -> dict:
    """Use the refresh token up for this subject; the old access token lives five more minutes."""
    here = world()
    record["open"].remove(subject)
    old = here.books("shopee.access").get(record["access"])
    if old and subject in old["until"]:
        old["until"][subject] = min(old["until"][subject], here.now() + here.settings["shopee"]["grace_seconds"])
    return issue(record["partner_id"], [subject])


@shop_api("GET", "/shop/get_shop_info")
def get_shop_info(caller: Caller) -> dict:
    shop = caller.shop
    row = world().books("shopee.links")[f"{caller.app['partner_id']}:{shop['shop_id']}"]
    return {
        "shop_name": shop["name"], "region": shop["region"], "status": shop["status"], "auth_time": row["auth_time"],
        "expire_time": row["expire_time"], "is_cb": shop["is_cb"], "is_sip": False, "is_upgraded_cbsc": False,
        "merchant_id": shop["merchant_id"], "shop_fulfillment_flag": "Others", "is_main_shop": False, "is_direct_shop": False,
        "linked_main_shop_id": 0, "linked_direct_shop_list": [], "sip_affi_shops": [], "is_one_awb": True,
    }


def linked_shops(partner_id: int) -> list[dict]:
    """Shops of an app with their authorisation times, by shop_id."""
    shops, rows = world().books("shopee.shops"), []
    for key, row in world().books("shopee.links").items():
        owner, _, shop_id = key.partition(":")
        if owner == str(partner_id) and shop_id in shops:
            rows.append({"shop_id": int(shop_id), "region": shops[shop_id]["region"], **row, "sip_affi_shop_list": []})
    return sorted(rows, key=lambda row: row["shop_id"])


@public_api("GET", "/public/get_shops_by_partner")
def get_shops_by_partner(caller: Caller) -> dict:
    size = whole(request.args.get("page_size", 100), "page_size", 1, 100)
    page = whole(request.args.get("page_no", 1), "page_no", 1)
    rows = linked_shops(caller.app["partner_id"])
    return {"authed_shop_list": rows[(page - 1) * size:page * size], "more": len(rows) > page * size}


@public_api("GET", "/public/get_shopee_ip_ranges")
def get_shopee_ip_ranges(caller: Caller) -> dict:
    return {"ip_list": ["127.0.0.1/32"]}


@merchant_api("GET", "/merchant/get_shop_list_by_merchant")
def get_shop_list_by_merchant(caller: Caller) -> dict:
    shops = world().books("shopee.shops")
    rows = [{"shop_id": row["shop_id"], "sip_affi_shops": []} for row in linked_shops(caller.app["partner_id"])
            if shops[str(row["shop_id"])]["merchant_id"] == caller.merchant_id]
    return answer({"shop_list": rows, "more": False}) | {"is_cnsc": False, "merchant_auth_time": 0}
