"""VNPost: token, prefix, places, bodies and answers over a fake transport."""
import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from app.failures import Failure, Retry
from app.integrations.carriers import vnpost_forms as forms
from app.integrations.carriers.base import CarrierSettings
from app.integrations.carriers.vnpost import VNPost
from app.integrations.http import Client, FakeTransport, Reply, drop, time_out
from app.integrations.types import Address, Booked, DeclaredItem, Shipment

ACCOUNT = {"username": "demo@example.com", "customer_code": "T000123456", "sender_name": "Kho A", "sender_phone": "0912345678",
           "sender_street": "1 Dịch Vọng", "sender_ward": "Phường Dịch Vọng", "sender_district": "Cầu Giấy", "sender_province": "Hà Nội"}
VIET = Address(name="Lã Văn Việt", phone="0987654321", country="VN", state="TP. Hồ Chí Minh", city="Quận 5", district="Phường 1",
               street="12 ngõ 34 Nguyễn Trãi")
SHIPMENT = Shipment("OD-0001", "SO-1", Address(country="CN"), VIET, [DeclaredItem("S1", 2, "Phone case", value=Decimal(75000),
    weight_g=250)],
                    currency="VND", value=Decimal(150000))
PROVINCES = [{"provinceCode": "10", "provinceName": "Hà Nội"}, {"provinceCode": "70", "provinceName": "TP. Hồ Chí Minh"}]
DISTRICTS = [{"districtCode": "1390", "districtName": "Quận Cầu Giấy", "provinceCode": "10"},
             {"districtCode": "7270", "districtName": "Quận 5", "provinceCode": "70"},
             {"districtCode": "7290", "districtName": "Thành phố Thủ Đức", "provinceCode": "70"}]
COMMUNES = [{"communeCode": "13915", "communeName": "Phường Dịch Vọng", "districtCode": "1390"},
            {"communeCode": "13920", "communeName": "Phường Quan Hoa", "districtCode": "1390"},
            {"communeCode": "13925", "communeName": "Phường Hòa", "districtCode": "1390"},
            {"communeCode": "72710", "communeName": "Phường 01", "districtCode": "7270"},
            {"communeCode": "72790", "communeName": "Xã Tân Lập", "districtCode": "7290"},
            {"communeCode": "72791", "communeName": "Thị trấn Tân Lập", "districtCode": "7290"}]
WARDS = [{"communeCode": "70120", "communeName": "Phường Bến Thành", "provinceCode": "70"},
         {"communeCode": "10120", "communeName": "Phường Cầu Giấy", "provinceCode": "10"}]
LISTS = {"getAllProvince": PROVINCES, "getAllDistrict": DISTRICTS, "getAllCommune": COMMUNES, "getNewProvinceAll": PROVINCES,
    "getNewCommuneAll": WARDS}
OLD, NEW = (PROVINCES, DISTRICTS, COMMUNES), (PROVINCES, WARDS)
ORDER = {"itemCode": "CA123456785VN", "originalID": "o-1", "saleOrderCode": "OD-0001", "status": 1, "totalFee": 32000}


class Host:
    """A transport that signs in, serves the lists and answers `paths` (path -> answer or list of answers)."""

    def __init__(self, paths=None, prefix=""):
        self.paths, self.prefix, self.tokens, self.refuse = paths or {}, prefix, 0, set()

    def __call__(self, sent):
        if not sent.path.startswith(self.prefix + "/") or (not self.prefix and sent.path.startswith("/customer-partner")):
            return Reply(404, {"status": 404, "message": "No message available"})
        path = sent.path.removeprefix(self.prefix).strip("/")
        if path == "GetAccessToken":
            self.tokens += 1
            return {"success": True, "token": f"+/tok{self.tokens}=="}
        if sent.headers.get("token") in self.refuse:
            return Reply(401, {"status": 401, "message": "expired"})
        answer = self.paths.get(path, LISTS.get(path, Reply(404, {"status": 404})))
        return answer.pop(0) if isinstance(answer, list) and path in self.paths and answer and path != "ServicesCharge" else answer


def make(host=None, options=None, base="https://my-uat.vnpost.vn", cache=None, **secrets):
    transport = FakeTransport(host or Host())
    settings = CarrierSettings(base, {**ACCOUNT, **(options or {})}, {"password": "demoPass01", **secrets})
    return VNPost(settings, client=Client(base, "vnpost", transport=transport, sleep=lambda _: None), cache=cache), transport


