"""Made orders and listings: bulk, variety, oddities, the control API around them."""

import hashlib
import hmac
import re
import time

import pytest

from .shopee_desk import KEY, PARTNER, SHOP, Desk, fresh

VN, TH = 700123888, 700123999


@pytest.fixture
def desk():
    made = Desk(fresh(), unmasked=True)
    made.shop("VN", VN)
    made.shop("TH", TH)
    return made


def made(desk, count, **wish):
    return [desk.order(sn) for sn in desk.orders(count, **wish)]


def test_ten_thousand_in_one_call(desk):
    started = time.perf_counter()
    numbers = desk.orders(10_000)
    assert time.perf_counter() - started < 5 and len(set(numbers)) == 10_000
    assert len(desk.control("GET", f"/shopee/orders?shop_id={SHOP}&limit=7")["orders"]) == 7


@pytest.mark.parametrize("wish", [{"count": 0}, {"count": 10_001}, {"count": "many"}, {"weird": ["ghosts"]}, {"status": "LOST"}])
def test_nonsense_is_refused_and_makes_nothing(desk, wish):
    answer = desk.web.post("/control/shopee/orders", json={"shop_id": SHOP, "count": 1, **wish})
    assert answer.status_code == 400 and desk.control("GET", "/shopee/orders")["orders"] == []
    assert desk.web.post("/control/shopee/orders", json={"shop_id": 1}).status_code == 404


def test_numbers_and_seed(desk):
    first = made(desk, 20, seed=5)
    again = made(desk, 20, seed=5)
    key = [(order["recipient_address"], [line["model_sku"] for line in order["item_list"]]) for order in first]
    assert key == [(order["recipient_address"], [line["model_sku"] for line in order["item_list"]]) for order in again]
    numbers = {order["order_sn"] for order in first + again}
    assert len(numbers) == 40
    for order in first:
        day = time.strftime("%y%m%d", time.gmtime(order["create_time"] + 8 * 3600))
        assert re.fullmatch(day + "[A-Z0-9]{8}", order["order_sn"])


def test_regions_speak_their_language_and_money(desk):
    philippines, vietnam, thailand = (made(desk, 60, shop_id=shop) for shop in (SHOP, VN, TH))
    assert {order["currency"] for order in philippines} == {"PHP"}
    assert {order["shipping_carrier"] for order in philippines} == {"GoGo Xpress"}
    assert {order["shipping_carrier"] for order in vietnam} == {"VNPost Tiết Kiệm"}
    assert all(isinstance(order["total_amount"], int) and order["currency"] == "VND" for order in vietnam)
    assert "Shaun O'Neil" in {order["recipient_address"]["name"] for order in philippines}
    assert "lã văn việt" in {order["recipient_address"]["name"] for order in vietnam}
    assert all(re.search("[ก-๙]", order["recipient_address"]["name"]) for order in thailand)
    assert {order["recipient_address"]["city"] for order in philippines} >= {"Mangaldan", "Makati City", "Pasig"}
    assert all(re.fullmatch(r"639\d{9}", order["recipient_address"]["phone"]) for order in philippines)
    assert all(re.fullmatch(r"849\d{8}", order["recipient_address"]["phone"]) for order in vietnam)


def test_shares(desk):
    def share(test, **wish):
        return sum(map(test, made(desk, 100, **wish)))
    assert share(lambda order: order["cod"], cod=1) == 100 and share(lambda order: order["cod"], cod=0) == 0
    assert 30 < share(lambda order: order["cod"], cod=0.5) < 70
    fresh = share(lambda order: any(line["item_sku"].startswith("NEW-") for line in order["item_list"]), unmapped_share=0.3)
    assert 15 < fresh < 45
    split = made(desk, 100, multi_package=1)
    assert sum(order["split_up"] for order in split) == 100
    for order in split:
        parts = [line["model_quantity"] for package in order["package_list"] for line in package["item_list"]]
        assert sum(parts) == sum(line["model_quantity_purchased"] for line in order["item_list"])
        assert len(order["package_list"]) == 2 and all(package["item_list"] for package in order["package_list"])
    assert share(lambda order: order["recipient_address"]["city"] == "Jolo", unserved_share=1) == 100
    assert share(lambda order: "Trường Sa" in order["recipient_address"]["city"], unserved_share=1, shop_id=VN) == 100


