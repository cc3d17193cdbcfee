"""库存管理: 库存 per warehouse and SKU, and its ledger (库存流水)."""
import sqlalchemy as sa
from flask import flash, g, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import aliased, joinedload

from app.extensions import db
from app.models import OutboundLine, OutboundOrder, Product, StockLevel, StockMove
from app.views import choices, labels, stock_adjust
from app.views.actions import run_action
from app.views.base import RIGHTS, ScreenView
from app.views.imports import ImportMixin
from app.views.interface import Interface
from app.views.lists import lines, user_zone, when
from app.views.outbound import by_id
from app.views.panel import Column, RowLink, Search, Tool, among, between, contains, equals, starts

L, M = StockLevel, StockMove
AVAILABLE = L.on_hand - L.reserved
KINDS = {**labels.MOVE_KIND, "recall": _l("Recall")}
LOW = 5         # pieces; «nearly out»


def waiting(product_ids):
    """{(warehouse id, product id): pieces} that orders waiting for the audit want and nobody holds for them yet."""
    statement = (sa.select(OutboundOrder.warehouse_id, OutboundLine.product_id, sa.func.sum(OutboundLine.quantity))
                 .select_from(OutboundLine).join(OutboundOrder, OutboundOrder.id == OutboundLine.outbound_id)
                 .where(OutboundLine.product_id.in_(product_ids), OutboundOrder.state == "draft", OutboundOrder.fulfilment == "warehouse",
                        OutboundOrder.reserved.is_(False)).group_by(OutboundOrder.warehouse_id, OutboundLine.product_id))
    return {(w, p): n for w, p, n in db.session.execute(statement)} if product_ids else {}


def short():
    """Levels on which less is available than the orders to audit want."""
    level, line, order = aliased(L), aliased(OutboundLine), aliased(OutboundOrder)
    wanted = (sa.select(level.id).join(line, line.product_id == level.product_id).join(order, order.id == line.outbound_id)
              .where(order.state == "draft", order.fulfilment == "warehouse", order.reserved.is_(False), order.warehouse_id == level.warehouse_id)
              .group_by(level.id, level.on_hand, level.reserved).having(sa.func.sum(line.quantity) > level.on_hand - level.reserved))
    return L.id.in_(wanted)


def scarce(value):
    return {"zero": lambda: AVAILABLE <= 0, "low": lambda: AVAILABLE <= LOW, "short": short}.get(value, sa.false)()


def sku_cell(row):
    return Markup('<a href="{}">{}</a>').format(url_for("ProductView.list", sku=row.product.sku), row.product.sku)


def reserved_cell(level):
    """The number leads to the orders that hold the pieces."""
    return _orders_link(level, level.reserved, tab="all", held="yes")


def waiting_cell(level):
    wanted = g.get("waiting", {}).get((level.warehouse_id, level.product_id), 0)
    css = "problem" if wanted > level.available else ""
    return _orders_link(level, wanted, css, tab="draft")


def _orders_link(level, number, css="", **args):
    if not number:
        return "0"
    return Markup('<a class="{}" href="{}">{}</a>').format(css, url_for("OutboundOrderView.list", sku=level.product.sku, warehouse=level.warehouse_id, **args), number)


def available_cell(level):
    css = "problem" if level.available <= 0 else "soon-due" if level.available <= LOW else ""
    return Markup('<b class="{}">{}</b>').format(css, level.available)


def ledger(level):
    return url_for("StockMoveView.list", sku=level.product.sku, warehouse=level.warehouse_id)


