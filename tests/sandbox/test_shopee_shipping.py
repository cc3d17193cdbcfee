"""ship_order and its rules, waybill numbers, batch forms, documents."""

import io

import pytest
from pypdf import PdfReader

from .shopee_desk import SHOP, Desk, eventually, fresh

SHIP = "/logistics/ship_order"


@pytest.fixture
def desk():
    return Desk(fresh())


def ship(desk, sn, **body):
    return desk.post(SHIP, order_sn=sn, **body)["error"]


def test_parameter_names_the_methods_of_the_channel(desk):
    def needed(**wish):
        sn, = desk.orders(1, **wish)
        return desk.get("/logistics/get_shipping_parameter", order_sn=sn)["response"]
    pickup = needed()
    assert pickup["info_needed"] == {"pickup": ["address_id", "pickup_time_id"], "dropoff": []}
    slots = pickup["pickup"]["address_list"][0]["time_slot_list"]
    assert slots[0]["flags"] == ["recommended"]
    assert all(isinstance(slot["pickup_time_id"], str) and slot["date"] > desk.world.now() for slot in slots)
    assert needed(carrier_kind="dropoff") == {"info_needed": {"dropoff": []}, "dropoff": {"branch_list": None}}
    assert needed(carrier_kind="non_integrated") == {"info_needed": {"non_integrated": ["tracking_no"]}}
    assert needed(status="SHIPPED")["pickup"]["address_list"][0]["time_slot_list"] == []
    late, = desk.orders(1, fields={"ship_by_date": 1000}, seed=3)
    assert desk.get("/logistics/get_shipping_parameter", order_sn=late)["response"]["pickup"]["address_list"][0]["time_slot_list"] == []
    assert desk.get("/logistics/get_shipping_parameter", order_sn="X")["error"] == "logistics.order_not_exist"


def test_pickup_processes_the_order_and_the_number_comes_later(desk):
    sn, = desk.orders()
    answer = desk.post(SHIP, order_sn=sn, pickup=desk.slot(sn))
    assert set(answer) == {"error", "message", "request_id"} and answer["error"] == ""
    order = desk.detail(sn)["response"]["order_list"][0]
    assert order["order_status"] == "PROCESSED" and order["package_list"][0]["logistics_status"] == "LOGISTICS_REQUEST_CREATED"
    first, second, third = (desk.get("/logistics/get_tracking_number", order_sn=sn)["response"] for _ in range(3))
    assert first["tracking_number"] == "" and first["hint"]
    assert second["tracking_number"] == third["tracking_number"] != ""
    assert desk.order(sn)["ship_calls"] == 1 and desk.order(sn)["tracking_numbers"] == [second["tracking_number"]]


def test_number_by_time_and_by_setting(desk):
    one, two = desk.orders(2)
    desk.control("POST", "/settings", shopee={"number_polls": 3})
    for sn in (one, two):
        ship(desk, sn, dropoff={})
    def ask(sn):
        return desk.get("/logistics/get_tracking_number", order_sn=sn)["response"]["tracking_number"]
    assert [bool(ask(one)) for _ in range(4)] == [False, False, False, True]
    desk.control("POST", "/clock", offset=31)
    assert ask(two)


def test_number_and_scan_come_by_themselves():
    desk = Desk(fresh(speed=1000))
    desk.control("POST", "/settings", shopee={"scan_seconds": 60})
    sn, = desk.orders()
    ship(desk, sn, dropoff={})
    eventually(lambda: desk.order(sn)["order_status"] == "SHIPPED")
    assert desk.order(sn)["tracking_numbers"]


@pytest.mark.parametrize("region, channel, shape", [
    ("PH", "GoGo Xpress", r"\d{4}-\d{4}-[A-Z]{4}$"), ("VN", "VNPost Tiết Kiệm", r"CA\d{9}VN$"), ("TH", "Flash Express", r"TH\d{12}$"),
])
def test_shapes_of_numbers(desk, region, channel, shape):
    import re

    desk.shop(region, 700123999)
    sn, = desk.orders(1, shop_id=700123999, channel=channel, status="PROCESSED")
    assert re.match(shape, desk.order(sn)["tracking_numbers"][0])


