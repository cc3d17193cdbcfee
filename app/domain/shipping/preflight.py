"""What is wrong with a shipment before the carrier is asked: pure checks, each finding a code with its parameters and a link.

The first ones are the FAQ of the authorisation guide: no English name, destination not served, special characters.
"""
import re
from dataclasses import dataclass, field
from decimal import Decimal

from babel.numbers import get_currency_precision, get_territory_currencies

from app.domain.shipping import contact
from app.domain.shipping.sanitise import CUT_FIELDS, RISKY, TEXT_FIELDS, clean_text, offending, sanitise, unfoldable
from app.failures import Failure

REQUIRED = ("name", "street", "city")
# Customs and carriers refuse a name made of these words alone (ITMATT data wants a real description).
VAGUE = frozenset("""gift gifts present presents sample samples good goods product products item items other others thing things stuff
    merchandise commodity commodities cargo parcel package article articles accessory accessories part parts spare test misc
    miscellaneous various assorted general commercial free new none na n a order content contents personal effects daily
    necessities of and the for no""".split())
WORD = re.compile(r"[a-z]+")


@dataclass(slots=True, frozen=True)
class Finding:
    """`fatal`: the push would fail; else a warning. `fix`: which page mends it (sku, outbound, channel …).

    `params["field"]` is an Address field name; `params["side"]` says recipient or sender.
    """
    code: str
    params: dict = field(default_factory=dict)
    fatal: bool = True
    fix: str | None = "outbound"


def preflight(shipment, carrier_class, channel_countries, profile) -> list[Finding]:
    """All findings of a Shipment for one carrier and channel, fatal ones first. No side effects, no network.

    `channel_countries`: ISO codes the channel serves, empty = all. `profile`: the channel's text rules.
    """
    findings = [
        *declaration(shipment), *weight(shipment),
        *reach(shipment, carrier_class, channel_countries), *money(shipment, carrier_class),
        *recipient(shipment.recipient, profile), *texts(shipment.recipient, profile, "recipient"),
        *texts(shipment.sender, profile, "sender"),
    ]
    return sorted(findings, key=lambda f: not f.fatal)


def declaration(shipment):
    """Each SKU needs a real English name and a value above zero."""
    if not shipment.items:
        yield Finding("declaration.no_items", fix="sku")
    border = shipment.sender.country != shipment.recipient.country
    seen = set()
    for item in shipment.items:
        if item.sku in seen:
            continue
        seen.add(item.sku)
        words = WORD.findall(item.name_en.lower())
        if not item.name_en.strip():
            yield Finding("declaration.name_missing", {"sku": item.sku}, fix="sku")
        elif not words or unfoldable(item.name_en):
            yield Finding("declaration.name_not_english", {"sku": item.sku, "name": item.name_en}, fix="sku")
        elif VAGUE.issuperset(words):
            yield Finding("declaration.name_vague", {"sku": item.sku, "name": item.name_en}, fatal=border, fix="sku")
        if item.value <= 0:
            yield Finding("declaration.value_missing", {"sku": item.sku}, fix="sku")
    for item in shipment.items:
        if item.quantity <= 0:
            yield Finding("declaration.quantity", {"sku": item.sku, "quantity": item.quantity})


def weight(shipment):
    """A parcel without weight is refused; one item without weight makes the sum too small."""
    if shipment.weight_g > 0:
        return
    empty = [item.sku for item in shipment.items if item.weight_g <= 0]
    if empty or not shipment.items:
        yield Finding("weight.missing", {"sku": ", ".join(dict.fromkeys(empty)) or "-"}, fix="sku")


def reach(shipment, carrier_class, channel_countries):
    """货运方式不能到达目的地: the carrier or the channel does not serve the country."""
    country = shipment.recipient.country
    if not country:
        yield Finding("country.missing")
    elif contact.country_code(country) != country:
        yield Finding("country.unknown", {"country": country})
    elif any(served and country not in served for served in (carrier_class.countries, tuple(channel_countries or ()))):
        yield Finding("carrier.not_served", {"place": country}, fix="channel")


