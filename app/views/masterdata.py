"""基础资料管理: SKU管理 and 仓库. Channels, carrier accounts and the number pool stand in files of their own."""
from types import SimpleNamespace

import sqlalchemy as sa
from flask import flash, g, redirect, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp

from app.domain import products
from app.extensions import db
from app.failures import Failure
from app.messages import sentence
from app.models import PlatformOrder, Product, Warehouse
from app.views.actions import Selection, plain_action, read_fields, run_action, start_run
from app.views.base import RIGHTS, ScreenView
from app.views.carrier_accounts import CarrierAccountView
from app.views.channels import ShippingChannelView
from app.views.imports import ImportMixin
from app.views.inputs import TEXT, YES_NO, checked, tidy, yes
from app.views.interface import Interface
from app.views.lists import labelled, lines, plain, when
from app.views.panel import ActionField, Column, RowLink, Search, Tool, contains
from app.views.pool_numbers import PoolNumberView

__all__ = ["CarrierAccountView", "PoolNumberView", "ProductView", "ShippingChannelView", "WarehouseView"]

P = Product


class ProductForm(DynamicForm):
    sku = StringField(_l("SKU"), [DataRequired(), Length(max=64)], filters=[tidy], render_kw=TEXT,
                      description=_l("What sticks on the goods. Unique per merchant."))
    name = StringField(_l("Name"), [Length(max=200)], filters=[tidy], render_kw=TEXT)
    barcode = StringField(_l("Barcode"), [Length(max=64)], filters=[tidy], render_kw=TEXT)
    image_url = StringField(_l("Picture address"),
                            [Optional(), Regexp(r"https://[^\s\"'<>]+$", message=_l("An address that begins with https://.")),
                             Length(max=400)], filters=[tidy], render_kw=TEXT)
    active = BooleanField(_l("Active"), default=True)
    declared_en = StringField(_l("Declared name (English)"), [Length(max=120), checked(products.check_declared_name)], filters=[tidy],
                              render_kw=TEXT,
                              description=_l("What the thing is, in English; customs refuse words such as gift or sample."))
    declared_zh = StringField(_l("Declared name (Chinese)"), [Length(max=120)], filters=[tidy], render_kw=TEXT)
    declared_value = StringField(_l("Declared value"), [checked(lambda text: products.read_value(str(text) or "0"))], default="0",
                                 render_kw={**TEXT, "inputmode": "decimal"},
                                 description=_l("For one piece, in the declared currency."))
    declared_currency = StringField(_l("Declared currency"), [DataRequired(), checked(products.read_currency)], default="USD",
                                    render_kw={**TEXT, "maxlength": 3},
                                    description=_l("Three letters, for example USD, CNY, PHP or VND."))
    weight_g = IntegerField(_l("Weight (g)"), [InputRequired(), NumberRange(0, products.HEAVIEST)], default=0, render_kw=TEXT,
                            description=_l("Of one piece in whole grams."))
    hs_code = StringField(_l("HS code"), [checked(products.read_hs_code)], render_kw={**TEXT, "inputmode": "numeric"},
                          description=_l("6 to 12 digits; may stay empty."))
    origin = StringField(_l("Origin"), [DataRequired(), checked(products.read_country)], default="CN", render_kw=TEXT,
                         description=_l("Two letters of the country, for example CN."))
    battery = BooleanField(_l("Contains a battery"))
    pick_info = StringField(_l("Pick info"), [Length(max=200)], filters=[tidy], render_kw=TEXT,
                            description=_l("Printed on the label for the people who pick, for example «A-01 black»."))
    bin = StringField(_l("Bin"), [Length(max=40)], filters=[tidy], render_kw=TEXT)


def picture(product):
    if not product.image_url.startswith("https://"):
        return ""
    image = '<img class="thumb" src="{}" alt="" loading="lazy" referrerpolicy="no-referrer" width="40" height="40">'
    return Markup(image).format(product.image_url)


def name_cell(product):
    off = Markup('<span class="badge-state tone-grey">{}</span>').format(_("Not active")) if not product.active else ""
    return lines(product.name, Markup('<small class="cell-label">{}</small>').format(product.barcode) if product.barcode else "", off)


