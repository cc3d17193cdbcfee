"""What a label says, free of any template: plain records and the words printed on it."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
import re

# English defaults; the caller passes the same keys translated. Every key is optional in what it passes.
LABEL_TEXTS: dict[str, str] = {
    "battery": "Battery",
    "bin": "Bin",
    "carrier_file_broken": "The carrier's label file cannot be read",
    "cod": "COD",
    "declaration": "Customs declaration",
    "declaration_sentence": (
        "I certify that the particulars given here are correct and that this item holds no dangerous article forbidden by law."
    ),
    "description": "Description of contents",
    "from": "Sender",
    "hs_origin": "HS code / origin",
    "labels": "Labels",
    "missing": "Missing labels",
    "more_items": "other items",
    "no_tracking": "No tracking number yet",
    "order_no": "Order no.",
    "our_no": "Outbound no.",
    "pick_info": "Pick info",
    "pick_list": "Pick list",
    "pieces": "pcs",
    "printed": "Printed",
    "quantity": "Qty",
    "reason": "Reason",
    "reference": "Ref.",
    "remark": "Remark",
    "return_to": "Return if undeliverable",
    "sale_of_goods": "Sale of goods",
    "see_pick_list": "see pick list",
    "ship_to": "Ship to",
    "signature": "Date and signature",
    "sku": "SKU",
    "sort": "Sort",
    "tel": "Tel",
    "total": "Total",
    "value": "Value",
    "weight": "kg",
    "zone": "Zone",
}


@dataclass(frozen=True, slots=True)
class DeclaredItem:
    """One declared line. `value` and `weight_g` are of ONE piece."""

    name_en: str
    name_zh: str = ""
    sku: str = ""
    quantity: int = 1
    value: Decimal = Decimal(0)
    currency: str = "USD"
    weight_g: int = 0
    hs_code: str = ""
    origin: str = "CN"


@dataclass(frozen=True, slots=True)
class PickLine:
    """One line for the picker."""

    sku: str
    quantity: int
    pick_info: str = ""
    bin: str = ""


@dataclass(frozen=True, slots=True)
class LabelData:
    """One parcel's label. Empty text means: not printed. `weight_g` is the whole parcel in grams."""

    our_no: str
    tracking_no: str = ""
    channel_name: str = ""
    carrier: str = ""
    service: str = ""
    country_iso: str = ""
    country_zh: str = ""
    country_en: str = ""
    zone: str = ""
    sort_code: str = ""
    sender_lines: tuple[str, ...] = ()
    return_lines: tuple[str, ...] = ()
    receiver_name: str = ""
    receiver_phone: str = ""
    address_lines: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postcode: str = ""
    reference: str = ""
    order_no: str = ""
    items: tuple[DeclaredItem, ...] = ()
    pick_lines: tuple[PickLine, ...] = ()
    weight_g: int = 0
    cod_amount: Decimal | None = None
    cod_currency: str = ""
    remark: str = ""
    printed_at: datetime | None = None  # already in the reader's zone: a label shows no zone
    battery: bool = False
    sequence: int = 1
    sequence_total: int = 1
    pick_key: tuple[str, ...] = ()




@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished document. Warnings name the parcel, a code and its parameters, never an address."""

    pdf: bytes
    pages: int
    warnings: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)


def order_for_picking(lines: tuple[PickLine, ...] | list[PickLine], our_no: str) -> tuple[str, ...]:
    """The sort key of one parcel: single-SKU parcels of one bin lie together, then by SKU, then by our number; A-2 comes before A-10."""
    first = min(((natural(line.bin), natural(line.sku)) for line in lines), default=("", ""))
    return (*first, f"{len(lines):04d}", natural(our_no))


def natural(text: str) -> str:
    """A sort key in which numbers count as numbers."""
    return re.sub(r"\d+", lambda digits: digits.group().zfill(10), text)
