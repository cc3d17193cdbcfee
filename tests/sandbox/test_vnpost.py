"""The VNPost stand-in, line by line of what it must refuse and give."""

import base64
import copy
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from app.sandbox import create_sandbox
from app.sandbox.vnpost.checks import s10
from tests.sandbox.listener import listen, until

LOGIN = {"username": "demo@example.com", "password": "demoPass01", "customerCode": "T000123456"}
INFO = {
    "senderName": "Kho A", "senderPhone": "0912345678", "senderAddress": "12 Duy Tân", "senderProvinceCode": "10",
    "senderProvinceName": "Hà Nội", "senderDistrictCode": "1390", "senderDistrictName": "Quận Cầu Giấy", "senderCommuneCode": "13915",
    "senderCommuneName": "Phường Dịch Vọng", "receiverName": "lã văn việt", "receiverPhone": "0987654321", "receiverEmail": None,
    "receiverAddress": "12 ngõ 34 Nguyễn Trãi", "receiverProvinceCode": "70", "receiverProvinceName": "TP. Hồ Chí Minh",
    "receiverDistrictCode": "7270", "receiverDistrictName": "Quận 5", "receiverCommuneCode": "72710", "receiverCommuneName": "Phường 1",
    "serviceCode": "CTN009", "saleOrderCode": "SO-0001", "contentNote": "Ốp điện thoại x2", "weight": "500", "width": None,
    "length": None, "height": None, "vehicle": "BO", "sendType": "2", "isBroken": "0", "deliveryTime": "N", "deliveryRequire": "1",
    "addonService": [{"code": "GTG021", "propValue": "PROP0018:150000"}], "additionRequest": [],
}
ROUTE = {key: value for key, value in INFO.items() if key.endswith(("Code", "Name"))}
REMOTE = {"receiverProvinceCode": "65", "receiverDistrictCode": "6590", "receiverCommuneCode": "65910"}


@pytest.fixture
def app():
    app = create_sandbox(speed=3000)
    yield app
    app.extensions["world"].close()


class Caller:
    """The client's side: gets a token once and sends it along."""

    def __init__(self, app, prefix="", **login):
        self.client, self.prefix = app.test_client(), "/vnpost" + prefix
        self.token = self.post("/GetAccessToken", {**LOGIN, **login}, token=None).json["token"]
        self.customer = {**LOGIN, **login}["customerCode"]

    def get(self, path, **query):
        return self.client.get(self.prefix + path, query_string=query, headers={"token": self.token})

    def post(self, path, body, token=""):
        headers = {} if token is None else {"token": token or self.token}
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.client.post(self.prefix + path, data=data, headers=headers)

    def charge(self, **changes):
        data = {**ROUTE, "serviceCode": None, "weight": 500, "width": 10, "length": 20, "height": 5, **changes}
        return self.post("/ServicesCharge", {"scope": 1, "customerCode": self.customer, "contractCode": "", "data": data})

    def order(self, status=1, **changes):
        body = {"orderCreationStatus": status, "type": "GUI", "customerCode": self.customer, "contractCode": "",
                "informationOrder": {**INFO, **changes}}
        return self.post("/CreateOrder", body)

    def made(self, status=1, **changes):
        answer = self.order(status, **changes)
        assert answer.status_code == 200, answer.text
        return answer.json

    def control(self, path, body=None):
        path = "/vnpost/_control" + path
        return self.client.get(path) if body is None else self.client.post(path, json=body)


@pytest.fixture
def me(app):
    return Caller(app)


def check_spring(answer, status, path):
    assert answer.status_code == status
    assert answer.json.keys() >= {"status", "timestamp", "error", "message", "description", "path"}
    assert answer.json["status"] == status and answer.json["path"] == path and answer.json["message"]


# access

@pytest.mark.parametrize("prefix", ["", "/customer-partner"])
def test_both_prefixes(app, prefix):
    me = Caller(app, prefix)
    assert len(me.token) > 10 and all(sign in me.token for sign in "+/=")
    assert me.charge().json[0]["serviceCode"] == "CTN009"
    assert me.get("/getOrder", type=1, code=me.made()["itemCode"]).json["results"]


