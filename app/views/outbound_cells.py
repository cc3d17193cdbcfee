"""Cells of the outbound order list and parts of its detail page."""
from flask import g, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from app.messages import fix_of, sentence
from app.views import choices, fixes, labels
from app.views.lists import badge, labelled, lines, when
from app.views.platform_orders import address_cell, recipient_cell

SHOWN_LINES = 6
SHOWN_FINDINGS = 3


def details(order):
    return url_for("OutboundOrderView.show", pk=order.id)


def number_cell(order):
    shop = order.platform_order
    under = f"{choices.platform_label(shop.platform)} · {shop.account.alias}" if shop else ""
    return lines(Markup('<a href="{}">{}</a>').format(details(order), order.number), small(under) if under else "",
                 Markup('<small class="cell-label" title="{}">{}</small>').format(_("Created at"), when(order.created_at)))


def state_cell(order):
    parts = [badge(order.state, labels.OUTBOUND)]
    if order.reserved:
        parts.append(small(_("Stock held")))
    if order.fulfilment == "direct":
        parts.append(small(labels.FULFILMENT["direct"]))
    return Markup("<br>").join(parts)


def small(text):
    return Markup('<small class="cell-label">{}</small>').format(text)


def platform_order_cell(order):
    if not order.platform_order_id:
        return order.order_no
    return Markup('<a href="{}">{}</a>').format(url_for("PlatformOrderView.show", pk=order.platform_order_id), order.order_no)


def goods_cell(order):
    found = [f"{line.product.sku}*{line.quantity}" for line in order.lines]
    if not found:
        return Markup('<span class="problem">{}</span>').format(_("No goods"))
    return lines(*found[:SHOWN_LINES], *([_("… %(n)s more", n=len(found) - SHOWN_LINES)] if len(found) > SHOWN_LINES else []))


def shipping_cell(order):
    return lines(order.channel.name if order.channel else "", *(waybill_line(w) for w in g.get("waybills", {}).get(order.id, ())))


def waybill_line(waybill):
    """Tracking number (or reference, while there is none) with the state behind it; the link leads to the waybill."""
    return Markup('<a href="{}">{}</a> {}').format(
        url_for("PushedWaybillView.show", pk=waybill.id) if waybill.state != "unconfirmed" else url_for("UnconfirmedWaybillView.show", pk=waybill.id),
        waybill.tracking_no or waybill.reference, badge(waybill.state, labels.WAYBILL))


def findings_cell(order):
    return findings(order, SHOWN_FINDINGS)


def findings(order, most=100):
    """The last audit's findings as sentences, each with the way to the page that mends it."""
    found = order.findings or []
    rows = [finding_line(order, f) for f in found[:most]]
    if len(found) > most:
        rows.append(Markup('<li><a href="{}">{}</a></li>').format(details(order), _("… %(n)s more", n=len(found) - most)))
    return Markup('<ul class="findings">{}</ul>').format(Markup("").join(rows)) if rows else ""


def finding_line(order, finding):
    css = "problem" if finding.get("fatal", True) else "soon-due"
    return Markup('<li><span class="{}">{}</span> {}</li>').format(css, sentence(finding["code"], finding.get("params")), fix_link(order, finding))


def fix_link(order, finding):
    """The link that mends a finding, as near as possible: this order, this SKU; "" where none helps."""
    name, params = finding.get("fix") or fix_of(finding["code"]), finding.get("params") or {}
    if name == "outbound" and not g.get("may_edit", True):
        return ""
    found = _near(order, name, params) or fixes.link(name)
    return Markup('<a class="fix" href="{}">{}</a>').format(*found) if found else ""


def _near(order, name, params):
    sku = str(params.get("sku") or "").split(",")[0].strip()
    if name == "outbound":
        return url_for("OutboundOrderView.edit", pk=order.id), _("Edit")
    if name == "sku" and sku:
        return url_for("ProductView.list", sku=sku), _("Edit SKU")
    if name == "stock" and sku:
        return url_for("StockLevelView.list", sku=sku), _("Stock")
    return None
