"""Phones, postcodes and country names of recipients: masked or not, right shape or not, in the form a carrier wants.

Rules of the postcodes: general postal knowledge; phones: Google's numbering plan through `phonenumbers`.
"""
import re
from dataclasses import dataclass
from functools import cache, lru_cache

import phonenumbers
from babel import Locale
from babel.core import get_global
from phonenumbers import NumberParseException, PhoneNumberFormat

from app.failures import Failure

# Asterisks beside a letter or digit (J***n, 李*, 0917****567), runs of dots, the platforms' own words for masked data.
MASK = re.compile(r"[*＊•●]{2,}|\w[*＊•●]|[*＊•●]\w|脱敏|\bmasked\b", re.IGNORECASE)
PHONE_MASK = re.compile(r"[*＊•●]|x{2,}", re.IGNORECASE)
SEVERAL = re.compile(r"\s*(?:[/;,|、]|\bor\b|\bhoặc\b)\s*", re.IGNORECASE)


def is_masked(text: str) -> bool:
    """True when the platform hid a part of the value (Shopee and others do until the shipment is arranged)."""
    return bool(text) and MASK.search(text) is not None


def is_masked_phone(text: str) -> bool:
    """Like `is_masked`, also for `0917xxx4567`. One `x` alone begins an extension and hides nothing."""
    return bool(text) and (PHONE_MASK.search(text) is not None or is_masked(text))


def parse_phone(text: str, country: str) -> phonenumbers.PhoneNumber:
    """The number as `phonenumbers` knows it; an extension is kept apart in `.extension`.

    `country` (ISO code) is where a number without + belongs. Of several numbers in one field the first valid one counts.
    Raises Failure phone.missing, phone.masked, phone.invalid.
    """
    if not (text or "").strip():
        raise Failure("phone.missing")
    # Before anything else: 0917****567 parses well, to somebody else's number.
    if is_masked_phone(text):
        raise Failure("phone.masked")
    for part in SEVERAL.split(text.strip()):
        number = _valid(part, country)
        if number:
            return number
    raise Failure("phone.invalid", phone=hide_phone(text), country=country)


def clean_phone(text: str, country: str, style: str = "e164") -> str:
    """The number in a carrier's form: `e164` +639171234567, `national` 09171234567, `digits` 639171234567.

    Raises Failure phone.missing, phone.masked, phone.invalid.
    """
    number = parse_phone(text, country)
    if style == "national":
        return re.sub(r"\D", "", phonenumbers.national_significant_number(number) if number.country_code == 1
                      else phonenumbers.format_number(_bare(number), PhoneNumberFormat.NATIONAL))
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return e164.lstrip("+") if style == "digits" else e164


def hide_phone(text: str) -> str:
    """For messages: the last three digits only."""
    digits = re.sub(r"\D", "", text or "")
    return "…" + digits[-3:] if len(digits) > 5 else "…"


@lru_cache(maxsize=8192)
def _valid(part, country):
    try:
        number = phonenumbers.parse(part, country or None)
    except NumberParseException:
        return None
    # is_possible_number only counts digits: a mistyped prefix would pass it.
    return number if phonenumbers.is_valid_number(number) else None


def _bare(number):
    bare = phonenumbers.PhoneNumber()
    bare.merge_from(number)
    bare.extension = None
    return bare


@dataclass(slots=True, frozen=True)
class PostRule:
    """`pad`: digits to which leading zeros eaten by a spreadsheet are put back, 0 = never."""
    shape: str
    required: bool = True
    pad: int = 0


@dataclass(slots=True, frozen=True)
class Postcode:
    text: str
    padded: bool = False


