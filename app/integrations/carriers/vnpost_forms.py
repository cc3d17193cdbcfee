"""The shapes of MyVNPost: account form, places, order body, status codes, webhook. Pure translators.

Weights are grams, money is whole VND, times without offset are Vietnam time.
"""
import base64
import logging
import re
from datetime import UTC, datetime, timedelta, timezone

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from app.failures import Blame, Failure
from app.integrations import places
from app.integrations.types import Address, Field, TrackEvent

log = logging.getLogger(__name__)
HANOI = timezone(timedelta(hours=7))
TWO_LEVEL = "VNPOST"        # sent as district code when the address is of the two-level set of 2025
STANDARD = "CTN009"         # standard delivery, the default of a big integrator; all others are read from ServicesCharge
NOTE = 350                  # characters of contentNote

ACCOUNT = (
    Field("username", "User name", help="Phone number or e-mail address of the MyVNPost account."),
    Field("password", "Password", "secret"),
    Field("customer_code", "Customer code", help="«Mã CMS», for example T000123456."),
    Field("contract_code", "Contract code", required=False),
    Field("sender_name", "Sender: name"), Field("sender_phone", "Sender: phone"), Field("sender_street", "Sender: street"),
    Field("sender_ward", "Sender: ward"), Field("sender_district", "Sender: district", required=False,
                                                help="Leave empty for an address of the two-level set (since 2025)."),
    Field("sender_province", "Sender: province"),
    Field("org_code_collect", "Collecting post office code", required=False),
    Field("org_code_accept", "Accepting post office code", required=False),
    Field("webhook_key", "Webhook public key", "lines", required=False, help="RSA public key from the MyVNPost portal (PEM or base64)."),
    Field("prefix", "Path prefix", "choice", required=False, choices=("auto", "none", "customer-partner"), default="auto"),
    Field("legacy_tls", "Old TLS renegotiation", "choice", required=False, choices=("no", "yes"), default="no",
          help="Only if the check fails with a TLS error: the host may still need an old way of handshaking."),
)
CHANNEL = (
    Field("send_type", "Hand-over", "choice", required=False, choices=("1", "2"), default="2",
          help="1: VNPost collects, 2: brought to a post office"),
    Field("inspection", "Buyer may inspect", "choice", required=False, choices=("1", "2"), default="1", help="1: no, 2: yes"),
    Field("delivery_time", "Delivery time", "choice", required=False, choices=("N", "S", "C"), default="N",
          help="N: whole day, S: morning, C: afternoon"),
    Field("fragile", "Fragile", "choice", required=False, choices=("0", "1"), default="0"),
    Field("declare_value", "Insure the declared value", "choice", required=False, choices=("no", "yes"), default="no"),
    Field("length", "Length (cm)", "number", required=False), Field("width", "Width (cm)", "number", required=False),
    Field("height", "Height (cm)", "number", required=False),
)
STATES = {
    **dict.fromkeys((0, 1, 2, 3, 4), "forecast"), **dict.fromkeys((6, 7, 10, 11, 13), "in_transit"), 12: "out_for_delivery",
    **dict.fromkeys((14, 21), "delivered"), **dict.fromkeys((9, 22, 29), "voided"), 19: "returned",
    # On the way back or in parts: still needs somebody's eye. 28 (shipping fee paid) says nothing about the parcel.
    **dict.fromkeys((5, 8, 15, 16, 17, 18, 20, 23, 24), "exception"),
}
VOID = {9, 22, 29}
DISTRICT = re.compile(r"(?:quan|q|huyen|h|thi xa|tx|thanh pho|tp|district)\b")


def place_codes(address, old, new):
    """Codes and names of an Address: {provinceCode, provinceName, districtCode, …}. Failure carrier.place_unknown.

    `old`: (provinces, districts, communes) of three levels, `new`: (provinces, communes) of two. Platforms put district and
    ward into different fields, so every field below the province is tried on every level.
    """
    levels = [x for x in dict.fromkeys((address.state, address.city, address.district, address.town)) if x]
    found = levels and (_three_levels(levels, *old) or _two_levels(levels, *new))
    if not found:
        raise Failure("carrier.place_unknown", carrier="VNPost", place=", ".join(reversed(levels)) or "-")
    province, district, commune = found
    return {"provinceCode": str(province["provinceCode"]), "provinceName": province["provinceName"],
            "districtCode": str(district["districtCode"]) if district else TWO_LEVEL,
            "districtName": district["districtName"] if district else "",
            "communeCode": str(commune["communeCode"]), "communeName": commune["communeName"]}


