"""Codes of master data, people and forms: (English sentence, fix)."""


def _l(text):
    """Marks a sentence for the translators; it is translated when shown."""
    return text


ENTRIES = {
    "form.too_long": (_l("%(field)s is too long: %(limit)s characters at most."), None),
    "job.doubled": (_l("The same work is queued already."), None),
    "product.bad_value": (_l("“%(value)s” is not a declared value. Enter a number from 0, for example 2.50."), "sku"),
    "product.bad_currency": (_l("“%(currency)s” is not a currency. Enter three letters, for example USD or CNY."), "sku"),
    "product.bad_hs_code": (_l("“%(hs)s” is not an HS code: it has 6 to 12 digits."), "sku"),
    "product.bad_weight": (_l("%(weight)s is not a weight. Enter whole grams, at most 1,000,000."), "sku"),
    "product.nothing_set": (_l("Fill in at least one field."), None),
    "product.deactivated": (_l("SKU %(sku)s is in use, so it was switched off instead of deleted."), None),
    "product.deleted": (_l("SKU %(sku)s was deleted."), None),
    "user.last_admin": (_l("This is the last active administrator. Make another one first."), None),
    "user.yourself": (_l("You cannot change your own role or lock yourself out. Ask another administrator."), None),
    "user.role_refused": (_l("You cannot give this role to this user."), None),
    "user.name_taken": (_l("The user name %(username)s is taken. Choose another one."), None),
    "user.mail_taken": (_l("The e-mail address %(email)s belongs to another user."), None),
}
