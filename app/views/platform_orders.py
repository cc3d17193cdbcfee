"""平台管理 > 平台订单管理."""
import json

import sqlalchemy as sa
from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import joinedload, selectinload

from app.domain.accounts import pull
from app.domain.orders import edit
from app.extensions import db
from app.failures import Failure
from app.messages import sentence
from app.models import Event, OrderItem, OrderRaw, OutboundLine, OutboundOrder, PlatformOrder, Product, ShopAccount, Waybill
from app.models.base import utcnow
from app.tenancy import as_tenant
from app.views import choices, labels
from app.views.actions import run_action
from app.views.base import RIGHTS, ScreenView
from app.views.interface import Interface
from app.views.lists import badge, labelled, lines, user_zone, when
from app.views.panel import ActionField, Chips, Column, RowLink, Search, Tabs, Tool, between, by_id, contains, split_numbers, starts

O = PlatformOrder


def number_matches(text):
    """单号: the platform's number, our outbound number or a tracking number, from its beginning."""
    return sa.or_(*(starts(column)(text) for column in (O.order_no, O.outbound_no, O.tracking_no)))


def any_number(text):
    """多单号: order, outbound and tracking numbers pasted together, each looked up where it has its index.

    The ids are read here once, because the list, its count and the tabs all ask for them.
    """
    numbers = split_numbers(text)
    if not numbers:
        return None
    of = OutboundOrder.platform_order_id
    found = (sa.select(O.id).where(O.order_no.in_(numbers)), sa.select(of).where(OutboundOrder.number.in_(numbers)),
             sa.select(of).join(Waybill, Waybill.outbound_id == OutboundOrder.id).where(Waybill.tracking_no.in_(numbers)))
    return O.id.in_({i for statement in found for i in db.session.scalars(statement) if i is not None})


def state_cell(order):
    parts = [badge(order.state, labels.PLATFORM_ORDER)]
    if order.platform_status:
        parts.append(Markup('<small class="cell-label">{}</small>').format(order.platform_status))
    return Markup("<br>").join(parts)


def goods_cell(order):
    converted = g.get("converted_goods", {}).get(order.id)
    rows = converted or [(i.platform_sku or i.name or _("(no SKU)"), i.quantity) for i in order.items]
    more = [_("… %(n)s more", n=len(rows) - 6)] if len(rows) > 6 else []
    marks = [Markup('<span class="problem">{}</span>').format(_("%(n)s unmatched", n=order.unmatched))] if order.unmatched and order.state == "pending" else []
    return lines(*(f"{sku}*{quantity}" for sku, quantity in rows[:6]), *more, *marks)


def recipient_cell(order):
    masked = Markup(' <span class="badge-state tone-cold">{}</span>').format(_("masked")) if order.masked else ""
    return labelled((_("Recipient"), Markup("{}{}").format(order.recipient, masked) if order.recipient else ""), (_("Phone"), order.phone))


def address_cell(order):
    return labelled((_("Country"), order.country), (_("Postcode"), order.postcode), (_("City"), order.city))


def numbers_cell(order):
    return labelled((_("Order no."), order.outbound_no), (_("Tracking no."), order.tracking_no), (_("Reference no."), order.order_no))


def channel_cell(order):
    return lines(order.ship_method, f"→ {order.channel.name}" if order.channel else "")


def remark_cell(order):
    problem = sentence(order.problem_code, order.problem_params) if order.problem_code else ""
    return lines(order.remark, Markup('<span class="problem">{}</span>').format(problem) if problem else "", order.buyer_note[:80])


def ship_by_cell(order):
    if not order.ship_by:
        return ""
    left = (order.ship_by - utcnow()).total_seconds()
    css = "" if order.state in ("shipped", "void") else "late" if left < 0 else "soon-due" if left < 86400 else ""
    return Markup('<span class="{}">{}</span>').format(css, when(order.ship_by, "MM-dd HH:mm"))


def outbound_of(query):
    """推送运单 on platform orders works on their outbound orders."""
    return sa.select(OutboundOrder.id).where(OutboundOrder.platform_order_id.in_(query), OutboundOrder.state != "cancelled")


def converted_goods(order_ids):
    """{order id: [(OMS SKU, pieces)]} of converted orders: three look-ups by key, where a join made SQLite scan the products."""
    if not order_ids:
        return {}
    orders = dict(db.session.execute(sa.select(OutboundOrder.id, OutboundOrder.platform_order_id).where(
        OutboundOrder.platform_order_id.in_(order_ids), OutboundOrder.state != "cancelled")).all())
    lines_ = db.session.execute(sa.select(OutboundLine.outbound_id, OutboundLine.product_id, OutboundLine.quantity).where(
        OutboundLine.outbound_id.in_(orders)).order_by(OutboundLine.outbound_id, OutboundLine.id)).all()
    skus = dict(db.session.execute(sa.select(Product.id, Product.sku).where(Product.id.in_({line.product_id for line in lines_}))).all())
    found = {}
    for line in lines_:
        found.setdefault(orders[line.outbound_id], []).append((skus[line.product_id], line.quantity))
    return found


