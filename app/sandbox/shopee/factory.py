"""Makes shops, listings and orders. Given the same seed it makes the same buyers and baskets again."""

import random
import string
import time

from ..core import world
from . import book, channels, lifecycle, oddities, people, products

LETTERS = string.ascii_uppercase + string.digits
PACKAGE_STATE = {
    "UNPAID": "LOGISTICS_NOT_START", "PENDING": "LOGISTICS_PENDING_ARRANGE", "INVOICE_PENDING": "LOGISTICS_NOT_START",
    "READY_TO_SHIP": "LOGISTICS_READY", "IN_CANCEL": "LOGISTICS_READY", "RETRY_SHIP": lifecycle.RETRY, "PROCESSED": lifecycle.ARRANGED,
    "SHIPPED": lifecycle.PICKED, "TO_CONFIRM_RECEIVE": lifecycle.DONE, "COMPLETED": lifecycle.DONE, "TO_RETURN": lifecycle.DONE,
    "CANCELLED": "LOGISTICS_INVALID",
}
NUMBERED = ("PROCESSED", "SHIPPED", "TO_CONFIRM_RECEIVE", "COMPLETED", "TO_RETURN", "RETRY_SHIP")
MOST = 10_000


def new_shop(data: dict) -> dict:
    """A shop with channels, pickup addresses and the catalogue. Raises ValueError for a shop_id in use."""
    here, region = world(), str(data.get("region") or "PH").upper()
    shops = here.books("shopee.shops")
    shop_id = int(data.get("shop_id") or 700_000_000 + here.next_id("shopee.shop"))
    if str(shop_id) in shops:
        raise ValueError(f"shop {shop_id} exists")
    account = data.get("main_account")
    shop = {
        "shop_id": shop_id, "region": region, "name": data.get("name") or f"Demo {region}", "status": "NORMAL",
        "is_cb": bool(data.get("is_cb")),
        "main_account": int(account) if account else None, "channels": channels.channels_of(region),
        "merchant_id": int(data.get("merchant_id") or (1_700_000 + int(account) % 100_000 if account else 0)) or None,
        "addresses": channels.addresses_of(region), "location": f"{region}0001ABC",
    }
    shops[str(shop_id)] = shop
    for row in people.CATALOGUE:
        new_item(shop, *row)
    here.touch()
    return shop


def new_item(shop: dict, sku: str, name: str, price: float, weight: float, variants: tuple) -> dict:
    """One listing; `price` in dollars, put into the site's currency."""
    here = world()
    currency, rate, digits, _ = people.money(shop["region"])
    item_id, moment = 20_100_000_000 + here.next_id("shopee.item"), int(here.now())
    amount = people.amount(price * rate, digits) if rate < 1000 else round(price * rate / 1000) * 1000
    prices = [{"currency": currency, "original_price": people.amount(amount * 1.25, digits), "current_price": amount}]
    models = [{"model_id": 200_000_000_000 + here.next_id("shopee.model") if variants else 0, "model_sku": model_sku,
               "model_name": model_name, "tier_index": [place], "model_status": "NORMAL",
               "price_info": prices, "_stock": {shop["location"]: 100}}
              for place, (model_name, model_sku) in enumerate(variants or (("", ""),))]
    item = {
        "item_id": item_id, "item_name": name, "item_sku": sku, "category_id": 100_100, "item_status": "NORMAL",
        "has_model": bool(variants), "price_info": prices,
        "image": {"image_id_list": [sku.lower()], "image_url_list": [f"https://cdn.example.com/{sku.lower()}"]},
        "weight": str(weight), "dimension": {"package_length": 10, "package_width": 10, "package_height": 5}, "logistic_info": [],
        "brand": {"brand_id": 0, "original_brand_name": "NoBrand"}, "create_time": moment, "update_time": moment, "_models": models,
    }
    products.items(shop["shop_id"])[str(item_id)] = item
    return item


