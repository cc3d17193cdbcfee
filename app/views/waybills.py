"""出库订单 > 运单管理: 未确认运单, 已预报运单, 已推送运单. Three narrow views of one table."""
import sqlalchemy as sa
from flask import g, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload, selectinload

from app.documents import TEMPLATES
from app.extensions import db
from app.models import LabelBlob, OutboundLine, OutboundOrder, Product, ShippingChannel, Waybill
from app.views import choices, labels, waybill_print
from app.views import waybill_cells as cells
from app.views.actions import plain_action, run_action
from app.views.base import RIGHTS, ScreenView
from app.views.interface import Interface
from app.views.lists import user_zone, when
from app.views.outbound import by_id, yes_no
from app.views.panel import ActionField, Column, RowLink, Search, Tabs, among, between, contains, equals, starts
from app.views.waybill_pages import EditPage, ShowPage

W = Waybill
PUSHED = ("forecast", "dispatched", "in_transit", "delivered", "exception", "voided")
TEMPLATE_LABELS = {"100x100": _l("Label 100 × 100 mm"), "100x150": _l("Label 100 × 150 mm"), "a4": _l("A4, four labels 100 × 100 mm"),
                   "a4-100x150": _l("A4, two labels 100 × 150 mm")}


def any_number(text):
    return sa.or_(*(starts(column)(text) for column in (W.tracking_no, W.reference, W.order_no, W.outbound_no)))


def with_sku(sku):
    return W.outbound_id.in_(sa.select(OutboundLine.outbound_id).join(Product, Product.id == OutboundLine.product_id).where(Product.sku == sku))


def outbound_of(query):
    """Push and cancel work on the outbound orders behind the waybills."""
    return sa.select(W.outbound_id).where(W.id.in_(query))


NUMBER = Search("number", _l("Number"), apply=any_number, hint=_l("Tracking, reference or order no."))
NUMBERS = Search("numbers", _l("Several numbers"), "many", among(W.tracking_no, W.reference, W.order_no, W.outbound_no))
CHANNEL = Search("channel", _l("Shipping channel"), "select", by_id(W.channel_id), choices.channels)
CARRIER = Search("carrier", _l("Carrier"), "select", equals(W.carrier), choices.carriers)
COUNTRY = Search("country", _l("Country"), apply=lambda v: W.country == v.upper())
RECIPIENT = Search("recipient", _l("Recipient name"), apply=contains(W.recipient))
SKU = Search("sku", _l("OMS SKU"), apply=with_sku)
PRINTED = Search("printed", _l("Printed"), "select", lambda v: W.printed_at.is_not(None) if v == "yes" else W.printed_at.is_(None), yes_no)
PUSHED_AT = Search("pushed", _l("Pushed at"), "range", between(W.pushed_at, user_zone))

REFERENCE = Column("reference", _l("Reference no."), cells.reference_cell, order=W.reference, css="nowrap")
TRACKING = Column("tracking_no", _l("Tracking no."), cells.tracking_cell, order=W.tracking_no, css="nowrap")
CARRIER_COLUMN = Column("carrier", _l("Carrier"), cells.carrier_cell)
ORDERS = Column("orders", _l("Numbers"), cells.orders_cell, css="nowrap")
TO = Column("recipient", _l("Recipient information"), cells.recipient_cell)
LABEL = Column("label", _l("Label"), cells.label_cell, css="nowrap")
PRINTED_COLUMN = Column("printed_at", _l("Printed at"), cells.printed_cell, order=W.printed_at, css="nowrap")
PUSHED_COLUMN = Column("pushed_at", _l("Pushed at"), lambda w: when(w.pushed_at, cells.SHORT), order=W.pushed_at, css="nowrap")
FEE = Column("fee", _l("Fee"), cells.fee_cell, css="num")

