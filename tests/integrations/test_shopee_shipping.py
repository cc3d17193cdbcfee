"""Arranging, writing back and labels: what is sent, and what a repeated or lost call means."""
from io import BytesIO
from zipfile import ZipFile

import pytest

from app.failures import Failure, Retry
from app.integrations.http import FakeTransport, Reply, time_out
from app.integrations.types import Parcel
from tests.integrations.shopee_kit import PACKAGE, connector, detailed, no, ok, order

N = "260921ABCD1234"
LOGISTICS = "/api/v2/logistics/"
OURS, PARCEL = "GX123456789PH", Parcel(N, "GX123456789PH")
OWN = ok({"info_needed": {"non_integrated": ["tracking_no"]}})
SHIPPED = no(" logistics.package_already_shipped", "This package has already been arranged shipment and you can't call this API again.")
ADDRESSES = [
    {"address_id": 1, "address_flag": ["pickup_address"], "time_slot_list": [{"pickup_time_id": "11"}]},
    {"address_id": 2826, "address_flag": ["default_address", "pickup_address"],
     "time_slot_list": [{"pickup_time_id": 179}, {"pickup_time_id": "180", "flags": ["recommended"]}]},
]
BOTH = {"info_needed": {"pickup": ["address_id", "pickup_time_id"], "dropoff": []}, "pickup": {"address_list": ADDRESSES}, "dropoff": {}}
PDF = b"%PDF-1.4\n1 0 obj\n%%EOF\n"


def packed(status):
    return detailed(order(package_list=[{**PACKAGE, "logistics_status": status}]))


def flag(value):
    return ok({"package_list": [{"package_number": PACKAGE["package_number"], "is_shipment_arranged": value}]})


def world(**answers):
    """Answers by the last part of the path; a list is used up, its last entry goes on."""
    def answer(sent):
        found = answers[sent.path.rsplit("/", 1)[1]]
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found
    return FakeTransport(answer)


def shop_over(**answers):
    made = connector(world(**answers), **answers.pop("options", {}))
    made.sent = made.client.session.adapters["https://"].sent
    return made


def body_of(shop, action):
    return [s.json() for s in shop.sent if s.path.endswith("/" + action)]


def refusal(call):
    with pytest.raises(Failure) as caught:
        call()
    return caught.value


def test_our_number_is_written_back_after_looking_at_the_channel():
    shop = shop_over(get_shipping_parameter=OWN, ship_order=ok())
    done = shop.write_back(PARCEL)
    assert (done.tracking_no, done.state, done.already) == (OURS, "shipped", False)
    assert body_of(shop, "ship_order") == [{"order_sn": N, "non_integrated": {"tracking_number": OURS}}]


def test_a_split_order_names_its_package_and_another_does_not():
    shop = shop_over(get_shipping_parameter=OWN, ship_order=ok())
    shop.write_back(Parcel(N, OURS, package_number="OFG1", split=True))
    shop.write_back(Parcel(N, OURS, package_number="OFG1"))
    assert [b.get("package_number") for b in body_of(shop, "ship_order")] == ["OFG1", None]
    assert [s.query.get("package_number") for s in shop.sent if s.method == "GET"] == ["OFG1", None]
    assert refusal(lambda: shop.write_back(Parcel(N, OURS, split=True))).code == "ship.package_number"


@pytest.mark.parametrize("number,code", [("", "ship.number_missing"), ("X" * 65, "ship.number_too_long")])
def test_numbers_that_cannot_be_sent_are_refused_before_any_call(number, code):
    shop = shop_over()
    assert refusal(lambda: shop.write_back(Parcel(N, number))).code == code and shop.sent == []


def test_the_same_number_again_is_success_and_another_is_a_conflict():
    there = {"get_shipping_parameter": OWN, "ship_order": SHIPPED, "get_order_detail": packed("LOGISTICS_PICKUP_DONE")}
    done = shop_over(**there, get_tracking_number=ok({"tracking_number": OURS})).write_back(PARCEL)
    assert done.already and done.state == "shipped"
    failure = refusal(lambda: shop_over(**there, get_tracking_number=ok({"tracking_number": "OTHER"})).write_back(PARCEL))
    assert (failure.code, failure.params["theirs"], failure.params["ours"]) == ("ship.other_number", "OTHER", OURS)
    unknown = shop_over(**there, get_tracking_number=ok({"tracking_number": ""}))
    assert refusal(lambda: unknown.write_back(PARCEL)).code == "ship.already_arranged"