def _three_levels(levels, provinces, districts, communes):
    province = places.find(levels[0], provinces, lambda row: row["provinceName"])
    if not province:
        return None
    inside = [d for d in districts if d["provinceCode"] == province["provinceCode"]]
    for name in levels[1:]:
        district = places.find(name, inside, lambda row: row["districtName"])
        wards = [c for c in communes if district and c["districtCode"] == district["districtCode"]]
        for other in levels[1:]:
            commune = places.find(other, wards, lambda row: row["communeName"]) if other is not name else None
            if commune:
                return province, district, commune
    return None


def _two_levels(levels, provinces, communes):
    province = places.find(levels[0], provinces, lambda row: row["provinceName"])
    # Only the most exact name counts, and not when it says that it is a district: the ward of that name is smaller.
    if not province or len(levels) < 2 or DISTRICT.match(places.fold(levels[-1])):
        return None
    wards = [c for c in communes if c.get("provinceCode") == province["provinceCode"]]
    commune = places.find(levels[-1], wards, lambda row: row["communeName"])
    return (province, None, commune) if commune else None


def sender_of(shipment, options):
    """The sender of the shipment when it stands in Viet Nam, else the account's sender block. Failure carrier.sender_missing."""
    if shipment.sender.country == "VN" and shipment.sender.street and shipment.sender.phone:
        return shipment.sender
    block = {name: options.get(f"sender_{name}", "") for name in ("name", "phone", "street", "ward", "province")}
    missing = [name for name, value in block.items() if not value]
    if missing:
        raise Failure("carrier.sender_missing", carrier="VNPost", fields=", ".join(missing))
    return Address(name=block["name"], phone=block["phone"], country="VN", state=block["province"], street=block["street"],
                   city=options.get("sender_district", ""), town=block["ward"])


def sided(side, codes):
    """{"provinceCode": …} as {"senderProvinceCode": …}."""
    return {side + key[0].upper() + key[1:]: value for key, value in codes.items()}


def parcel(shipment, codes_from, codes_to):
    """What price enquiry and order share: places, weight, sides (cm), add-ons."""
    own = shipment.options
    return {**sided("sender", codes_from), **sided("receiver", codes_to), "receiverName": shipment.recipient.name,
            "receiverAddress": shipment.recipient.street, "addonService": addons(shipment), "additionRequest": [],
            "weight": grams(shipment), **{side: _whole(own.get(side)) for side in ("width", "length", "height")}}


def grams(shipment):
    return shipment.weight_g or sum(item.weight_g * item.quantity for item in shipment.items)


def addons(shipment):
    """Cash on delivery GTG021 and insured value GTG008, amounts in whole VND. Failure carrier.currency, cod.amount."""
    wanted = [("GTG021", "PROP0018", shipment.cod)]
    if shipment.options.get("declare_value") == "yes":
        wanted.append(("GTG008", "PROP0026", shipment.value))
    found = []
    for code, prop, amount in wanted:
        if amount is None:
            continue
        if shipment.currency != "VND":
            raise Failure("carrier.currency", currency=shipment.currency or "-", wanted="VND")
        if amount <= 0 or amount != amount.to_integral_value():
            raise Failure("cod.amount", amount=f"{amount:f} {shipment.currency}")
        found.append({"code": code, "propValue": f"{prop}:{int(amount)}"})
    return found


def order_body(shipment, options, sender, codes_from, codes_to):
    """Body of CreateOrder, issued at once (orderCreationStatus 1)."""
    own, to = shipment.options, shipment.recipient
    info = {
        **parcel(shipment, codes_from, codes_to), "weight": str(grams(shipment)),
        "senderName": sender.name, "senderPhone": sender.phone, "senderMail": sender.email or None, "senderAddress": sender.street,
        "receiverPhone": to.phone, "receiverEmail": to.email or None, "serviceCode": shipment.service or STANDARD,
        "saleOrderCode": shipment.reference, "contentNote": content(shipment.items), "vehicle": "BO",
        "sendType": own.get("send_type") or "2", "isBroken": own.get("fragile") or "0", "deliveryTime": own.get("delivery_time") or "N",
        "deliveryRequire": own.get("inspection") or "1", "deliveryInstruction": shipment.remark,
        "orgCodeCollect": options.get("org_code_collect") or None, "orgCodeAccept": options.get("org_code_accept") or None,
    }
    return {"orderCreationStatus": 1, "type": "GUI", "customerCode": options.get("customer_code", ""),
            "contractCode": options.get("contract_code", ""), "informationOrder": info}


