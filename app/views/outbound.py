"""出库订单 > 订单列表."""
import sqlalchemy as sa
from flask import flash, g, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload, selectinload

from app.domain.shipping import push  # noqa: F401
from app.domain.stock import reservation
from app.extensions import db
from app.models import OutboundLine, OutboundOrder, PlatformOrder, Product, Waybill
from app.views import choices, labels, outbound_edit
from app.views import outbound_cells as cells
from app.views.actions import run_action
from app.views.base import RIGHTS, ScreenView
from app.views.interface import Interface
from app.views.lists import lines, plain, user_zone, when
from app.views.panel import ActionField, Column, RowLink, Search, Tabs, among, between, contains, equals, split_numbers, starts
from app.views.platform_orders import history

O = OutboundOrder
EDITABLE = ("draft", "audited", "problem")


def of_waybills(*conditions):
    return O.id.in_(sa.select(Waybill.outbound_id).where(*conditions))


def any_number(text):
    """单号: ours, the platform's, a tracking or reference number, from its beginning."""
    return sa.or_(starts(O.number)(text), starts(O.order_no)(text),
                  of_waybills(sa.or_(starts(Waybill.tracking_no)(text), starts(Waybill.reference)(text))))


def any_of_numbers(text):
    numbers = split_numbers(text)
    waybill = of_waybills(sa.or_(Waybill.tracking_no.in_(numbers), Waybill.reference.in_(numbers)))
    return sa.or_(among(O.number, O.order_no)(text), waybill) if numbers else None


def with_sku(sku):
    return O.id.in_(sa.select(OutboundLine.outbound_id).join(Product, Product.id == OutboundLine.product_id).where(Product.sku == sku))


def by_id(column):
    """Equality with an id from a select; anything else matches nothing."""
    return lambda text: column == int(text) if text.isdecimal() and len(text) < 19 else sa.false()


def yes_no():
    return [("yes", _("Yes")), ("no", _("No"))]


