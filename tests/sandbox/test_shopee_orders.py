"""Listing, detail, masking, packages, splitting, cancelling."""

import pytest

from .shopee_desk import PARTNER, SHOP, Desk, fresh

DAY = 86_400


@pytest.fixture
def desk():
    return Desk(fresh(), unmasked=True)


def pull(desk, **more):
    """All order numbers, page by page."""
    found, cursor = [], ""
    for _ in range(50):
        page = desk.page(cursor=cursor, **more)["response"]
        found += [row["order_sn"] for row in page["order_list"]]
        cursor = page["next_cursor"]
        if not page["more"]:
            assert cursor == ""
            return found
    raise AssertionError("paging never ends")


def test_paging_gives_every_order_once(desk):
    made = desk.orders(23)
    assert len(pull(desk, page_size=5)) == 23 and set(pull(desk, page_size=5)) == set(made)
    assert pull(desk, page_size=23) == pull(desk, page_size=100)


def test_a_change_while_paging_skips_nothing(desk):
    made = desk.orders(10)
    first = desk.page(page_size=4)["response"]
    desk.control("POST", "/clock", offset=5)
    desk.control("PATCH", "/shopee/orders/" + first["order_list"][0]["order_sn"], note="x")
    now = int(desk.world.now())
    rest = desk.page(page_size=100, cursor=first["next_cursor"], time_to=now + 1)["response"]["order_list"]
    assert {row["order_sn"] for row in first["order_list"] + rest} == set(made)
    assert rest[-1]["order_sn"] == first["order_list"][0]["order_sn"]  # it comes again, at its new time


@pytest.mark.parametrize("change, error", [
    ({"time_from": 1000, "time_to": 1000}, "order.order_list_invalid_time"),
    ({"time_from": 1000, "time_to": 1001 + 15 * DAY}, "order.order_list_invalid_time"),
    ({"time_from": 2000, "time_to": 1000}, "order.order_list_invalid_time"),
    ({"time_from": "x"}, "error_param"), ({"time_range_field": "pay_time"}, "error_param"), ({"page_size": 0}, "error_param"),
    ({"page_size": 101}, "error_param"), ({"page_size": "many"}, "error_param"), ({"order_status": "READY"}, "error_param"),
    ({"order_status": "PENDING"}, "error_param"), ({"cursor": "%%%"}, "error_param"),
])
def test_bad_list_parameters(desk, change, error):
    answer = desk.page(**change)
    assert answer["error"] == error and "response" not in answer
    assert error != "error_param" or answer["message"].startswith("Wrong parameters, detail: ")


def test_fifteen_days_exactly_are_fine(desk):
    now = int(desk.world.now())
    assert desk.page(time_from=now - 15 * DAY, time_to=now)["error"] == ""


def test_window_filters_by_the_named_time(desk):
    old = desk.orders(5, created_within=10, fields={"create_time": int(desk.world.now()) - 40 * DAY})
    now = int(desk.world.now())
    assert pull(desk) and set(pull(desk)) == set(old)
    assert pull(desk, time_range_field="create_time") == []
    assert set(pull(desk, time_range_field="create_time", time_from=now - 41 * DAY, time_to=now - 39 * DAY)) == set(old)


def test_status_field_only_on_request_and_filter(desk):
    desk.orders(3)
    shipped = desk.orders(2, status="SHIPPED", seed=8)
    rows = desk.page()["response"]["order_list"]
    assert len(rows) == 5 and not any("order_status" in row for row in rows)
    rows = desk.page(response_optional_fields="order_status", order_status="SHIPPED")["response"]["order_list"]
    assert {(row["order_sn"], row["order_status"]) for row in rows} == {(sn, "SHIPPED") for sn in shipped}


def test_pending_is_hidden_without_the_flag(desk):
    sn, = desk.orders(1, status="PENDING")
    assert desk.page(response_optional_fields="order_status")["response"]["order_list"][0]["order_status"] == "READY_TO_SHIP"
    row = desk.page(response_optional_fields="order_status", request_order_status_pending="true", order_status="PENDING")
    assert row["response"]["order_list"][0]["order_status"] == "PENDING"
    assert desk.detail(sn)["response"]["order_list"][0]["order_status"] == "READY_TO_SHIP"
    order = desk.detail(sn, request_order_status_pending="true")["response"]["order_list"][0]
    assert order["order_status"] == "PENDING" and order["pending_terms"] == ["SYSTEM_PENDING"]


