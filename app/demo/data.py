"""What the demo installation is made of: invented people, goods and shops. Data only."""

PASSWORD = "Demo-Pass-2026!"
# user name -> (role, merchant code or None for provider staff, first name, last name)
PEOPLE = {
    "clerk": ("MerchantClerk", "HMKJ", "Lin", "Wang"),
    "admin": ("MerchantAdmin", "HMKJ", "Hua", "Chen"),
    "beta": ("MerchantClerk", "BETA", "Mei", "Zhou"),
    "service": ("ProviderService", None, "Xia", "Liu"),
    "warehouse": ("ProviderWarehouse", None, "Gang", "Zhao"),
    "provider": ("ProviderAdmin", None, "Wei", "Yang"),
}
MERCHANTS = {"HMKJ": ("华美科技 Huamei Tech", "+8613800138000"), "BETA": ("蓝海贸易 Bluesea Trading", "+8613900139000")}
WAREHOUSES = (("SZ01", "深圳一号仓 Shenzhen", "CN"), ("MNL1", "马尼拉仓 Manila", "PH"))

# The stand-in's own developer app and accounts: known to everybody, good for nothing outside.
PARTNER_ID, PARTNER_KEY, PUSH_KEY = 2001887, "shpkdemo6b7a4f5546616e64426d4e6c796950", "shpkdemo70757368"
GOGO_KEYS = {"api_key": "demoKey01", "secret_key": "demoSecret01"}
VNPOST_LOGIN = {"username": "demo@example.com", "customer_code": "T000123456"}
VNPOST_SECRETS = {"password": "demoPass01"}

OWN = {"non_integrated": ["tracking_no"]}
# region -> the delivery channels of a demo shop: the first takes a number of ours, of the others the platform issues it.
CHANNELS = {
    "PH": [{"id": 40031, "name": "GoGo Xpress", "info_needed": OWN, "style": "", "enabled": True, "preprint": False},
           {"id": 40011, "name": "SPX Express", "info_needed": {"dropoff": []}, "style": "SPXPH", "enabled": True, "preprint": False}],
    "VN": [{"id": 50021, "name": "VNPost Tiết Kiệm", "info_needed": OWN, "style": "", "enabled": True, "preprint": False},
           {"id": 50011, "name": "SPX Express", "info_needed": {"dropoff": []}, "style": "SPXVN", "enabled": True, "preprint": False}],
}
# alias -> (merchant, region, shop id in the sandbox, shop name)
SHOPS = {
    "HM-PH": ("HMKJ", "PH", 700100001, "Huamei Official PH"),
    "HM-VN": ("HMKJ", "VN", 700100002, "Huamei Việt Nam"),
    "BS-PH": ("BETA", "PH", 700100003, "Bluesea Mall PH"),
}

