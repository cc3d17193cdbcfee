"""Invented Shopee answers and connectors for its tests."""
import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.integrations.auth import MemoryKeeper
from app.integrations.http import Client
from app.integrations.platforms import platform_class
from app.integrations.platforms.base import AppSettings
from app.integrations.rates import LocalLimiter
from app.integrations.types import Tokens

VECTORS = {v["case"]: v for v in json.loads((Path(__file__).parent / "vectors" / "shopee.json").read_text())}
KEY = "shpk4a5b6c7d8e9f00112233445566778899aabbccddeeff0011223344556677"
PUSH_KEY = "5a6b7c8d9e0f1a2b3c4d5e6f70818293"
ACCESS, REFRESH, SHOP = "6f7a4b6c4d6e4f70517253745576577a", "51724c4e68746b546965424c70617299", "700123456"
NOW = datetime.fromtimestamp(1790000000, UTC)
BASE = "https://partner.example.test"
Shopee = platform_class("shopee")


def app_settings(base_url=BASE, **options):
    return AppSettings(base_url, "https://open.example.test/auth", push_url="https://erp.example.com/api/push/shopee",
                       options={"partner_id": "2099001", **options}, secrets={"partner_key": KEY, "push_key": PUSH_KEY})


def tokens(minutes=60, access=ACCESS):
    return Tokens(access, REFRESH, NOW + timedelta(minutes=minutes), extra={"shop_id": SHOP})


def connector(transport, keeper=None, app=None, **options):
    """A Shopee connector at 2026-09-21 over a transport that never sleeps."""
    client = Client(BASE, "shopee", transport=transport, sleep=lambda seconds: None, limiter=LocalLimiter(sleep=lambda seconds: None))
    return Shopee(app or app_settings(), keeper or MemoryKeeper(tokens()), shop_id=SHOP, region="VN", options=options, client=client,
                  clock=lambda: NOW)


def ok(response=None, **top):
    """A success envelope."""
    return {"error": "", "message": "", "request_id": "b937", **({"response": response} if response is not None else {}), **top}


def no(error, message="", **top):
    return {"error": error, "message": message, "request_id": "b937", **top}


ITEM = {
    "item_id": 20100000123, "item_name": "Demo cup", "item_sku": "CUP", "model_id": 200000000456, "model_name": "Blue,500ml",
    "model_sku": "CUP-BL-500", "model_quantity_purchased": 2, "model_original_price": 90000, "model_discounted_price": 67000,
    "weight": 0.3, "promotion_id": 0, "order_item_id": 20100000123, "promotion_group_id": 0,
    "image_info": {"image_url": "https://cdn.example.com/x_tn"}, "product_location_id": ["VN0001ABC"],
}
PACKAGE = {
    "package_number": "OFG100000000000123", "logistics_status": "LOGISTICS_READY", "logistics_channel_id": 50021,
    "shipping_carrier": "VNPost Tiết Kiệm", "allow_self_design_awb": True, "group_shipment_id": None,
    "item_list": [{"item_id": 20100000123, "model_id": 200000000456, "model_quantity": 2, "order_item_id": 20100000123,
                   "promotion_group_id": 0, "product_location_id": "VN0001ABC"}],
}
ORDER = {
    "order_sn": "260921ABCD1234", "region": "VN", "currency": "VND", "cod": True, "total_amount": 152000, "order_status": "READY_TO_SHIP",
    "pending_terms": [], "shipping_carrier": "VNPost Tiết Kiệm", "message_to_seller": "Giao giờ hành chính", "note": "fragile",
    "create_time": 1789990000, "update_time": 1790000000, "pay_time": 1789990500, "ship_by_date": 1790170000, "pickup_done_time": 0,
    "buyer_user_id": 55500123, "buyer_username": "demo_buyer",
    "recipient_address": {"name": "N******n", "phone": "******64", "town": "", "district": "Phường 1", "city": "Quận 5",
                          "state": "TP. Hồ Chí Minh", "region": "VN", "zipcode": "700000", "full_address": "12******"},
    "item_list": [ITEM], "package_list": [PACKAGE], "fulfillment_flag": "fulfilled_by_local_seller", "split_up": False,
    "dropshipper": None, "buyer_cancel_reason": "", "cancel_by": "", "cancel_reason": "", "invoice_data": None, "advance_package": False,
}


def order(number="260921ABCD1234", **changes):
    return {**deepcopy(ORDER), "order_sn": number, **changes}


def listed(*numbers, cursor=""):
    """An answer of get_order_list."""
    rows = [{"order_sn": n, "order_status": "READY_TO_SHIP"} for n in numbers]
    return ok({"more": bool(cursor), "next_cursor": cursor, "order_list": rows})


def detailed(*orders):
    """An answer of get_order_detail."""
    return ok({"order_list": list(orders)}, warning=[])