def test_duplicate_and_reordered_pages(desk):
    made = desk.orders(9)
    desk.control("POST", "/faults", service="shopee", kind="duplicate_page", times=2)
    doubled = pull(desk, page_size=4)
    assert len(doubled) > 9 and set(doubled) == set(made)
    straight = pull(desk)
    desk.control("POST", "/faults", service="shopee", kind="reordered_page", times=1)
    mixed = pull(desk)
    assert mixed != straight and sorted(mixed) == sorted(straight)


def test_detail_gives_only_named_fields(desk):
    sn, = desk.orders()
    bare = desk.get("/order/get_order_detail", order_sn_list=sn)["response"]["order_list"][0]
    assert set(bare) >= {"order_sn", "region", "currency", "cod", "order_status", "message_to_seller", "create_time", "update_time",
                         "days_to_ship", "ship_by_date"}
    assert not set(bare) & {"item_list", "recipient_address", "package_list", "total_amount", "note", "buyer_username", "booking_sn"}
    rich = desk.detail(sn, fields="item_list,note")["response"]["order_list"][0]
    assert set(rich) - set(bare) == {"item_list", "note"} and not any(key.startswith("_") for key in rich)


def test_detail_limits_and_unknown_numbers(desk):
    made = desk.orders(51)
    assert desk.detail(*made)["error"] == "error_param" and desk.detail()["error"] == "error_param"
    some = desk.detail(made[0], "NOSUCHORDER000", made[1])
    assert [row["order_sn"] for row in some["response"]["order_list"]] == made[:2] and some["warning"] == []
    none = desk.detail("NOSUCHORDER000")
    assert (none["error"], none["message"]) == ("error_not_found", "Wrong parameters, detail: the order is not found.")


def test_orders_of_another_shop_are_unknown(desk):
    desk.shop("VN", 700123999)
    foreign, = desk.orders(1, shop_id=700123999)
    assert desk.detail(foreign)["error"] == "error_not_found"


def test_shapes_of_product_location(desk):
    order = desk.detail(*desk.orders())["response"]["order_list"][0]
    assert order["item_list"][0]["product_location_id"] == ["PH0001ABC"]
    assert order["package_list"][0]["item_list"][0]["product_location_id"] == "PH0001ABC"
    assert not any(key.startswith("_") for key in order["package_list"][0])


@pytest.mark.parametrize("state, clear", [("READY_TO_SHIP", True), ("PROCESSED", True), ("RETRY_SHIP", True), ("UNPAID", False),
                                          ("SHIPPED", False), ("COMPLETED", False), ("CANCELLED", False), ("IN_CANCEL", False)])
def test_masking_depends_on_state_and_app(desk, state, clear):
    sn, = desk.orders(1, status=state, recipient={"name": "Maria O'Neil", "phone": "639171234567", "full_address": "12 Demo St, Pasig"})
    def shown():
        return desk.detail(sn)["response"]["order_list"][0]["recipient_address"]
    masked = ("M******l", "******67", "12******")
    view = shown()
    assert ((view["name"], view["phone"], view["full_address"]) != masked) is clear and "*" not in view["city"]
    desk.control("POST", "/shopee/apps", partner_id=PARTNER, unmasked=False)
    view = shown()
    assert (view["name"], view["phone"], view["full_address"]) == masked


def test_order_can_be_masked_always(desk):
    sn, = desk.orders(1, masked=True)
    assert "*" in desk.detail(sn)["response"]["order_list"][0]["recipient_address"]["phone"]
    assert "*" not in desk.order(sn)["recipient_address"]["phone"]  # the control API sees the shop's whole view