# sku, name, declared English name, declared Chinese name, value in USD, grams, HS code, battery, bin
PRODUCTS = {
    "HMKJ": (
        ("HMKJ-4551", "陶瓷杯 蓝 500ml", "Ceramic cup", "陶瓷杯", "2.40", 350, "691110", False, "A-01-1"),
        ("HMKJ-4552", "陶瓷杯 白 350ml", "Ceramic cup", "陶瓷杯", "2.10", 300, "691110", False, "A-01-2"),
        ("CCD007", "帆布托特包", "Canvas tote bag", "帆布包", "3.10", 250, "420292", False, "A-02-1"),
        ("HMKJ-4601", "棉T恤 白 M", "Cotton T-shirt", "棉T恤", "3.80", 200, "610910", False, "A-03-1"),
        ("HMKJ-4602", "棉T恤 白 L", "Cotton T-shirt", "棉T恤", "3.80", 210, "610910", False, "A-03-2"),
        ("HMKJ-4603", "棉T恤 黑 M", "Cotton T-shirt", "棉T恤", "3.80", 200, "610910", False, "A-03-3"),
        ("HMKJ-4701", "LED台灯 暖光", "LED desk lamp", "LED台灯", "8.50", 800, "940521", False, "B-01-1"),
        ("HMKJ-4702", "LED台灯 冷光", "", "LED台灯", "8.50", 800, "940521", False, "B-01-2"),
        ("HMKJ-4801", "USB-C数据线 1m", "USB cable", "数据线", "0.90", 50, "854442", False, "B-02-1"),
        ("HMKJ-4802", "USB-C数据线 2m", "USB cable", "数据线", "1.20", 70, "854442", False, "B-02-2"),
        ("HMKJ-4901", "手机壳 透明", "Phone case", "手机壳", "1.10", 60, "392690", False, "B-03-1"),
        ("HMKJ-4902", "手机壳 粉", "Phone case", "手机壳", "1.10", 60, "392690", False, "B-03-2"),
        ("HMKJ-5001", "瑜伽垫", "Yoga mat", "瑜伽垫", "6.00", 1200, "391810", False, "C-01-1"),
        ("HMKJ-5101", "手持风扇 薄荷绿", "Hand fan", "手持风扇", "4.20", 180, "841451", True, "C-02-1"),
        ("HMKJ-5102", "手持风扇 灰", "Hand fan", "手持风扇", "4.20", 180, "841451", True, "C-02-2"),
        ("HMKJ-5201", "杯盖", "Cup lid", "杯盖", "0.40", 40, "392410", False, "A-01-3"),
        ("HMKJ-5202", "杯刷", "Bottle brush", "杯刷", "0.60", 55, "960390", False, "A-01-4"),
        ("HMKJ-5301", "礼品盒", "", "礼品盒", "0.80", 120, "481910", False, "C-03-1"),
        ("HMKJ-5302", "丝带", "Ribbon", "丝带", "0.20", 10, "580632", False, "C-03-2"),
        ("HMKJ-5401", "旅行收纳包 六件套", "Travel organiser set", "收纳包", "5.30", 420, "420292", False, "C-04-1"),
        ("HMKJ-5402", "折叠雨伞", "Folding umbrella", "雨伞", "3.60", 330, "660191", False, "C-04-2"),
        ("HMKJ-5501", "不锈钢吸管 4支", "Steel straw", "吸管", "1.00", 90, "732393", False, "A-01-5"),
    ),
    "BETA": (
        ("BS-CUP-B", "蓝色马克杯", "Ceramic mug", "马克杯", "2.20", 340, "691110", False, "K-01"),
        ("BS-CUP-W", "白色马克杯", "Ceramic mug", "马克杯", "2.00", 310, "691110", False, "K-02"),
        ("BS-TEE-M", "T恤 M", "Cotton T-shirt", "T恤", "3.50", 200, "610910", False, "K-03"),
        ("BS-BAG", "购物袋", "Canvas bag", "帆布袋", "2.80", 240, "420292", False, "K-04"),
        ("BS-CASE", "手机壳", "Phone case", "手机壳", "1.00", 60, "392690", False, "K-05"),
        ("BS-CABLE", "充电线", "USB cable", "数据线", "0.80", 50, "854442", False, "K-06"),
    ),
}
STOCK = {"HMKJ-5102": 2, "HMKJ-5402": 0}        # pieces; everything else gets STOCK_ELSE
STOCK_ELSE = 400

# merchant -> [(platform SKU, OMS SKU, quantity, shop alias | "shopee" | "")]; "" = global. A combination has several rows.
MAPPINGS = {
    "HMKJ": (
        ("CUP-BL-500", "HMKJ-4551", 1, ""), ("CUP-WH-350", "HMKJ-4552", 1, ""), ("BAG", "CCD007", 1, "shopee"),
        ("TEE-WH-M", "HMKJ-4601", 1, ""), ("TEE-WH-L", "HMKJ-4602", 1, ""), ("TEE-BK-M", "HMKJ-4603", 1, ""),
        ("LAMP-W", "HMKJ-4701", 1, ""), ("LAMP-C", "HMKJ-4702", 1, ""), ("CABLE-1M", "HMKJ-4801", 1, ""), ("CABLE-2M", "HMKJ-4802", 1, ""),
        ("CASE-CL", "HMKJ-4901", 1, "shopee"), ("CASE-PK", "HMKJ-4902", 1, "shopee"), ("MAT", "HMKJ-5001", 1, ""),
        ("FAN-MT", "HMKJ-5101", 1, ""), ("FAN-GY", "HMKJ-5102", 1, ""),
        # Several platform SKUs for one of ours, a combination, and what one shop calls differently.
        ("CUP-BLUE", "HMKJ-4551", 1, ""), ("CUP-BLUE-2PCS", "HMKJ-4551", 2, ""),
        ("GIFT-CUP-SET", "HMKJ-4551", 1, ""), ("GIFT-CUP-SET", "HMKJ-4552", 1, ""), ("GIFT-CUP-SET", "HMKJ-5302", 2, ""),
        ("TEE-TRIO", "HMKJ-4601", 1, "HM-PH"), ("TEE-TRIO", "HMKJ-4602", 1, "HM-PH"), ("TEE-TRIO", "HMKJ-4603", 1, "HM-PH"),
        ("TUI-VAI", "CCD007", 1, "HM-VN"),
    ),
    "BETA": (
        ("CUP-BL-500", "BS-CUP-B", 1, ""), ("CUP-WH-350", "BS-CUP-W", 1, ""), ("TEE-WH-M", "BS-TEE-M", 1, ""), ("BAG", "BS-BAG", 1, ""),
        ("CASE-CL", "BS-CASE", 1, "shopee"), ("CASE-PK", "BS-CASE", 1, "shopee"), ("CABLE-1M", "BS-CABLE", 1, ""),
        ("CABLE-2M", "BS-CABLE", 2, ""),
    ),
}

