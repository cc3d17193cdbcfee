"""What a carrier is asked to carry and what a label says, from an outbound order. Pure: reads rows, writes nothing."""
from dataclasses import fields
from decimal import ROUND_HALF_UP, Decimal

from babel import Locale
from babel.numbers import get_currency_precision

from app.documents import DeclaredItem as LabelItem
from app.documents import LabelData, PickLine, order_for_picking
from app.domain.shipping import channels
from app.integrations.types import Address, DeclaredItem, Shipment

ADDRESS = tuple(f.name for f in fields(Address))


def recipient_of(outbound, edited=None):
    """The recipient; `edited`: staff's corrections for the carrier copy only (Address field -> text)."""
    address = Address(name=outbound.recipient, phone=outbound.phone, country=outbound.country, state=outbound.province,
                      city=outbound.city, district=outbound.district, town=outbound.town, street=outbound.street,
                      postcode=outbound.postcode, masked=outbound.masked)
    for name, value in (edited or {}).items():
        if name in ADDRESS and name not in ("masked", "country"):
            setattr(address, name, str(value))
    if edited:
        address.masked = False      # the checks look for asterisks themselves
    return address


def sender_of(account):
    """The sender block of a CarrierAccount; empty where the platform is the carrier or a number pool has none."""
    block = account.sender if account is not None else {}
    return Address(**{k: str(v) for k, v in (block or {}).items() if k in ADDRESS and k != "masked" and v is not None})


def share_of(line, items, package_number):
    """How many of an OutboundLine lie in one package of a split order, from the order lines it came from."""
    skus = {s.strip() for s in line.platform_skus.split(",")}
    mine = [i for i in items if i.platform_sku in skus]
    total = sum(i.quantity for i in mine)
    inside = sum(i.quantity for i in mine if i.package_number == package_number)
    return int((Decimal(line.quantity) * inside / total).to_integral_value(ROUND_HALF_UP)) if total else 0


def parts_of(outbound, lines, package_number=""):
    """[(OutboundLine, quantity)] of the parcel: everything, or what lies in one package."""
    order = outbound.platform_order
    if not package_number or order is None or len({i.package_number for i in order.items}) < 2:
        return [(line, line.quantity) for line in lines]
    return [(line, n) for line in lines if (n := share_of(line, order.items, package_number)) > 0]


def currency_of(outbound, lines, carrier, crosses):
    """Money of the shipment: what the carrier demands; the declared one across a border when prepaid; else the order's."""
    wanted = getattr(carrier, "currency", "")
    declared = {line.product.declared_currency for line in lines}
    if wanted or not (crosses and not outbound.cod and len(declared) == 1):
        return wanted or outbound.currency or min(declared, default="")
    return declared.pop()


def declared_items(parts, currency):
    """The declaration; a unit's value is the declared one where it is in this money, else what the buyer paid."""
    return [DeclaredItem(sku=line.product.sku, quantity=quantity, name_en=line.product.declared_en, name_zh=line.product.declared_zh,
                         value=line.product.declared_value if line.product.declared_currency == currency else (line.price or Decimal(0)),
                         weight_g=line.product.weight_g, hs_code=line.product.hs_code, origin=line.product.origin)
            for line, quantity in parts]


def shipment_of(outbound, lines, channel, account=None, package_number="", *, reference="", edited=None):
    """The Shipment of one parcel. COD is the order's total (shared by value between the packages of a split order)."""
    sender, to = sender_of(account), recipient_of(outbound, edited)
    parts = parts_of(outbound, lines, package_number)
    currency = currency_of(outbound, lines, channels.class_of(channel.carrier), bool(sender.country) and sender.country != to.country)
    items = declared_items(parts, currency)
    if not sender.country:
        sender.country = to.country     # nobody to declare a border for
    return Shipment(
        reference=reference, order_no=outbound.order_no or outbound.number, sender=sender, recipient=to, items=items,
        service=channel.service, currency=currency, value=sum((i.value * i.quantity for i in items), Decimal(0)),
        cod=cod_of(outbound, lines, package_number), weight_g=sum(i.weight_g * i.quantity for i in items), options=dict(channel.options))


def cod_of(outbound, lines, package_number=""):
    """Amount to collect with this parcel, None when prepaid. The packages of a split order add up to the order's total exactly."""
    if not outbound.cod:
        return None
    total, numbers = outbound.total or Decimal(0), package_numbers(outbound.platform_order)
    if not package_number or len(numbers) < 2:
        return total
    priced = any(line.price for line in lines)
    worth = [sum((line.price if priced else 1) * n for line, n in parts_of(outbound, lines, number)) for number in numbers]
    here, step = numbers.index(package_number), Decimal(1).scaleb(-get_currency_precision(outbound.currency or "USD"))
    until = [(total * sum(worth[:k]) / (sum(worth) or 1)).quantize(step) for k in (here, here + 1)]
    return total - until[0] if here == len(numbers) - 1 else until[1] - until[0]


def package_numbers(order):
    """Numbers of the platform's live packages when the order is split, else []."""
    live = [p.get("number") or "" for p in (order.packages if order is not None else ()) if p.get("state") != "void"]
    return sorted(live) if len(live) > 1 and all(live) else []


def label_of(waybill, printed_at=None):
    """LabelData of a Waybill: the carrier copy of the recipient, declaration and pick info of the products."""
    outbound, channel = waybill.outbound, waybill.channel
    account = channel.carrier_account
    parts = parts_of(outbound, outbound.lines, waybill.package_number)
    sent = Address(**{k: v for k, v in waybill.sent.items() if k in ADDRESS}) if waybill.sent else recipient_of(outbound, waybill.edited)
    picks = pick_lines(parts)
    country, lines = sent.country.upper(), (sent.company, sent.street, " ".join(filter(None, (sent.town, sent.district))))
    return LabelData(
        our_no=outbound.number, tracking_no=waybill.tracking_no, channel_name=channel.name,
        carrier=channels.class_of(channel.carrier).label, service=channel.service, country_iso=country,
        country_zh=Locale("zh").territories.get(country, ""), country_en=Locale("en").territories.get(country, ""),
        sender_lines=sender_lines(sender_of(account)), receiver_name=sent.name,
        receiver_phone=sent.phone, address_lines=tuple(filter(None, lines)),
        city=sent.city, state=sent.state, postcode=sent.postcode, reference=waybill.reference, order_no=waybill.order_no,
        items=label_items(parts), pick_lines=picks, weight_g=sum(line.product.weight_g * n for line, n in parts),
        cod_amount=cod_of(outbound, outbound.lines, waybill.package_number), cod_currency=outbound.currency if outbound.cod else "",
        remark=outbound.remark, printed_at=printed_at, battery=any(line.product.battery for line, _n in parts),
        pick_key=order_for_picking(picks, outbound.number))


def label_items(parts):
    return tuple(LabelItem(p.declared_en, p.declared_zh, p.sku, n, p.declared_value, p.declared_currency, p.weight_g, p.hs_code, p.origin)
                 for p, n in ((line.product, n) for line, n in parts))


def pick_lines(parts):
    return tuple(PickLine(line.product.sku, n, line.product.pick_info, line.product.bin) for line, n in parts)


def sender_lines(a):
    place = " ".join(filter(None, (a.postcode, a.city, a.state, a.country)))
    return tuple(filter(None, (a.name, a.company, a.street, " ".join(filter(None, (a.town, a.district))), place, a.phone)))