def test_explicit_wishes(desk):
    order, = made(desk, 1, items=[{"sku": "MY-SKU", "quantity": 3, "price": 10, "name": "Thing"}],
                  recipient={"city": "Pasig", "phone": "1"}, channel="My Courier",
                  carrier_kind="dropoff", cod=0, created_within=0, fields={"note": "n"})
    line, = order["item_list"]
    assert (line["item_sku"], line["item_name"]) == ("MY-SKU", "Thing")
    assert (line["model_quantity_purchased"], line["model_discounted_price"]) == (3, 10)
    assert order["shipping_carrier"] == "My Courier" and order["recipient_address"]["phone"] == "1" and order["note"] == "n"
    assert order["total_amount"] == 30 + order["estimated_shipping_fee"]
    assert desk.get("/logistics/get_shipping_parameter", order_sn=order["order_sn"])["response"]["info_needed"] == {"dropoff": []}
    chosen = made(desk, 20, skus=["A-1", "CUP-BL-500"])
    assert {line["model_sku"] or line["item_sku"] for order in chosen for line in order["item_list"]} == {"A-1", "CUP-BL-500"}
    assert desk.get("/product/search_item", page_size=50, item_sku="MY-SKU")["response"]["total_count"] == 1


@pytest.mark.parametrize("kind, check", [
    ("apostrophes", lambda order: set("'\"&<>%;\\") <= set(order["recipient_address"]["full_address"])),
    ("emoji", lambda order: "🌸" in order["recipient_address"]["name"]),
    ("nul", lambda order: "\x00" in order["recipient_address"]["full_address"]),
    ("500_items", lambda order: len(order["item_list"]) == 500 == len(order["package_list"][0]["item_list"])),
    ("no_items", lambda order: order["item_list"] == []),
    ("negative_quantity", lambda order: order["item_list"][0]["model_quantity_purchased"] == -1),
    ("unknown_currency", lambda order: order["currency"] == "XQZ"),
    ("unknown_fields", lambda order: "brand_new_field" in order),
    ("long_note", lambda order: len(order["message_to_seller"]) == 4000),
])
def test_each_oddity_is_delivered(desk, kind, check):
    sn, = desk.orders(1, weird=[kind])
    assert check(desk.detail(sn)["response"]["order_list"][0])


def test_all_oddities_survive_listing_and_the_page(desk):
    numbers = desk.orders(18, weird="all")
    assert len(desk.detail(*numbers)["response"]["order_list"]) == 18
    assert desk.web.get("/control/").status_code == 200


def test_patch_bumps_and_cannot_change_identity(desk):
    sn, = desk.orders()
    desk.control("POST", "/clock", offset=60)
    desk.control("PATCH", f"/shopee/orders/{sn}", recipient_address={"city": "Pasig"}, order_status="TO_RETURN")
    order = desk.order(sn)
    assert order["recipient_address"]["city"] == "Pasig" and order["recipient_address"]["name"] and order["order_status"] == "TO_RETURN"
    assert order["update_time"] >= int(desk.world.now()) - 1
    assert desk.page(page_size=1, time_from=int(desk.world.now()) - 5, time_to=int(desk.world.now()) + 1)["response"]["order_list"]
    assert desk.web.patch(f"/control/shopee/orders/{sn}", json={"order_sn": "X"}).status_code == 400
    assert desk.web.get("/control/shopee/orders/NOPE").status_code == 404


def test_cancel_twice_and_unknown_move(desk):
    sn, = desk.orders()
    desk.control("POST", f"/shopee/orders/{sn}/cancel", by="system", reason="COD rejected")
    assert desk.order(sn)["cancel_by"] == "system"
    assert desk.web.post(f"/control/shopee/orders/{sn}/cancel").status_code == 409
    assert desk.web.post(f"/control/shopee/orders/{sn}/explode").status_code == 404


def test_shop_ids_are_unique(desk):
    assert desk.web.post("/control/shopee/shops", json={"region": "PH", "shop_id": SHOP}).status_code == 400
    assert desk.web.post("/control/shopee/apps", json={"partner_id": "x"}).status_code == 400


