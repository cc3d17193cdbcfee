"""What our forms have in common: looks, filters that tidy a text, validators that ask the domain."""
import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import ValidationError

from app.failures import Failure
from app.messages import sentence

TEXT = {"class": "form-control"}
YES_NO = (("1", _l("Yes")), ("0", _l("No")))


def yes(column):
    """Condition of a search over YES_NO."""
    return lambda value: column == (value == "1")


def tidy(text):
    return " ".join((text or "").split())


def no_blank(text):
    return (text or "").strip()


def checked(read):
    """A WTForms validator from a reader of the domain: its Failure is shown beside the field, its answer replaces the text."""
    def validate(form, field):
        try:
            field.data = read(field.data or "")
        except Failure as failure:
            raise ValidationError(sentence(failure.code, failure.params)) from None
    return validate


def outside_address(form, field):
    """An address that our server calls: https, or plain http for the sandbox beside it."""
    if field.data and not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+(/[^\s?#\"'<>]*)?", field.data):
        raise ValidationError(_("An address that begins with https:// and has no question mark."))
