"""Signature, order of checks and the answers of the gateway."""

import json
from pathlib import Path

import pytest

from app.sandbox.shopee.gate import sign

from .shopee_desk import KEY, PARTNER, SHOP, Desk, fresh

VECTORS = json.loads((Path(__file__).parent / "vectors" / "shopee.json").read_text())
INFO = "/shop/get_shop_info"


@pytest.fixture
def desk():
    return Desk(fresh())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["case"])
def test_golden_vectors(vector):
    given = vector["inputs"]
    key = given.get("partner_key") or given["push_key"]
    if "api_path" in given:
        tail = [given["access_token"], given.get("shop_id") or given["merchant_id"]] if "access_token" in given else []
        parts = [given["partner_id"], given["api_path"], given["timestamp"], *tail]
    else:
        parts = [given["callback_url"], "|", given["raw_body"]] if "callback_url" in given else [given["raw_body"]]
    assert sign(key, *parts) == vector["expected"]


@pytest.mark.parametrize("change, status, error, message", [
    ({"partner_id": None}, 200, "error_param", "There is no partner_id in query."),
    ({"partner_id": "abc"}, 200, "error_param", "Invalid partner_id."),
    ({"partner_id": 7}, 403, "invalid_partner_id", "Invalid partner_id, please have a check."),
    ({"timestamp": None}, 200, "error_param", "no timestamp"),
    ({"timestamp": "soon"}, 200, "error_param", "Invalid timestamp"),
    ({"timestamp": 1_500_000_000}, 200, "error_param", "Timestamp is expired"),
    ({"sign": None}, 200, "error_param", "There is no sign in query."),
    ({"sign": "0" * 64}, 403, "error_sign", "Wrong sign."),
    ({"access_token": None}, 200, "error_param", "There is no access_token in query."),
    ({"shop_id": None}, 200, "error_param", "There is no shop_id in query."),
    ({"access_token": "f" * 32}, 403, "invalid_acceess_token", "Invalid access_token, please have a check."),
    ({"shop_id": 700999999}, 403, "invalid_acceess_token", "Invalid access_token, please have a check."),
])
def test_each_refusal(desk, change, status, error, message):
    answer = desk.raw("GET", INFO, **change)
    assert (answer.status_code, answer.json["error"], answer.json["message"]) == (status, error, message)
    assert len(bytes.fromhex(answer.json["request_id"])) == 16 and set(answer.json) == {"error", "message", "request_id"}


def test_order_of_checks(desk):
    """Several things wrong at once: the first check of the list answers."""
    steps = [("partner_id", "There is no partner_id in query."), ("timestamp", "no timestamp"), ("sign", "There is no sign in query."),
             ("access_token", "There is no access_token in query."), ("shop_id", "There is no shop_id in query.")]
    for place, (_, message) in enumerate(steps):
        query = desk.query(INFO)
        for name, _ in steps[place:]:
            del query[name]
        assert desk.web.get("/shopee/api/v2" + INFO, query_string=query).json["message"] == message
    assert desk.raw("GET", INFO, access_token="f" * 32, sign="0" * 64).json["error"] == "error_sign"  # sign before token


def test_upper_case_sign_is_wrong(desk):
    query = desk.query(INFO)
    assert desk.raw("GET", INFO, sign=query["sign"].upper()).json["error"] == "error_sign"


@pytest.mark.parametrize("skew, good", [(-299, True), (298, True), (-302, False), (303, False)])
def test_five_minutes_of_clock(desk, skew, good):
    answer = desk.raw("GET", INFO, at=desk.world.now() + skew).json
    assert (answer["error"] == "") is good


def test_clock_of_the_control_api(desk):
    query = desk.query(INFO)
    desk.control("POST", "/clock", offset=1000)
    assert desk.web.get("/shopee/api/v2" + INFO, query_string=query).json["message"] == "Timestamp is expired"
    assert desk.get(INFO)["shop_name"] == "Demo PH"


