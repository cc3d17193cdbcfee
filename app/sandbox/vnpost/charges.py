"""ServicesCharge, and the prices behind it. Weights are grams, money is whole VND."""

from __future__ import annotations

import math
from dataclasses import dataclass

from flask import Response, jsonify

from .. import places
from .base import Refusal, caller, read_object, serve


@dataclass(frozen=True)
class Service:
    """A service: price of the first 500 g inside one province, of each further 500 g, and the extra between provinces."""

    code: str
    first: int
    step: int
    far: int
    prefix: str  # service letters of its S10 numbers


SERVICES = {service.code: service for service in (
    Service("CTN009", 18_000, 3_500, 10_500, "CA"),  # standard delivery
    Service("CTN007", 14_000, 2_500, 7_000, "CB"),  # the cheap one that staff name «VNPost Tiết Kiệm»
    Service("ETN011", 27_000, 5_000, 16_000, "EB"),  # EMS
)}
COD_RATE, COD_LEAST = 0.008, 8_000
INSURED_RATE = 0.005


@dataclass(frozen=True)
class Fee:
    """What a parcel costs in VND, and the grams it was priced by."""

    main: int
    extras: int
    volumetric: int
    priced: int

    @property
    def total(self) -> int:
        return self.main + self.extras


def grams(value: object) -> int | None:
    """Whole grams above zero from a number or text, else None."""
    number = _number(value)
    return math.ceil(number) if number is not None and 0 < number <= 1_000_000 else None


def volumetric(parcel: dict) -> int:
    """L×W×H/6 in cm as grams; 0 when a side is missing."""
    sides = [_number(parcel.get(side)) or 0 for side in ("length", "width", "height")]
    return math.ceil(math.prod(side for side in sides) / 6) if all(0 < side <= 10_000 for side in sides) else 0


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def price(service: Service, parcel: dict, cod: int = 0, declared: int = 0) -> Fee:
    """Fee of a parcel whose weight is sound (see `grams`); `parcel` has the province codes, weight and sides."""
    extra = volumetric(parcel)
    priced = max(grams(parcel.get("weight")) or 0, extra)
    near = parcel.get("senderProvinceCode") == parcel.get("receiverProvinceCode")
    main = service.first + service.step * (math.ceil(priced / 500) - 1) + (0 if near else service.far)
    extras = max(COD_LEAST, round(cod * COD_RATE)) if cod else 0
    return Fee(main, extras + round(declared * INSURED_RATE), extra, priced)


def serves(parcel: dict) -> bool:
    """True when both provinces are served."""
    return all(places.served_vn(str(parcel.get(f"{side}ProvinceCode") or "")) for side in ("sender", "receiver"))


@serve("/ServicesCharge", "POST")
def services_charge() -> Response:
    """Fees of every open service, or of the one asked for; [] when a province is not served."""
    account, body = caller(), read_object()
    parcel = body.get("data")
    if body.get("scope") != 1:
        raise Refusal(400, "Phạm vi (scope) không được hỗ trợ")
    if body.get("customerCode") != account["customerCode"]:
        raise Refusal(400, "Mã khách hàng không đúng")
    if not isinstance(parcel, dict):
        raise Refusal(400, "Thiếu dữ liệu (data)")
    if grams(parcel.get("weight")) is None:
        raise Refusal(400, "Khối lượng phải lớn hơn 0")
    code = parcel.get("serviceCode")
    if code and (not isinstance(code, str) or code not in SERVICES):
        raise Refusal(400, "Mã dịch vụ không tồn tại")
    if not serves(parcel):
        return jsonify([])
    chosen = [SERVICES[code]] if code else list(SERVICES.values())
    cod, declared = addon_amounts(parcel.get("addonService"))
    return jsonify([_row(service, price(service, parcel, cod, declared)) for service in chosen])


def _row(service: Service, fee: Fee) -> dict:
    return {"serviceCode": service.code, "totalFee": fee.total, "mainFee": fee.main, "vasFee": fee.extras, "weightConvert": fee.volumetric}


ADDONS = {"GTG021": "PROP0018", "GTG008": "PROP0026"}  # cash on delivery, declared value


def addon_amounts(addons: object) -> tuple[int, int]:
    """(COD, declared value) in VND from addonService; refuses (400) an amount that is no whole number."""
    amounts = dict.fromkeys(ADDONS, 0)
    for addon in addons or []:
        if not isinstance(addon, dict) or addon.get("code") not in ADDONS:
            raise Refusal(400, "Dịch vụ cộng thêm không hợp lệ")
        name, _, value = str(addon.get("propValue") or "").partition(":")
        if name != ADDONS[addon["code"]] or not (value.isascii() and value.isdigit() and len(value) <= 12):
            raise Refusal(400, f"Giá trị {ADDONS[addon['code']]} phải là số nguyên")
        amounts[addon["code"]] = int(value)
    return amounts["GTG021"], amounts["GTG008"]
