"""What CreateOrder refuses; pure functions over informationOrder."""

from __future__ import annotations

import re

from .. import places
from .charges import SERVICES, grams, serves

NEEDED = ("senderName", "senderPhone", "senderAddress", "receiverName", "receiverPhone", "receiverAddress",
          "serviceCode", "contentNote", "weight", "sendType")
PHONE = re.compile(r"[0-9]{9,11}")
REPLACED = {10: 0, 11: 5}  # check digits that would not be one digit, or are 11 - 0
LEVELS = {"province": "ProvinceCode", "district": "DistrictCode", "commune": "CommuneCode"}


def order_fault(info: dict) -> str:
    """The first reason to refuse, as the carrier's message; "" when the order may be created."""
    missing = [field for field in NEEDED if not str(info.get(field) if info.get(field) is not None else "").strip()]
    if missing:
        return "Thiếu trường bắt buộc: " + ", ".join(missing)
    for field in ("senderPhone", "receiverPhone"):
        if not PHONE.fullmatch(str(info[field])):
            return f"{field}: số điện thoại phải có 9 đến 11 chữ số"
    if not isinstance(info["serviceCode"], str) or info["serviceCode"] not in SERVICES:
        return "serviceCode: mã dịch vụ không tồn tại"
    if grams(info["weight"]) is None:
        return "weight: khối lượng phải lớn hơn 0"
    if str(info["sendType"]) not in ("1", "2"):
        return "sendType: hình thức gửi không hợp lệ"
    for side in ("sender", "receiver"):
        codes = {level: str(info.get(side + suffix) or "") for level, suffix in LEVELS.items()}
        level = places.address_fault_vn(**codes)
        if level:
            return f"{side}{LEVELS[level]}: mã địa chỉ không hợp lệ"
    return "" if serves(info) else "receiverProvinceCode: địa chỉ chưa được phục vụ"


def s10(prefix: str, serial: int) -> str:
    """UPU S10 number of Viet Nam Post: two letters, eight digits, check digit, VN. («CA», 12345678) -> CA123456785VN."""
    digits = f"{serial:08d}"
    rest = 11 - sum(weight * int(digit) for weight, digit in zip((8, 6, 4, 2, 3, 5, 9, 7), digits, strict=True)) % 11
    return f"{prefix}{digits}{REPLACED.get(rest, rest)}VN"
