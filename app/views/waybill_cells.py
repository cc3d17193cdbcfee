"""Cells of the waybill lists, shared by their detail and edit pages."""
from urllib.parse import quote

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.domain.shipping import build, channels
from app.domain.shipping.sanitise import offending
from app.failures import Failure
from app.integrations.carriers.base import Profile
from app.message_catalogue.words import FIELDS
from app.messages import fix_of, sentence
from app.views import choices, fixes, labels
from app.views.lists import badge, labelled, lines, when

PUSH_STEP = {"idle": _l("Not sent"), "claimed": _l("Being sent"), "unknown": _l("Answer lost: the carrier is asked first"), "done": _l("Sent")}
# What a step of the sanitising did, by the reason it left in the change.
REASONS = {"entities": _l("HTML codes decoded"), "unicode": _l("letters normalised"), "invisible": _l("invisible characters removed"),
           "typographic": _l("typographic signs made plain"), "forbidden": _l("characters this carrier refuses"), "ascii": _l("accents removed"),
           "upper": _l("upper case"), "tidy": _l("blanks tidied"), "length": _l("shortened"), "phone": _l("phone in the carrier's form"),
           "padded": _l("leading zeros put back")}
SHORT = "MM-dd HH:mm"
FILE_TYPES = ("application/pdf", "image/png", "image/jpeg", "image/gif")     # what a browser may show; the rest is a download


def reference_cell(waybill):
    package = Markup('<br><small class="cell-label">{}: {}</small>').format(_("Package"), waybill.package_number) if waybill.package_number else ""
    return Markup('<a href="{}">{}</a>{}').format(details(waybill), waybill.reference, package)


def details(waybill):
    view = {"unconfirmed": "UnconfirmedWaybillView", "forecast": "ForecastWaybillView"}.get(waybill.state, "PushedWaybillView")
    return url_for(f"{view}.show", pk=waybill.id)


def orders_cell(waybill):
    outbound = Markup('<a href="{}">{}</a>').format(url_for("OutboundOrderView.show", pk=waybill.outbound_id), waybill.outbound_no)
    return labelled((_("Order no."), outbound), (_("Platform order no."), waybill.order_no))


def tracking_cell(waybill):
    link = tracking_link(waybill)
    number = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(link, waybill.tracking_no) if link else waybill.tracking_no
    # VNPost's statuses are bare numbers: they say nothing to a person, our own state stands beside.
    told = waybill.track_status if not waybill.track_status.isdigit() else ""
    return lines(number, told and Markup('<small class="cell-label">{}</small>').format(told))


def tracking_link(waybill):
    """The public tracking page: the channel's own link, else the carrier's; "" when there is none."""
    if not waybill.tracking_no:
        return ""
    try:
        pattern = waybill.channel.tracking_url or channels.class_of(waybill.carrier).tracking_url
    except Failure:
        return ""
    return pattern.replace("{number}", quote(waybill.tracking_no, safe="")) if pattern.startswith(("https://", "http://")) else ""


def carrier_cell(waybill):
    return lines(choices.carrier_label(waybill.carrier), Markup('<small class="cell-label">{}</small>').format(waybill.channel.name))


def recipient_cell(waybill):
    return labelled((_("Recipient"), waybill.recipient), (_("Country"), waybill.country))


def label_cell(waybill):
    """Whether the label is here: the carrier's file, or ours, drawn when it is printed."""
    if waybill.id in g.get("stored_labels", ()):
        return Markup('<a href="{}" target="_blank" rel="noopener">{}</a>').format(url_for("ForecastWaybillView.label", pk=waybill.id), _("Carrier's label"))
    if not waybill.tracking_no:
        return ""
    if own_label(waybill):
        return Markup('<a href="{}" target="_blank" rel="noopener">{}</a>').format(url_for("ForecastWaybillView.preview", pk=waybill.id), _("Our label"))
    return Markup('<span class="soon-due" title="{}">{}</span>').format(_("It is fetched when it is printed."), _("Not stored yet"))