def test_listing_calls(desk):
    first = desk.get("/product/get_item_list", offset=0, page_size=5, item_status="NORMAL")["response"]
    rest = desk.get("/product/get_item_list", offset=first["next_offset"], page_size=5, item_status="NORMAL")["response"]
    ids = [item["item_id"] for item in first["item"] + rest["item"]]
    assert first["has_next_page"] and not rest["has_next_page"] and len(set(ids)) == first["total_count"] == 8
    both = desk.raw("GET", "/product/get_item_list", more={"page_size": 50, "item_status": ["NORMAL", "UNLIST"]}).json
    assert both["response"]["total_count"] == 8
    for bad in ({"page_size": 5}, {"page_size": 5, "item_status": "X"}, {"page_size": 101, "item_status": "NORMAL"}):
        assert desk.get("/product/get_item_list", **bad)["error"] == "error_param"
    infos = desk.get("/product/get_item_base_info", item_id_list=",".join(map(str, ids)))["response"]["item_list"]
    assert all(("price_info" in item) is not item["has_model"] for item in infos)
    cup = next(item for item in infos if item["item_sku"] == "CUP")
    models = desk.get("/product/get_model_list", item_id=cup["item_id"])["response"]["model"]
    assert [model["model_sku"] for model in models] == ["CUP-BL-500", "CUP-WH-350"]
    assert models[0]["stock_info_v2"]["summary_info"]["total_available_stock"] == 100
    bag = next(item for item in infos if item["item_sku"] == "BAG")
    assert desk.get("/product/get_model_list", item_id=bag["item_id"])["response"] == {"tier_variation": [], "model": []}
    assert desk.get("/product/get_item_base_info", item_id_list="1")["error"] == "product.error_item_not_found"


def test_update_stock(desk):
    cup = desk.get("/product/search_item", page_size=5, item_sku="CUP")["response"]["item_id_list"][0]
    models = desk.get("/product/get_model_list", item_id=cup)["response"]["model"]
    rows = [{"model_id": models[0]["model_id"], "seller_stock": [{"stock": 12}]}, {"model_id": 1, "seller_stock": [{"stock": 5}]},
            {"model_id": models[1]["model_id"], "seller_stock": [{"stock": -1}]}]
    answer = desk.post("/product/update_stock", item_id=cup, stock_list=rows)
    assert answer["error"] == "" and [row["stock"] for row in answer["response"]["success_list"]] == [12]
    assert [row["model_id"] for row in answer["response"]["failure_list"]] == [1, models[1]["model_id"]]
    stocks = [model["stock_info_v2"]["summary_info"]["total_available_stock"]
              for model in desk.get("/product/get_model_list", item_id=cup)["response"]["model"]]
    assert stocks == [12, 100]
    wrong_place = [{"model_id": models[0]["model_id"], "seller_stock": [{"stock": 1, "location_id": "NOWHERE"}]}]
    assert desk.post("/product/update_stock", item_id=cup, stock_list=wrong_place)["error"] == "product.error_busi_update_stock_failed"
    assert desk.post("/product/update_stock", item_id=cup, stock_list=rows * 17)["error"] == "error_param"


def test_merchant_call(desk):
    desk.shop("VN", 700200001, main_account=1800777, merchant_id=1700555)
    page = desk.web.get("/shopee/auth", query_string={"partner_id": PARTNER, "redirect_uri": "https://erp.example.com/", "auto": 1,
                                                      "main_account_id": 1800777})
    code = re.search("code=([0-9a-f]+)", page.location).group(1)
    pair = desk.public("POST", "/auth/token/get", {"code": code, "partner_id": PARTNER, "main_account_id": 1800777})
    path, stamp = "/api/v2/merchant/get_shop_list_by_merchant", int(desk.world.now())
    base = f"{PARTNER}{path}{stamp}{pair['access_token']}1700555"
    query = {"partner_id": PARTNER, "timestamp": stamp, "access_token": pair["access_token"], "merchant_id": 1700555,
             "sign": hmac.new(KEY.encode(), base.encode(), hashlib.sha256).hexdigest()}
    rows = desk.web.get("/shopee" + path, query_string=query).json["response"]["shop_list"]
    assert [row["shop_id"] for row in rows] == [700200001]
