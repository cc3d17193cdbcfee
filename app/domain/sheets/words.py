"""Words that sheets show for codes: states, yes and no, platforms; and times in the merchant's own zone."""
from zoneinfo import ZoneInfo

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.extensions import db
from app.integrations.platforms import ENGLISH, PLATFORMS
from app.models import Tenant
from app.tenancy import current_tenant

STATES = {
    "platform_order": {"pending": _l("Pending"), "processed": _l("Processed"), "shipped": _l("Marked shipped"), "frozen": _l("Frozen"),
                       "void": _l("Void")},
    "outbound_order": {"draft": _l("To audit"), "audited": _l("Audited"), "forecast": _l("Forecast"), "picking": _l("Picking"),
                       "packed": _l("Packed"), "dispatched": _l("Dispatched"), "problem": _l("Problem"), "cancelled": _l("Cancelled")},
    "waybill": {"unconfirmed": _l("Unconfirmed"), "forecast": _l("Forecast"), "dispatched": _l("Dispatched"),
                "in_transit": _l("In transit"),
                "delivered": _l("Delivered"), "exception": _l("Exception"), "voided": _l("Voided")},
    "run_row": {"waiting": _l("Waiting"), "done": _l("Done"), "failed": _l("Failed"), "skipped": _l("Skipped")},
    "fulfilment": {"warehouse": _l("From warehouse"), "direct": _l("Direct")},
}


def state_word(subject, code):
    """The word of a state in the present language; an unknown code is shown as itself."""
    return str(STATES[subject].get(code, code))


def yes_no(value):
    return _("Yes") if value else _("No")


def platform_word(key):
    """Label of a platform; an unknown key is shown as itself."""
    if str(get_locale()) == "en" and key in ENGLISH:
        return ENGLISH[key]
    return PLATFORMS[key][0] if key in PLATFORMS else key


def platform_words():
    """Drop-down of all platforms."""
    return tuple(platform_word(key) for key in PLATFORMS)


class Clock:
    """Aware UTC to the merchant's wall clock: Excel has no time zones, so the heading names the zone."""

    def __init__(self):
        self.name = db.session.get(Tenant, current_tenant()).timezone
        self._zone = ZoneInfo(self.name)

    def wall(self, moment):
        return moment.astimezone(self._zone).replace(tzinfo=None) if moment else None