TO_SHOW = joinedload(W.channel).joinedload(ShippingChannel.carrier_account)
RESET_HINT = _l("The waybill is cancelled at the carrier; the order can be pushed again under a new reference.")
RESET_FIELDS = (ActionField("reason", _l("Reason"), required=True, hint=RESET_HINT),)


class WaybillView(ShowPage, ScreenView):
    """What the three screens share. No waybill is added or deleted by hand."""
    method_permission_name = {**RIGHTS, "label": "read", "preview": "read"}
    exclude_route_methods = {"add", "edit", "delete"}
    list_template = "waybridge/waybill_list.html"
    show_template, show_title = "waybridge/waybill_show.html", _l("Waybill")
    load = (TO_SHOW,)

    def prepare(self, rows):
        ids = [r.id for r in rows]
        g.stored_labels = set(db.session.scalars(sa.select(LabelBlob.waybill_id).where(LabelBlob.waybill_id.in_(ids)))) if ids else set()


@plain_action("print", _l("Print labels"), "fa-print", fields=(
    ActionField("template", _l("Label template"), "select", lambda: [(key, TEMPLATE_LABELS.get(key, key)) for key in TEMPLATES],
                hint=_l("Empty: the template of the shipping channel. Labels that the carrier drew keep their own size.")),
    ActionField("start_cell", _l("Start at label"), "number", default="1", hint=_l("On A4 sheets that were begun: the first free place, counted by rows."))))
def print_labels(_view, chosen):
    """打印面单: up to 300 labels open as a PDF at once, more (or labels that a carrier still owes) as a run."""
    return waybill_print.answer(chosen)


@plain_action("track", _l("Update tracking"), "fa-map-marker")
def track(_view, chosen):
    """更新轨迹 of the selected waybills."""
    return waybill_print.track(chosen)


class UnconfirmedWaybillView(EditPage, WaybillView):
    datamodel = Interface(Waybill)
    menu_label, menu_icon = _l("Unconfirmed waybills"), "fa-exclamation-triangle"
    exclude_route_methods = {"add", "delete"}
    narrow = (W.state == "unconfirmed",)
    panel = (
        NUMBER, CHANNEL, COUNTRY, RECIPIENT, SKU,
        Search("step", _l("Push status"), "select", equals(W.push_step), lambda: [(k, v) for k, v in cells.PUSH_STEP.items() if k != "done"]),
        NUMBERS,
    )
    columns = (
        REFERENCE, ORDERS,
        Column("message", _l("Operation message"), cells.error_cell, css="text wide"),
        Column("recipient", _l("Recipient information"), cells.copy_recipient_cell),
        Column("address", _l("Recipient address"), cells.copy_address_cell, css="text"),
        Column("changes", _l("Cleaned for the carrier"), cells.changes_cell, css="text"),
        CARRIER_COLUMN,
        Column("attempts", _l("Attempts"), lambda w: w.attempts, css="num"),
        Column("changed_at", _l("Changed at"), lambda w: when(w.changed_at), order=W.changed_at, css="nowrap"),
    )
    load = (TO_SHOW, selectinload(W.outbound).joinedload(OutboundOrder.channel))
    row_links = (
        RowLink(_l("Edit"), lambda w: url_for("UnconfirmedWaybillView.edit", pk=w.id), right="can_write"),
        RowLink(_l("Details"), lambda w: url_for("UnconfirmedWaybillView.show", pk=w.id)),
    )
    notes = (
        _l("A waybill stands here when the carrier did not accept it. The operation message says why, with a link to the page that mends it."),
        _l("«The shipping method does not reach the destination»: choose another shipping channel, or ask the logistics company for help."),
        _l("«The declared English name is empty» or «there is no declaration»: look at the SKUs of the order, then enter their declaration under SKUs."),
        _l("«The connection was closed»: choose Edit and look for special characters such as ' in recipient and address; Clean removes them. Then push the order again."),
        _l("When an answer was lost, pushing again first asks the carrier, so that no parcel gets two waybills."),
    )
    push = run_action("push", _l("Push again"), "fa-paper-plane", resolve=outbound_of)
    cancel_outbound = run_action("cancel_outbound", _l("Cancel order"), "fa-ban", resolve=outbound_of, fields=(
        ActionField("note", _l("Reason"), hint=_l("The unsent waybill is voided, the stock is freed, and the platform order waits again to be converted.")),))
    export_waybills = run_action("export_waybills", _l("Export"), "fa-file-excel-o", background=True)