class StockLevelView(ImportMixin, ScreenView):
    datamodel = Interface(StockLevel)
    menu_label, menu_icon = _l("Stock"), "fa-cubes"
    import_kind = "stock_adjust"
    exclude_route_methods = {"edit", "delete", "show"}      # levels change through the ledger only
    method_permission_name = {**RIGHTS, **ImportMixin.rights, "adjust": "write"}
    panel = (
        Search("sku", _l("SKU"), apply=lambda v: L.product_id.in_(sa.select(Product.id).where(contains(Product.sku)(v)))),
        Search("name", _l("Name"), apply=lambda v: L.product_id.in_(sa.select(Product.id).where(contains(Product.name)(v)))),
        Search("warehouse", _l("Warehouse"), "select", by_id(L.warehouse_id), choices.warehouses),
        Search("scarce", _l("Shortage"), "select", scarce, lambda: [
            ("short", _("Orders want more than there is")), ("zero", _("Nothing available")), ("low", _("Up to %(n)s available", n=LOW))]),
        Search("numbers", _l("Several SKUs"), "many", lambda v: None if (found := among(Product.sku)(v)) is None else L.product_id.in_(sa.select(Product.id).where(found))),
    )
    columns = (
        Column("warehouse", _l("Warehouse"), lambda s: s.warehouse.name),
        Column("sku", _l("OMS SKU"), sku_cell, css="nowrap"),
        Column("name", _l("Name"), lambda s: s.product.name, css="text"),
        Column("on_hand", _l("On hand"), order=L.on_hand, css="num"),
        Column("reserved", _l("Reserved"), reserved_cell, order=L.reserved, css="num"),
        Column("available", _l("Available"), available_cell, order=AVAILABLE, css="num"),
        Column("waiting", _l("Wanted by orders to audit"), waiting_cell, css="num"),
        Column("incoming", _l("Incoming"), order=L.incoming, css="num"),
        Column("changed_at", _l("Changed at"), lambda s: when(s.changed_at), order=L.changed_at, css="nowrap"),
    )
    load = (joinedload(L.product), joinedload(L.warehouse))
    row_links = (RowLink(_l("Adjust"), lambda s: url_for("StockLevelView.adjust", pk=s.id), right="can_write"), RowLink(_l("Ledger"), ledger))
    tools = (
        Tool(_l("Add stock"), lambda args: url_for("StockLevelView.add"), "fa-plus", primary=True),
        Tool(_l("Import"), lambda args: url_for("StockLevelView.import_sheet"), "fa-upload"),
        Tool(_l("Template"), lambda args: url_for("StockLevelView.import_template"), "fa-file-o", right="can_read"),
        Tool(_l("Stock ledger"), lambda args: url_for("StockMoveView.list"), "fa-book", right="can_read"),
    )
    notes = (
        _l("Available = on hand − reserved. The audit of an order reserves its pieces; they leave the stock when the order is shipped."),
        _l("Every change is written into the stock ledger with person, document and reason. Stock never falls below what is reserved."),
        _l("The number under Reserved leads to the orders that hold the pieces."),
    )
    import_hints = (_l("Give either the change (+ or −) or what was counted."),)
    export_stock = run_action("export_stock", _l("Export"), "fa-file-excel-o", background=True)

    def prepare(self, rows):
        """What the orders to audit want of the products on this page."""
        g.waiting = waiting({r.product_id for r in rows})

    @expose("/adjust/<pk>", methods=["GET", "POST"])
    @has_access
    def adjust(self, pk):
        level = self.one(pk)
        return self._page(_("Adjust stock"), stock_adjust.change, level)

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self):
        return self._page(_("Add stock"), stock_adjust.receive, None)

    def _page(self, title, work, level):
        errors = {}
        if request.method == "POST":
            after, errors = work(level) if level is not None else work(self.sees_all)
            if not errors:
                flash(_("%(sku)s: %(on_hand)s on hand, %(available)s available now.", **after), "success")
                return redirect(url_for("StockLevelView.list", sku=after["sku"]))
        answer = self.render_template("waybridge/stock_adjust.html", title=title, level=level, errors=errors, form=stock_adjust.form(level, self.sees_all), view=self)
        return (answer, 422) if errors else answer


class StockMoveView(ScreenView):
    datamodel = Interface(StockMove)
    menu_label, menu_icon = _l("Stock ledger"), "fa-book"
    base_permissions = ["can_read"]
    exclude_route_methods = {"add", "edit", "delete", "show"}       # append only, and written by the domain alone
    panel = (
        Search("sku", _l("SKU"), apply=lambda v: M.product_id.in_(sa.select(Product.id).where(Product.sku == v))),
        Search("warehouse", _l("Warehouse"), "select", by_id(M.warehouse_id), choices.warehouses),
        Search("document", _l("Document"), apply=starts(M.document)),
        Search("kind", _l("Kind"), "select", equals(M.kind), lambda: list(KINDS.items())),
        Search("by", _l("By"), apply=equals(M.by)),
        Search("at", _l("Time"), "range", between(M.at, user_zone)),
    )
    columns = (
        Column("at", _l("Time"), lambda m: when(m.at, "yyyy-MM-dd HH:mm:ss"), order=M.at, css="nowrap"),
        Column("warehouse", _l("Warehouse"), lambda m: m.warehouse.name),
        Column("sku", _l("OMS SKU"), sku_cell, css="nowrap"),
        Column("kind", _l("Kind"), lambda m: KINDS.get(m.kind, m.kind)),
        Column("on_hand", _l("On hand change"), lambda m: signed(m.on_hand), css="num"),
        Column("reserved", _l("Reserved change"), lambda m: signed(m.reserved), css="num"),
        Column("on_hand_after", _l("On hand after"), lambda m: m.on_hand_after, css="num"),
        Column("reserved_after", _l("Reserved after"), lambda m: m.reserved_after, css="num"),
        Column("document", _l("Document"), lambda m: document_cell(m), css="nowrap"),
        Column("reason", _l("Reason"), lambda m: m.reason, css="text"),
        Column("by", _l("By"), lambda m: m.by),
    )
    load = (joinedload(M.product), joinedload(M.warehouse))
    tools = (Tool(_l("Stock"), lambda args: url_for("StockLevelView.list", **({"sku": args["sku"]} if args.get("sku") else {})), "fa-cubes", right="can_read"),)
    notes = (_l("The ledger is never changed: a mistake is put right by another entry."),
             _l("Reserve and Release belong to the audit of orders, Dispatch to their shipping, Adjust to changes by hand or by sheet."))


def signed(number):
    css = "problem" if number < 0 else ""
    return Markup('<span class="{}">{}</span>').format(css, f"{number:+d}".replace("-", "−")) if number else ""


def document_cell(move):
    """Orders are links; numbers of sheets and people's own documents are text."""
    if move.kind == "adjust" or not move.document:
        return lines(move.document)
    return Markup('<a href="{}">{}</a>').format(url_for("OutboundOrderView.list", tab="all", number=move.document), move.document)