def info(shipment, **options):
    carrier, transport = make(Host({"CreateOrder": ORDER}), options)
    carrier.book(shipment)
    return transport.sent[-1].json()["informationOrder"]


def test_missing_fields_of_the_account():
    with pytest.raises(Failure) as caught:
        VNPost(CarrierSettings("https://my-uat.vnpost.vn", {"username": "x"}))
    assert caught.value.params["field"] == "password, customer_code"


def test_token_is_cached_for_all_connectors_of_the_process():
    cache, host = {}, Host({"getOrder": {"results": []}, "GetStatusHistoryOrder": {"data": []}})
    for _ in range(3):
        make(host, cache=cache)[0].find("X")
    assert host.tokens == 1
    assert not any("demoPass01" in str(item) for item in cache.items())


@pytest.mark.parametrize("path", ["getOrder", "CreateOrder"])
def test_a_refused_token_is_renewed_once(path):
    host = Host({"getOrder": {"results": [ORDER]}, "CreateOrder": ORDER})
    host.refuse = {"+/tok1=="}
    carrier, transport = make(host)
    carrier.find("OD-0001") if path == "getOrder" else carrier.book(SHIPMENT)
    assert host.tokens == 2 and transport.sent[-1].headers["token"] == "+/tok2=="


def test_a_token_that_stays_refused_ends_it():
    host = Host()
    host.refuse = {"+/tok1==", "+/tok2=="}
    with pytest.raises(Failure, match="carrier.bad_credentials"):
        make(host)[0].find("X")
    assert host.tokens == 2


@pytest.mark.parametrize("answer", [{"success": False, "message": "sai mật khẩu", "token": None}, {"message": "?"}, [], Reply(400,
    {"message": "x"})])
def test_wrong_credentials(answer):
    with pytest.raises(Failure, match="carrier.bad_credentials"):
        make(lambda sent: answer)[0].verify()


@pytest.mark.parametrize(("base", "prefix", "options", "calls"), [
    ("https://my-uat.vnpost.vn", "", {}, 1), ("https://my-uat.vnpost.vn", "/customer-partner", {}, 2),
    ("https://connect-my.vnpost.vn", "/customer-partner", {}, 1), ("https://connect-my.vnpost.vn", "", {}, 2),
    ("https://connect-my.vnpost.vn", "", {"prefix": "none"}, 1), ("https://my-uat.vnpost.vn", "", {"prefix": "customer-partner"}, 2),
])
def test_the_prefix_is_found_and_remembered(base, prefix, options, calls):
    carrier, transport = make(Host({"getOrder": {"results": [ORDER]}}, prefix), options, base)
    assert carrier.verify() == f"T000123456 ({prefix or '/'})"
    assert len(transport.sent) == calls
    carrier.find("OD-0001")
    assert transport.sent[-1].path == f"{prefix}/getOrder"


def test_no_prefix_answers():
    with pytest.raises(Failure, match="carrier.wrong_address"):
        make(lambda sent: Reply(404, body=b"<html>"))[0].verify()


def test_legacy_tls_is_a_setting_of_this_host_alone():
    old = VNPost(CarrierSettings("https://connect-my.vnpost.vn", {**ACCOUNT, "legacy_tls": "yes"}, {"password": "x"}))
    new = VNPost(CarrierSettings("https://connect-my.vnpost.vn", ACCOUNT, {"password": "x"}))
    options = [c.client.session.get_adapter("https://connect-my.vnpost.vn/").ssl_options for c in (old, new)]
    assert options == [0x4, 0]


@pytest.mark.parametrize(("levels", "codes"), [
    (("TP. Hồ Chí Minh", "Quận 5", "Phường 1", ""), ("70", "7270", "72710")), (("HCM", "Q.5", "P.1", ""), ("70", "7270", "72710")),
    (("Ho Chi Minh City", "District 5", "", "Ward 01"), ("70", "7270", "72710")), (("Hanoi", "Cau Giay", "Dich Vong", ""),
    ("10", "1390", "13915")),
    (("Thành phố Hà Nội", "Quận Cầu Giấy", "", "Quan Hoa"), ("10", "1390", "13920")), (("Hà Nội", "Cầu Giấy", "", "Hòa"),
    ("10", "1390", "13925")),
    (("Hồ Chí Minh", "Phường Bến Thành", "", ""), ("70", "VNPOST", "70120")), (("Sài Gòn", "", "", "Bến Thành"), ("70", "VNPOST", "70120")),
    (("Hà Nội", "Phường Cầu Giấy", "", ""), ("10", "VNPOST", "10120")), (("TP HCM", "TP. Thủ Đức", "Xã Tân Lập", ""),
    ("70", "7290", "72790")),
])
def test_places_by_name(levels, codes):
    state, city, district, town = levels
    found = forms.place_codes(Address(state=state, city=city, district=district, town=town), OLD, NEW)
    assert (found["provinceCode"], found["districtCode"], found["communeCode"]) == codes