def money(shipment, carrier_class):
    """Cash on delivery is collected in the destination's money, in amounts that exist there."""
    wanted = getattr(carrier_class, "currency", "")
    if wanted and shipment.currency != wanted:
        yield Finding("carrier.currency", {"currency": shipment.currency or "-", "wanted": wanted})
    if shipment.cod is None:
        return
    amount = f"{shipment.cod:f} {shipment.currency}"
    if shipment.cod <= 0:
        yield Finding("cod.amount", {"amount": amount})
        return
    there = get_territory_currencies(shipment.recipient.country) if contact.country_code(shipment.recipient.country) else []
    if there and shipment.currency not in there:
        yield Finding("cod.currency", {"amount": amount, "wanted": there[0]})
    elif shipment.currency and shipment.cod % Decimal(1).scaleb(-get_currency_precision(shipment.currency)):
        yield Finding("cod.amount", {"amount": amount})


def recipient(address, profile):
    """Masked or missing parts, phone and postcode."""
    if address.masked or any(contact.is_masked(getattr(address, name)) for name in TEXT_FIELDS):
        yield Finding("recipient.masked")
        return      # every other finding would only describe the asterisks
    copy, _ = sanitise(address, profile)
    for name in REQUIRED:
        if not getattr(copy, name):
            yield Finding("recipient.missing", {"side": "recipient", "field": name})
    try:
        contact.parse_phone(address.phone, address.country)
    except Failure as failure:
        yield Finding(failure.code, failure.params)
    yield from postcode(address)


def postcode(address):
    """Missing where the country needs one, of the wrong shape, or mended by putting back its leading zeros."""
    code = contact.clean_postcode(address.postcode, address.country)
    fault = contact.postcode_fault(code.text, address.country)
    if fault == "missing":
        yield Finding("postcode.missing", {"country": address.country})
    elif fault:
        yield Finding("postcode.shape", {"postcode": code.text, "country": address.country})
    elif code.padded:
        yield Finding("postcode.padded", {"before": address.postcode, "postcode": code.text}, fatal=False)


def texts(address, profile, side):
    """Characters that will be cleaned or may make the carrier drop the connection, foreign script, too long values."""
    copy, _ = sanitise(address, profile)
    for name in TEXT_FIELDS:
        before, after = getattr(address, name), getattr(copy, name)
        about = {"side": side, "field": name}
        foreign = unfoldable(after) if profile.ascii else ""
        if contact.is_masked(before):
            continue
        if foreign:
            yield Finding("text.script", {**about, "characters": foreign[:20]})
        marked = _named(c for _, c in offending(before, profile) if c not in foreign)
        risky = _named(c for c in after if c in RISKY)
        if marked:
            yield Finding("text.will_be_cleaned", {**about, "characters": marked, "after": after}, fatal=False)
        if risky:
            yield Finding("text.risky", {**about, "characters": risky}, fatal=False)
        yield from lengths(address, copy, profile, name, about)


def lengths(address, copy, profile, name, about):
    """A name is cut at a word border with a warning; a street or city that is too long has to be shortened by a person."""
    limit = profile.lengths.get(name)
    if not limit:
        return
    if name in CUT_FIELDS:
        whole, _ = clean_text(getattr(address, name), profile)
        if len(whole) > limit:
            yield Finding("text.will_be_cut", {**about, "limit": limit, "after": getattr(copy, name)}, fatal=False)
    elif len(getattr(copy, name)) > limit:
        yield Finding("text.too_long", {**about, "limit": limit, "length": len(getattr(copy, name))})


def _named(characters):
    """Each once, in order, with blanks between; what cannot be shown by its code point."""
    return " ".join(dict.fromkeys(c if c.isprintable() else f"U+{ord(c):04X}" for c in characters))