def own_label(waybill):
    try:
        return channels.class_of(waybill.carrier).needs_own_label
    except Failure:
        return True


def printed_cell(waybill):
    return lines(when(waybill.printed_at, SHORT), _("%(n)s times", n=waybill.print_count) if waybill.print_count > 1 else "")


def shipped_cell(waybill):
    return labelled((_("Marked shipped"), when(waybill.marked_at, SHORT)), (_("Written back"), when(waybill.written_back_at, SHORT)))


def fee_cell(waybill):
    return f"{waybill.fee:f} {waybill.fee_currency}" if waybill.fee is not None else ""


def state_cell(waybill):
    return badge(waybill.state, labels.WAYBILL)


def error_cell(waybill):
    """操作信息: the last refusal as a sentence with the way to mend it, and how far the push came."""
    if not waybill.error_code:
        return PUSH_STEP.get(waybill.push_step, "")
    tail = PUSH_STEP["unknown"] if waybill.push_step == "unknown" else ""
    return lines(Markup('<span class="problem">{}</span> {}').format(sentence(waybill.error_code, waybill.error_params), fix_link(waybill)), tail)


def fix_link(waybill):
    name, sku = fix_of(waybill.error_code), str((waybill.error_params or {}).get("sku") or "").split(",")[0].strip()
    found = fixes.link(name)
    if waybill.state == "unconfirmed" and (name in ("outbound", "waybill", "order") or waybill.error_code == "http.connection_closed"):
        found = (url_for("UnconfirmedWaybillView.edit", pk=waybill.id), _("Edit"))
    elif name == "sku" and sku:
        found = (url_for("ProductView.list", sku=sku), _("Edit SKU"))
    return Markup('<a class="fix" href="{}">{}</a>').format(*found) if found else ""


# --- the carrier copy -------------------------------------------------------------------------------------------------

def profile_of(waybill):
    """Text rules of the channel that the next push uses; no rules when the carrier is not known any more."""
    channel = waybill.outbound.channel or waybill.channel
    try:
        return channels.profile_of(channel)
    except Failure:
        return Profile()


def marked(text, profile):
    """The text with every character highlighted that the carrier refuses or that will be changed."""
    bad = dict(offending(text or "", profile))
    return Markup("").join(_mark(c) if i in bad else c for i, c in enumerate(text or ""))


def _mark(char):
    code = f"U+{ord(char):04X}"
    return Markup('<mark class="bad-char" title="{}">{}</mark>').format(code, char if char.isprintable() and not char.isspace() else code)


def copy_recipient_cell(waybill):
    copy, profile = build.recipient_of(waybill.outbound, waybill.edited), profile_of(waybill)
    return labelled((_("Recipient"), marked(copy.name, profile)), (_("Phone"), copy.phone), (_("Country"), copy.country))


def copy_address_cell(waybill):
    copy, profile = build.recipient_of(waybill.outbound, waybill.edited), profile_of(waybill)
    return lines(*(marked(part, profile) for part in (copy.street, " ".join(filter(None, (copy.town, copy.district))), copy.city, copy.state) if part), copy.postcode)


def changes_cell(waybill):
    """What sanitising made of the texts at the last push, recipient first."""
    found = [c for c in waybill.changes or () if c["field"].startswith("recipient.")]
    more = len(waybill.changes or ()) - len(found[:3])
    return lines(*(change_line(c) for c in found[:3]), _("… %(n)s more", n=more) if more > 0 else "")


def change_line(change):
    return Markup('<span class="cell-label">{}:</span> <del>{}</del> → <ins>{}</ins>').format(field_label(change["field"]), change["before"], change["after"])


def field_label(name):
    """«recipient.street» in words; items are named by their SKU."""
    side, _dot, part = name.partition(".")
    if side == "item":
        return part
    word = _(FIELDS.get(part or side, part or side))
    return _("Sender: %(field)s", field=word) if side == "sender" else word


def reasons(text):
    return ", ".join(str(REASONS.get(r, r)) for r in text.split(",") if r)
