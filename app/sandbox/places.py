"""Small place lists of the Philippines and Viet Nam that the carrier stand-ins know.

They are short on purpose: a spelling outside the list is how the stand-ins play «destination not served».
Codes of Viet Nam have the carrier's shapes (province 2 digits, district 4, commune 5) but most are invented.
"""

from __future__ import annotations

PH_PROVINCES: tuple[tuple[int, str, str, tuple[str, ...]], ...] = (
    (1, "Benguet", "North Luzon", ("Baguio City", "La Trinidad", "Itogon")),
    (2, "Bulacan", "Central Luzon", ("Malolos City", "Meycauayan City", "San Jose del Monte City")),
    (3, "Cavite", "South Luzon", ("Bacoor City", "Dasmariñas City", "Imus City", "Tagaytay City")),
    (4, "Cebu", "Visayas", ("Cebu City", "Lapu-Lapu City", "Mandaue City")),
    (5, "Davao del Sur", "Mindanao", ("Davao City", "Digos City")),
    (6, "Iloilo", "Visayas", ("Iloilo City", "Passi City")),
    (7, "La Union", "North Luzon", ("San Fernando", "Agoo", "Bauang")),
    (8, "Laguna", "South Luzon", ("Biñan City", "Calamba City", "Santa Rosa City")),
    (9, "Metro Manila", "NCR", (
        "Caloocan City", "Las Piñas City", "Makati City", "Malabon City", "Mandaluyong City", "Manila", "Marikina City",
        "Muntinlupa City", "Navotas City", "Parañaque City", "Pasay City", "Pasig", "Pateros", "Quezon City", "San Juan City",
        "Taguig City", "Valenzuela City",
    )),
    (10, "Misamis Oriental", "Mindanao", ("Cagayan de Oro City", "Gingoog City")),
    (11, "Pampanga", "Central Luzon", ("Angeles City", "San Fernando City")),
    (12, "Pangasinan", "North Luzon", ("Mangaldan", "Dagupan City", "Lingayen", "Urdaneta City")),
    (13, "Rizal", "South Luzon", ("Antipolo City", "Cainta", "Taytay")),
)


def provinces_ph() -> list[dict]:
    """Rows `{id, name, cluster}` in order of id."""
    return [{"id": number, "name": name, "cluster": cluster} for number, name, cluster, _ in PH_PROVINCES]


def cities_ph(province_id: int) -> list[dict] | None:
    """Rows `{id, name}` of one province, or None when the province is unknown."""
    for number, _, _, cities in PH_PROVINCES:
        if number == province_id:
            return [{"id": number * 100 + place, "name": city} for place, city in enumerate(cities, start=1)]
    return None


def _plain(text: object) -> str:
    return " ".join(str(text or "").split()).casefold()


_PH_CITIES = {_plain(name): {_plain(city) for city in cities} for _, name, _, cities in PH_PROVINCES}
_PH_CLUSTER = {_plain(name): cluster for _, name, cluster, _ in PH_PROVINCES}


def province_known_ph(state: object) -> bool:
    """True when the province is in the list; case and doubled blanks don't matter."""
    return _plain(state) in _PH_CITIES


def city_known_ph(state: object, city: object) -> bool:
    """True when the city is listed inside that province."""
    return _plain(city) in _PH_CITIES.get(_plain(state), set())


def cluster_ph(state: object) -> str:
    """Region name of a listed province, used for prices and hub codes; "" when unknown."""
    return _PH_CLUSTER.get(_plain(state), "")