@pytest.mark.parametrize("levels", [
    ("", "", ""), ("Atlantis", "Quận 5", "Phường 1"), ("Hà Nội", "Quận 5", "Phường 1"), ("TP. Hồ Chí Minh", "Quận 5", "Phường 99"),
    ("TP. Hồ Chí Minh", "Thủ Đức", "Tân Lập"), ("Hà Nội", "Quận Cầu Giấy", ""), ("Hà Nội", "Quận Cầu Giấy", "Phường Lạ"),
])
def test_unknown_or_ambiguous_places_are_never_guessed(levels):
    state, city, district = levels
    with pytest.raises(Failure, match="carrier.place_unknown"):
        forms.place_codes(Address(state=state, city=city, district=district), OLD, NEW)


def test_order_body():
    body = info(replace(SHIPMENT, cod=Decimal(150000), remark="gọi trước"))
    assert {k: body[k] for k in ("senderProvinceCode", "senderDistrictCode", "senderCommuneCode", "receiverProvinceCode",
        "receiverDistrictCode",
                                 "receiverCommuneCode")} == {
        "senderProvinceCode": "10", "senderDistrictCode": "1390", "senderCommuneCode": "13915", "receiverProvinceCode": "70",
        "receiverDistrictCode": "7270", "receiverCommuneCode": "72710"}
    assert (body["senderName"], body["senderPhone"], body["receiverName"], body["receiverPhone"]) == ("Kho A", "0912345678",
        "Lã Văn Việt", "0987654321")
    assert (body["weight"], body["serviceCode"], body["saleOrderCode"], body["contentNote"]) == ("500", "CTN009", "OD-0001",
        "Phone case x2")
    assert body["addonService"] == [{"code": "GTG021", "propValue": "PROP0018:150000"}] and body["deliveryInstruction"] == "gọi trước"
    assert (body["sendType"], body["vehicle"], body["isBroken"], body["deliveryTime"], body["deliveryRequire"]) == ("2", "BO", "0", "N",
        "1")


def test_channel_options():
    options = {"declare_value": "yes", "send_type": "1", "length": "20", "width": 10, "height": ""}
    body = info(replace(SHIPMENT, options=options, service="ETN011"))
    assert body["addonService"] == [{"code": "GTG008", "propValue": "PROP0026:150000"}] and body["serviceCode"] == "ETN011"
    assert (body["sendType"], body["length"], body["width"], body["height"]) == ("1", 20, 10, None)


@pytest.mark.parametrize(("change", "code"), [
    ({"cod": Decimal("1000.5")}, "cod.amount"), ({"cod": Decimal(0)}, "cod.amount"),
    ({"cod": Decimal(5), "currency": "USD"}, "carrier.currency"),
    ({"recipient": replace(VIET, state="Atlantis")}, "carrier.place_unknown"),
])
def test_what_never_leaves_the_house(change, code):
    carrier, transport = make(Host({"CreateOrder": ORDER}))
    with pytest.raises(Failure, match=code):
        carrier.book(replace(SHIPMENT, **change))
    assert "/CreateOrder" not in transport.paths()


def test_no_sender_at_all():
    with pytest.raises(Failure) as caught:
        info(SHIPMENT, sender_ward="", sender_name="")
    assert caught.value.params["fields"] == "name, ward"


def test_content_is_cut_between_items():
    items = [DeclaredItem(f"S{n}", 1, "A rather long article name") for n in range(40)]
    note = forms.content(items)
    assert len(note) <= 350 and note.endswith("x1")


