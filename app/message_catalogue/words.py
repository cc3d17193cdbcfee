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