def _details(order):
    return url_for("PlatformOrderView.show", pk=order.id)


class PlatformOrderView(ScreenView):
    datamodel = Interface(PlatformOrder)
    menu_label, menu_icon = _l("Platform orders"), "fa-shopping-cart"
    exclude_route_methods = {"add", "edit", "delete"}
    method_permission_name = {**RIGHTS, "pull": "write", "pull_start": "write", "items": "write", "items_save": "write"}
    chips = Chips(_l("Platform"), O.platform, choices.platform_chips)
    tabs = Tabs(O.state, labels.PLATFORM_ORDER, default="pending")
    panel = (
        Search("account", _l("Shop"), "select", by_id(O.account_id), choices.accounts),
        Search("number", _l("Number"), apply=number_matches),
        Search("state", _l("System order status"), "select", lambda v: O.id.in_(
            sa.select(OutboundOrder.platform_order_id).where(OutboundOrder.state == v)), lambda: list(labels.OUTBOUND.items())),
        Search("ship_method", _l("Shipping method"), apply=contains(O.ship_method)),
        Search("country", _l("Country"), apply=lambda v: O.country == v.upper()),
        Search("recipient", _l("Recipient name"), apply=contains(O.recipient)),
        Search("phone", _l("Recipient phone"), apply=contains(O.phone)),
        Search("pulled", _l("Pulled at"), "range", between(O.pulled_at, user_zone)),
        Search("numbers", _l("Several numbers"), "many", any_number),
        Search("sku", _l("Platform SKU"), apply=lambda v: O.id.in_(sa.select(OrderItem.order_id).where(OrderItem.platform_sku == v))),
    )
    columns = (
        Column("order_no", _l("Platform order no."), lambda o: Markup('<a href="{}">{}</a><br><small class="cell-label">{} · {}</small>').format(
            _details(o), o.order_no, choices.platform_label(o.platform), o.account.alias), order=O.order_no, css="nowrap"),
        Column("state", _l("Status"), state_cell),
        Column("numbers", _l("Numbers"), numbers_cell, css="nowrap", tabs=("processed", "shipped", "frozen", "void")),
        Column("goods", _l("Goods"), goods_cell, css="goods"),
        Column("recipient", _l("Recipient information"), recipient_cell),
        Column("address", _l("Recipient address"), address_cell),
        Column("channel", _l("Shipping method"), channel_cell),
        Column("ship_by", _l("Ship by"), ship_by_cell, order=O.ship_by, css="nowrap"),
        Column("remark", _l("Remark"), remark_cell, css="text"),
    )
    load = (selectinload(O.items), joinedload(O.account), joinedload(O.channel))
    row_links = (
        RowLink(_l("Details"), _details),
        RowLink(_l("Change SKU"), lambda o: url_for("PlatformOrderView.items", pk=o.id), right="can_write", shown=lambda o: o.state == "pending"),
    )
    tools = (
        Tool(_l("Pull orders"), lambda args: url_for("PlatformOrderView.pull"), "fa-download", primary=True),
        Tool(_l("Unmatched SKUs"), lambda args: url_for("UnmatchedView.list"), "fa-link", right="can_read"),
    )
    notes = (
        _l("Orders can be pulled once the SKUs of the platform's orders are matched."),
        _l("Convert pulled orders to system orders first: then they can be checked again and updated, for example when SKUs were added."),
        _l("After conversion an order also stands under Outbound orders; change it there with Edit in the order list."),
        _l("After an update choose Audit under Outbound orders and read the answer: an order with errors is not audited. Ask our service if you cannot mend it."),
        _l("When the audit has succeeded, choose Ship on platform here."),
        _l("Ship on platform also updates the status on the platform."),
    )

    convert = run_action("convert", _l("Convert to system order"), "fa-exchange", tabs=("pending",))
    set_channel = run_action("set_channel", _l("Set channel"), "fa-road", fields=(
        ActionField("channel_id", _l("Shipping channel"), "select", choices.channels, required=True),), tabs=("pending", "processed"))
    push = run_action("push", _l("Push waybill"), "fa-paper-plane", resolve=outbound_of, tabs=("processed",))
    write_back = run_action("write_back", _l("Ship on platform"), "fa-truck", _l("Send carrier and tracking number of the selected orders to the platform?"), tabs=("processed",))
    mark_shipped = run_action("mark_shipped", _l("Mark as shipped"), "fa-check", _l("Only our own mark: the platform is not told. Go on?"), tabs=("pending", "processed"))
    freeze = run_action("freeze", _l("Freeze"), "fa-snowflake-o", fields=(
        ActionField("keep_stock", _l("Keep the reserved stock"), "check", default="1", hint=_l("Unticked: the stock is released; thawing reserves it again if there is enough.")),
        ActionField("note", _l("Reason"))), tabs=("pending", "processed"))
    thaw = run_action("thaw", _l("Thaw"), "fa-sun-o", tabs=("frozen",))
    void = run_action("void", _l("Void"), "fa-trash", _l("A void order can't be taken back."), fields=(ActionField("note", _l("Reason"), required=True),), tabs=("pending", "processed", "frozen"))
    rematch = run_action("rematch", _l("Match again"), "fa-refresh", tabs=("pending", "frozen"))
    export = run_action("export_orders", _l("Export"), "fa-file-excel-o", background=True)

    def prepare(self, rows):
        g.converted_goods = converted_goods([r.id for r in rows if r.outbound_no])

    # --- details --------------------------------------------------------------------------------------------------

    def show_parts(self, o):
        money = f"{o.total if o.total is not None else ''} {o.currency}" + (f" · {_('Cash on delivery')}" if o.cod else "")
        return [
            ("", [(_("Status"), state_cell(o)), (_("Platform"), choices.platform_label(o.platform)), (_("Shop account"), o.account.alias),
                  (_("Ordered at"), when(o.ordered_at)), (_("Ship by"), ship_by_cell(o)), (_("Pulled at"), when(o.pulled_at)), (_("Total"), money),
                  (_("Buyer"), o.buyer), (_("Buyer's note"), o.buyer_note), (_("Seller's note"), o.seller_note), (_("Remark"), remark_cell(o))]),
            (_("Recipient"), [(_("Name"), recipient_cell(o)), (_("Country"), o.country), (_("State or province"), o.province), (_("City"), o.city),
                              (_("District"), o.district), (_("Street"), o.street), (_("Postcode"), o.postcode)]),
            (_("Shipping"), [(_("Shipping method"), channel_cell(o)), (_("Numbers"), numbers_cell(o)), (_("Written back at"), when(o.written_back_at)),
                             (_("Packages"), lines(*(f"{p.get('number', '')} {p.get('carrier_name', '')} {p.get('tracking_no', '')}" for p in o.packages)))]),
        ]

    def show_related(self, o):
        items = [(i.platform_sku, i.name, i.variation, i.quantity, i.price, i.package_number) for i in o.items]
        related = [(_("Goods"), [_("Platform SKU"), _("Name"), _("Variation"), _("Quantity"), _("Price"), _("Package")], items),
                   (_("History"), [_("Time"), _("By"), _("Event"), _("Remark")], history("platform_order", o.id))]
        if self.sees_all:
            related.append((_("Raw data of the platform"), [_("Body")], [(Markup('<pre class="raw">{}</pre>').format(raw_body(o.id)),)]))
        return related

    # --- pages of their own -----------------------------------------------------------------------------------------

    @expose("/pull", methods=["GET"])
    @has_access
    def pull(self):
        return self.render_template("waybridge/pull.html", title=_("Pull orders"), accounts=choices.accounts(ready=True))

    @expose("/pull", methods=["POST"])
    @has_access
    def pull_start(self):
        chosen = db.session.get(ShopAccount, request.form.get("account", 0, type=int)) or abort(404)
        since, until = choices.period(request.form.get("since", ""), request.form.get("until", ""), user_zone())
        if since and until and since >= until:
            raise Failure("pull.bad_period")
        numbers = choices.pasted(request.form.get("numbers", ""))
        tenant, account_id = chosen.tenant_id, chosen.id
        with as_tenant(tenant):
            run = pull.start_pull(db.session.get(ShopAccount, account_id), since=since, until=until, numbers=numbers or None)
            db.session.commit()
            run_id = run.id if run else None
        if run_id is None:
            flash(_("This shop is being pulled already; see the runs."), "info")
            return redirect(url_for("RunView.list"))
        return redirect(url_for("RunView.show", pk=run_id))

    @expose("/items/<pk>", methods=["GET"])
    @has_access
    def items(self, pk):
        order = self.one(pk)
        return self.render_template("waybridge/order_items.html", title=_("Change SKU"), order=order, view=self)

    @expose("/items/<pk>", methods=["POST"])
    @has_access
    def items_save(self, pk):
        order = self.one(pk)
        pairs = list(zip(request.form.getlist("sku"), request.form.getlist("quantity"), strict=False))
        edit.change_items(order, [(sku.strip(), quantity) for sku, quantity in pairs if sku.strip()])
        db.session.commit()
        flash(_("Saved."), "success")
        return redirect(_details(order))


def history(subject, subject_id):
    """Rows of the history table, newest first."""
    rows = db.session.scalars(sa.select(Event).where(Event.subject == subject, Event.subject_id == subject_id).order_by(Event.id.desc()).limit(100))
    return [(when(e.at, "yyyy-MM-dd HH:mm:ss"), e.by, labels.event_label(e.move), lines(e.note, sentence(e.code, e.params))) for e in rows]


def raw_body(order_id):
    raw = db.session.get(OrderRaw, order_id)
    if raw is None:
        return ""
    try:
        return json.dumps(json.loads(raw.body), ensure_ascii=False, indent=1)
    except ValueError:
        return raw.body