def test_search_package_list(desk):
    desk.orders(5)
    desk.orders(2, status="PROCESSED", seed=2)
    desk.orders(1, status="PENDING", seed=3)
    desk.orders(1, status="CANCELLED", seed=4)
    own = desk.orders(1, carrier_kind="non_integrated", seed=5)[0]
    def search(size=100, cursor="", **wish):
        return desk.post("/order/search_package_list", filter=wish, pagination={"page_size": size, "cursor": cursor})
    assert [search(package_status=state)["response"]["pagination"]["total_count"] for state in (0, 1, 2, 3)] == [9, 1, 6, 2]
    channel = desk.order(own)["package_list"][0]["logistics_channel_id"]
    rows = search(logistics_channel_ids=[channel])["response"]["packages_list"]
    assert [row["order_sn"] for row in rows] == [own] and rows[0]["is_shipment_arranged"] is False
    first = search(size=4, package_status=2)["response"]
    second = search(size=4, cursor=first["pagination"]["next_cursor"], package_status=2)["response"]
    assert len({row["package_number"] for row in first["packages_list"] + second["packages_list"]}) == 6
    assert first["pagination"]["more"] and not second["pagination"]["more"]
    assert search(size=101)["error"] == search(package_status=4)["error"] == "error_param"
    assert search(fulfillment_type=1)["response"]["packages_list"] == []


def test_shipment_list_and_package_detail(desk):
    made = desk.orders(3)
    desk.orders(1, status="SHIPPED", seed=3)
    rows = desk.get("/order/get_shipment_list", page_size=2)["response"]
    more = desk.get("/order/get_shipment_list", page_size=2, cursor=rows["next_cursor"])["response"]
    listed = rows["order_list"] + more["order_list"]
    assert {row["order_sn"] for row in listed} == set(made) and rows["more"] and not more["more"]
    detail = desk.get("/order/get_package_detail", package_number_list=",".join([listed[0]["package_number"], "OFG0"]))
    package, = detail["response"]["package_list"]
    assert package["order_sn"] == listed[0]["order_sn"] and package["fulfillment_status"] == "LOGISTICS_READY"
    assert package["tracking_number"] == "" and package["item_list"][0]["model_sku"] and "recipient_address" in package
    assert desk.get("/order/get_package_detail", package_number_list="OFG0")["error"] == "logistics.package_not_exist"


def two_lines(desk):
    sn, = desk.orders(1, items=[{"sku": "CUP-BL-500", "quantity": 2}, {"sku": "TEE-WH-M", "quantity": 1}])
    lines = desk.detail(sn)["response"]["order_list"][0]["item_list"]
    return sn, [{key: line[key] for key in ("item_id", "model_id", "order_item_id", "promotion_group_id")} for line in lines]


def test_split_and_unsplit(desk):
    sn, (cup, tee) = two_lines(desk)
    parts = [{"item_list": [{**cup, "model_quantity": 1}]}, {"item_list": [{**cup, "model_quantity": 1}, tee]}]
    made = desk.post("/order/split_order", order_sn=sn, package_list=parts)["response"]["package_list"]
    order = desk.detail(sn, fields="package_list,split_up")["response"]["order_list"][0]
    assert order["split_up"] and [row["package_number"] for row in order["package_list"]] == [row["package_number"] for row in made]
    assert desk.post("/order/split_order", order_sn=sn, package_list=parts)["error"] == "order.order_has_been_split"
    assert desk.post("/order/unsplit_order", order_sn=sn)["error"] == ""
    order = desk.detail(sn, fields="package_list,split_up")["response"]["order_list"][0]
    assert not order["split_up"] and sorted(line["model_quantity"] for line in order["package_list"][0]["item_list"]) == [1, 2]
    assert desk.post("/order/unsplit_order", order_sn=sn)["error"] == "order.order_cannot_undo_split"


def test_bad_splits(desk):
    sn, (cup, tee) = two_lines(desk)
    def split(*parts):
        return desk.post("/order/split_order", order_sn=sn, package_list=[{"item_list": list(part)} for part in parts])["error"]
    assert split([cup], [{**tee, "model_id": 1}]) == "order.order_split_item_not_exist"
    assert split([cup], [cup]) == "order.order_split_duplicate_item"
    assert split([{**cup, "model_quantity": 1}], [tee]) == "order.order_split_package_missing_item"
    assert split([cup, tee]) == "error_param" == split([{**cup, "model_quantity": 3}], [tee])
    shipped, = desk.orders(1, status="SHIPPED", seed=9)
    assert desk.post("/order/split_order", order_sn=shipped, package_list=[{}, {}])["error"] == "order.order_cannot_split"
    assert desk.order(sn)["split_up"] is False