@pytest.mark.parametrize("answer", [ORDER, [[ORDER]], {"results": [ORDER]}])
def test_booked(answer):
    assert make(Host({"CreateOrder": answer}))[0].book(SHIPMENT) == Booked("CA123456785VN", "o-1", fee=Decimal(32000), currency="VND",
        status="1")


@pytest.mark.parametrize(("reply", "code", "retry"), [
    (Reply(400, {"status": 400, "message": "Thiếu trường"}), "carrier.refused", Retry.NEVER),
    (Reply(400, {"message": "saleOrderCode đã tồn tại"}), "carrier.duplicate_reference", Retry.UNKNOWN),
    (Reply(400, body=b"<html>"), "carrier.refused", Retry.NEVER), (Reply(404, {"status": 404}), "carrier.not_found", Retry.NEVER),
    (Reply(429), "http.rate_limited", Retry.LATER), (Reply(502), "http.server_error", Retry.UNKNOWN),
    ({"success": False, "message": "no"}, "carrier.refused", Retry.NEVER), ({"message": "?"}, "carrier.unreadable", Retry.UNKNOWN),
    (drop(), "http.connection_closed", Retry.UNKNOWN), (time_out(), "http.timeout", Retry.UNKNOWN),
    (b'{"itemCode', "http.not_json", Retry.UNKNOWN),
])
def test_booking_refused_or_lost(reply, code, retry):
    carrier, transport = make(Host({"CreateOrder": reply}))
    with pytest.raises(Failure) as caught:
        carrier.book(SHIPMENT)
    assert (caught.value.code, caught.value.retry) == (code, retry)
    assert transport.paths().count("/CreateOrder") == 1, "an order must never be sent twice"


def test_find():
    nothing = {"data": []}
    rows = [{**ORDER, "status": 9}, {**ORDER, "itemCode": "CA2", "senderCode": "T999"}, {**ORDER, "itemCode": None, "status": 0}]
    assert make(Host({"getOrder": {"results": rows}, "GetStatusHistoryOrder": nothing}))[0].find("OD-0001") is None
    assert make(Host({"getOrder": {"results": [*rows, ORDER]}}))[0].find("OD-0001").carrier_ref == "o-1"
    assert make(Host())[0].find("OD-0001") is None, "404 on both calls"
    history = {"data": [{"itemCode": "CA3", "statusHistory": [{"statusCode": 1}]}]}
    assert make(Host({"GetStatusHistoryOrder": history}))[0].find("OD-0001").tracking_no == "CA3"
    with pytest.raises(Failure, match="carrier.refused"):
        make(Host({"getOrder": Reply(400, {"message": "?"})}))[0].find("OD-0001")


def test_services_and_reach():
    carrier, transport = make(Host({"ServicesCharge": [{"serviceCode": "CTN009", "totalFee": 32000}, {"serviceCode": "ETN011",
        "totalFee": 43000}]}))
    assert carrier.services_for(SHIPMENT) == [("CTN009", Decimal(32000)), ("ETN011", Decimal(43000))]
    assert transport.sent[-1].json()["data"]["weight"] == 500 and transport.sent[-1].json()["data"]["serviceCode"] is None
    carrier.check(SHIPMENT)
    with pytest.raises(Failure) as caught:
        carrier.check(replace(SHIPMENT, service="XYZ"))
    assert (caught.value.code, caught.value.params["open"]) == ("carrier.service_closed", "CTN009, ETN011")
    with pytest.raises(Failure, match="carrier.not_served"):
        make(Host({"ServicesCharge": []}))[0].check(SHIPMENT)
    with pytest.raises(Failure, match="carrier.refused"):
        make(Host({"ServicesCharge": {"message": "lỗi", "data": None}}))[0].check(SHIPMENT)
    assert transport.paths().count("/getAllProvince") == 1, "place lists are cached"


