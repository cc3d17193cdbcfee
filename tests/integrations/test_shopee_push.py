"""Shopee's pushes: signature first, then what they are about."""
import hmac
import json
from hashlib import sha256

import pytest

from app.failures import Failure
from app.integrations.http import FakeTransport
from tests.integrations.shopee_kit import KEY, NOW, PUSH_KEY, SHOP, VECTORS, app_settings, connector, ok

URL = "https://erp.example.com/api/push/shopee"
VECTOR = VECTORS["push_authorization_header_url_pipe_body"]
BODY_ONLY = VECTORS["push_authorization_header_body_only_variant"]


def signed(message, key=PUSH_KEY):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return {"authorization": hmac.new(key.encode(), URL.encode() + b"|" + body, sha256).hexdigest()}, body


def read(message, **options):
    return connector(FakeTransport(), app=app_settings(**options)).read_push(*signed(message))


def refusal(call):
    with pytest.raises(Failure) as caught:
        call()
    return caught.value.code


def test_the_golden_push_is_accepted():
    [note] = connector(FakeTransport()).read_push({"Authorization": VECTOR["expected"]}, VECTOR["inputs"]["raw_body"].encode())
    assert (note.kind, note.shop_id, note.order_no, note.event_id) == ("order", SHOP, "260921ABCD1234", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")


def test_body_only_signatures_count_only_where_switched_on():
    headers, body = {"Authorization": BODY_ONLY["expected"]}, BODY_ONLY["inputs"]["raw_body"].encode()
    assert refusal(lambda: connector(FakeTransport()).read_push(headers, body)) == "push.bad_signature"
    assert connector(FakeTransport(), app=app_settings(push_body_only="yes")).read_push(headers, body)[0].kind == "order"


@pytest.mark.parametrize("header", ["", "x", "ü", VECTOR["expected"].upper(), "Bearer " + VECTOR["expected"]])
def test_forged_signatures_are_refused(header):
    body = VECTOR["inputs"]["raw_body"].encode()
    assert refusal(lambda: connector(FakeTransport()).read_push({"Authorization": header}, body)) == "push.bad_signature"
    assert refusal(lambda: connector(FakeTransport()).read_push({}, body)) == "push.bad_signature"
    assert refusal(lambda: connector(FakeTransport()).read_push({"Authorization": VECTOR["expected"]}, body + b" ")) == "push.bad_signature"


def test_without_a_push_key_the_partner_key_signs():
    app = app_settings()
    app.secrets["push_key"] = ""
    assert connector(FakeTransport(), app=app).read_push(*signed({"code": 3, "shop_id": 1, "data": {}}, KEY))[0].kind == "order"


@pytest.mark.parametrize("message,kind,shop,order,package", [
    ({"code": 0, "data": {"verify_info": "x"}}, "other", "", "", ""),
    ({"code": 1, "data": {"shop_id": 7, "success": 1}}, "authorised", "7", "", ""),
    ({"code": 2, "data": {"shopid": 7}}, "revoked", "7", "", ""),
    ({"code": 3, "shop_id": 7, "data": {"ordersn": "N"}}, "order", "7", "N", ""),
    ({"code": 4, "shop_id": 7, "data": {"ordersn": "N", "package_number": "P", "tracking_no": "T"}}, "tracking", "7", "N", "P"),
    ({"code": 15, "shop_id": 7, "data": {"order_sn": "N", "package_number": "P"}}, "document", "7", "N", "P"),
    ({"code": 30, "shop_id": 7, "data": {"ordersn": "N"}}, "order", "7", "N", ""),
    ({"code": 47, "shop_id": 7, "data": {"order_sn": "N"}}, "order", "7", "N", ""),
    ({"code": 16, "shop_id": 7, "data": []}, "other", "7", "", ""),
])
def test_what_a_push_is_about(message, kind, shop, order, package):
    [note] = read(message | {"timestamp": 1790000000})
    assert (note.kind, note.shop_id, note.order_no, note.package_number, note.at) == (kind, shop, order, package, NOW)
    assert len(note.event_id) == 64


def test_expiring_authorisations_come_one_note_per_shop():
    notes = read({"code": 12, "timestamp": 1, "data": {"shop_expire_soon": [7, 8], "merchant_expire_soon": []}})
    assert [(n.kind, n.shop_id) for n in notes] == [("expiring", "7"), ("expiring", "8")]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_signed_push_that_cannot_be_read(body):
    assert refusal(lambda: read(body)) == "push.unreadable"


def test_lost_pushes_are_read_and_confirmed():
    message = json.dumps({"code": 3, "shop_id": 7, "timestamp": 5, "data": {"ordersn": "N"}})
    lost = [{"shop_id": 7, "code": 3, "timestamp": 5, "data": message}]
    transport = FakeTransport([ok({"push_message_list": lost, "last_message_id": 900610}), ok()])
    shop = connector(transport)
    notes, last = shop.lost_pushes()
    assert [(n.kind, n.order_no) for n in notes] == [("order", "N")]
    shop.confirm_lost(last)
    assert transport.sent[-1].json() == {"last_message_id": 900610}


def test_subscribing():
    transport = FakeTransport([ok({"result": "success"})])
    connector(transport).subscribe(URL)
    assert transport.sent[0].json()["callback_url"] == URL and "access_token" not in transport.sent[0].query
