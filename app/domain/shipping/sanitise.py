"""Text rules of a carrier, applied to the carrier's copy of an address; the order keeps the original.

The steps and their order: decode entities, normalise, drop what cannot be printed, typographic to plain, forbidden
characters, folding to ASCII, tidy the ends, lengths. A value holding the platform's asterisks is left as it is, so
that a masked name can never pass for a real one.
"""
import html
import re
from dataclasses import dataclass, fields, replace
from functools import lru_cache

from app.domain.shipping import glyphs
from app.domain.shipping.contact import clean_phone, clean_postcode, is_masked
from app.failures import Failure
from app.integrations.carriers.base import Profile
from app.integrations.types import Address

# Front ends of older carriers drop the connection on these (FAQ 基础连接已经关闭); the careful set drops more (XML and SOAP carriers).
RISKY = "'\"<>&;\\%"
CAREFUL = RISKY + "^*|~{}[]$@!?=+`"

TEXT_FIELDS = ("name", "company", "street", "town", "district", "city", "state")
CUT_FIELDS = ("name", "company")        # may lose their tail; a place may not, it is blocked by preflight instead
EDGES = " ,;:-–/\\_|*~^=!?"
ENTITY = re.compile(r"&(?:amp;)*(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


@dataclass(slots=True, frozen=True)
class Change:
    """One field of the carrier copy that differs from the order. `reason`: the steps that changed it, comma separated."""
    field: str
    before: str
    after: str
    reason: str


def sanitise(address: Address, profile: Profile) -> tuple[Address, list[Change]]:
    """The copy of `address` that the carrier gets, and what was changed. Never raises, `address` is not touched."""
    found = {}
    for name in TEXT_FIELDS:
        limit = profile.lengths.get(name) if name in CUT_FIELDS else None
        found[name] = clean_text(getattr(address, name), profile, limit)
    found["phone"] = _phone(address, profile)
    found["postcode"] = _postcode(address)
    found["email"] = _email(address.email)
    changes = [Change(f.name, getattr(address, f.name), *found[f.name]) for f in fields(address)
               if f.name in found and found[f.name][0] != getattr(address, f.name)]
    return replace(address, **{c.field: c.after for c in changes}), changes


def sanitise_shipment(shipment, profile):
    """The carrier copy of a whole shipment and its changes; fields are named `recipient.street`, `item.SKU` and so on."""
    recipient, theirs = sanitise(shipment.recipient, profile)
    sender, ours = sanitise(shipment.sender, profile)
    changes = [replace(c, field=f"recipient.{c.field}") for c in theirs] + [replace(c, field=f"sender.{c.field}") for c in ours]
    items = []
    for item in shipment.items:
        name, why = clean_text(item.name_en, profile)
        items.append(replace(item, name_en=name))
        if name != item.name_en:
            changes.append(Change(f"item.{item.sku}", item.name_en, name, why))
    remark, why = clean_text(shipment.remark, profile)
    if remark != shipment.remark:
        changes.append(Change("remark", shipment.remark, remark, why))
    return replace(shipment, recipient=recipient, sender=sender, items=items, remark=remark), changes


def clean_text(text: str, profile: Profile, limit: int | None = None) -> tuple[str, str]:
    """One value through all steps: (cleaned, reasons). A masked value comes back unchanged."""
    if not text or is_masked(text):
        return text, ""
    return _cleaned(text, profile.forbidden, profile.ascii, profile.upper, limit)


@lru_cache(maxsize=8192)
def _cleaned(text, forbidden, ascii_only, upper, limit):
    """Senders, cities and item names come back with every order of a batch, so the answers are kept."""
    reasons = []
    for reason, step in _steps(forbidden, ascii_only, upper, limit):
        after = step(text)
        if after != text:
            reasons.append(reason)
            text = after
    return text, ",".join(reasons)


def _steps(forbidden, ascii_only, upper, limit):
    steps = [("entities", decode_entities), ("unicode", glyphs.normalise), ("invisible", glyphs.printable), ("typographic", glyphs.plain)]
    steps.append(("forbidden", lambda text: without(text, forbidden)))
    if ascii_only:
        # Folding may give birth to a forbidden character (˝ becomes "), so the rule is applied to its result too.
        steps.append(("ascii", lambda text: without(glyphs.fold(text), forbidden)))
    if upper:
        steps.append(("upper", str.upper))
    steps.append(("tidy", tidy))
    if limit:
        steps.append(("length", lambda text: cut(text, limit)))
    return steps


def decode_entities(text):
    """`&#39;` and `&amp;#39;` as platforms deliver them; a bare `&` or `&lt` without semicolon is text."""
    for _ in range(3):
        after = ENTITY.sub(lambda m: html.unescape(m[0]), text)
        if after == text:
            break
        text = after
    return text


def without(text, forbidden):
    """Apostrophes inside words vanish (O'Neil is ONeil); every other forbidden character becomes a blank."""
    if "'" in forbidden:
        text = re.sub(r"(?<=\w)'(?=\w)", "", text)
    return text.translate({ord(c): " " for c in forbidden})


def tidy(text):
    """Single blanks, no punctuation at the ends ("St." keeps its period); nothing but punctuation counts as empty."""
    text = re.sub(r" +([,;])", r"\1", " ".join(text.split()))
    if not any(c.isalnum() for c in text):
        return ""
    text = text.lstrip(EDGES + ".)").rstrip(EDGES + "(#")
    while text.endswith(".") and not text[-2:-1].isalnum():
        text = text[:-1].rstrip(EDGES)
    return text


def cut(text, limit):
    """At most `limit` characters, cut at a word border where one is in the second half."""
    if len(text) <= limit:
        return text
    border = text.rfind(" ", 0, limit + 1)
    return tidy(text[:border] if border >= limit // 2 else text[:limit])


def split_lines(text: str, width: int, count: int) -> tuple[list[str], str]:
    """An address over `count` lines of `width` characters, broken at blanks: (lines, rest). A rest that is not empty did not fit."""
    lines, rest = [], text.strip()
    while rest and len(lines) < count:
        if len(rest) <= width:
            return [*lines, rest], ""
        border = rest.rfind(" ", 0, width + 1)
        border = border if border > 0 else width
        lines.append(rest[:border].rstrip())
        rest = rest[border:].lstrip()
    return lines, rest


def offending(text: str, profile: Profile) -> list[tuple[int, str]]:
    """(index, character) of everything in the original text that the profile refuses or will change, for highlighting.

    An entity such as `&#39;` is marked whole when what it stands for is refused.
    """
    rules = profile.forbidden, profile.ascii
    marked = {m.start() + k for m in ENTITY.finditer(text) if any(_refused(c, *rules) for c in decode_entities(m[0]))
              for k in range(len(m[0]))}
    return [(i, c) for i, c in enumerate(text) if i in marked or _refused(c, *rules)]


def unfoldable(text: str) -> str:
    """The letters that no ASCII profile can carry (Thai, Chinese, Cyrillic …), each once, in order of appearance."""
    return "".join(dict.fromkeys(c for c in glyphs.fold(glyphs.plain(glyphs.printable(text))) if ord(c) > 126))


@lru_cache(maxsize=8192)
def _refused(char, forbidden, ascii_only):
    if char in "\t\n\r\u00a0":
        return False        # becomes a blank, nothing is lost
    shown = glyphs.plain(glyphs.printable(glyphs.normalise(char)))
    if not shown or any(c in forbidden for c in shown):
        return True
    return ascii_only and bool(unfoldable(shown))


def _phone(address, profile):
    try:
        return clean_phone(address.phone, address.country, profile.phone), "phone"
    except Failure:
        # Missing, masked or wrong numbers are preflight's findings; nothing may be invented here.
        return address.phone, ""


def _postcode(address):
    code = clean_postcode(address.postcode, address.country)
    return code.text, "padded" if code.padded else "tidy"


def _email(text):
    return "".join(glyphs.printable(text).split()), "tidy"