def test_a_prefix_can_be_switched_off(me):
    me.control("/settings", {"prefixes": ["/customer-partner"]})
    check_spring(me.post("/GetAccessToken", LOGIN), 404, "/GetAccessToken")
    me.prefix += "/customer-partner"
    assert me.post("/GetAccessToken", LOGIN).json["success"] is True


@pytest.mark.parametrize("wrong", [{"username": "x"}, {"username": 5}, {"password": "x"}, {"customerCode": "C1"}, {"password": None}])
def test_wrong_login(me, wrong):
    answer = me.post("/GetAccessToken", {**LOGIN, **wrong}).json
    assert answer["success"] is False and answer["message"] and not answer["token"]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b'{"a": NaN}', b'{"a": "\\udc00"}'])
def test_body_that_is_no_object(me, raw):
    for path in ("/GetAccessToken", "/ServicesCharge", "/CreateOrder", "/orderCancel"):
        check_spring(me.post(path, raw), 400, path)


def test_token_header_is_needed(me):
    for headers in ({}, {"token": "made+up/="}, {"Authorization": "Bearer " + me.token}):
        check_spring(me.client.get("/vnpost/getAllProvince", headers=headers), 401, "/getAllProvince")
    for path in ("/ServicesCharge", "/CreateOrder", "/orderCancel", "/orderCorrection"):
        check_spring(me.post(path, {}, token="nothing"), 401, path)


def test_token_expires(me):
    me.control("/settings", {"token_seconds": 60})
    me.token = me.post("/GetAccessToken", LOGIN).json["token"]
    assert me.get("/getAllProvince").status_code == 200
    me.client.post("/control/clock", json={"add": 61})
    check_spring(me.get("/getAllProvince"), 401, "/getAllProvince")
    me.token = me.post("/GetAccessToken", LOGIN).json["token"]
    assert me.get("/getAllProvince").status_code == 200


def test_places(me):
    provinces = {row["provinceCode"]: row["provinceName"] for row in me.get("/getAllProvince").json}
    assert (provinces["10"], provinces["70"], provinces["55"]) == ("Hà Nội", "TP. Hồ Chí Minh", "Đà Nẵng") and "65" in provinces
    districts = {row["districtCode"]: row for row in me.get("/getAllDistrict").json}
    communes = me.get("/getAllCommune").json
    found = {(districts[row["districtCode"]]["districtName"], row["communeName"]) for row in communes}
    assert {("Quận 5", "Phường 1"), ("Quận Cầu Giấy", "Phường Dịch Vọng"), ("Quận Hải Châu", "Phường Thạch Thang"),
            ("Quận 1", "Phường Bến Nghé"), ("Huyện Trường Sa", "Thị trấn Trường Sa")} <= found
    assert all(row["provinceCode"] in provinces for row in districts.values())


def test_new_places_have_two_levels(me):
    provinces = {row["provinceCode"] for row in me.get("/getNewProvinceAll").json}
    wards = me.get("/getNewCommuneAll").json
    assert wards and all(row.keys() == {"communeCode", "communeName", "provinceCode"} for row in wards)
    assert {row["provinceCode"] for row in wards} == provinces


def test_charges(me):
    rows = me.charge().json
    assert [row["serviceCode"] for row in rows] == ["CTN009", "CTN007", "ETN011"]
    assert rows[0]["totalFee"] > rows[1]["totalFee"] and all(isinstance(row["totalFee"], int) for row in rows)
    assert rows[0]["weightConvert"] == 167  # 20 × 10 × 5 / 6
    assert [row["serviceCode"] for row in me.charge(serviceCode="ETN011").json] == ["ETN011"]
    assert me.charge(width=100).json[0]["totalFee"] > rows[0]["totalFee"]  # a big box is priced by its volume
    assert me.charge(addonService=INFO["addonService"]).json[0]["totalFee"] == rows[0]["totalFee"] + 8000


def test_unserved_province(me):
    assert me.charge(**REMOTE).json == []
    assert me.charge(senderProvinceCode="65").json == []
    check_spring(me.order(**REMOTE), 400, "/CreateOrder")


@pytest.mark.parametrize("wrong", [{"serviceCode": "XYZ"}, {"serviceCode": 9}, {"weight": 0}, {"weight": -5}, {"weight": "much"},
                                   {"weight": None}, {"addonService": [{"code": "GTG021", "propValue": "PROP0018:1.5"}]}])
