"""Codes of carriers, contact data and preflight; the seed's FAQ first: (English sentence, fix)."""


def _l(text):
    """Marks a sentence for the translators; it is translated when shown."""
    return text


ENTRIES = {
    "carrier.not_served": (
        _l("The shipping method does not reach the destination (%(place)s). Choose another shipping channel, or ask the logistics company for help."),
        "channel"),
    "declaration.name_missing": (
        _l("The declared English name of SKU %(sku)s is empty. Open SKU management and enter the declaration of this SKU."),
        "sku"),
    "declaration.no_items": (
        _l("There is no declaration: the order has no items with a SKU. Look at the order's SKUs, then enter their declaration in SKU management."),
        "sku"),
    "http.connection_closed": (
        _l("The connection was closed unexpectedly. Check whether the recipient or the address contains special characters such as ' : open the waybill under Unconfirmed, clean the text with one click or delete the characters, then push again."),
        "waybill"),
    "declaration.name_not_english": (_l("The declared name of SKU %(sku)s is not English: %(name)s. Write it in Latin letters."), "sku"),
    "declaration.name_vague": (
        _l("The declared name of SKU %(sku)s is too vague: “%(name)s”. Customs want to know what the thing is; words such as gift, sample or goods are refused."),
        "sku"),
    "declaration.value_missing": (_l("The declared value of SKU %(sku)s must be above zero."), "sku"),
    "declaration.quantity": (_l("The quantity of SKU %(sku)s is %(quantity)s; it must be at least 1."), "outbound"),
    "weight.missing": (_l("The weight is missing (SKU %(sku)s). Enter the weight of the product or of the parcel."), "sku"),
    "carrier.currency": (_l("This carrier wants amounts in %(wanted)s, the order has %(currency)s."), "outbound"),
    "cod.amount": (_l("The amount to collect is not possible: %(amount)s."), "outbound"),
    "cod.currency": (_l("Cash on delivery must be in the destination's currency %(wanted)s, the order has %(amount)s."), "outbound"),
    "recipient.masked": (
        _l("The platform has masked the recipient's data (asterisks). Arrange shipment on the platform first, or enter the real data by hand."),
        "outbound"),
    "recipient.missing": (_l("The recipient's address is incomplete: %(field)s is missing."), "outbound"),
    "phone.missing": (_l("The recipient's phone number is missing."), "outbound"),
    "phone.masked": (_l("The recipient's phone number is masked by the platform."), "outbound"),
    "phone.invalid": (_l("The phone number ending in %(phone)s is not a valid number of %(country)s."), "outbound"),
    "postcode.missing": (_l("%(country)s needs a postcode, and there is none."), "outbound"),
    "postcode.shape": (_l("“%(postcode)s” is not a postcode of %(country)s."), "outbound"),
    "postcode.padded": (_l("The postcode lost its leading zero: %(before)s will be sent as %(postcode)s."), "outbound"),
    "country.missing": (_l("The recipient's country is missing."), "outbound"),
    "country.unknown": (_l("“%(country)s” is not a country code."), "outbound"),
    "text.will_be_cleaned": (
        _l("%(side)s – %(field)s contains characters that this carrier refuses: %(characters)s. They will be cleaned, the carrier gets: %(after)s"),
        "outbound"),
    "text.risky": (
        _l("%(side)s – %(field)s contains special characters (%(characters)s) on which carriers may close the connection. Clean the text or switch cleaning on in the channel."),
        "outbound"),
    "text.script": (
        _l("%(side)s – %(field)s contains letters that this carrier cannot take: %(characters)s. Write it in Latin letters."),
        "outbound"),
    "text.too_long": (_l("%(side)s – %(field)s has %(length)s characters, the carrier takes %(limit)s. Shorten it."), "outbound"),
    "text.will_be_cut": (_l("%(side)s – %(field)s is longer than %(limit)s characters; the carrier gets: %(after)s"), "outbound"),
    "carrier.field_missing": (_l("The account at %(carrier)s is incomplete: %(field)s."), "account"),
    "carrier.sender_missing": (_l("%(carrier)s needs a sender: %(fields)s. Enter it at the carrier account or the warehouse."), "account"),
    "carrier.bad_credentials": (_l("%(carrier)s refused the account's credentials."), "account"),
    "carrier.wrong_address": (_l("Nothing answers at the address configured for %(carrier)s."), "account"),
    "carrier.place_unknown": (_l("%(carrier)s does not know this place: %(place)s. Correct province, district and ward."), "outbound"),
    "carrier.service_closed": (_l("Service %(service)s of %(carrier)s is not open on this route. Open are: %(open)s."), "channel"),
    "carrier.refused": (_l("%(carrier)s refused: %(reason)s"), "outbound"),
    "carrier.not_found": (_l("%(carrier)s does not know this parcel."), None),
    "carrier.duplicate_reference": (_l("%(carrier)s already has a waybill with our reference. It is being looked up."), None),
    "carrier.unreadable": (_l("%(carrier)s gave an answer that cannot be understood."), None),
    "carrier.cancel_manual": (
        _l("%(carrier)s cannot cancel by API: ask their support to cancel %(tracking_no)s, then reset the waybill with a reason."),
        "outbound"),
    "carrier.cancel_refused": (_l("%(carrier)s did not cancel the parcel: %(reason)s"), "outbound"),
    "label.not_ready": (_l("%(carrier)s has not made the label yet. Try again in a moment."), None),
    "label.not_pdf": (_l("%(carrier)s did not deliver a PDF label. Our own label can be printed instead."), None),
    "pool.empty": (_l("The number pool of this channel has no free tracking number. Import more numbers."), "channel"),
    "push.bad_signature": (_l("A message came whose signature or token is wrong; it was not used."), None),
    "push.bad_body": (_l("A message came that cannot be read."), None),
    "push.no_key": (_l("The webhook public key of %(carrier)s is missing or cannot be read."), "account"),
}