def test_unsplit_after_one_parcel_left_is_refused(desk):
    sn, (cup, tee) = two_lines(desk)
    parts = [{"item_list": [cup]}, {"item_list": [tee]}]
    made = desk.post("/order/split_order", order_sn=sn, package_list=parts)["response"]["package_list"]
    assert desk.post("/logistics/ship_order", order_sn=sn, package_number=made[0]["package_number"], dropoff={})["error"] == ""
    assert desk.order(sn)["order_status"] == "READY_TO_SHIP"  # least advanced parcel counts
    assert desk.post("/order/unsplit_order", order_sn=sn)["error"] == "order.order_cannot_undo_split"
    assert desk.post("/logistics/ship_order", order_sn=sn, package_number=made[1]["package_number"], dropoff={})["error"] == ""
    assert desk.order(sn)["order_status"] == "PROCESSED"


def test_seller_cancels(desk):
    sn, = desk.orders()
    def cancel(**body):
        return desk.post("/order/cancel_order", order_sn=sn, **body)
    assert cancel(cancel_reason="BORED")["error"] == cancel(cancel_reason="OUT_OF_STOCK")["error"] == "error_param"
    done = cancel(cancel_reason="CUSTOMER_REQUEST")
    assert done["response"]["update_time"] and desk.order(sn)["order_status"] == "CANCELLED"
    assert desk.order(sn)["package_list"][0]["logistics_status"] == "LOGISTICS_INVALID"
    assert cancel(cancel_reason="CUSTOMER_REQUEST")["error"] == "order.error_limit"
    late, = desk.orders(1, status="PROCESSED", seed=2)
    assert desk.post("/order/cancel_order", order_sn=late, cancel_reason="CUSTOMER_REQUEST")["error"] == "order.error_limit"


def test_buyer_wants_to_cancel(desk):
    one, two = desk.orders(2)
    for sn in (one, two):
        desk.control("POST", f"/shopee/orders/{sn}/cancel", ask=True)
        assert desk.order(sn)["order_status"] == "IN_CANCEL"
    def handle(sn, operation):
        return desk.post("/order/handle_buyer_cancellation", order_sn=sn, operation=operation)["error"]
    assert handle(one, "MAYBE") == "error_param"
    assert handle(one, "ACCEPT") == handle(two, "REJECT") == ""
    assert (desk.order(one)["order_status"], desk.order(two)["order_status"]) == ("CANCELLED", "READY_TO_SHIP")
    assert handle(one, "ACCEPT") == "order.cancel_order_invalid_status"


def test_note_and_escrow(desk):
    sn, = desk.orders(1, cod=1)
    assert desk.post("/order/set_note", order_sn=sn, note="packed")["error"] == ""
    assert desk.detail(sn, fields="note")["response"]["order_list"][0]["note"] == "packed"
    assert desk.post("/order/set_note", order_sn=sn)["error"] == "error_param"
    income = desk.get("/payment/get_escrow_detail", order_sn=sn)["response"]["order_income"]
    sold = sum(line["discounted_price"] * line["quantity_purchased"] for line in income["items"])
    fees = income["commission_fee"] + income["service_fee"] + income["seller_transaction_fee"]
    assert income["escrow_amount"] == pytest.approx(sold - fees, abs=0.011)
    assert desk.get("/payment/get_escrow_detail", order_sn="X")["error"] == "error_not_found"


def test_listing_twenty_thousand_orders_is_cheap(desk):
    import time

    for seed in (1, 2):
        desk.control("POST", "/shopee/orders", shop_id=SHOP, count=10_000, seed=seed)
    desk.page()
    started = time.perf_counter()
    for _ in range(20):
        desk.page(page_size=100)
    assert time.perf_counter() - started < 1.0  # 50 ms a call; a sort of 20 000 rows each time would take far more
