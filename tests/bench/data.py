"""What the bench works on: merchants, goods, order bodies as Shopee sends them, a hundred thousand orders in bulk."""
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import orjson

from app.extensions import db
from app.integrations.platforms.shopee.reading import read_order
from app.models import CarrierAccount, Product, ShippingChannel, ShopAccount, SkuMapping, StockLevel, Tenant, bulk
from app.models.base import utcnow
from app.tenancy import as_system, as_tenant
from app.vault import seal
from tests import factory

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PAGE = 100
PLENTY = 100_000_000
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国文斌"
FIRST, LAST = ("Maria", "Jose", "Ana", "Juan", "Grace", "Mark", "Liza", "Paolo", "Joy", "Carlo"), (
    "Santos", "Reyes", "Cruz", "Bautista", "Ocampo", "Garcia", "Mendoza", "Torres", "Castillo", "Flores")
TOWNS = (("Metro Manila", "Quezon City", "Diliman", "1101"), ("Pangasinan", "Mangaldan", "Poblacion", "2432"), ("Cebu", "Cebu City",
                                                                                                                "Lahug", "6000"))


def world(app, skus=2000):
    """Two merchants with their people (tests/factory), a third one, and for merchant a: shop, channel, goods, mappings, stock."""
    w = factory.world(app)
    with app.app_context():
        with as_system("bench"):
            third = Tenant(code="GAMA", name="Merchant GAMA")
            db.session.add(third)
            db.session.commit()
            w.c = third.id
        w.account = factory.account(w.a)
        with as_tenant(w.a, "bench"):
            w.channel = _channel()
            _goods(w, skus)
            db.session.commit()
    return w


def _channel():
    account = CarrierAccount(carrier="gogoxpress", alias="bench", secrets=seal({"key": "none"}), sender={
        "name": "HMKJ Manila", "phone": "+639171234567", "country": "PH", "state": "Metro Manila", "city": "Makati",
        "district": "Poblacion",
        "street": "1 Ayala Ave", "postcode": "1209"})
    db.session.add(account)
    db.session.flush()
    channel = ShippingChannel(code="GOGO", name="GoGo Xpress", carrier="gogoxpress", carrier_account_id=account.id, service="standard",
                              countries="PH",
                              ship_methods="GoGo Xpress")
    db.session.add(channel)
    db.session.flush()
    return channel.id


def _goods(w, skus):
    rows = [{"sku": f"OMS-{n:05d}", "name": f"手机壳 {n}", "declared_en": "Phone case", "declared_zh": "手机壳",
             "declared_value": Decimal("2.50"),
             "declared_currency": "USD", "weight_g": 120} for n in range(skus)]
    ids = {sku: product_id for product_id, sku in bulk.insert_new(Product, rows, "id", "sku")}
    bulk.insert_rows(SkuMapping, [{"platform_sku": f"SKU-{n:05d}", "product_id": ids[f"OMS-{n:05d}"], "quantity": 1} for n in range(skus)])
    bulk.insert_rows(StockLevel, [{"warehouse_id": w.warehouse, "product_id": product_id, "on_hand": PLENTY, "reserved": 0, "incoming": 0,
                                   "changed_at": utcnow()} for product_id in ids.values()])
    w.skus, w.products = skus, list(ids.values())


def name_of(rng):
    """Seven of ten recipients have Chinese names of two or three characters."""
    if rng.random() < 0.7:
        return rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.choice((1, 2, 2))))
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


def bodies(prefix, count, skus, items=2):
    """JSON pages of 100 orders, some 2 KB an order, as Shopee's get_order_detail answers."""
    rng = random.Random(prefix)
    orders = [_body(f"{prefix}{n:07d}", rng, skus, items) for n in range(count)]
    return [orjson.dumps({"error": "", "message": "", "request_id": "bench", "response": {"order_list": orders[at:at + PAGE]}})
            for at in range(0, count, PAGE)]