def test_an_integrated_channel_refuses_our_number_without_any_ship_call():
    shop = shop_over(get_shipping_parameter=ok(BOTH), get_order_detail=packed("LOGISTICS_READY"), get_package_detail=flag(False))
    assert refusal(lambda: shop.write_back(PARCEL)).code == "ship.own_number_refused"
    assert body_of(shop, "ship_order") == []


def test_a_lost_answer_is_asked_about_and_never_repeated():
    shop = shop_over(get_shipping_parameter=OWN, ship_order=time_out(), get_package_detail=flag(False),
                     get_order_detail=[packed("LOGISTICS_READY"), packed("LOGISTICS_PICKUP_DONE")],
                     get_tracking_number=ok({"tracking_number": OURS}))
    assert refusal(lambda: shop.write_back(PARCEL)).retry == Retry.UNKNOWN
    assert len(body_of(shop, "ship_order")) == 1
    assert shop.arranged(PARCEL) is None
    assert shop.arranged(PARCEL).tracking_no == OURS
    assert len(body_of(shop, "ship_order")) == 1


def test_arranged_while_the_number_is_being_made():
    shop = shop_over(get_order_detail=packed("LOGISTICS_READY"), get_tracking_number=ok({"tracking_number": ""}),
                     get_package_detail=flag(True))
    found = shop.arranged(PARCEL)
    assert (found.state, found.tracking_no, found.already) == ("processed", "", True)
    assert refusal(lambda: shop_over(get_order_detail=no("error_not_found")).arranged(PARCEL)).code == "order.not_found"


def test_arranging_takes_the_default_address_and_the_recommended_slot():
    shop = shop_over(get_shipping_parameter=ok(BOTH), ship_order=ok(), get_tracking_number=ok({"tracking_number": ""}))
    done = shop.arrange(Parcel(N))
    assert body_of(shop, "ship_order") == [{"order_sn": N, "pickup": {"address_id": 2826, "pickup_time_id": "180"}}]
    assert (done.state, done.tracking_no, done.already) == ("processed", "", False)


@pytest.mark.parametrize("prefer,offer,body", [
    (("dropoff", "pickup"), BOTH, {"dropoff": {}}),
    (("pickup", "dropoff"), BOTH | {"pickup": {"address_list": []}}, {"dropoff": {}}),
    (("pickup",), BOTH | {"pickup": {"address_list": [{"address_id": 5, "time_slot_list": None}]}}, {"pickup": {"address_id": 5}}),
    (("pickup", "dropoff"), {"info_needed": {"dropoff": ["branch_id", "sender_real_name"]}, "dropoff": {"branch_list": [
        {"branch_id": 501}, {"branch_id": 502}]}}, {"dropoff": {"branch_id": 502, "sender_real_name": "Demo"}}),
    (("dropoff",), {"info_needed": {"dropoff": ["slug"]}, "dropoff": {"slug_list": [{"slug": "seven"}]}}, {"dropoff": {"slug": "seven"}}),
])
def test_ways_of_handing_over(prefer, offer, body):
    shop = shop_over(get_shipping_parameter=ok(offer), ship_order=ok(), get_tracking_number=ok({"tracking_number": "X1"}),
                     options={"branch_id": "502", "sender_real_name": "Demo"})
    assert shop.arrange(Parcel(N), prefer).tracking_no == "X1"
    assert body_of(shop, "ship_order") == [{"order_sn": N} | body]


@pytest.mark.parametrize("offer,code", [
    ({"info_needed": {"non_integrated": ["tracking_no"]}}, "ship.own_number_needed"), ({"info_needed": {}}, "ship.method_unsupported"),
    ({"info_needed": {"pickup": ["address_id"]}, "pickup": {"address_list": None}}, "ship.no_pickup_address"),
    ({"info_needed": {"dropoff": ["branch_id"]}, "dropoff": {"branch_list": None}}, "ship.field_missing"),
    ({"info_needed": {"dropoff": ["sender_real_name"]}}, "ship.field_missing"),
    ({"info_needed": {"dropoff": ["tracking_no"]}}, "ship.field_missing"),
])
def test_what_cannot_be_arranged_is_said_before_the_call(offer, code):
    shop = shop_over(get_shipping_parameter=ok(offer), get_order_detail=packed("LOGISTICS_READY"), get_package_detail=flag(False))
    assert refusal(lambda: shop.arrange(Parcel(N))).code == code
    assert body_of(shop, "ship_order") == []


def test_arranging_twice_is_success_the_second_time():
    shop = shop_over(get_shipping_parameter=ok(BOTH), ship_order=SHIPPED, get_order_detail=packed("LOGISTICS_REQUEST_CREATED"),
                     get_tracking_number=ok({"tracking_number": "SPX1"}))
    done = shop.arrange(Parcel(N))
    assert (done.already, done.tracking_no) == (True, "SPX1")