def test_exactly_one_method(desk):
    sn, = desk.orders()
    only = "logistics.ship_order_only_support_one_type"
    assert ship(desk, sn) == ship(desk, sn, pickup={}, dropoff={}) == only
    assert ship(desk, sn, dropoff=None) == only and ship(desk, sn, dropoff=[]) == "error_param"
    assert ship(desk, sn, non_integrated={"tracking_number": "A1"}) == "logistics.ship_order_unsupport_non_integrated"
    drop, = desk.orders(1, carrier_kind="dropoff", seed=2)
    assert ship(desk, drop, pickup={"address_id": 2826}) == "logistics.ship_order_unsupport_pickup"
    own, = desk.orders(1, carrier_kind="non_integrated", seed=3)
    assert ship(desk, own, dropoff={}) == "logistics.ship_order_unsupport_dropoff"
    assert desk.order(sn)["order_status"] == "READY_TO_SHIP" and desk.order(sn)["ship_calls"] == 5


def test_pickup_fields_must_be_from_the_offer(desk):
    sn, = desk.orders()
    good = desk.slot(sn)
    need = "logistics.ship_order_need_address_pickup_time"
    assert ship(desk, sn, pickup={}) == ship(desk, sn, pickup={"address_id": good["address_id"]}) == need
    assert ship(desk, sn, pickup={"pickup_time_id": good["pickup_time_id"]}) == need
    assert ship(desk, sn, pickup={**good, "address_id": 1}) == "logistics.error_param"
    assert ship(desk, sn, pickup={**good, "pickup_time_id": "1790035200"}) == "logistics.ship_order_pickup_time_invalid"
    assert ship(desk, sn, pickup={**good, "pickup_time_id": int(good["pickup_time_id"])}) == "logistics.error_param"
    assert ship(desk, sn, pickup=good) == ""


def test_without_slots_the_time_is_omitted(desk):
    sn, = desk.orders(1, fields={"ship_by_date": 1000})
    assert ship(desk, sn, pickup={"address_id": 2826, "pickup_time_id": "1"}) == "logistics.ship_order_pickup_time_invalid"
    assert ship(desk, sn, pickup={"address_id": 2826}) == ""


def test_dropoff_fields_of_a_branch_channel(desk):
    desk.shop("TH", 700123999)
    desk.token = desk.authorise(700123999)["access_token"]
    sn, = desk.orders(1, shop_id=700123999, channel="Thailand Post - EMS")
    def call(body):
        return desk.raw("POST", SHIP, {"order_sn": sn, "dropoff": body}, shop_id=700123999).json["error"]
    assert call({}) == call({"branch_id": 7}) == "logistics.ship_order_need_branch_id"
    assert call({"branch_id": 501}) == "logistics.ship_order_need_sender_real_name"
    assert call({"branch_id": 501, "sender_real_name": "x" * 65}) == "logistics.ship_order_long_sender_real_name"
    assert call({"branch_id": 501, "sender_real_name": "DEMO NAME"}) == ""


def test_package_number_rule_both_ways(desk):
    sn, = desk.orders()
    number = desk.order(sn)["package_list"][0]["package_number"]
    for value in (number, ""):
        assert ship(desk, sn, dropoff={}, package_number=value) == "logistics.ship_order_not_need_pacakge_number"
    assert desk.get("/logistics/get_shipping_parameter", order_sn=sn, package_number=number)["error"] == ""
    split, = desk.orders(1, multi_package=1, items=[{"sku": "CUP-BL-500", "quantity": 2}], seed=2)
    assert ship(desk, split, dropoff={}) == "logistics.ship_order_need_pacakge_number"
    assert ship(desk, split, dropoff={}, package_number=number) == "logistics.package_number_not_found"
    answer = desk.get("/logistics/get_tracking_number", order_sn=split)
    assert (answer["error"], answer["message"]) == ("logistics.package_number_not_exist",
                                                    "Please request with package_number for this split order.")