def test_refused_charge(me, wrong):
    answer = me.charge(**wrong)
    check_spring(answer, 400, "/ServicesCharge")
    assert answer.json["data"] is None


def test_charge_of_another_scope_or_customer(me):
    body = {"scope": 1, "customerCode": "T000123456", "data": {**ROUTE, "serviceCode": None, "weight": 1}}
    assert me.post("/ServicesCharge", body).status_code == 200
    for wrong in ({"scope": 2}, {"customerCode": "other"}, {"data": None}):
        assert me.post("/ServicesCharge", {**body, **wrong}).status_code == 400


# orders

def test_create(me):
    order = me.made()
    assert order["itemCode"] == "CA123456785VN" and order["originalItemCode"] == order["itemCode"]
    assert (order["status"], order["saleOrderCode"], order["codAmount"], order["weight"]) == (1, "SO-0001", 150000, 500)
    assert order["totalFee"] == order["mainFee"] + order["vasFee"] and order["receiverName"] == "lã văn việt"
    assert order["orderHdrID"] and order["originalID"] and re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", order["createdDate"])
    assert re.fullmatch(r"EB\d{9}VN", me.made(serviceCode="ETN011")["itemCode"])


@pytest.mark.parametrize(("serial", "check"), [(47312482, 9), (12345678, 5), (0, 5), (47312901, 8), (47312910, 6), (8, 0), (15, 5)])
def test_s10(serial, check):
    assert s10("CA", serial) == f"CA{serial:08d}{check}VN"


NEEDED = ("senderName", "senderPhone", "senderAddress", "receiverName", "receiverPhone", "receiverAddress", "serviceCode", "contentNote",
          "weight", "sendType")


@pytest.mark.parametrize("wrong", [
    *({field: empty} for field in NEEDED for empty in (None, " ")),
    {"receiverPhone": "12345678"}, {"receiverPhone": "123456789012"}, {"receiverPhone": "+84987654321"}, {"senderPhone": "09123x5678"},
    {"receiverPhone": "٠٩٨٧٦٥٤٣٢١"}, {"receiverDistrictCode": "1390"}, {"receiverDistrictCode": None}, {"receiverProvinceCode": "99"},
    {"receiverCommuneCode": "13915"}, {"senderDistrictCode": "7270"}, {"serviceCode": "XYZ"}, {"weight": "0"}, {"weight": "heavy"},
    {"sendType": "9"}, {"receiverDistrictCode": "VNPOST", "receiverCommuneCode": "72710"},
    {"addonService": [{"code": "GTG021", "propValue": "PROP0018:150000.5"}]}, {"addonService": [{"code": "GTG021", "propValue": "150000"}]},
    {"addonService": [{"code": "GTG021", "propValue": "PROP0018:-1"}]}, {"addonService": [{"code": "GTG008", "propValue": "PROP0026:x"}]},
    {"addonService": ["x"]}, {"addonService": [{"code": "ABC", "propValue": "PROP0018:1"}]},
], ids=lambda wrong: "-".join(wrong))
def test_refused_order(me, wrong):
    check_spring(me.order(**wrong), 400, "/CreateOrder")
    assert me.control("/shipments").json == []


def test_two_level_address(me):
    order = me.made(receiverDistrictCode="VNPOST", receiverCommuneCode="70135")
    assert order["receiverDistrictCode"] == "VNPOST"


def test_refused_frame(me):
    body = {"orderCreationStatus": 1, "customerCode": "T000123456", "informationOrder": copy.deepcopy(INFO)}
    assert me.post("/CreateOrder", body).status_code == 200
    for wrong in ({"customerCode": "T9"}, {"orderCreationStatus": 7}, {"informationOrder": []}, {"informationOrder": None}):
        check_spring(me.post("/CreateOrder", {**body, **wrong}), 400, "/CreateOrder")


def test_sale_order_code_may_repeat_unless_switched(me):
    assert me.made()["itemCode"] != me.made()["itemCode"]
    me.control("/settings", {"unique_reference": True})
    check_spring(me.order(), 400, "/CreateOrder")
    me.made(saleOrderCode="SO-2")
    me.made(saleOrderCode=None)


def test_parallel_creates_get_different_numbers(app, me):
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda n: Caller(app).made(saleOrderCode=f"P-{n}")["itemCode"], range(40)))
    assert len(set(numbers)) == 40


