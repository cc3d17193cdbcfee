"""Words that stand as parameters inside sentences: fields of an address, sides of a parcel."""


def _l(text):
    """Marks a word for the translators; it is translated when shown."""
    return text


SIDES = {"recipient": _l("Recipient"), "sender": _l("Sender")}
FIELDS = {"name": _l("name"), "company": _l("company"), "street": _l("street"), "town": _l("town or ward"), "district": _l("district"),
          "city": _l("city"), "state": _l("province or state"), "phone": _l("phone"), "postcode": _l("postcode"), "email": _l("e-mail")}
