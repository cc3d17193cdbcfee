"""Codes of spreadsheets: (English sentence, fix)."""


def _l(text):
    """Marks a sentence for the translators; it is translated when shown."""
    return text


ENTRIES = {
    "sheet.no_file": (_l("Choose a file first."), None),
    "sheet.columns": (
        _l("The sheet lacks these columns: %(missing)s. Found were: %(found)s. Download the template and use its headings."),
        "help:sheets"),
    "sheet.not_a_sheet": (_l("This file is not a spreadsheet. Save it as .xlsx, .xls, .ods or .csv and upload it again."), "help:sheets"),
    "sheet.password": (_l("The sheet is protected with a password. Remove the password and upload it again."), "help:sheets"),
    "sheet.empty": (_l("The file is empty."), "help:sheets"),
    "sheet.no_rows": (_l("The sheet has headings, but no rows."), "help:sheets"),
    "sheet.too_large": (
        _l("The sheet is too large: at most %(limit)s cells can be read. Delete empty rows and columns at the end, or split the sheet."),
        "help:sheets"),
    "sheet.too_many_rows": (_l("The sheet has %(rows)s rows; one import takes at most %(limit)s. Split the sheet."), "help:sheets"),
    "sheet.file_gone": (_l("The uploaded file is no longer there. Upload it again."), None),
    "sheet.required": (_l("Row %(row)s: «%(column)s» is empty. Fill it in."), None),
    "sheet.formula_error": (_l("Row %(row)s, «%(column)s»: the formula of this cell ends in an error. Enter the value itself."), None),
    "sheet.date_for_text": (
        _l("Row %(row)s, «%(column)s»: Excel has made a date of this cell (%(value)s). Format the column as text and type the value again."),
        None),
    "sheet.digits_lost": (
        _l("Row %(row)s, «%(column)s»: Excel has rounded this long number (%(value)s). Format the column as text and type the number again."),
        None),
    "sheet.control_character": (
        _l("Row %(row)s, «%(column)s»: “%(value)s” contains an invisible control character. Type the value again."),
        None),
    "sheet.too_long": (_l("Row %(row)s, «%(column)s»: the text has %(length)s characters; at most %(max)s fit. Shorten it."), None),
    "sheet.whole_number": (_l("Row %(row)s, «%(column)s»: “%(value)s” is not a whole number from %(low)s to %(high)s."), None),
    "sheet.amount": (
        _l("Row %(row)s, «%(column)s»: “%(value)s” is not an amount from 0 to %(high)s with at most four decimal places."),
        None),
    "sheet.yes_no": (_l("Row %(row)s, «%(column)s»: “%(value)s” is neither yes nor no. Enter Yes or No."), None),
    "sheet.unknown_code": (
        _l("Row %(row)s, «%(column)s»: “%(value)s” is not a known code. Expected are the letters of the international code, such as USD or CN."),
        None),
    "sheet.text_form": (_l("Row %(row)s, «%(column)s»: “%(value)s” does not have the expected form."), None),
    "sheet.hs_code": (_l("Row %(row)s, «%(column)s»: “%(value)s” is not an HS code: digits and dots, at most 14."), None),
    "sheet.link": (_l("Row %(row)s, «%(column)s»: “%(value)s” is not a link that starts with https:// or http://."), None),
    "sheet.tracking_form": (
        _l("Row %(row)s, «%(column)s»: “%(value)s” is not a tracking number: 4 to 64 Latin letters, digits, spaces or - / _ ."),
        None),
    "sheet.duplicate": (_l("Row %(row)s says the same as row %(first)s. Keep one of the two."), None),
    "sheet.unknown_product": (
        _l("Row %(row)s, «%(column)s»: there is no OMS SKU “%(sku)s”. Add it in SKU management, or correct it."),
        "sku"),
    "sheet.unknown_account": (_l("Row %(row)s, «%(column)s»: there is no shop account with the short name “%(value)s”."), "account"),
    "sheet.account_ambiguous": (
        _l("Row %(row)s, «%(column)s»: more than one platform has a shop “%(value)s”. Fill in the platform too."),
        None),
    "sheet.account_elsewhere": (_l("Row %(row)s, «%(column)s»: the shop “%(account)s” is on %(platform)s, not on “%(value)s”."), None),
    "sheet.unknown_platform": (_l("Row %(row)s, «%(column)s»: “%(value)s” is not a platform of this system."), None),
    "sheet.unknown_channel": (_l("Row %(row)s, «%(column)s»: there is no shipping channel “%(value)s”."), "channel"),
    "sheet.channel_without_pool": (
        _l("Row %(row)s, «%(column)s»: the channel “%(value)s” gets its numbers from its carrier. Only channels with a number pool take a sheet."),
        "channel"),
    "sheet.unknown_warehouse": (_l("Row %(row)s, «%(column)s»: there is no warehouse “%(value)s”."), None),
    "sheet.change_or_count": (_l("Row %(row)s: enter either the change or the new number on hand, exactly one of the two."), None),
    "sheet.stock_below_reserved": (
        _l("Row %(row)s, «%(column)s»: %(after)s pieces would be left, but %(reserved)s of the %(on_hand)s on hand are reserved for orders."),
        None),
    "sheet.added": (_l("Row %(row)s: added."), None),
    "sheet.changed": (_l("Row %(row)s: changed."), None),
    "sheet.would_add": (_l("Row %(row)s: would be added."), None),
    "sheet.would_change": (_l("Row %(row)s: would be changed."), None),
    "sheet.unchanged": (_l("Row %(row)s: already so, nothing to change."), None),
    "sheet.saved_before": (_l("Row %(row)s: was saved by an earlier import (see its last column), not taken again."), None),
    "sheet.zeros_restored": (_l("Row %(row)s: Excel had dropped the leading zeros of %(typed)s; it was taken as %(meant)s."), None),
    "sheet.stock_changed": (_l("Row %(row)s: on hand changed from %(was)s to %(now)s."), None),
    "sheet.number_used": (_l("Row %(row)s: this tracking number was used already, for %(reference)s."), None),
    "sheet.row_gone": (_l("This row was deleted before it was exported."), None),
}
