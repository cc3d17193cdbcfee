"""Invented buyers, real places and a small catalogue, for orders that look like orders."""

# region -> ((city, state, district, postcode)…); places that the carrier stand-ins serve
PLACES = {
    "PH": (("Mangaldan", "Pangasinan", "Poblacion", "2432"), ("Makati City", "Metro Manila", "Bel-Air", "1209"),
           ("Baguio City", "Benguet", "Poblacion", "2600"), ("Pasig", "Metro Manila", "Kapitolyo", "1603"),
           ("Quezon City", "Metro Manila", "Diliman", "1101"), ("Cebu City", "Cebu", "Lahug", "6000"),
           ("San Fernando", "La Union", "Poblacion", "2500")),
    "VN": (("Quận 5", "TP. Hồ Chí Minh", "Phường 1", "700000"), ("Quận Cầu Giấy", "Hà Nội", "Phường Dịch Vọng", "100000"),
           ("Quận Hải Châu", "Đà Nẵng", "Phường Thạch Thang", "550000")),
    "TH": (("เขตวัฒนา", "กรุงเทพมหานคร", "แขวงคลองเตยเหนือ", "10110"), ("อำเภอเมืองเชียงใหม่", "เชียงใหม่", "ตำบลศรีภูมิ", "50200"),
           ("อำเภอเมืองภูเก็ต", "ภูเก็ต", "ตำบลตลาดใหญ่", "83000")),
    "": (("Demo City", "Demo State", "Centre", "10000"),),
}
UNSERVED = {
    "PH": (("Jolo", "Sulu", "Walled City", "7400"),),
    "VN": (("Huyện Trường Sa", "Khánh Hòa", "Thị trấn Trường Sa", "650000"),),
}
NAMES = {
    "PH": ("Maria Santos", "Jose Dela Cruz", "Angelica Reyes", "Mark Anthony Bautista", "Ana Liza Ocampo", "Kristine Mendoza",
           "Rodrigo Villanueva", "Ma. Teresa Garcia", "Jun-jun Peña", "Shaun O'Neil"),
    "VN": ("lã văn việt", "Nguyễn Thị Hồng Nhung", "Trần Quốc Bảo", "Lê Minh Đức", "Phạm Thu Hà", "Đặng Văn Lâm",
           "Võ Thị Sáu", "Hoàng Anh Tuấn"),
    "TH": ("สมชาย ใจดี", "สุดารัตน์ ศรีสุข", "ณัฐพล วงศ์สวัสดิ์", "พิมพ์ชนก ทองดี", "อนันต์ บุญมา"),
    "": ("Demo Buyer", "Lee Ann Tan", "Ahmad bin Ali", "Siti Rahayu"),
}
STREETS = {
    "PH": ("{n} Rizal St", "Blk {n} Lot 4 Sampaguita Village", "Unit {n} Tower 2 Ayala Ave", "Purok {n}, near barangay hall"),
    "VN": ("{n} Trần Hưng Đạo", "Số {n} ngõ 12 Xuân Thủy", "{n}/7 Lê Lợi"),
    "TH": ("{n}/12 ถนนสุขุมวิท", "บ้านเลขที่ {n} หมู่ 4", "{n} ซอยทองหล่อ 10"),
    "": ("{n} Main Street",),
}
NOTES = {
    "PH": ("", "", "Please call before delivery", "Paki-iwan sa guard po, salamat"),
    "VN": ("", "", "Giao giờ hành chính", "Gọi trước khi giao"),
    "TH": ("", "", "โทรก่อนส่งนะคะ", "ฝากไว้ที่ป้อมยาม"),
    "": ("", "Please call before delivery"),
}
# prefixes whose numbers are all valid there: a parcel's phone is checked before it is pushed
PHONES = {"PH": "6392{:08d}", "VN": "8491{:07d}", "TH": "6681{:07d}", "MY": "6012{:07d}", "SG": "6591{:06d}", "ID": "6281{:08d}",
          "TW": "8869{:08d}", "BR": "55119{:08d}"}
# currency, one dollar in it, digits behind the point, hours ahead of UTC
MONEY = {"PH": ("PHP", 57, 2, 8), "VN": ("VND", 25_000, 0, 7), "TH": ("THB", 33, 2, 7), "MY": ("MYR", 4.3, 2, 8), "SG": ("SGD", 1.3, 2, 8),
         "ID": ("IDR", 16_500, 0, 7), "TW": ("TWD", 32, 0, 8), "BR": ("BRL", 5.6, 2, -3)}
# item sku, name, price in dollars, weight in kg, (model name, model sku)…; no models = listing without variation
CATALOGUE = (
    ("CUP", "Ceramic cup", 3.2, 0.35, (("Blue,500ml", "CUP-BL-500"), ("White,350ml", "CUP-WH-350"))),
    ("TEE", "Cotton T-shirt", 5.5, 0.2, (("White,M", "TEE-WH-M"), ("White,L", "TEE-WH-L"), ("Black,M", "TEE-BK-M"))),
    ("LAMP", "LED desk lamp", 12.9, 0.8, (("Warm", "LAMP-W"), ("Cold", "LAMP-C"))),
    ("CABLE", "USB-C cable", 1.9, 0.05, (("1m", "CABLE-1M"), ("2m", "CABLE-2M"))),
    ("BAG", "Canvas tote bag", 4.4, 0.25, ()),
    ("CASE", "Phone case", 2.3, 0.06, (("Clear", "CASE-CL"), ("Pink", "CASE-PK"))),
    ("MAT", "Yoga mat", 9.9, 1.2, ()),
    ("FAN", "Hand fan", 6.1, 0.18, (("Mint", "FAN-MT"), ("Grey", "FAN-GY"))),
)


def of(table: dict, region: str):
    """The row of a region, or the one for all others."""
    return table.get(region) or table[""]


def money(region: str) -> tuple[str, float, int, int]:
    return MONEY.get(region, ("USD", 1, 2, 0))


def amount(value: float, digits: int) -> int | float:
    """Money as Shopee writes it: whole numbers for currencies without decimals."""
    return round(value, digits) if digits else round(value)
