"""Words that stand as parameters inside sentences: fields of an address, sides of a parcel."""


def _l(text):
    """Marks a word for the translators; it is translated when shown."""
    return text


SIDES = {"recipient": _l("Recipient"), "sender": _l("Sender")}
FIELDS = {"name": _l("name"), "company": _l("company"), "street": _l("street"), "town": _l("town or ward"), "district": _l("district"),
          "city": _l("city"), "state": _l("province or state"), "phone": _l("phone"), "postcode": _l("postcode"), "email": _l("e-mail"),
          "recipient": _l("recipient"), "country": _l("country"), "province": _l("province or state"), "items": _l("goods"),
          "buyer_note": _l("buyer's note"), "seller_note": _l("seller's note"), "remark": _l("remark"), "channel": _l("shipping channel"),
          "channel_id": _l("shipping channel"), "total": _l("total"), "currency": _l("currency"), "ship_by": _l("ship by"), "cod": _l("cash on delivery"),
          "platform_status": _l("status on the platform"), "ship_method": _l("shipping method"), "ship_method_id": _l("shipping method"),
          "packages": _l("packages"), "buyer": _l("buyer"), "paid_at": _l("paid at"), "cancel_reason": _l("reason of the cancellation"),
          "masked": _l("masking"), "own_carrier": _l("own carrier"), "ordered_at": _l("ordered at"), "quantity": _l("quantity"), "lines": _l("goods")}
# State codes of all three machines and of accounts: inside a sentence the code is not enough.
STATES = {"pending": _l("Pending"), "processed": _l("Processed"), "shipped": _l("Marked shipped"), "frozen": _l("Frozen"), "void": _l("Void"),
          "draft": _l("To audit"), "audited": _l("Audited"), "forecast": _l("Forecast"), "picking": _l("Picking"), "packed": _l("Packed"),
          "dispatched": _l("Dispatched"), "problem": _l("Problem"), "cancelled": _l("Cancelled"), "unconfirmed": _l("Unconfirmed"),
          "in_transit": _l("In transit"), "delivered": _l("Delivered"), "exception": _l("Exception"), "voided": _l("Voided"),
          "new": _l("Not authorised"), "active": _l("Enabled"), "paused": _l("Pulling stopped"), "expired": _l("Authorisation expired"),
          "revoked": _l("Revoked")}
MOVES = {"convert": _l("Convert to system order"), "write_back": _l("Ship on platform"), "mark_shipped": _l("Mark as shipped"), "freeze": _l("Freeze"),
         "thaw": _l("Thaw"), "void": _l("Void"), "audit": _l("Audit"), "cancel": _l("Cancel"), "dispatch": _l("Mark shipped"), "forecast": _l("Push waybill"),
         "reopen": _l("Edit"), "unconvert": _l("Cancel"), "unship": _l("Reset"), "recall": _l("Reset"), "unforecast": _l("Reset")}