class ForecastWaybillView(WaybillView):
    datamodel = Interface(Waybill)
    menu_label, menu_icon = _l("Forecast waybills"), "fa-barcode"
    narrow = (W.state == "forecast",)
    panel = (NUMBER, CHANNEL, CARRIER, COUNTRY, RECIPIENT, SKU, PRINTED, PUSHED_AT, NUMBERS)
    columns = (REFERENCE, TRACKING, CARRIER_COLUMN, ORDERS, TO, LABEL, PRINTED_COLUMN, PUSHED_COLUMN, FEE)
    row_links = (RowLink(_l("Print labels"), action="print"), RowLink(_l("Details"), lambda w: url_for("ForecastWaybillView.show", pk=w.id)))
    notes = (
        _l("Labels can be printed once the order has its waybill number: push the waybill first."),
        _l("Reference numbers that begin with OD are forecasts that came from orders. Tick the waybills, choose a template and print."),
        _l("Labels come in picking order. What cannot be printed is listed with its reason on the first page."),
    )
    print_labels = print_labels
    track = track
    reset = run_action("reset", _l("Reset"), "fa-undo", fields=RESET_FIELDS)
    export_waybills = run_action("export_waybills", _l("Export"), "fa-file-excel-o", background=True)


class PushedWaybillView(WaybillView):
    datamodel = Interface(Waybill)
    menu_label, menu_icon = _l("Pushed waybills"), "fa-truck"
    narrow = (W.state.in_(PUSHED),)
    tabs = Tabs(W.state, {state: labels.WAYBILL[state] for state in PUSHED}, default="forecast", everything=True)
    panel = (
        NUMBER, CHANNEL, CARRIER, COUNTRY, RECIPIENT, SKU,
        Search("written", _l("Written back"), "select", lambda v: W.written_back_at.is_not(None) if v == "yes" else W.written_back_at.is_(None), yes_no),
        PRINTED, PUSHED_AT, NUMBERS,
    )
    columns = (
        REFERENCE, TRACKING, Column("state", _l("Status"), cells.state_cell), CARRIER_COLUMN, ORDERS, TO,
        Column("shipped", _l("Shipped"), cells.shipped_cell, css="nowrap"), LABEL, PRINTED_COLUMN, PUSHED_COLUMN, FEE,
        Column("message", _l("Operation message"), lambda w: cells.error_cell(w) if w.error_code else w.void_reason, css="text"),
    )
    row_links = (RowLink(_l("Details"), lambda w: url_for("PushedWaybillView.show", pk=w.id)),)
    notes = (
        _l("«Mark shipped and write back»: ships the order on its platform with carrier and tracking number."),
        _l("«Reset»: takes a pushed waybill back to not pushed."),
        _l("«Mark shipped»: only our own mark that the order is packed and has left; the platform is not told. Rarely needed."),
    )
    write_back_waybill = run_action("write_back_waybill", _l("Mark shipped and write back"), "fa-truck",
                                    _l("Send carrier and tracking number of the selected waybills to their platforms?"))
    reset = run_action("reset", _l("Reset"), "fa-undo", fields=RESET_FIELDS)
    mark_dispatched = run_action("mark_dispatched", _l("Mark shipped"), "fa-check", _l("Only our own mark: the platform is not told. Go on?"))
    print_labels = print_labels
    track = track
    export_waybills = run_action("export_waybills", _l("Export"), "fa-file-excel-o", background=True)