def test_drafts(me):
    draft = me.made(status=0)
    assert draft["status"] == 0 and draft["itemCode"] is None
    issued = me.get("/createOrderByDraft", code=draft["originalID"]).json
    assert issued["status"] == 1 and issued["itemCode"] and issued["originalID"] == draft["originalID"]
    assert me.get("/createOrderByDraft", code=draft["originalID"]).status_code == 400
    me.made(status=0, saleOrderCode="D-2")
    assert me.get("/deleteOrderByDraft", type=2, code="D-2").json["success"] is True
    assert me.get("/deleteOrderByDraft", type=2, code="D-2").status_code == 400


# reads

def test_get_order(me, app):
    order = me.made()
    for query in ({"type": 1, "code": order["itemCode"]}, {"type": 2, "code": "SO-0001"}):
        (row,) = me.get("/getOrder", **query).json["results"]
        assert (row["itemCode"], row["senderCode"], row["status"]) == (order["itemCode"], "T000123456", 1)
        assert re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", row["updatedDate"])
    assert me.get("/getOrder", type=1, code="CA000000005VN").json == {"results": []}
    for query in ({"type": 3, "code": "x"}, {"type": 1}, {"code": "x"}):
        check_spring(me.get("/getOrder", **query), 400, "/getOrder")
    me.control("/accounts", {"username": "b", "password": "p", "customerCode": "C2"})
    other = Caller(app, username="b", password="p", customerCode="C2")
    assert other.get("/getOrder", type=1, code=order["itemCode"]).json == {"results": []}
    assert other.post("/orderCancel", {"OriginalId": order["originalID"]}).status_code == 400


def test_history(me):
    number = me.made()["itemCode"]
    for code in (6, "10", 14):
        assert me.control(f"/shipments/{number}/status", {"status": code}).status_code == 200
    (row,) = me.get("/GetStatusHistoryOrder", type=2, code="SO-0001").json["data"]
    assert row["itemCode"] == number and [step["statusCode"] for step in row["statusHistory"]] == [1, 6, 10, 14]
    last = row["statusHistory"][-1]
    assert last["statusName"] == "Đã giao hàng" and re.fullmatch(r"\d\d:\d\d:\d\d", last["createHour"])
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", last["createdDate"])


# changes

def test_cancel_answers_a_list(me):
    order = me.made()
    (row,) = me.post("/orderCancel", {"OriginalId": order["originalID"]}).json
    assert row.keys() == {"type", "note", "message", "originalId", "caseId"} and row["originalId"] == order["originalID"]
    assert me.get("/getOrder", type=1, code=order["itemCode"]).json["results"][0]["status"] == 9
    check_spring(me.post("/orderCancel", {"OriginalId": order["originalID"]}), 400, "/orderCancel")
    collected = me.made()
    me.control(f"/shipments/{collected['itemCode']}/status", {"status": 6})
    assert me.post("/orderCancel", {"OriginalId": collected["originalID"]}).status_code == 400
    for unknown in ("none", None, [], collected["itemCode"]):
        assert me.post("/orderCancel", {"OriginalId": unknown}).status_code == 400


def test_correction(me):
    order = me.made()
    (row,) = me.post("/orderCorrection", {"OriginalId": order["originalID"], "informationOrder": {"receiverPhone": "0911111111"}}).json
    assert row["caseId"] is None
    assert me.get("/getOrder", type=1, code=order["itemCode"]).json["results"][0]["receiverPhone"] == "0911111111"
    assert me.post("/orderCorrection", {"OriginalId": order["originalID"], "informationOrder": {"weight": 0}}).status_code == 400
    assert me.post("/orderCorrection", {"OriginalId": order["originalID"]}).status_code == 400
    me.control(f"/shipments/{order['itemCode']}/status", {"status": 10})
    (late,) = me.post("/orderCorrection", {"OriginalId": order["originalID"], "informationOrder": {"receiverPhone": "0922222222"}}).json
    assert me.get("/getOrder", type=1, code=order["itemCode"]).json["results"][0]["receiverPhone"] == "0911111111"
    assert me.get("/orderCorrection/updateCase", caseId=late["caseId"]).json[0]["originalId"] == order["originalID"]
    assert me.get("/getOrder", type=1, code=order["itemCode"]).json["results"][0]["receiverPhone"] == "0922222222"
    check_spring(me.get("/orderCorrection/updateCase", caseId="x"), 400, "/orderCorrection/updateCase")