def test_second_call_is_already_shipped_with_the_blank(desk):
    sn, = desk.orders()
    assert ship(desk, sn, dropoff={}) == ""
    answer = desk.post(SHIP, order_sn=sn, dropoff={})
    assert answer["error"] == " logistics.package_already_shipped"
    assert answer["message"] == "This package has already been arranged shipment and you can't call this API again."
    assert desk.order(sn)["ship_calls"] == 2


@pytest.mark.parametrize("wish, error", [
    ({"status": "CANCELLED"}, "error_status"), ({"status": "UNPAID"}, "logistics.ship_order_not_ready_to_ship"),
    ({"status": "IN_CANCEL"}, "logistics.ship_order_not_ready_to_ship"), ({"status": "PENDING"}, "logistics.error_param"),
    ({"status": "SHIPPED"}, " logistics.package_already_shipped"), ({"status": "PROCESSED"}, " logistics.package_already_shipped"),
    ({"fields": {"fulfillment_flag": "fulfilled_by_shopee"}}, "logistics.ship_order_pff_init"),
    ({"fields": {"advance_package": True}}, "logistics.error_booking_order"),
    ({"fields": {"booking_sn": "B1"}}, "logistics.error_booking_order"),
])
def test_state_rules(desk, wish, error):
    sn, = desk.orders(1, **wish)
    before = desk.order(sn)["order_status"]
    assert ship(desk, sn, dropoff={}) == error and desk.order(sn)["order_status"] == before


def test_unknown_order(desk):
    assert ship(desk, "260101AAAAAAAA", dropoff={}) == ship(desk, 5, dropoff={}) == "logistics.order_not_exist"


def test_own_number_ships_at_once_and_must_be_new(desk):
    one, two = desk.orders(2, carrier_kind="non_integrated")
    def own(sn, **body):
        return desk.post(SHIP, order_sn=sn, non_integrated=body)
    assert own(one)["error"] == own(one, tracking_no="A1")["error"] == "logistics.ship_order_need_tracking_number"
    assert own(one, tracking_number="A" * 65)["error"] == "logistics.ship_order_long_tracking_number"
    assert own(one, tracking_number="GX123456789PH")["error"] == ""
    assert desk.order(one)["order_status"] == "SHIPPED"
    used = own(two, tracking_number="GX123456789PH")
    assert (used["error"], used["message"]) == (
        "logistics.error_param", "The tracking number has been used by other orders, please fill in a valid one.")
    assert own(two, tracking_number="GX123456790PH")["error"] == ""
    assert desk.get("/logistics/get_tracking_number", order_sn=two)["response"]["tracking_number"] == "GX123456790PH"


def test_pickup_failed_and_arranged_again(desk):
    sn, = desk.orders()
    ship(desk, sn, pickup=desk.slot(sn))
    desk.control("POST", f"/shopee/orders/{sn}/retry_pickup")
    assert desk.order(sn)["order_status"] == "RETRY_SHIP"
    assert desk.post("/logistics/update_shipping_order", order_sn=sn, pickup=desk.slot(sn))["error"] == ""
    assert desk.order(sn)["order_status"] == "PROCESSED"
    assert desk.post("/logistics/update_shipping_order", order_sn=sn, pickup={"address_id": 2826})["error"] == "logistics.error_status"


def test_advance_to_the_end_with_events(desk):
    sn, = desk.orders()
    assert desk.web.post(f"/control/shopee/orders/{sn}/advance").status_code == 409
    desk.shipped(sn)
    for state in ("SHIPPED", "COMPLETED"):
        desk.control("POST", f"/shopee/orders/{sn}/advance")
        assert desk.order(sn)["order_status"] == state
    info = desk.get("/logistics/get_tracking_info", order_sn=sn)["response"]
    assert [row["logistics_status"] for row in info["tracking_info"]] == [
        "LOGISTICS_DELIVERY_DONE", "LOGISTICS_PICKUP_DONE", "LOGISTICS_REQUEST_CREATED"]