def test_cancel():
    parcel = Booked("CA123456785VN", "o-1")
    host = Host({"getOrder": [{"results": [ORDER]}, {"results": [{**ORDER, "status": 9}]}], "orderCancel": [[{"message": "ok"}]]})
    carrier, transport = make(host)
    carrier.cancel(parcel)
    assert [s.json() for s in transport.sent if s.path == "/orderCancel"] == [{"OriginalId": "o-1"}]
    carrier, transport = make(Host({"getOrder": {"results": [{**ORDER, "status": 22}]}}))
    carrier.cancel(parcel)
    assert "/orderCancel" not in transport.paths(), "already void"
    with pytest.raises(Failure) as caught:
        make(Host({"getOrder": {"results": [ORDER]}, "orderCancel": [[{"message": "không thể hủy"}]]}))[0].cancel(parcel)
    assert (caught.value.code, caught.value.params["reason"]) == ("carrier.cancel_refused", "không thể hủy")
    with pytest.raises(Failure, match="carrier.cancel_refused"):
        make(Host({"getOrder": {"results": [ORDER]}, "orderCancel": Reply(400, {"message": "no"})}))[0].cancel(parcel)
    with pytest.raises(Failure, match="carrier.cancel_manual"):
        make(Host())[0].cancel(Booked("CA123456785VN"))


def test_track(caplog):
    history = [{"createdDate": "21/11/2026", "createHour": "09:30:00", "statusCode": 14, "statusName": "Đã giao"},
               {"createdDate": "20/11/2026", "createHour": "08:00:00", "statusCode": "12", "statusName": "Đang giao"},
               {"createdDate": "22/11/2026", "createHour": "08:00:00", "statusCode": 70}]
    host = Host({"GetStatusHistoryOrder": {"data": [{"itemCode": "CA1", "statusHistory": history}, {"itemCode": "CA2",
        "statusHistory": history}]}})
    events = make(host)[0].track("CA1")
    assert [(e.state, e.status) for e in events] == [("out_for_delivery", "12"), ("delivered", "14"), ("unknown", "70")]
    assert events[1].at == datetime(2026, 11, 21, 2, 30, tzinfo=UTC) and "unknown status '70'" in caplog.text
    assert make(Host())[0].track("CA1") == []


@pytest.mark.parametrize(("text", "at"), [
    ("21/11/2026 09:30:00", datetime(2026, 11, 21, 2, 30, tzinfo=UTC)), ("2026-11-21T09:30:00", datetime(2026, 11, 21, 2, 30, tzinfo=UTC)),
    ("2026-11-21T09:30:00Z", datetime(2026, 11, 21, 9, 30, tzinfo=UTC)), ("21/11/2026 ", datetime(2026, 11, 20, 17, tzinfo=UTC)),
    ("soon", None), (None, None),
])
def test_times(text, at):
    assert forms.moment(text) == at


# --- webhook ------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def pushed(key, rows, date="21/11/2026 09:30:00"):
    signature = key.sign(f"MYVNP{date}{rows[0]['itemCode']}{rows[0]['status']}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return {"data": rows, "sendDate": date, "signature": base64.b64encode(signature).decode()}


ROWS = [{"itemCode": "CA1", "status": 14, "saleOrderCode": "OD-1", "updatedDate": "21/11/2026 09:29:00"}, {"itemCode": "CA2",
    "status": 12}, {"status": 1}]


def test_push(key):
    text = pem(key)
    for form in (text, "".join(text.splitlines()[1:-1])):
        events = make(options={"webhook_key": form})[0].read_push({}, json.dumps(pushed(key, ROWS)).encode(), {})
        assert [(e.tracking_no, e.state, e.reference) for e in events] == [("CA1", "delivered", "OD-1"), ("CA2", "out_for_delivery", "")]
        assert events[0].event_id == "CA1:14:21/11/2026 09:29:00"


@pytest.mark.parametrize("forge", [{"sendDate": "22/11/2026 09:30:00"}, {"data": [{"itemCode": "CA9", "status": 14}]},
    {"signature": base64.b64encode(b"x" * 256).decode()}])
def test_forged_push(key, forge):
    body = json.dumps({**pushed(key, ROWS), **forge}).encode()
    with pytest.raises(Failure, match="push.bad_signature"):
        make(options={"webhook_key": pem(key)})[0].read_push({}, body, {})


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": [], "sendDate": "x", "signature": ""}',
    b'{"data": [{"itemCode": "A", "status": 1}], "sendDate": "", "signature": "?"}'])
def test_broken_push(key, body):
    with pytest.raises(Failure, match="push.bad_body"):
        make(options={"webhook_key": pem(key)})[0].read_push({}, body, {})


@pytest.mark.parametrize("text", ["", None, "not a key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"])
def test_push_without_a_usable_key(key, text):
    with pytest.raises(Failure, match="push.no_key"):
        make(options={"webhook_key": text})[0].read_push({}, json.dumps(pushed(key, ROWS)).encode(), {})