def _body(number, rng, skus, items):
    state, city, district, zipcode = rng.choice(TOWNS)
    created = int(NOW.timestamp()) - rng.randrange(10 ** 6)
    lines = [_line(n, rng, skus) for n in range(items)]
    package = {"package_number": f"OFG{number}", "logistics_status": "LOGISTICS_READY", "logistics_channel_id": 40066,
               "shipping_carrier": "GoGo Xpress",
               "allow_self_design_awb": True, "parcel_chargeable_weight_gram": 300, "item_list": [
                   {"item_id": i["item_id"], "model_id": i["model_id"], "model_quantity": i["model_quantity_purchased"],
                    "order_item_id": i["order_item_id"], "promotion_group_id": 0} for i in lines]}
    return {
        "order_sn": number, "region": "PH", "currency": "PHP", "cod": False, "order_status": "READY_TO_SHIP", "pending_terms": [],
        "booking_sn": "",
        "shipping_carrier": "GoGo Xpress", "checkout_shipping_carrier": "GoGo Xpress", "estimated_shipping_fee": 38.0, "note": "",
        "message_to_seller": "Please pack well", "create_time": created, "update_time": created + 600, "days_to_ship": 2,
        "ship_by_date": created + 259_200, "pay_time": created + 300, "buyer_user_id": rng.randrange(10 ** 9),
        "buyer_username": f"buyer_{rng.randrange(10 ** 6)}", "payment_method": "Online Payment", "total_amount": 350.0,
        "recipient_address": {"name": name_of(rng), "phone": f"63917{rng.randrange(10 ** 7):07d}", "town": "", "district": district,
                              "city": city,
                              "state": state, "region": "PH", "zipcode": zipcode,
                              "full_address": f"{rng.randrange(1, 999)} Mabini St, {district}"},
        "item_list": lines, "fulfillment_flag": "fulfilled_by_local_seller", "split_up": False, "goods_to_declare": False,
        "buyer_cancel_reason": "",
        "cancel_by": "", "cancel_reason": "", "invoice_data": None, "package_list": [package]}


def _line(n, rng, skus):
    sku = rng.randrange(skus)
    return {"item_id": 20_100_000_000 + sku, "item_name": "Shockproof phone case 手机壳 with stand", "item_sku": f"SKU-{sku:05d}",
            "model_id": 200_000_000_000 + sku, "model_name": "Black,XL", "model_sku": f"SKU-{sku:05d}",
            "model_quantity_purchased": rng.choice((1, 1, 1, 2)),
            "model_original_price": 180.0, "model_discounted_price": 150.0, "wholesale": False, "weight": 0.12, "add_on_deal": False,
            "main_item": False, "promotion_type": "", "promotion_id": 0, "order_item_id": 20_100_000_000 + n, "promotion_group_id": 0,
            "image_info": {"image_url": f"https://cdn.example.com/sku-{sku}"}, "product_location_id": ["PH0001ABC"]}


def read_page(body, own=frozenset({"gogo xpress"})):
    """A page of PulledOrder as the connector makes it."""
    return [read_order(raw, own) for raw in orjson.loads(body)["response"]["order_list"]]


def pending_order(rng, n, account_id, channel_id, state="pending"):
    """Columns of a platform order that the converting and the list parts write in bulk."""
    province, city, district, postcode = rng.choice(TOWNS)
    at = NOW - timedelta(seconds=n)
    return {"account_id": account_id, "platform": "shopee", "order_no": f"B{n:09d}", "state": state, "platform_status": "READY_TO_SHIP",
            "ordered_at": at,
            "platform_updated_at": at, "pulled_at": at, "created_at": at, "changed_at": at, "created_by": "bench", "changed_by": "bench",
            "paid_at": at, "ship_by": at + timedelta(days=2), "currency": "PHP", "total": Decimal("350"), "recipient": name_of(rng),
            "phone": f"63917{rng.randrange(10 ** 7):07d}", "country": "PH", "province": province, "city": city, "district": district,
            "street": f"{rng.randrange(1, 999)} Mabini St", "postcode": postcode, "ship_method": "GoGo Xpress", "own_carrier": True,
            "channel_id": channel_id, "packages": [], "problem_params": {}, "staff_changed": []}


def shop(tenant):
    return ShopAccount(tenant_id=tenant, platform="shopee", alias=f"bench{tenant}", region="PH", shop_id=str(900_000 + tenant),
                       state="active")