class OutboundOrderView(ScreenView):
    datamodel = Interface(OutboundOrder)
    menu_label, menu_icon = _l("Order list"), "fa-list-alt"
    exclude_route_methods = {"add", "delete"}       # outbound orders come from conversion only and are cancelled, not deleted
    method_permission_name = RIGHTS
    show_template, show_title = "waybridge/outbound_show.html", _l("Outbound order")
    tabs = Tabs(O.state, labels.OUTBOUND, default="draft", everything=True)
    panel = (
        Search("number", _l("Number"), apply=any_number, hint=_l("Order, platform order or tracking no.")),
        Search("order_no", _l("Platform order no."), apply=starts(O.order_no)),
        Search("channel", _l("Shipping channel"), "select", by_id(O.channel_id), choices.channels),
        Search("country", _l("Country"), apply=lambda v: O.country == v.upper()),
        Search("recipient", _l("Recipient name"), apply=contains(O.recipient)),
        Search("phone", _l("Recipient phone"), apply=contains(O.phone)),
        Search("sku", _l("OMS SKU"), apply=with_sku),
        Search("warehouse", _l("Warehouse"), "select", by_id(O.warehouse_id), choices.warehouses),
        Search("held", _l("Stock held"), "select", lambda v: O.reserved.is_(v == "yes"), yes_no),
        Search("fulfilment", _l("Fulfilment"), "select", equals(O.fulfilment), lambda: list(labels.FULFILMENT.items())),
        Search("created", _l("Created at"), "range", between(O.created_at, user_zone)),
        Search("numbers", _l("Several numbers"), "many", any_of_numbers),
    )
    columns = (
        Column("number", _l("Order no."), cells.number_cell, order=O.number, css="nowrap"),
        Column("state", _l("Status"), cells.state_cell),
        Column("order_no", _l("Platform order no."), cells.platform_order_cell, order=O.order_no, css="nowrap"),
        Column("goods", _l("Goods"), cells.goods_cell, css="goods"),
        Column("recipient", _l("Recipient information"), cells.recipient_cell),
        Column("address", _l("Recipient address"), cells.address_cell),
        Column("channel", _l("Channel and waybills"), cells.shipping_cell),
        Column("findings", _l("Findings of the audit"), cells.findings_cell, css="wide text"),
        Column("remark", _l("Remark"), lambda o: o.remark),
    )
    load = (selectinload(O.lines).joinedload(OutboundLine.product), joinedload(O.platform_order).joinedload(PlatformOrder.account), joinedload(O.channel))
    row_links = (
        RowLink(_l("Edit"), lambda o: url_for("OutboundOrderView.edit", pk=o.id), right="can_write", shown=lambda o: o.state in EDITABLE),
        RowLink(_l("Details"), cells.details),
    )
    notes = (
        _l("Orders converted on the page Platform orders stand here. Change recipient, SKUs or channel with Edit."),
        _l("Choose Audit after every change and read the answer: an order with errors is not audited. Ask our service if you cannot mend it."),
        _l("A successful audit holds the stock. Saving a change of an audited order frees it, and the order has to be audited again."),
        _l("Push waybill asks the carrier for the tracking number; the waybill then stands under Forecast waybills, or with its error under Unconfirmed waybills."),
        _l("Orders that were audited and pushed are shipped on the page Platform orders with Ship on platform, or under Pushed waybills."),
    )

    audit = run_action("audit", _l("Audit"), "fa-check-square-o")
    set_channel_outbound = run_action("set_channel_outbound", _l("Set channel"), "fa-road", fields=(
        ActionField("channel_id", _l("Shipping channel"), "select", choices.channels, required=True),))
    push = run_action("push", _l("Push waybill"), "fa-paper-plane")
    cancel_outbound = run_action("cancel_outbound", _l("Cancel order"), "fa-ban", fields=(
        ActionField("note", _l("Reason"), hint=_l("The stock is freed; the platform order waits again to be converted. Orders with a waybill number have to be reset first.")),))
    export_outbound = run_action("export_outbound", _l("Export"), "fa-file-excel-o", background=True)

    def prepare(self, rows):
        g.may_edit, g.waybills = self.may("can_write"), {}
        ids = [r.id for r in rows]
        statement = sa.select(Waybill).where(Waybill.outbound_id.in_(ids), Waybill.state != "voided").order_by(Waybill.id)
        for waybill in db.session.scalars(statement) if ids else ():
            g.waybills.setdefault(waybill.outbound_id, []).append(waybill)

    # --- details --------------------------------------------------------------------------------------------------

    def show_parts(self, o):
        g.may_edit = self.may("can_write")
        shop = o.platform_order
        money = f"{plain(o.total)} {o.currency}" + (f" · {_('Cash on delivery')}" if o.cod else "") if o.total is not None else ""
        return [
            ("", [(_("Status"), cells.state_cell(o)), (_("Platform order no."), cells.platform_order_cell(o)),
                  (_("Shop account"), f"{choices.platform_label(shop.platform)} · {shop.account.alias}" if shop else ""),
                  (_("Total"), money), (_("Created at"), when(o.created_at)), (_("Audited at"), when(o.audited_at)), (_("Remark"), o.remark)]),
            (_("Recipient"), [(_("Name"), cells.recipient_cell(o)), (_("Country"), o.country), (_("State or province"), o.province), (_("City"), o.city),
                              (_("District"), o.district), (_("Town"), o.town), (_("Street"), o.street), (_("Postcode"), o.postcode)]),
            (_("Shipping"), [(_("Shipping channel"), o.channel.name if o.channel else ""), (_("Fulfilment"), labels.FULFILMENT.get(o.fulfilment, o.fulfilment)),
                             (_("Warehouse"), o.warehouse.name if o.warehouse else ""), (_("Findings of the audit"), cells.findings(o))]),
        ]

    def show_related(self, o):
        waybills = db.session.scalars(sa.select(Waybill).where(Waybill.outbound_id == o.id).order_by(Waybill.id)).all()
        held = reservation.pieces([o])[o.id] if o.reserved else {}
        goods = [(line.product.sku, line.product.name, line.quantity, held.get(line.product_id, 0), line.platform_skus, plain(line.price) if line.price else "")
                 for line in o.lines]
        bills = [(cells.waybill_line(w), w.reference, w.package_number, when(w.pushed_at), when(w.printed_at), lines(w.void_reason)) for w in waybills]
        return [
            (_("Goods"), [_("OMS SKU"), _("Name"), _("Quantity"), _("Stock held"), _("Platform SKU"), _("Price")], goods),
            (_("Waybills"), [_("Tracking no."), _("Reference no."), _("Package"), _("Pushed at"), _("Printed at"), _("Void reason")], bills),
            (_("History"), [_("Time"), _("By"), _("Event"), _("Remark")], history("outbound_order", o.id)),
        ]

    # --- edit -----------------------------------------------------------------------------------------------------

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk):
        order, page = self.one(pk), outbound_edit.Page()
        if request.method == "POST":
            page = outbound_edit.save(order)
            if not page.errors:
                flash(_("Saved: audit the order again.") if page.reopened else _("Saved."), "success")
                return redirect(cells.details(order))
        g.may_edit = False      # the findings on this page need no link to it
        answer = self.render_template("waybridge/outbound_edit.html", title=_("Edit outbound order"), order=order, view=self, page=page,
                                      form=outbound_edit.form_of(order), cells=cells, audited=order.state == "audited")
        return (answer, 422) if page.errors else answer