def test_mass_ship(desk):
    one, two, three = desk.orders(3)
    other, = desk.orders(1, carrier_kind="dropoff", seed=2)
    rows = [{"package_number": desk.order(sn)["package_list"][0]["package_number"]} for sn in (one, two, three, other)]
    channel = desk.order(one)["package_list"][0]["logistics_channel_id"]
    ship(desk, three, dropoff={})
    view = desk.post("/logistics/get_mass_shipping_parameter", package_list=rows, logistics_channel_id=channel)["response"]
    assert "pickup" in view["info_needed"] and [row["package_number"] for row in view["fail_list"]] == [rows[3]["package_number"]]
    done = desk.post("/logistics/mass_ship_order", package_list=[*rows, {"package_number": "OFG0"}], logistics_channel_id=channel,
                     product_location_id="PH0001ABC", dropoff={})["response"]
    assert done["success_list"] == rows[:2]
    assert [row["package_number"] for row in done["fail_list"]] == [rows[3]["package_number"], "OFG0", rows[2]["package_number"]]
    too_many = desk.post("/logistics/mass_ship_order", package_list=rows * 13, logistics_channel_id=channel, dropoff={})
    assert too_many["error"] == "error_param"
    numbers = desk.post("/logistics/get_mass_tracking_number", package_list=rows)["response"]
    assert len(numbers["success_list"]) == 3 and len(numbers["fail_list"]) == 1
    again = desk.post("/logistics/get_mass_tracking_number", package_list=rows[:1])["response"]["success_list"][0]
    assert again["tracking_number"]


def test_mass_ship_own_numbers(desk):
    made = desk.orders(2, carrier_kind="non_integrated")
    rows = [{"package_number": desk.order(sn)["package_list"][0]["package_number"]} for sn in made]
    channel = desk.order(made[0])["package_list"][0]["logistics_channel_id"]
    numbers = [{**rows[0], "tracking_number": "Z1"}]
    done = desk.post("/logistics/mass_ship_order", package_list=rows, logistics_channel_id=channel,
                     non_integrated={"tracking_number": numbers})["response"]
    assert done["success_list"] == rows[:1] and "need_tracking_number" in done["fail_list"][0]["fail_reason"]


def test_channels_and_addresses(desk):
    rows = desk.get("/logistics/get_channel_list")["response"]["logistics_channel_list"]
    assert {"GoGo Xpress", "SPX Express", "Seller Own Fleet"} == {row["logistics_channel_name"] for row in rows}
    assert [row["logistics_capability"]["seller_logistics"] for row in rows] == [False, False, True]
    assert desk.get("/logistics/get_address_list")["response"]["address_list"][0]["address_id"] == 2826


def documents(desk, call, *rows):
    return desk.post(f"/logistics/{call}", order_list=list(rows))


def test_document_flow(desk):
    sn, = desk.orders(1, cod=1, recipient={"name": "Maria O'Neil"})
    row, kind = {"order_sn": sn}, {"order_sn": sn, "shipping_document_type": "THERMAL_AIR_WAYBILL"}
    wrong = documents(desk, "get_shipping_document_parameter", row)
    assert wrong["error"] == "common.batch_api_all_failed"
    assert wrong["response"]["result_list"][0]["fail_error"] == "logistics.order_status_error"
    number = desk.shipped(sn)
    offer = documents(desk, "get_shipping_document_parameter", row)["response"]["result_list"][0]
    assert offer["suggest_shipping_document_type"] == "THERMAL_AIR_WAYBILL"
    early = documents(desk, "get_shipping_document_result", kind)["response"]["result_list"][0]
    assert early["fail_error"] == "logistics.shipping_document_should_print_first"
    assert documents(desk, "create_shipping_document", {**kind, "tracking_number": number})["error"] == ""
    download = {"shipping_document_type": "THERMAL_AIR_WAYBILL", "order_list": [row]}
    assert desk.post("/logistics/download_shipping_document", **download)["error"] == "logistics.download_later"
    states = [documents(desk, "get_shipping_document_result", kind)["response"]["result_list"][0]["status"] for _ in range(3)]
    assert states == ["PROCESSING", "READY", "READY"]
    answer = desk.raw("POST", "/logistics/download_shipping_document", download)
    assert answer.content_type == "application/pdf"
    page = PdfReader(io.BytesIO(answer.data)).pages[0]
    assert number in page.extract_text() and "O'Neil" in page.extract_text() and "COD" in page.extract_text()
    other = desk.post("/logistics/download_shipping_document", order_list=[row], shipping_document_type="NORMAL_AIR_WAYBILL")
    assert other["error"] == "logistics.shipping_document_should_print_first"