def lacking(text):
    return Markup('<span class="problem">{}</span>').format(text)


def declaration_cell(product):
    name = Markup(" · ").join(filter(None, (product.declared_en or lacking(_("English name missing")), product.declared_zh)))
    value = f"{plain(product.declared_value)} {product.declared_currency}" if product.declared_value else lacking(_("value missing"))
    weight = f"{product.weight_g} g" if product.weight_g else lacking(_("weight missing"))
    return lines(name, Markup("{} · {}").format(value, weight),
                 labelled((_("HS code"), product.hs_code and f"{product.hs_code} · {product.origin}")))


DECLARATION = (
    ActionField("declared_en", _l("Declared name (English)"), hint=_l("Empty fields leave the products as they are.")),
    ActionField("declared_zh", _l("Declared name (Chinese)")), ActionField("declared_value", _l("Declared value")),
    ActionField("declared_currency", _l("Declared currency"), hint=_l("Three letters, for example USD, CNY, PHP or VND.")),
    ActionField("weight_g", _l("Weight (g)"), "number"), ActionField("hs_code", _l("HS code")),
    ActionField("origin", _l("Origin"), hint=_l("Two letters of the country, for example CN.")),
)


class ProductView(ImportMixin, ScreenView):
    datamodel = Interface(Product)
    menu_label, menu_icon = _l("SKUs"), "fa-tags"
    import_kind = "products"
    method_permission_name = {**RIGHTS, **ImportMixin.rights, "sync": "write", "sync_start": "write"}
    panel = (
        Search("sku", _l("SKU"), apply=contains(P.sku)),
        Search("name", _l("Name"), apply=contains(P.name)),
        Search("declared", _l("Customs declaration"), "select", lambda v: P.declared_en == "" if v == "missing" else P.declared_en != "",
               (("missing", _l("English name missing")), ("there", _l("Complete")))),
        Search("active", _l("Active"), "select", yes(P.active), YES_NO),
    )
    columns = (
        Column("picture", _l("Picture"), picture),
        Column("sku", _l("SKU"), lambda p: Markup('<a href="{}">{}</a>').format(url_for("ProductView.show", pk=p.id), p.sku), order=P.sku,
               css="nowrap"),
        Column("name", _l("Name"), name_cell, css="text"),
        Column("declaration", _l("Customs declaration"), declaration_cell, css="wide"),
        Column("pick_info", _l("Pick info"), lambda p: lines(p.pick_info, labelled((_("Bin"), p.bin))), css="text"),
        Column("battery", _l("Battery"), lambda p: _("Yes") if p.battery else ""),
        Column("available", _l("Available"), lambda p: g.available.get(p.id, 0), css="num"),
        Column("changed_at", _l("Changed at"), lambda p: when(p.changed_at), order=P.changed_at, css="nowrap"),
    )
    row_links = (RowLink(_l("Edit"), lambda p: url_for("ProductView.edit", pk=p.id), right="can_write"),
                 RowLink(_l("Stock"), lambda p: url_for("StockLevelView.list", sku=p.sku)))
    tools = (
        Tool(_l("Add"), lambda args: url_for("ProductView.add"), "fa-plus", primary=True),
        Tool(_l("Sync"), lambda args: url_for("ProductView.sync"), "fa-refresh"),
        Tool(_l("Import"), lambda args: url_for("ProductView.import_sheet"), "fa-upload"),
        Tool(_l("Template"), lambda args: url_for("ProductView.import_template"), "fa-download", right="can_read"),
    )
    notes = (
        _l("«Sync» collects the SKUs of the orders into this list; then set their declaration."),
        _l("An order whose SKU has no English declared name, no value or no weight cannot get a waybill."),
        _l("The pick info is printed on the shipping label, so that the goods are easy to pick."),
        _l("A SKU that is used by orders, mappings or stock is switched off instead of deleted."),
    )
    fieldsets = ((_l("Product"), ("sku", "name", "barcode", "image_url", "active")),
                 (_l("Customs declaration"),
                  ("declared_en", "declared_zh", "declared_value", "declared_currency", "weight_g", "hs_code", "origin", "battery")),
                 (_l("Pick info"), ("pick_info", "bin")))
    add_template = edit_template = "waybridge/master_form.html"
    add_form = edit_form = ProductForm
    add_columns = edit_columns = [name for _heading, names in fieldsets for name in names]

    set_pick_info = run_action("set_pick_info", _l("Set pick info"), "fa-hand-o-right", fields=(
        ActionField("pick_info", _l("Pick info"), required=True, hint=_l("{sku} and {name} are replaced by the product's own.")),))
    export = run_action("export_products", _l("Export"), "fa-file-excel-o", background=True)
    remove = run_action("delete_products", _l("Delete"), "fa-trash", _l("Delete the selected SKUs? Those in use are switched off instead."),
                        name="remove")

    @plain_action("set_declaration", _l("Set declaration"), "fa-file-text-o", fields=DECLARATION)
    def set_declaration(self, chosen):
        return start_run(chosen, "declare_products", products.read_declaration(read_fields(DECLARATION)))

    def prepare(self, rows):
        g.available = products.available([r.id for r in rows])

    def show_parts(self, p):
        g.available = products.available([p.id])
        return [(heading, [(self.label_columns.get(n, n), self.show_value(p, n)) for n in names]) for heading, names in self.fieldsets] + [
            (_("Stock"), [(_("Available"), g.available.get(p.id, 0)), (_("Changed at"), when(p.changed_at)),
                          (_("Changed by"), p.changed_by)])]

    @expose("/sync", methods=["GET"])
    @has_access
    def sync(self):
        waiting = self.waiting_orders()
        count = db.session.scalar(sa.select(sa.func.count()).select_from(waiting.subquery()))
        return self.render_template("waybridge/sku_sync.html", title=_("Sync SKUs from orders"), count=count, view=self)

    @expose("/sync", methods=["POST"])
    @has_access
    def sync_start(self):
        chosen = Selection(SimpleNamespace(datamodel=SimpleNamespace(obj=PlatformOrder)), self.waiting_orders(), everything=True)
        try:
            answer = start_run(chosen, "collect_skus")
        except Failure as failure:
            db.session.rollback()
            flash(_("No pending order has an unmatched SKU.") if failure.code == "action.nothing_selected" else sentence(failure.code,
                    failure.params), "info")
            answer = None
        return answer or redirect(url_for("ProductView.list"))

    @staticmethod
    def waiting_orders():
        """Ids of the pending orders with a SKU that no mapping knows."""
        return sa.select(PlatformOrder.id).where(PlatformOrder.state == "pending", PlatformOrder.unmatched > 0)