class Maker:
    """Makes one batch of orders for a shop from the wishes of the control API."""

    def __init__(self, shop: dict, spec: dict):
        self.shop, self.spec, self.region = shop, spec, shop["region"]
        self.rng = random.Random(spec.get("seed") if spec.get("seed") is not None else time.time_ns())
        self.currency, self.rate, self.digits, self.ahead = people.money(self.region)
        self.now = int(world().now())
        self.catalogue = self._catalogue()
        self.channel = channels.pick(shop, spec.get("channel"), spec.get("carrier_kind"))
        self.state = spec.get("status") or "READY_TO_SHIP"
        if self.state not in PACKAGE_STATE:
            raise ValueError(f"unknown status {self.state}")
        self.odd = oddities.wanted(spec.get("weird"))
        # Numbers have their own source: a number drawn twice must not change the buyers and baskets of the seed.
        self.draw = random.Random(f"{spec.get('seed')}:{world().next_id('shopee.batch')}")
        self.taken = book.numbers()

    def _catalogue(self) -> list[tuple[dict, dict]]:
        mine = products.items(self.shop["shop_id"])
        known = {model["model_sku"] or item["item_sku"]: (item, model) for item in mine.values() for model in item["_models"]}
        return [known.get(sku) or self._listed(sku) for sku in self.spec.get("skus") or known]

    def _listed(self, sku: str, price: float = 5.0) -> tuple[dict, dict]:
        item = new_item(self.shop, sku, f"Demo {sku}", price, 0.3, ())
        return item, item["_models"][0]

    def _share(self, name: str, default: float = 0.0) -> bool:
        value = self.spec.get(name)
        return self.rng.random() < float(default if value is None else value)

    def orders(self, count: int) -> list[dict]:
        return [self._order(number) for number in range(count)]

    def _order(self, number: int) -> dict:
        rng, spec = self.rng, self.spec
        created = self.now - int(rng.random() * float(spec.get("created_within", 86_400))) - 1
        updated = max(created, self.now - int(rng.random() * float(spec.get("updated_within", 0))))
        split = self._share("multi_package")
        lines = self._lines(split)
        order = {
            "order_sn": self._number(created), "region": self.region, "currency": self.currency, "cod": self._share("cod", 0.5),
            "order_status": self.state, "pending_terms": ["SYSTEM_PENDING"] if self.state == "PENDING" else [], "booking_sn": "",
            "shipping_carrier": self.channel["name"], "checkout_shipping_carrier": self.channel["name"],
            "estimated_shipping_fee": people.amount(0.7 * self.rate, self.digits), "actual_shipping_fee": 0,
            "actual_shipping_fee_confirmed": False, "reverse_shipping_fee": 0, "note": "", "note_update_time": 0,
            "message_to_seller": rng.choice(people.of(people.NOTES, self.region)),
            "create_time": created, "update_time": updated, "days_to_ship": 2, "ship_by_date": created + 3 * 86_400, "pickup_done_time": 0,
            "pay_time": 0 if self.state == "UNPAID" else created + 300, "buyer_user_id": rng.randrange(10**7, 10**9),
            "buyer_username": f"buyer_{rng.randrange(36**5):05d}", "recipient_address": self._recipient(), "item_list": lines,
            "fulfillment_flag": "fulfilled_by_local_seller", "split_up": False, "goods_to_declare": False, "dropshipper": None,
            "dropshipper_phone": None, "buyer_cancel_reason": "", "cancel_by": "", "cancel_reason": "", "invoice_data": None,
            "advance_package": False, "order_chargeable_weight_gram": 300, "return_request_due_date": 0,
            "_masked": bool(spec.get("masked", False)), "_ship_calls": 0,
        }
        order["payment_method"] = "Cash on Delivery" if order["cod"] else "Online Payment"
        order["total_amount"] = 0 if self.state == "UNPAID" else self._total(order)
        if self.odd:
            oddities.apply(self.odd[number % len(self.odd)], order, rng)
        order["package_list"] = self._packages(order, split)
        order.update(spec.get("fields") or {})
        return order

    def _number(self, created: int) -> str:
        """YYMMDD of the site's day and eight letters or digits, new in all shops."""
        day = time.strftime("%y%m%d", time.gmtime(created + self.ahead * 3600))
        while True:
            number = day + "".join(self.draw.choices(LETTERS, k=8))
            if number not in self.taken:
                self.taken.add(number)
                return number

    def _total(self, order: dict) -> float:
        goods = sum(line["model_discounted_price"] * line["model_quantity_purchased"] for line in order["item_list"])
        return people.amount(goods + order["estimated_shipping_fee"], self.digits)

    def _lines(self, split: bool) -> list[dict]:
        if self.spec.get("items") is not None:
            return [self._wished(row) for row in self.spec["items"]]
        picks = self.rng.sample(self.catalogue, k=min(self.rng.choice((1, 1, 1, 2, 3)), len(self.catalogue)))
        lines = [self.line(item, model, self.rng.choice((1, 1, 1, 2, 3))) for item, model in picks]
        if split and len(lines) == 1:
            lines[0]["model_quantity_purchased"] += 1  # one piece would not fill two parcels
        if self._share("unmapped_share"):
            lines[0].update(item_sku=f"NEW-{self.rng.randrange(1000, 9999)}", model_sku="")
        return lines

    def _wished(self, row: dict) -> dict:
        """A line of the explicit list {sku, quantity, price, name, model_name}; an unknown SKU is listed first."""
        sku = str(row.get("sku") or "")
        pair = next((pair for pair in self.catalogue if sku in (pair[1]["model_sku"] or pair[0]["item_sku"],)), None)
        if pair is None:
            pair = self._listed(sku)
            self.catalogue.append(pair)
        line = self.line(*pair, int(row.get("quantity", 1)))
        if row.get("price") is not None:
            line.update(model_original_price=row["price"], model_discounted_price=row["price"])
        return {**line, "item_name": row.get("name") or line["item_name"], "model_name": row.get("model_name") or line["model_name"]}

    def line(self, item: dict, model: dict, quantity: int) -> dict:
        """One row of item_list."""
        price = model["price_info"][0]
        return {
            "item_id": item["item_id"], "item_name": item["item_name"], "item_sku": item["item_sku"], "model_id": model["model_id"],
            "model_name": model["model_name"], "model_sku": model["model_sku"], "model_quantity_purchased": quantity,
            "model_original_price": price["original_price"], "model_discounted_price": price["current_price"], "wholesale": False,
            "weight": float(item["weight"]), "add_on_deal": False, "main_item": False, "add_on_deal_id": 0, "promotion_type": "",
            "promotion_id": 0, "order_item_id": item["item_id"], "promotion_group_id": 0,
            "image_info": {"image_url": item["image"]["image_url_list"][0]}, "product_location_id": [self.shop["location"]],
        }

    def _recipient(self) -> dict:
        rng, region = self.rng, self.region
        away = self._share("unserved_share") and region in people.UNSERVED
        city, state, district, zipcode = rng.choice(people.UNSERVED[region] if away else people.of(people.PLACES, region))
        street = rng.choice(people.of(people.STREETS, region)).format(n=rng.randrange(1, 400))
        phone = people.PHONES.get(region, "1{:010d}")
        digits = int(phone[phone.index(":0") + 2:phone.index("d}")])
        return {
            "name": rng.choice(people.of(people.NAMES, region)), "phone": phone.format(rng.randrange(10**(digits - 1), 10**digits)),
            "town": "", "district": district, "city": city, "state": state, "region": region, "zipcode": zipcode,
            "full_address": f"{street}, {district}, {city}, {state}, {zipcode}", **(self.spec.get("recipient") or {}),
        }

    def _packages(self, order: dict, split: bool) -> list[dict]:
        lines = [{"item_id": line["item_id"], "model_id": line["model_id"], "model_quantity": line["model_quantity_purchased"],
                  "order_item_id": line["order_item_id"], "promotion_group_id": 0, "product_location_id": self.shop["location"]}
                 for line in order["item_list"]]
        if lines and split:
            parts = _halves(lines)
            order["split_up"] = len(parts) > 1
            return [self._package(order, part) for part in parts]
        return [self._package(order, lines)]

    def _package(self, order: dict, lines: list[dict]) -> dict:
        here, numbered = world(), self.state in NUMBERED
        number = here.next_id("shopee.package")
        tracking = channels.waybill_number(self.channel["style"], self.region, 210_000 + here.next_id("shopee.waybill")) if numbered else ""
        return {
            "package_number": f"OFG{100_000_000_000_000 + number}", "logistics_status": PACKAGE_STATE[self.state],
            "logistics_channel_id": self.channel["id"], "shipping_carrier": self.channel["name"], "allow_self_design_awb": True,
            "group_shipment_id": None, "parcel_chargeable_weight_gram": 300, "item_list": lines,
            "_forder_id": str(5_000_000_000_000_000_000 + number), "_tracking": tracking,
            "_arranged_at": here.now() if numbered and self.state != "RETRY_SHIP" else None, "_method": "", "_polls": 0, "_events": [],
            "_documents": {}, "_location": self.shop["location"],
        }


def _halves(lines: list[dict]) -> list[list[dict]]:
    """Two parcels: lines apart, or one line's quantity apart; a single piece stays whole."""
    if len(lines) > 1:
        return [lines[:1], lines[1:]]
    whole = lines[0]["model_quantity"]
    if whole < 2:
        return [lines]
    return [[{**lines[0], "model_quantity": 1}], [{**lines[0], "model_quantity": whole - 1}]]


def make_orders(shop: dict, spec: dict) -> list[dict]:
    """Make `count` orders and put them into the shop's book. Raises ValueError for a wish that makes no sense."""
    count = int(spec.get("count", 1))
    if not 1 <= count <= MOST:
        raise ValueError(f"count must be 1 to {MOST}")
    made = Maker(shop, spec).orders(count)
    book.put(shop["shop_id"], made)
    return made
