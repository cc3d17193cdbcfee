"""Takes secrets and personal data out of whatever may reach a log, an exception or a screen."""
import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson

LIMIT = 2000
HIDDEN = "***"
SECRETS = re.compile(
    r"^(sign|signature|hmac|access_?token|refresh_?token|id_?token|h-token|token|authori[sz]ation|cookie|set-cookie|password|passwd|pwd"
    r"|secret|client_?secret|app_?secret|api_?key|partner_?key|push_?key|x-api-key|resend_code|credentials?)$"
    r"|[-_](token|secret|password|sign)$",
    re.I)
PERSONAL = re.compile(
    r"^(name|phone|mobile|tel|telephone|e_?mail|address\d?|street\d?|full_?address|detail_?address|tax_?(no|id|code)|id_?card)$"
    r"|^(first|last|full|real|contact|buyer|sender|receiver|recipient|consignee|customer|dropshipper)_?(user)?_?"
    r"(name|phone|mobile|tel|email|address|real_name)$|_(phone|mobile|email|mobile_number|phone_number)$"
    r"|^(buyer_username|dropshipper|mobile_number|phone_number)$", re.I)
PERSONS = re.compile(r"(recipient|receiver|consignee|sender|buyer|customer|dropshipper|delivery|shipping)_?(address|info|details)?$", re.I)
PLACES = {"region", "country", "state", "country_code", "province", "zipcode", "postcode", "zip"}
# Bounded, since an unbounded pattern takes quadratic time over a long run of letters.
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.]{1,60}")
PHONE = re.compile(r"\+\d[\d ()-]{7,30}\d")
PAIR = re.compile(r'"([\w-]+)"\s*:\s*"((?:[^"\\]|\\.)*)"?')


def is_secret(name):
    return bool(SECRETS.search(str(name)))


def safe_url(url):
    """The address with the values of secret query parameters hidden; an authorisation `code` counts as one."""
    parts = urlsplit(str(url))
    query = [(k, HIDDEN if is_secret(k) or k == "code" else v) for k, v in parse_qsl(parts.query, keep_blank_values=True)]
    host = parts.netloc.rsplit("@", 1)[-1]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(query, safe="*"), ""))


def safe_headers(headers):
    return {k: HIDDEN if is_secret(k) else v for k, v in headers.items()}


def safe_body(body, limit=LIMIT):
    """A body (bytes, text or parsed JSON) as text of at most `limit` characters, secrets hidden and people masked."""
    if isinstance(body, (bytes, bytearray, str)):
        text = body if isinstance(body, str) else bytes(body[:limit * 8]).decode("utf-8", "replace")
        if text[:4] == "%PDF" or text[:2] == "PK" or "\x00" in text[:200]:
            return f"<{len(body)} bytes>"
        try:
            body = orjson.loads(body)
        except orjson.JSONDecodeError:
            return safe_text(text)[:limit]
    if not isinstance(body, (dict, list)):
        return safe_text(str(body))[:limit]
    return safe_text(orjson.dumps(mask(body), default=str)[:limit * 4].decode("utf-8", "ignore"))[:limit]


def safe_text(text):
    """Free or half-broken text: JSON pairs by key, then e-mail addresses and international phone numbers."""
    text = PAIR.sub(lambda m: m.group(0) if _keep(m.group(1), m.group(2)) else f'"{m.group(1)}":"{_cover(m.group(1), m.group(2))}"', text)
    return PHONE.sub(HIDDEN, EMAIL.sub(HIDDEN, text))


def mask(value, person=False):
    """A copy of parsed JSON with secrets hidden and personal fields masked; inside a recipient every text but places."""
    if isinstance(value, dict):
        return {k: _mask_field(str(k), v, person) for k, v in value.items()}
    if isinstance(value, list):
        return [mask(v, person) for v in value]
    return HIDDEN if person and isinstance(value, str) and value else value


def _mask_field(key, value, person):
    if isinstance(value, (dict, list)):
        return HIDDEN if is_secret(key) else mask(value, person or bool(PERSONS.search(key)))
    if person and isinstance(value, str) and value and key.lower() not in PLACES:
        return HIDDEN
    return value if _keep(key, value) else _cover(key, str(value))


def _keep(key, value):
    if value in (None, "", 0, False) or str(value).startswith(HIDDEN):
        return True
    return not (is_secret(key) or PERSONAL.search(key) or (key == "code" and _looks_secret(value)))


def _looks_secret(value):
    """An authorisation code and not an error code: long, without separators, with digits."""
    return isinstance(value, str) and len(value) >= 24 and value.isalnum() and any(c.isdigit() for c in value)


def _cover(key, value):
    """Hidden, but a phone keeps its last two digits: enough for staff to recognise it on the order."""
    if re.search(r"phone|mobile|tel", key, re.I) and len(value) > 6 and not is_secret(key):
        return HIDDEN + value[-2:]
    return HIDDEN