_GOOD = ["CUP-BL-500", "CUP-WH-350", "TEE-WH-M", "TEE-WH-L", "TEE-BK-M", "LAMP-W", "CABLE-1M", "CABLE-2M", "BAG", "CASE-CL", "CASE-PK",
         "MAT", "FAN-MT"]
_BETA = ["CUP-BL-500", "CUP-WH-350", "TEE-WH-M", "BAG", "CASE-CL", "CASE-PK", "CABLE-1M", "CABLE-2M"]
_COMBO = [{"sku": "GIFT-CUP-SET", "quantity": 1, "price": 420, "name": "Couple cup gift set", "model_name": "Blue + White"}]
_TRIO = [{"sku": "TEE-TRIO", "quantity": 1, "price": 799, "name": "T-shirt value pack of 3", "model_name": "M/L mix"}]
_TUI = [{"sku": "TUI-VAI", "quantity": 2, "price": 129000, "name": "Túi vải canvas đeo vai", "model_name": "Kem"}]
_THAI = {"name": "สุดารัตน์ ศรีสุข"}

# alias -> batches of orders as the sandbox's control API wants them; 300 in all. `channel` "" = the shop's own fleet.
ORDERS = {
    "HM-PH": (
        {"count": 62, "skus": _GOOD}, {"count": 6, "skus": ["LAMP-C", "FAN-GY", "CUP-BL-500"]},
        {"count": 15, "skus": _GOOD, "masked": True},
        {"count": 12, "skus": _GOOD, "multi_package": 1.0}, {"count": 10, "skus": _GOOD, "unmapped_share": 1.0},
        {"count": 8, "skus": _GOOD, "weird": "apostrophes"}, {"count": 1, "skus": _GOOD, "unserved_share": 1.0},
        {"count": 1, "skus": _GOOD, "weird": "long_note"}, {"count": 3, "items": _COMBO}, {"count": 1, "items": _TRIO},
        {"count": 2, "skus": _GOOD, "weird": "emoji"}, {"count": 4, "skus": _GOOD, "recipient": _THAI},
        {"count": 8, "skus": _GOOD, "channel": "SPX Express"}, {"count": 4, "skus": _GOOD, "status": "UNPAID"},
        {"count": 3, "skus": _GOOD, "status": "CANCELLED"},
    ),
    "HM-VN": (
        {"count": 61, "skus": _GOOD}, {"count": 10, "skus": _GOOD, "masked": True}, {"count": 8, "skus": _GOOD, "multi_package": 1.0},
        {"count": 6, "skus": _GOOD, "unmapped_share": 1.0}, {"count": 3, "items": _TUI},
        {"count": 8, "skus": _GOOD, "channel": "SPX Express"}, {"count": 2, "skus": _GOOD, "status": "UNPAID"},
        {"count": 2, "skus": _GOOD, "status": "CANCELLED"},
    ),
    "BS-PH": (
        {"count": 40, "skus": _BETA}, {"count": 6, "skus": _BETA, "masked": True}, {"count": 4, "skus": _BETA, "unmapped_share": 1.0},
        {"count": 4, "skus": _BETA, "channel": "SPX Express"}, {"count": 3, "skus": _BETA, "multi_package": 1.0},
        {"count": 3, "skus": _BETA, "weird": "apostrophes"},
    ),
}

# code, name, carrier, service, countries, template, delivery names that choose it, options, text profile
CARRIER_CHANNELS = (
    ("GOGO-PH", "GoGo Xpress", "gogoxpress", "next_day", "PH", "100x150", "GoGo Xpress", {"packaging": "small-pouch"}, "carrier"),
    ("VNPOST-TK", "VNPost Tiết Kiệm", "vnpost", "CTN007", "VN", "100x150", "VNPost Tiết Kiệm", {"send_type": "2"}, "carrier"),
    ("SPX", "SPX Express 平台物流", "platform", "", "", "100x150", "SPX Express", {}, "carrier"),
    ("POOL-100", "专线小包 Pool", "number_pool", "", "PH, VN, TH", "100x100", "", {}, "ascii"),
)
POOL_SIZE = 50
SENDERS = {
    "gogoxpress": {"name": "Waybridge Manila", "phone": "+639171234567", "country": "PH", "state": "Metro Manila", "city": "Pasig",
                   "district": "Kapitolyo", "street": "12 Demo St", "postcode": "1603"},
    "vnpost": {"name": "Waybridge HCM", "phone": "0912345678", "country": "VN", "state": "TP. Hồ Chí Minh", "city": "Quận 5",
               "town": "Phường 1", "street": "12 Nguyễn Trãi", "postcode": "700000"},
}
