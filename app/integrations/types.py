"""Neutral dataclasses between the connectors and the domain. Money is Decimal, times are aware UTC."""
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(slots=True, frozen=True)
class Field:
    """One input of an account form. `kind`: text, secret, number, choice, lines. `label`/`help` are English msgids."""
    name: str
    label: str
    kind: str = "text"
    required: bool = True
    choices: tuple = ()
    default: str = ""
    help: str = ""


@dataclass(slots=True)
class Address:
    name: str = ""
    phone: str = ""
    country: str = ""           # ISO 3166 alpha-2
    state: str = ""
    city: str = ""
    district: str = ""
    town: str = ""
    street: str = ""            # the free text line(s)
    postcode: str = ""
    company: str = ""
    email: str = ""
    masked: bool = False        # at least one field holds the platform's asterisks


@dataclass(slots=True)
class PulledLine:
    sku: str                    # the seller's SKU on the platform (平台SKU); may be ""
    quantity: int
    name: str = ""
    variation: str = ""
    price: Decimal = Decimal(0)     # paid per unit, in the order's currency
    item_id: str = ""
    model_id: str = ""
    line_id: str = ""
    package_number: str = ""
    image_url: str = ""
    weight_g: int = 0


@dataclass(slots=True)
class PulledPackage:
    number: str
    state: str = ""             # our word: pending processed shipped frozen void
    platform_status: str = ""
    carrier_id: str = ""
    carrier_name: str = ""
    tracking_no: str = ""


@dataclass(slots=True)
class PulledOrder:
    number: str
    state: str                  # our word: pending processed shipped frozen void
    platform_status: str        # the platform's own word
    updated_at: datetime
    created_at: datetime
    currency: str = ""
    total: Decimal | None = None
    cod: bool = False
    paid_at: datetime | None = None
    ship_by: datetime | None = None
    buyer: str = ""
    buyer_note: str = ""
    seller_note: str = ""
    ship_method: str = ""       # what the platform calls the delivery, e.g. "GoGo Xpress"
    ship_method_id: str = ""
    own_carrier: bool = False   # True: the platform accepts a tracking number of ours (non integrated)
    fulfilled_by_platform: bool = False
    cancel_reason: str = ""
    address: Address = field(default_factory=Address)
    lines: list = field(default_factory=list)       # PulledLine
    packages: list = field(default_factory=list)    # PulledPackage
    raw: dict = field(default_factory=dict)


@dataclass(slots=True)
class Unreadable:
    """An order that came but could not be read: kept with its raw body, the others go on."""
    number: str
    code: str
    params: dict
    raw: str


@dataclass(slots=True)
class OrderPage:
    """One page of a pull. `upto` is the change time up to which all is seen once this page is saved, or None."""
    orders: list                # PulledOrder | Unreadable
    upto: datetime | None = None
    cursor: str = ""


@dataclass(slots=True)
class Tokens:
    """What an authorisation gives. `extra` keeps ids (shop_id, merchant_id …), never secrets."""
    access_token: str = ""
    refresh_token: str = ""
    access_expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    authorised_until: datetime | None = None
    extra: dict = field(default_factory=dict)


@dataclass(slots=True)
class ShopInfo:
    shop_id: str
    name: str
    region: str = ""
    status: str = ""
    authorised_at: datetime | None = None
    expires_at: datetime | None = None
    clock_skew_s: float = 0.0


@dataclass(slots=True)
class Parcel:
    """What is written back to the platform for one package of an order."""
    order_no: str
    tracking_no: str = ""
    package_number: str = ""
    split: bool = False         # the order has more than one package
    carrier: str = ""
    own_carrier: bool = True


@dataclass(slots=True)
class Arranged:
    """Answer of a write-back or of arranging shipment. `already`: the platform had it before."""
    order_no: str
    package_number: str = ""
    tracking_no: str = ""       # may be "" when the platform issues it later
    state: str = ""
    already: bool = False


@dataclass(slots=True)
class LabelFile:
    content: bytes
    content_type: str           # application/pdf, application/zip, text/html
    tracking_no: str = ""


@dataclass(slots=True)
class Listing:
    item_id: str
    model_id: str
    sku: str
    title: str
    variation: str = ""
    status: str = ""
    stock: int | None = None
    price: Decimal | None = None
    currency: str = ""
    image_url: str = ""


@dataclass(slots=True)
class StockLine:
    item_id: str
    model_id: str
    quantity: int
    location_id: str = ""


@dataclass(slots=True)
class StockResult:
    item_id: str
    model_id: str
    ok: bool
    code: str = ""
    raw: str = ""


@dataclass(slots=True)
class PushNote:
    """A platform's webhook, read: `kind` is order, tracking, document, authorised, revoked, expiring or other."""
    kind: str
    shop_id: str = ""
    order_no: str = ""
    package_number: str = ""
    event_id: str = ""
    at: datetime | None = None


@dataclass(slots=True)
class DeclaredItem:
    sku: str
    quantity: int
    name_en: str = ""
    name_zh: str = ""
    value: Decimal = Decimal(0)     # per unit, in `Shipment.currency`
    weight_g: int = 0               # per unit
    hs_code: str = ""
    origin: str = "CN"


@dataclass(slots=True)
class Shipment:
    """What a carrier is asked to carry. `reference` is ours, unique, and the key to ask by after a lost answer."""
    reference: str
    order_no: str
    sender: Address
    recipient: Address
    items: list                     # DeclaredItem
    service: str = ""
    currency: str = ""
    value: Decimal = Decimal(0)     # goods value
    cod: Decimal | None = None      # amount to collect, None = prepaid
    weight_g: int = 0
    remark: str = ""
    options: dict = field(default_factory=dict)     # of the channel: packaging, pickup, platform package …


@dataclass(slots=True)
class Booked:
    """A waybill as the carrier knows it."""
    tracking_no: str
    carrier_ref: str = ""           # the carrier's own id, needed to cancel
    label: LabelFile | None = None
    fee: Decimal | None = None
    currency: str = ""
    status: str = ""


@dataclass(slots=True)
class TrackEvent:
    """`state`: forecast, in_transit, out_for_delivery, delivered, exception, returned, voided, unknown."""
    tracking_no: str
    state: str
    status: str
    at: datetime | None = None
    text: str = ""
    event_id: str = ""
    reference: str = ""
