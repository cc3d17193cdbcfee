"""Shipping channels and pickup addresses of the shop sites, and the shapes of their waybill numbers.

The ids are invented (the real ones differ per country and are not published); only 50021 is printed in the protocol notes.
"""

import random
import string

PICKUP = {"pickup": ["address_id", "pickup_time_id"]}
DROPOFF = {"dropoff": []}
OWN = {"non_integrated": ["tracking_no"]}
KINDS = ("integrated", "dropoff", "non_integrated")

# region -> (channel id, name, info_needed, style of the waybill number)
SITES = {
    "PH": ((40031, "GoGo Xpress", {**PICKUP, **DROPOFF}, "gogo"), (40011, "SPX Express", DROPOFF, "SPXPH"),
           (40099, "Seller Own Fleet", OWN, "")),
    "VN": ((50021, "VNPost Tiết Kiệm", {**PICKUP, **DROPOFF}, "s10"), (50011, "SPX Express", DROPOFF, "SPXVN"),
           (50099, "Người Bán Tự Vận Chuyển", OWN, "")),
    "TH": ((70021, "Flash Express", {**PICKUP, **DROPOFF}, "TH"),
           (70016, "Thailand Post - EMS", {"dropoff": ["branch_id", "sender_real_name"]}, "s10"),
           (70099, "Seller Own Fleet", OWN, "")),
}
OTHERS = ((90021, "Standard Delivery", {**PICKUP, **DROPOFF}, "SPX"), (90011, "SPX Express", DROPOFF, "SPX"),
          (90099, "Seller Own Fleet", OWN, ""))
SENDERS = {
    "PH": ("Metro Manila", "Pasig", "Kapitolyo", "12 Demo St", "1603"),
    "VN": ("TP. Hồ Chí Minh", "Quận 5", "Phường 1", "12 Nguyễn Trãi", "700000"),
    "TH": ("กรุงเทพมหานคร", "เขตวัฒนา", "คลองเตยเหนือ", "99 ถนนสุขุมวิท", "10110"),
}


def channels_of(region: str) -> list[dict]:
    """Fresh channel rows for a shop of `region`."""
    return [{"id": number, "name": name, "info_needed": dict(needed), "style": style, "enabled": True, "preprint": False}
            for number, name, needed, style in SITES.get(region, OTHERS)]


def addresses_of(region: str) -> list[dict]:
    """Two pickup addresses; the first is the default one."""
    state, city, district, street, zipcode = SENDERS.get(region, SENDERS["PH"])
    rows = []
    for address_id, extra, flags in ((2826, "", ["default_address", "pickup_address", "return_address"]),
                                     (2827, ", Gate 2", ["pickup_address"])):
        rows.append({"address_id": address_id, "region": region, "state": state, "city": city, "district": district, "town": "",
                     "address": street + extra, "zipcode": zipcode, "address_flag": flags})
    return rows


def branches_of(region: str) -> list[dict]:
    """Drop-off branches for channels that want a branch_id."""
    state, city, district, street, zipcode = SENDERS.get(region, SENDERS["PH"])
    return [{"branch_id": number, "region": region, "state": state, "city": city, "address": f"{street} #{number}", "zipcode": zipcode,
             "district": district, "town": ""} for number in (501, 502)]


def kind_of(channel: dict) -> str:
    """integrated (pickup offered), dropoff or non_integrated."""
    needed = channel["info_needed"]
    return "integrated" if "pickup" in needed else "dropoff" if "dropoff" in needed else "non_integrated"


def by_id(shop: dict, channel_id: int) -> dict:
    return next(channel for channel in shop["channels"] if channel["id"] == channel_id)


def pick(shop: dict, name: str | None, kind: str | None) -> dict:
    """The shop's channel of that name or kind (first one by default); an unknown name becomes a channel of the shop."""
    for channel in shop["channels"]:
        if (not name or channel["name"] == name) and (not kind or kind_of(channel) == kind):
            return channel
    needed = {"dropoff": DROPOFF, "non_integrated": OWN}.get(kind, {**PICKUP, **DROPOFF})
    taken = [channel["id"] for channel in shop["channels"]]
    channel = {"id": max(taken) + 1, "name": name or f"Channel {max(taken) + 1}", "info_needed": dict(needed), "style": "SPX",
               "enabled": True, "preprint": False}
    shop["channels"].append(channel)
    return channel


def waybill_number(style: str, region: str, number: int) -> str:
    """A new waybill number; `number` makes it unique, the letters are drawn from it so that reruns agree."""
    if style == "gogo":
        letters = "".join(random.Random(number).choices(string.ascii_uppercase, k=4))
        return f"{number // 10_000 % 10_000:04d}-{number % 10_000:04d}-{letters}"
    if style == "s10":
        return s10(number, region)
    return f"{style or 'OWN'}{number:012d}"


def s10(number: int, region: str) -> str:
    """UPU S10 number with its check digit, e.g. CA123456785VN."""
    digits = f"{number % 100_000_000:08d}"
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    return f"CA{digits}{ {10: 0, 11: 5}.get(check, check) }{region}"