# code, name, served?
VN_PROVINCES: tuple[tuple[str, str, bool], ...] = (
    ("10", "Hà Nội", True),
    ("18", "Hải Phòng", True),
    ("55", "Đà Nẵng", True),
    ("65", "Khánh Hòa", False),
    ("70", "TP. Hồ Chí Minh", True),
    ("90", "Cần Thơ", True),
)
VN_DISTRICTS: tuple[tuple[str, str, str], ...] = (
    ("1110", "Quận Hoàn Kiếm", "10"),
    ("1150", "Quận Đống Đa", "10"),
    ("1390", "Quận Cầu Giấy", "10"),
    ("1810", "Quận Hồng Bàng", "18"),
    ("5510", "Quận Hải Châu", "55"),
    ("5530", "Quận Sơn Trà", "55"),
    ("6590", "Huyện Trường Sa", "65"),
    ("7100", "Quận 1", "70"),
    ("7220", "Quận 3", "70"),
    ("7270", "Quận 5", "70"),
    ("9010", "Quận Ninh Kiều", "90"),
)
VN_COMMUNES: tuple[tuple[str, str, str], ...] = (
    ("11110", "Phường Hàng Bạc", "1110"),
    ("11510", "Phường Láng Hạ", "1150"),
    ("13915", "Phường Dịch Vọng", "1390"),
    ("13920", "Phường Nghĩa Đô", "1390"),
    ("18110", "Phường Hoàng Văn Thụ", "1810"),
    ("55110", "Phường Thạch Thang", "5510"),
    ("55115", "Phường Hải Châu 1", "5510"),
    ("55310", "Phường An Hải Bắc", "5530"),
    ("65910", "Thị trấn Trường Sa", "6590"),
    ("71010", "Phường Bến Nghé", "7100"),
    ("71015", "Phường Bến Thành", "7100"),
    ("72210", "Phường Võ Thị Sáu", "7220"),
    ("72710", "Phường 1", "7270"),
    ("72715", "Phường 2", "7270"),
    ("90110", "Phường Tân An", "9010"),
)
# Two levels since the merger of 2025: a ward hangs directly under its province.
VN_NEW_COMMUNES: tuple[tuple[str, str, str], ...] = (
    ("10105", "Phường Hoàn Kiếm", "10"),
    ("10120", "Phường Cầu Giấy", "10"),
    ("18105", "Phường Hồng Bàng", "18"),
    ("55105", "Phường Hải Châu", "55"),
    ("55120", "Phường Sơn Trà", "55"),
    ("65105", "Đặc khu Trường Sa", "65"),
    ("70105", "Phường Sài Gòn", "70"),
    ("70120", "Phường Bến Thành", "70"),
    ("70135", "Phường Chợ Lớn", "70"),
    ("90105", "Phường Ninh Kiều", "90"),
)
TWO_LEVEL = "VNPOST"  # the constant district code of an address of the new set

_SERVED = {code: served for code, _, served in VN_PROVINCES}
_DISTRICT_OF = {code: province for code, _, province in VN_DISTRICTS}
_COMMUNE_OF = {code: district for code, _, district in VN_COMMUNES}
_WARD_OF = {code: province for code, _, province in VN_NEW_COMMUNES}


def provinces_vn() -> list[dict]:
    """Rows `{provinceCode, provinceName}`; the stand-in uses the same codes before and after the merger."""
    return [{"provinceCode": code, "provinceName": name} for code, name, _ in VN_PROVINCES]


def districts_vn() -> list[dict]:
    """Rows `{districtCode, districtName, provinceCode}` of the three-level set."""
    return [{"districtCode": code, "districtName": name, "provinceCode": province} for code, name, province in VN_DISTRICTS]


def communes_vn() -> list[dict]:
    """Rows `{communeCode, communeName, districtCode}` of the three-level set."""
    return [{"communeCode": code, "communeName": name, "districtCode": district} for code, name, district in VN_COMMUNES]


def new_communes_vn() -> list[dict]:
    """Rows `{communeCode, communeName, provinceCode}` of the two-level set."""
    return [{"communeCode": code, "communeName": name, "provinceCode": province} for code, name, province in VN_NEW_COMMUNES]


def served_vn(province: str) -> bool:
    """True when parcels go to (and come from) this province; unknown codes count as unserved."""
    return _SERVED.get(province, False)


def address_fault_vn(province: str, district: str, commune: str) -> str:
    """Name of the first level that doesn't fit (`province`, `district`, `commune`), or "" when the address hangs together.

    An empty commune is accepted: the notes name only the district as a reason to refuse.
    """
    if province not in _SERVED:
        return "province"
    if district == TWO_LEVEL:
        return "commune" if commune and _WARD_OF.get(commune) != province else ""
    if _DISTRICT_OF.get(district) != province:
        return "district"
    return "commune" if commune and _COMMUNE_OF.get(commune) != district else ""
