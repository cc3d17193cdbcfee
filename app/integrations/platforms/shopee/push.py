"""Shopee's pushes (section 10): check the signature, say what they are about. They only mean «look again at this order»."""
import hmac
from hashlib import sha256

from app.failures import Blame, Failure
from app.integrations.http import parse_json
from app.integrations.platforms.shopee.auth import YES
from app.integrations.platforms.shopee.gate import response
from app.integrations.platforms.shopee.reading import moment
from app.integrations.types import PushNote

KINDS = {1: "authorised", 2: "revoked", 3: "order", 4: "tracking", 12: "expiring", 15: "document", 30: "order", 47: "order"}
SUBSCRIBED = [1, 2, 3, 4, 12, 15]
CONFIG, LOST = "/api/v2/push/set_app_push_config", "/api/v2/push/get_lost_push_message"
CONFIRM = "/api/v2/push/confirm_consumed_lost_push_message"


def read_push(shop, headers, body):
    """PushNotes of one delivery; answer it with 2xx and an EMPTY body within three seconds.

    Code 0 (the console's test) comes as kind "other". Raises push.bad_signature, push.unreadable.
    """
    given = next((v for k, v in headers.items() if k.lower() == "authorization"), "")
    if not any([hmac.compare_digest(given.encode(), wanted.encode()) for wanted in expected(shop, body)]):
        raise Failure("push.bad_signature", blame=Blame.PLATFORM)
    return notes(body)


def expected(shop, body):
    """The signatures that count: over address|body as documented; over the body alone only where staff switched that on."""
    key = (shop.app.secrets.get("push_key") or shop.app.secrets["partner_key"]).strip()
    over = [shop.app.push_url.encode() + b"|" + body]
    if shop.app.options.get("push_body_only") in YES:
        over.append(body)
    return [hmac.new(key.encode(), message, sha256).hexdigest() for message in over]


def notes(body):
    """PushNotes of a message whose origin is proven."""
    try:
        message = parse_json(body)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise Failure("push.unreadable", blame=Blame.PLATFORM)
    data = message.get("data") if isinstance(message.get("data"), dict) else {}
    kind = KINDS.get(message.get("code"), "other")
    shared = {"kind": kind, "event_id": str(message.get("msg_id") or sha256(body).hexdigest()), "at": moment(message, "timestamp")}
    if kind == "expiring":
        return [PushNote(shop_id=str(one), **shared) for one in data.get("shop_expire_soon") or []]
    shop_id = message.get("shop_id") or data.get("shop_id") or data.get("shopid") or ""
    number = data.get("ordersn") or data.get("order_sn") or ""
    return [PushNote(shop_id=str(shop_id), order_no=str(number), package_number=str(data.get("package_number") or ""), **shared)]


def subscribe(shop, callback_url):
    """Register the app's one callback address for the codes that we read."""
    body = {"callback_url": callback_url, "set_push_config_on": SUBSCRIBED, "set_push_config_off": [], "blocked_shop_id_list": []}
    shop.gate.public("POST", CONFIG, json=body, idempotent=True)


def lost_pushes(shop):
    """(notes, last id) of the pushes that did not reach us in the last three days, oldest 100. Confirm when they are saved."""
    found = response(shop.gate.public("GET", LOST))
    messages = found.get("push_message_list") or []
    read = [note for one in messages for note in notes(str(one.get("data") or "").encode())]
    return read, found.get("last_message_id")


def confirm_lost(shop, last_id):
    """Acknowledge everything up to this id."""
    shop.gate.public("POST", CONFIRM, json={"last_message_id": last_id}, idempotent=True)