def test_body_is_not_signed_and_common_parameters_only_count_in_the_query(desk):
    sn = desk.orders()[0]
    assert desk.post("/order/set_note", order_sn=sn, note="a")["error"] == ""
    query = desk.query("/order/set_note")
    answer = desk.web.post("/shopee/api/v2/order/set_note", json={**query, "order_sn": sn, "note": "b"})
    assert answer.json["message"] == "There is no partner_id in query."


def test_wrong_verb_and_unknown_paths(desk):
    wrong = desk.raw("GET", "/logistics/ship_order")
    assert (wrong.status_code, wrong.json["error"]) == (405, "error_not_found")
    assert desk.raw("POST", INFO, {}).status_code == 405
    assert desk.raw("GET", "/shop/no_such").json["error"] == "error_not_found"
    assert desk.web.get("/shopee/api/v1/orders/get").json["error"] == "api_suspended"


def test_root_mount_for_clients_that_know_no_prefix(desk):
    assert desk.web.get("/api/v2" + INFO, query_string=desk.query(INFO)).json["shop_name"] == "Demo PH"


def test_broken_json_is_refused(desk):
    answer = desk.web.post("/shopee/api/v2/order/set_note", query_string=desk.query("/order/set_note"), data=b"{")
    assert answer.json["error"] == "error_param"
    answer = desk.web.post("/shopee/api/v2/order/set_note", query_string=desk.query("/order/set_note"), data=b"[]")
    assert answer.json["error"] == "error_param"


@pytest.mark.parametrize("switch, status, error", [
    ({"key_expired": True}, 403, "error_partner_key_expired"), ({"ip_declared": False}, 403, "source_ip_undeclared"),
])
def test_app_switches(desk, switch, status, error):
    desk.control("POST", "/shopee/apps", partner_id=PARTNER, **switch)
    answer = desk.raw("GET", INFO)
    assert (answer.status_code, answer.json["error"]) == (status, error)
    desk.control("POST", "/shopee/apps", partner_id=PARTNER, key_expired=False, ip_declared=True)
    assert desk.get(INFO)["error"] == ""


def test_token_of_another_app_or_shop_is_refused(desk):
    desk.control("POST", "/shopee/apps", partner_id=77, partner_key=KEY)
    desk.shop(shop_id=700123457)
    foreign = desk.control("POST", "/shopee/shops/700123457/authorise", partner_id=77)["access_token"]
    assert desk.raw("GET", INFO, access_token=foreign, shop_id=700123457).json["error"] == "invalid_acceess_token"
    own = desk.authorise(700123457)["access_token"]
    assert desk.raw("GET", INFO, access_token=own).json["error"] == "invalid_acceess_token"
    assert desk.raw("GET", INFO, access_token=own, shop_id=700123457).json["error"] == ""


def test_revoked_shop_is_not_linked_and_banned_shop_may_only_show_itself(desk):
    desk.control("PATCH", f"/shopee/shops/{SHOP}", status="BANNED")
    assert desk.get(INFO)["status"] == "BANNED" and desk.page()["error"] == "shop_banned"
    desk.control("POST", f"/shopee/shops/{SHOP}/revoke")
    answer = desk.raw("GET", INFO)
    assert (answer.status_code, answer.json["error"], answer.json["message"]) == (403, "shop_no_linked", "Partner and shop has no linked.")


def test_token_dies_in_the_middle_of_a_pull(desk):
    desk.orders(6)
    desk.control("POST", "/faults", service="shopee", kind="expired_token", times=1, params={"after": 2})
    first = desk.page(page_size=2)
    second = desk.page(page_size=2, cursor=first["response"]["next_cursor"])
    dead = desk.raw("GET", "/order/get_order_list")
    assert second["error"] == "" and (dead.status_code, dead.json["error"]) == (403, "invalid_acceess_token")
    assert desk.page()["error"] == "invalid_acceess_token"  # dead for good, until a refresh
    desk.token = desk.authorise()["access_token"]
    assert desk.page()["error"] == ""