@pytest.mark.parametrize("given", [{}, {"tracking_number": "WRONG"}, {"tracking_number": ""}])
def test_document_needs_the_matching_number(desk, given):
    sn, = desk.orders()
    desk.shipped(sn)
    answer = documents(desk, "create_shipping_document", {"order_sn": sn, **given})
    assert answer["error"] == "common.batch_api_all_failed"
    assert answer["response"]["result_list"][0]["fail_error"] == "logistics.tracking_number_invalid"


def test_document_without_number_yet(desk):
    sn, = desk.orders()
    ship(desk, sn, dropoff={})
    assert documents(desk, "create_shipping_document", {"order_sn": sn, "tracking_number": ""})["error"] == "common.batch_api_all_failed"


def test_document_batch_partly_failed(desk):
    good, bad = desk.orders(2)
    number = desk.shipped(good)
    answer = documents(desk, "create_shipping_document", {"order_sn": good, "tracking_number": number}, {"order_sn": bad},
                       {"order_sn": good, "tracking_number": number, "shipping_document_type": "POSTER"})
    assert answer["error"] == "" and [row["order_sn"] for row in answer["warning"]] == [bad, good]
    assert [row.get("fail_error") for row in answer["response"]["result_list"]] == [
        None, "logistics.order_status_error", "logistics.shipping_document_type_invalid"]
    assert documents(desk, "create_shipping_document", *[{"order_sn": good}] * 51)["error"] == "error_param"


def test_own_carrier_and_shipped_orders_cannot_print(desk):
    own, = desk.orders(1, carrier_kind="non_integrated")
    desk.post(SHIP, order_sn=own, non_integrated={"tracking_number": "A1"})
    row = documents(desk, "create_shipping_document", {"order_sn": own, "tracking_number": "A1"})["response"]["result_list"][0]
    assert row["fail_error"] == "logistics.package_can_not_print"
    done, = desk.orders(1, seed=2)
    number = desk.shipped(done)
    desk.control("POST", f"/shopee/orders/{done}/advance")
    row = documents(desk, "create_shipping_document", {"order_sn": done, "tracking_number": number})["response"]["result_list"][0]
    assert row["fail_error"] == "logistics.order_status_error"


def test_labels_of_two_carriers_do_not_mix(desk):
    one, = desk.orders()
    two, = desk.orders(1, carrier_kind="dropoff", seed=2)
    kind = "THERMAL_AIR_WAYBILL"
    for sn in (one, two):
        documents(desk, "create_shipping_document", {"order_sn": sn, "tracking_number": desk.shipped(sn), "shipping_document_type": kind})
        for _ in range(2):
            documents(desk, "get_shipping_document_result", {"order_sn": sn, "shipping_document_type": kind})
    both = [{"order_sn": one}, {"order_sn": two}]
    answer = desk.post("/logistics/download_shipping_document", shipping_document_type=kind, order_list=both)
    assert answer["error"] == "logistics.packages_can_not_download_together"


def test_cancelled_order_gives_no_number_and_no_label(desk):
    sn, = desk.orders()
    number = desk.shipped(sn)
    desk.control("POST", f"/shopee/orders/{sn}/cancel")
    assert desk.get("/logistics/get_tracking_number", order_sn=sn)["error"] == "error_status"
    row = documents(desk, "create_shipping_document", {"order_sn": sn, "tracking_number": number})["response"]["result_list"][0]
    assert row["fail_error"] == "logistics.order_status_error"
    assert SHOP == desk.order(sn)["shop_id"]