_FIVE, _FOUR, _SIX = r"\d{5}", r"\d{4}", r"\d{6}"
POSTCODES = {
    "PH": PostRule(_FOUR, required=False, pad=4), "VN": PostRule(r"\d{5,6}", required=False),
    "ID": PostRule(r"[1-9]\d{4}"), "TH": PostRule(r"[1-9]\d{4}"), "MY": PostRule(_FIVE, pad=5), "SG": PostRule(_SIX, pad=6),
    "US": PostRule(r"\d{5}(-\d{4})?", pad=5), "CN": PostRule(_SIX), "TW": PostRule(r"\d{3}(\d{2,3})?", required=False),
    "GB": PostRule(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"), "CA": PostRule(r"[A-Z]\d[A-Z] ?\d[A-Z]\d"), "AU": PostRule(_FOUR, pad=4),
    "NZ": PostRule(_FOUR, pad=4), "JP": PostRule(r"\d{3}-?\d{4}"), "KR": PostRule(_FIVE, pad=5), "IN": PostRule(_SIX),
    "BR": PostRule(r"\d{5}-?\d{3}"), "MX": PostRule(_FIVE, pad=5), "RU": PostRule(_SIX), "UA": PostRule(_FIVE, pad=5),
    "TR": PostRule(_FIVE, pad=5),
    "DE": PostRule(_FIVE, pad=5), "FR": PostRule(_FIVE, pad=5), "IT": PostRule(_FIVE, pad=5), "ES": PostRule(_FIVE, pad=5),
    "FI": PostRule(_FIVE, pad=5), "EE": PostRule(_FIVE), "HR": PostRule(_FIVE),
    "NL": PostRule(r"[1-9]\d{3} ?[A-Z]{2}"), "BE": PostRule(_FOUR),
    "AT": PostRule(_FOUR), "CH": PostRule(_FOUR), "DK": PostRule(_FOUR), "NO": PostRule(_FOUR, pad=4),
    "HU": PostRule(_FOUR), "BG": PostRule(_FOUR),
    "LU": PostRule(r"(L-)?\d{4}"), "SI": PostRule(r"(SI-)?\d{4}"), "LV": PostRule(r"(LV-)?\d{4}"), "LT": PostRule(r"(LT-)?\d{5}"),
    "SE": PostRule(r"\d{3} ?\d{2}"), "CZ": PostRule(r"\d{3} ?\d{2}"), "SK": PostRule(r"\d{3} ?\d{2}"), "GR": PostRule(r"\d{3} ?\d{2}"),
    "PL": PostRule(r"\d{2}-?\d{3}"), "PT": PostRule(r"\d{4}-\d{3}"), "RO": PostRule(_SIX, pad=6),
    "IE": PostRule(r"[A-Z]\d[\dW] ?[A-Z\d]{4}", required=False), "IL": PostRule(r"\d{5}(\d{2})?", required=False),
    "SA": PostRule(r"\d{5}(-\d{4})?", required=False),
}
NO_POSTCODE = {"HK", "MO", "AE", "QA"}


def clean_postcode(text: str, country: str) -> Postcode:
    """Trimmed, capitals, full-width digits made plain, eaten leading zeros put back (PH 4, MY 5, US 5 …; `padded` tells)."""
    code = " ".join((text or "").translate(_WIDE_DIGITS).upper().split())
    if country in NO_POSTCODE and not any(c.isalnum() for c in code):
        return Postcode("")
    # A spreadsheet also turns 0917 into 917.0
    if re.fullmatch(r"\d+\.0", code):
        code = code[:-2]
    pad = POSTCODES[country].pad if country in POSTCODES else 0
    if pad and code.isdigit() and pad - 2 <= len(code) < pad:
        # Singapore's old four-digit codes are another scheme, not six digits with zeros missing.
        return Postcode(code, False) if country == "SG" and len(code) != 5 else Postcode(code.zfill(pad), True)
    return Postcode(code)


def postcode_fault(code: str, country: str) -> str:
    """`missing`, `shape` or "" for a postcode from `clean_postcode`. Countries without a rule accept anything."""
    rule = POSTCODES.get(country)
    if not rule:
        return ""
    if not code:
        return "missing" if rule.required else ""
    return "" if re.fullmatch(rule.shape, code) else "shape"


_WIDE_DIGITS = {0xFF10 + n: str(n) for n in range(10)} | {0xFF0D: "-", 0x3000: " "}
_NAMED_OTHERWISE = {
    "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "great britain": "GB", "viet nam": "VN",
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "america": "US", "korea": "KR", "south korea": "KR",
    "republic of korea": "KR", "hong kong": "HK", "macau": "MO", "macao": "MO", "taiwan": "TW", "mainland china": "CN", "prc": "CN",
    "russian federation": "RU", "uae": "AE", "the philippines": "PH", "pilipinas": "PH", "the netherlands": "NL", "holland": "NL",
    "czech republic": "CZ", "turkey": "TR", "burma": "MM", "laos": "LA", "lao pdr": "LA", "brunei darussalam": "BN", "ivory coast": "CI",
    "香港": "HK", "澳门": "MO", "台湾": "TW", "中国大陆": "CN", "中国香港": "HK", "中国澳门": "MO", "中国台湾": "TW", "韩国": "KR",
}


def country_code(text: str) -> str:
    """ISO 3166 alpha-2 of whatever a platform or sheet calls a country (PH, PHL, UK, Viet Nam, 越南, ประเทศไทย), "" when unknown."""
    name = " ".join((text or "").split()).casefold()
    return _country_names().get(name, "")


@cache
def _country_names():
    names = {}
    for language in ("id", "ms", "th", "vi", "fil", "ja", "ko", "de", "fr", "es", "pt", "zh_Hant", "zh", "en"):
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "ZZ", "XA", "XB", "QO"):
                names[name.casefold()] = code
                names[code.casefold()] = code
    for alias, codes in get_global("territory_aliases").items():
        if len(alias) == 3 and alias.isalpha() and len(codes) == 1:
            names[alias.casefold()] = codes[0]
    return names | {"ประเทศไทย": "TH"} | _NAMED_OTHERWISE
