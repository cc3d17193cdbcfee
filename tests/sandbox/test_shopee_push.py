"""Push messages: signature, what counts as delivered, the ladder, the lost queue, the configuration."""

import hashlib
import hmac
import json

import pytest

from .shopee_desk import KEY, PARTNER, SHOP, Desk, Listener, eventually, fresh

PUSH_KEY = "5a6b7c8d9e0f1a2b3c4d5e6f70818293"


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
def desk(listener):
    return Desk(fresh(speed=100_000), push_key=PUSH_KEY, callback_url=listener.url)


def messages(listener, code):
    return [json.loads(body) for _, _, body in list(listener.got) if json.loads(body)["code"] == code]


def one(listener, code):
    return eventually(lambda: messages(listener, code))[0]


@pytest.mark.parametrize("push_key, used", [(PUSH_KEY, PUSH_KEY), ("", KEY)])
def test_signature_over_url_and_raw_body(desk, listener, push_key, used):
    desk.control("POST", "/shopee/apps", partner_id=PARTNER, push_key=push_key)
    desk.orders(1, recipient={"name": "lã văn việt"})
    path, headers, body = eventually(lambda: listener.got)[0]
    assert headers["Authorization"] == hmac.new(used.encode(), listener.url.encode() + b"|" + body, hashlib.sha256).hexdigest()
    assert path == "/hook" and headers["Content-Type"] == "application/json"


def test_code_3_4_and_15_follow_an_order(desk, listener):
    sn, = desk.orders()
    state = one(listener, 3)
    assert state["shop_id"] == SHOP and state["data"] == {
        "ordersn": sn, "status": "READY_TO_SHIP", "completed_scenario": "", "update_time": state["data"]["update_time"], "items": []}
    number = desk.shipped(sn)
    issued = one(listener, 4)
    package = desk.order(sn)["package_list"][0]
    assert issued["data"] == {"ordersn": sn, "forder_id": package["_forder_id"], "package_number": package["package_number"],
                              "tracking_no": number} and len(issued["msg_id"]) == 32
    desk.post("/logistics/create_shipping_document", order_list=[{"order_sn": sn, "tracking_number": number}])
    ready = one(listener, 15)
    assert ready["data"] == {"ordersn": sn, "package_number": package["package_number"], "status": "READY"}
    desk.control("POST", f"/shopee/orders/{sn}/cancel")
    eventually(lambda: "CANCELLED" in [row["data"]["status"] for row in messages(listener, 3)])


def test_codes_1_2_and_12_about_the_authorisation(desk, listener):
    back = "https://erp.example.com/cb"
    desk.web.post("/shopee/auth", query_string={"partner_id": PARTNER, "redirect_uri": back}, data={"who": SHOP})
    linked = one(listener, 1)
    assert linked["partner_id"] == PARTNER and linked["data"]["shop_id"] == SHOP and "shop_id" not in linked
    desk.control("POST", f"/shopee/shops/{SHOP}/expire_soon")
    soon = one(listener, 12)
    assert soon["data"]["shop_expire_soon"] == [SHOP] and "shop_id" not in soon
    assert desk.get("/shop/get_shop_info")["expire_time"] < soon["data"]["expire_before"]
    desk.control("POST", f"/shopee/shops/{SHOP}/revoke")
    assert one(listener, 2)["data"]["authorize_type"] == "user cancel shop authorization"


def test_unlinked_shops_push_nothing(desk, listener):
    desk.shop("VN", 700123999)
    desk.orders(1, shop_id=700123999)
    desk.orders(1)
    one(listener, 3)
    assert {message["shop_id"] for message in messages(listener, 3)} == {SHOP}


def test_a_body_in_the_answer_is_a_failure_and_is_retried(desk, listener):
    listener.answers[:] = [(200, b'{"ok":true}'), (500, b""), (204, b"")]
    desk.orders(1)
    record = eventually(lambda: [row for row in desk.control("GET", "/hooks")["deliveries"] if row["done"]])[0]
    assert [attempt["status"] for attempt in record["attempts"]] == [200, 500, 204]
    assert len({body for _, _, body in listener.got}) == 1  # the same bytes each time


def test_lost_messages_wait_until_confirmed(desk, listener):
    listener.answers[:] = [(500, b"")] * 8
    sn, other = desk.orders(2)
    rows = eventually(lambda: len(desk.world.books("shopee.lost")) == 2 and desk.public("GET", "/push/get_lost_push_message"))["response"]
    assert rows["has_next_page"] is False and len(rows["push_message_list"]) == 2
    whole = [json.loads(row["data"]) for row in rows["push_message_list"]]
    assert {message["data"]["ordersn"] for message in whole} == {sn, other} and whole[0]["code"] == 3
    first = min(map(int, desk.world.books("shopee.lost")))
    assert desk.public("POST", "/push/confirm_consumed_lost_push_message", {"last_message_id": first})["response"] == {"result": "success"}
    assert len(desk.public("GET", "/push/get_lost_push_message")["response"]["push_message_list"]) == 1
    desk.public("POST", "/push/confirm_consumed_lost_push_message", {"last_message_id": rows["last_message_id"]})
    assert desk.public("GET", "/push/get_lost_push_message")["response"]["push_message_list"] == []


def test_lost_messages_older_than_three_days_are_gone(desk, listener):
    listener.answers[:] = [(500, b"")] * 4
    desk.orders(1)
    eventually(lambda: desk.world.books("shopee.lost"))
    desk.control("POST", "/clock", offset=3 * 86_400 + 60)
    assert desk.public("GET", "/push/get_lost_push_message")["response"]["push_message_list"] == []


def test_configuration(desk, listener):
    new = Listener()
    done = desk.public("POST", "/push/set_app_push_config", {
        "callback_url": new.url, "set_push_config_on": [3], "set_push_config_off": [4, 15], "blocked_shop_id_list": [700123999]})
    assert done["response"] == {"result": "success"}
    assert "verify_info" in one(new, 0)["data"]
    shown = desk.public("GET", "/push/get_app_push_config")["response"]
    assert shown["callback_url"] == new.url and shown["live_push_status"] == "Normal" and shown["push_config_on_list"] == [1, 2, 3, 12]
    desk.shipped(desk.orders()[0])
    one(new, 3)
    assert not messages(new, 4) and not listener.got
    assert desk.public("POST", "/push/set_app_push_config", {"blocked_shop_id_list": list(range(501))})["error"] == "error_param"
    assert desk.public("POST", "/push/set_app_push_config", {"callback_url": "ftp://x"})["error"] == "error_param"
    desk.public("POST", "/push/set_app_push_config", {"blocked_shop_id_list": [SHOP]})
    before = len(desk.control("GET", "/hooks")["deliveries"])
    desk.orders(1, seed=9)
    assert len(desk.control("GET", "/hooks")["deliveries"]) == before


def test_verify_button(desk, listener):
    assert desk.control("POST", f"/shopee/apps/{PARTNER}/verify") == {"ok": True, "status": 200, "note": ""}
    message = messages(listener, 0)[0]
    assert message["data"]["verify_info"] and "shop_id" not in message


def test_bulk_orders_push_only_when_asked(desk, listener):
    desk.orders(101)
    assert desk.control("GET", "/hooks")["deliveries"] == []
    desk.orders(101, push=True, seed=2)
    assert len(desk.control("GET", "/hooks")["deliveries"]) == 101