def test_print_form_is_not_served(me):
    assert me.post("/exportListReport", {}).status_code == 404


# webhook

@pytest.fixture
def listener():
    with listen() as server:
        yield server


def test_webhook_is_signed(me, listener):
    me.control("/accounts", {**LOGIN, "webhook_url": listener.url})
    number = me.made()["itemCode"]
    me.control(f"/shipments/{number}/status", {"status": 14})
    _, body = until(lambda: listener.got)[0]
    assert body.keys() == {"data", "sendDate", "signature"}
    assert (body["data"][0]["itemCode"], body["data"][0]["status"], body["data"][0]["receiverName"]) == (number, 14, "lã văn việt")
    key = serialization.load_pem_public_key(me.control("/public_key").json["public_key"].encode())
    assert key.key_size == 2048
    signature = base64.b64decode(body["signature"], validate=True)
    key.verify(signature, f"MYVNP{body['sendDate']}{number}14".encode(), padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        key.verify(signature, f"MYVNP{body['sendDate']}{number}12".encode(), padding.PKCS1v15(), hashes.SHA256())


def test_webhook_is_repeated(me, listener):
    me.control("/accounts", {**LOGIN, "webhook_url": listener.url})
    listener.answers = [401, 500]
    number = me.made()["itemCode"]
    me.control(f"/shipments/{number}/advance", {})
    until(lambda: len(listener.got) == 3)
    assert listener.got[0] == listener.got[2]


def test_webhook_of_a_cancellation(me, listener):
    me.control("/accounts", {**LOGIN, "webhook_url": listener.url})
    assert me.post("/orderCancel", {"OriginalId": me.made()["originalID"]}).status_code == 200
    assert until(lambda: listener.got)[0][1]["data"][0]["status"] == 9


# control

def test_control(me):
    order = me.made()
    assert me.control("/shipments?reference=SO-0001").json[0]["tracking_number"] == order["itemCode"]
    assert me.control("/shipments?reference=none").json == []
    assert me.control(f"/shipments/{order['itemCode']}").json["statusHistory"][0]["statusCode"] == 1
    assert me.control("/shipments/none").status_code == 404
    for status in (25, "x", None, True, []):
        assert me.control(f"/shipments/{order['itemCode']}/status", {"status": status}).status_code == 400
    steps = [me.control(f"/shipments/{order['itemCode']}/advance", {}).json["shipment"]["status"] for _ in range(6)]
    assert steps == [6, 7, 10, 11, 12, 14]
    assert me.control(f"/shipments/{order['itemCode']}/advance", {}).status_code == 409
    assert me.control("/shipments/none/advance", {}).status_code == 404


def test_control_accounts_and_settings(me):
    assert "demoPass01" not in me.control("/accounts").text
    assert me.control("/accounts", {"username": "x"}).status_code == 400
    assert me.control("/settings", {"token_seconds": -1}).status_code == 400
    assert me.control("/settings", {"prefixes": ["/other"]}).status_code == 400
    assert me.control("/settings", {"nonsense": 1}).status_code == 400
    assert me.control("/settings").json["token_seconds"] == 3600


@pytest.mark.parametrize(("kind", "status"), [("rate_limit", 429), ("server_error", 500), ("expired_token", 401)])
def test_faults_wear_the_error_body(me, kind, status):
    me.client.post("/control/faults", json={"service": "vnpost", "kind": kind, "path": "/getOrder", "times": 1})
    check_spring(me.get("/getOrder", type=1, code="x"), status, "/getOrder")
    assert me.get("/getOrder", type=1, code="x").status_code == 200


def test_state_survives_a_restart(tmp_path):
    path = str(tmp_path / "state.json")
    first = create_sandbox(path)
    before = Caller(first)
    number, key = before.made()["itemCode"], before.control("/public_key").json
    first.extensions["world"].close()
    second = create_sandbox(path)
    after = Caller(second)
    after.token = before.token
    assert after.get("/getOrder", type=1, code=number).json["results"][0]["itemCode"] == number
    assert after.control("/public_key").json == key
    assert after.made()["itemCode"] != number
    second.extensions["world"].close()