def content(items):
    """The items in one line, as many whole ones as fit."""
    text = ""
    for item in items:
        more = f"{', ' if text else ''}{item.name_en or item.name_zh or item.sku} x{item.quantity}"
        if len(text + more) > NOTE:
            break
        text += more
    return text or (items[0].sku if items else "")


def rows_of(payload):
    """Orders in an answer: an object, a list of objects, or either with `results`."""
    if isinstance(payload, list):
        return [row for part in payload for row in rows_of(part)]
    if not isinstance(payload, dict):
        return []
    if isinstance(payload.get("results"), list):
        return [row for row in payload["results"] if isinstance(row, dict)]
    return [payload] if payload.get("itemCode") else []


def code_of(value):
    """A status as number, or -1."""
    return int(value) if str(value).strip().isdigit() else -1


def state_of(value):
    """Our word; an unknown code is logged and called unknown, because an older scale gives the same numbers other meanings."""
    code = code_of(value)
    if code not in STATES:
        log.warning("vnpost: unknown status %r", str(value)[:20])
    return STATES.get(code, "unknown")


def history_events(number, rows):
    """Events of GetStatusHistoryOrder, oldest first."""
    found = [TrackEvent(number, state_of(row.get("statusCode")), str(row.get("statusCode", "")),
                        moment(f"{row.get('createdDate', '')} {row.get('createHour', '')}"), str(row.get("statusName") or ""))
             for row in rows if isinstance(row, dict)]
    return sorted(found, key=lambda e: e.at or datetime.min.replace(tzinfo=UTC))


def moment(text):
    """`21/11/2026 09:30:00` or ISO as aware UTC; None when unreadable."""
    text = str(text or "").strip()
    for read in (lambda: datetime.strptime(text, "%d/%m/%Y %H:%M:%S"), lambda: datetime.fromisoformat(text),
                 lambda: datetime.strptime(text, "%d/%m/%Y")):
        try:
            at = read()
        except ValueError:
            continue
        return (at if at.tzinfo else at.replace(tzinfo=HANOI)).astimezone(UTC)
    return None


def push_events(body, key_text):
    """Events of a signed webhook. Failure push.bad_body, push.bad_signature.

    The signature is RSA-SHA256 (PKCS#1 v1.5) over "MYVNP" + sendDate + itemCode + status of the first element; the others
    are taken on its word, so the caller must look up parcels by number and ignore unknown ones.
    """
    try:
        message = orjson.loads(body)
        rows, first = message["data"], message["data"][0]
        signed = f"MYVNP{message['sendDate']}{first['itemCode']}{first['status']}".encode()
        signature = base64.b64decode(message["signature"], validate=True)
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, ValueError) as e:
        raise Failure("push.bad_body", blame=Blame.PLATFORM) from e
    try:
        public_key(key_text).verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature as e:
        raise Failure("push.bad_signature", blame=Blame.PLATFORM, carrier="VNPost") from e
    return [pushed(row) for row in rows if isinstance(row, dict) and (row.get("itemCode") or row.get("saleOrderCode"))]


def pushed(row):
    number, status = str(row.get("itemCode") or ""), str(row.get("status", ""))
    at = row.get("updatedDate") or row.get("createdDate")
    return TrackEvent(number, state_of(status), status, moment(at), str(row.get("statusName") or ""),
                      event_id=f"{number}:{status}:{at or ''}", reference=str(row.get("saleOrderCode") or ""))


def public_key(text):
    """RSA key from PEM, or from the bare base64 that portals show. Failure push.no_key."""
    text = (text or "").strip()
    try:
        if "BEGIN" in text:
            return serialization.load_pem_public_key(text.encode())
        return serialization.load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, TypeError) as e:
        raise Failure("push.no_key", carrier="VNPost") from e


def _whole(value):
    text = str(value or "").strip()
    return int(text) if text.isdigit() and int(text) > 0 else None