def test_a_fault_after_arranging_does_not_make_it_look_undone():
    shop = shop_over(get_shipping_parameter=ok(BOTH), ship_order=ok(), get_tracking_number=Reply(503))
    assert shop.arrange(Parcel(N)).tracking_no == ""


def test_numbers_of_many_packages():
    shop = shop_over(get_mass_tracking_number=ok({"success_list": [{"package_number": "OFG1", "tracking_number": "A"},
                                                                   {"package_number": "OFG2", "tracking_number": ""}]}))
    assert shop.tracking_numbers([f"OFG{i}" for i in range(60)]) == {"OFG1": "A"}
    assert [len(b["package_list"]) for b in body_of(shop, "get_mass_tracking_number")] == [50, 10]


def row(**values):
    return ok({"result_list": [{"order_sn": N, **values}]})


def all_failed(error):
    return no("common.batch_api_all_failed", response={"result_list": [{"order_sn": N, "fail_error": error}]})


THERMAL = "THERMAL_AIR_WAYBILL"
KINDS = row(suggest_shipping_document_type="NORMAL_AIR_WAYBILL", selectable_shipping_document_type=["NORMAL_AIR_WAYBILL", THERMAL])
FIRST = all_failed("logistics.shipping_document_should_print_first")
LABEL = Parcel(N, "SPX1")


def label_shop(results, download=PDF, **more):
    return shop_over(get_shipping_document_parameter=KINDS, get_shipping_document_result=results, create_shipping_document=row(),
                     download_shipping_document=Reply(body=download, headers=more.pop("headers", {})), **more)


def test_a_label_is_created_waited_for_and_downloaded():
    shop = label_shop([FIRST, row(status="PROCESSING"), row(status="READY")])
    file = shop.fetch_label(LABEL)
    assert (file.content, file.content_type, file.tracking_no) == (PDF, "application/pdf", "SPX1")
    assert body_of(shop, "create_shipping_document") == [{"order_list": [
        {"order_sn": N, "tracking_number": "SPX1", "shipping_document_type": "THERMAL_AIR_WAYBILL"}]}]
    assert body_of(shop, "download_shipping_document") == [{"shipping_document_type": THERMAL, "order_list": [{"order_sn": N}]}]


def test_a_label_that_is_ready_is_not_created_again():
    shop = label_shop([row(status="READY")])
    shop.fetch_label(LABEL)
    assert body_of(shop, "create_shipping_document") == []


def zipped():
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("a.pdf", PDF)
    return file.getvalue()


@pytest.mark.parametrize("content,headers,kind", [
    (zipped(), {}, "application/zip"), (b"<html><body>AWB</body></html>", {"Content-Type": "text/html; charset=utf-8"}, "text/html")])
def test_other_files_are_told_by_their_first_bytes(content, headers, kind):
    assert label_shop([row(status="READY")], content, headers=headers).fetch_label(LABEL).content_type == kind


@pytest.mark.parametrize("results,download,code,retry", [
    ([row(status="PROCESSING")], PDF, "label.not_ready", Retry.LATER), ([row(status="FAILED")], PDF, "label.failed", Retry.NEVER),
    ([row(status="READY")], PDF[:12], "http.truncated", Retry.LATER),
    ([row(status="READY")], b"<html>502</html>", "http.not_json", Retry.LATER),
    ([row(status="READY")], b'{"error":"logistics.download_later","message":""}', "label.not_ready", Retry.LATER),
    ([row(status="READY")], b'{"error":"","message":""}', "platform.unexpected_answer", Retry.NEVER),
    ([all_failed("logistics.order_status_error")], PDF, "label.wrong_state", Retry.NEVER),
])
def test_labels_that_cannot_be_had(results, download, code, retry):
    failure = refusal(lambda: label_shop(results, download).fetch_label(LABEL))
    assert (failure.code, failure.retry) == (code, retry)


def test_a_label_waits_for_its_number():
    shop = label_shop([row(status="READY")], get_tracking_number=[ok({"tracking_number": ""}), ok({"tracking_number": "SPX9"})])
    failure = refusal(lambda: shop.fetch_label(Parcel(N)))
    assert (failure.code, failure.retry, failure.wait) == ("label.number_pending", Retry.LATER, 300)
    assert shop.fetch_label(Parcel(N)).tracking_no == "SPX9"


def test_a_failed_row_inside_a_successful_envelope_counts():
    shop = shop_over(get_shipping_document_parameter=row(fail_error="logistics.package_can_not_print", fail_message="no"))
    assert refusal(lambda: shop.fetch_label(LABEL)).code == "label.not_printable"