class WarehouseForm(DynamicForm):
    code = StringField(_l("Code"), [DataRequired(), Regexp(r"[A-Z0-9-]{1,20}$", message=_l("Capital letters, digits and dashes."))],
                       filters=[lambda t: (t or "").strip().upper()], render_kw=TEXT)
    name = StringField(_l("Name"), [DataRequired(), Length(max=120)], filters=[tidy], render_kw=TEXT)
    country = StringField(_l("Country"), [checked(products.read_country)], render_kw=TEXT,
                          description=_l("Two letters of the country, for example CN."))
    active = BooleanField(_l("Active"), default=True)


class WarehouseView(ScreenView):
    """The provider's warehouses; merchants read (rights in security.py)."""
    datamodel = Interface(Warehouse)
    menu_label, menu_icon = _l("Warehouses"), "fa-home"
    columns = (
        Column("code", _l("Code"), order=Warehouse.code), Column("name", _l("Name"), order=Warehouse.name),
        Column("country", _l("Country")),
        Column("active", _l("Active")),
    )
    row_links = (RowLink(_l("Edit"), lambda w: url_for("WarehouseView.edit", pk=w.id), right="can_write"),)
    tools = (Tool(_l("Add"), lambda args: url_for("WarehouseView.add"), "fa-plus", primary=True),)
    notes = (_l("The warehouses belong to the logistics company and serve all merchants; stock is kept per warehouse and SKU."),)
    add_form = edit_form = WarehouseForm
    add_columns = edit_columns = ["code", "name", "country", "active"]
