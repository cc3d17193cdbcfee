"""平台管理 > 平台SKU关系, the unmatched queue, and the shops' listings."""
import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.fieldwidgets import BS3TextFieldWidget
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import joinedload
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, Length, NumberRange

from app.domain.orders import matching, suggest
from app.extensions import db
from app.failures import Failure
from app.models import Listing, Product, ShopAccount, SkuMapping
from app.views import choices
from app.views.actions import Selection, plain_action, run_action, start_for, start_run
from app.views.base import RIGHTS, ScreenView
from app.views.imports import ImportMixin
from app.views.interface import Interface
from app.views.lists import lines, when
from app.views.panel import Column, RowLink, Search, Tool, contains, by_id

M = SkuMapping


class MappingForm(DynamicForm):
    platform_sku = StringField(_l("Platform SKU"), [DataRequired(), Length(max=100)], widget=BS3TextFieldWidget(),
                               description=_l("The SKU the shop sells under, exactly as on the platform."))
    sku = StringField(_l("OMS SKU"), [DataRequired(), Length(max=64)], widget=BS3TextFieldWidget(),
                      description=_l("The SKU that sticks on the goods (SKU management)."))
    quantity = IntegerField(_l("Quantity"), [DataRequired(), NumberRange(1, 10000)], default=1, widget=BS3TextFieldWidget(),
                            description=_l("Pieces of the OMS SKU in one platform SKU. A combination has one row per OMS SKU."))
    account_id = SelectField(_l("Shop account"), coerce=str, render_kw={"class": "form-control"}, description=_l("Empty: for all shops."))
    platform = SelectField(_l("Platform"), coerce=str, render_kw={"class": "form-control"}, description=_l("Only when no shop account is chosen: all shops of this platform. Empty: global."))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.account_id.choices = [("", ""), *((str(i), label) for i, label in choices.accounts())]
        self.platform.choices = [("", ""), *choices.platforms_ready()]


def scope_cell(mapping):
    if mapping.account:
        return mapping.account.alias
    return _("All shops")


def platform_cell(mapping):
    key = mapping.account.platform if mapping.account else mapping.platform
    return choices.platform_label(key) if key else _("All")


class SkuMappingView(ImportMixin, ScreenView):
    datamodel = Interface(SkuMapping)
    menu_label, menu_icon = _l("SKU mappings"), "fa-link"
    import_kind = "mappings"
    exclude_route_methods = {"show"}
    method_permission_name = {**RIGHTS, **ImportMixin.rights}
    panel = (
        Search("sku", _l("SKU"), apply=lambda v: sa.or_(contains(M.platform_sku)(v), M.product_id.in_(sa.select(Product.id).where(contains(Product.sku)(v))))),
        Search("account", _l("Shop account name"), "select", by_id(M.account_id), choices.accounts),
    )
    columns = (
        Column("platform_sku", _l("Platform SKU"), order=M.platform_sku),
        Column("product", _l("OMS SKU"), lambda m: lines(m.product.sku, Markup('<small class="cell-label">{}</small>').format(m.product.name))),
        Column("quantity", _l("Quantity"), css="num"),
        Column("account", _l("Shop account"), scope_cell),
        Column("platform", _l("Platform"), platform_cell),
    )
    load = (joinedload(M.product), joinedload(M.account))
    row_links = (RowLink(_l("Edit"), lambda m: url_for("SkuMappingView.edit", pk=m.id), right="can_write"),
                 RowLink(_l("Delete"), action="remove", confirm=_l("Delete this mapping?")))
    tools = (
        Tool(_l("Add"), lambda args: url_for("SkuMappingView.add"), "fa-plus", primary=True),
        Tool(_l("Import"), lambda args: url_for("SkuMappingView.import_sheet"), "fa-upload"),
        Tool(_l("Unmatched SKUs"), lambda args: url_for("UnmatchedView.list"), "fa-question-circle", right="can_read"),
    )
    notes = (
        _l("Set up the mappings before you pull orders."),
        _l("One is the SKU of the selling platform, the other the SKU on the goods (the SKU in the OMS)."),
        _l("Several platform SKUs may belong to one system SKU, and a combination of platform SKUs may belong to one system SKU."),
        _l("When a platform SKU changes, add a mapping: else the order cannot become a system order and no stock is deducted."),
    )
    add_form = edit_form = MappingForm
    add_columns = edit_columns = ["platform_sku", "sku", "quantity", "account_id", "platform"]
    export = run_action("export_mappings", _l("Export"), "fa-file-excel-o", background=True)

    @plain_action("remove", _l("Delete"), "fa-trash", _l("Delete the selected mappings?"))
    def remove(self, chosen):
        rows = chosen.rows()
        for row in rows:
            db.session.delete(row)
        db.session.commit()
        flash(_("%(n)s deleted.", n=len(rows)), "success")

    def prefill_form(self, form, pk):
        row = self.one(pk)
        form.sku.data, form.account_id.data = row.product.sku, str(row.account_id or "")

    def process_form(self, form, is_created):
        form.platform_sku.data = form.platform_sku.data.strip()
        form.account_id.data = int(form.account_id.data) if form.account_id.data else None
        if form.account_id.data:
            form.platform.data = ""

    def pre_add(self, item):
        account = db.session.get(ShopAccount, item.account_id) if item.account_id else None
        tenant = item.tenant_id or (account.tenant_id if account else None)
        statement = sa.select(Product).where(Product.sku == item.sku.strip())
        product = db.session.scalars(statement.where(Product.tenant_id == tenant) if tenant else statement).first()
        if product is None:
            raise Failure("mapping.unknown_sku", sku=item.sku)
        item.product_id = product.id

    pre_update = pre_add

    def post_add(self, item):
        rematch_waiting(item.tenant_id)

    post_update = post_add


def rematch_waiting(tenant):
    """Look again at all orders that wait for a mapping; gives the run's summary or None."""
    return start_for(tenant, "rematch", matching.waiting_unmatched())


class UnmatchedView(ScreenView):
    """未匹配SKU: what keeps orders waiting, with suggestions to confirm."""
    datamodel = Interface(SkuMapping)
    menu_label, menu_icon = _l("Unmatched SKUs"), "fa-question-circle"
    exclude_route_methods = {"add", "edit", "delete", "show"}
    method_permission_name = {**RIGHTS, "match": "write", "again": "write"}

    @expose("/list/")
    @has_access
    def list(self):
        queue = matching.unmatched_queue(100)
        aliases = dict(choices.accounts())
        rows = [(u, ", ".join(sorted(str(aliases.get(a, a)) for a in u.accounts)), suggest.suggest(u.platform_sku, u.names[0] if u.names else "") if n < 25 else [])
                for n, u in enumerate(queue)]
        return self.render_template("waybridge/unmatched.html", title=self.menu_label, rows=rows, view=self, notes=SkuMappingView.notes)

    @expose("/match", methods=["POST"])
    @has_access
    def match(self):
        """Confirm a mapping from the queue: global, or for the one shop that asks for it."""
        sku, platform_sku = request.form.get("sku", "").strip(), request.form.get("platform_sku", "").strip()
        quantity = request.form.get("quantity", 1, type=int)
        products = db.session.scalars(sa.select(Product).where(Product.sku == sku)).all()
        if len(products) != 1 or not platform_sku:
            raise Failure("mapping.unknown_sku", sku=sku)
        if not 1 <= quantity <= 10000:
            raise Failure("action.bad_number", field=_("Quantity"))
        tenant = products[0].tenant_id
        db.session.add(SkuMapping(tenant_id=tenant, platform_sku=platform_sku, product_id=products[0].id, quantity=quantity))
        db.session.commit()
        done = rematch_waiting(tenant)
        flash(_("%(platform_sku)s is matched to %(sku)s.", platform_sku=platform_sku, sku=sku) + (" " + _("%(n)s waiting orders are complete now.", n=done["done"]) if done else ""), "success")
        return redirect(url_for("UnmatchedView.list"))

    @expose("/again", methods=["POST"])
    @has_access
    def again(self):
        answer = start_run(Selection(_Orders, matching.waiting_unmatched()), "rematch")
        return answer or redirect(url_for("UnmatchedView.list"))


class _Orders:
    """The selection's view when a run is started from the queue: its subjects are platform orders."""
    from app.models import PlatformOrder
    datamodel = Interface(PlatformOrder)


class ListingView(ScreenView):
    datamodel = Interface(Listing)
    menu_label, menu_icon = _l("Shop listings"), "fa-list"
    exclude_route_methods = {"add", "edit", "delete", "show"}
    panel = (
        Search("sku", _l("Platform SKU"), apply=contains(Listing.platform_sku)),
        Search("title", _l("Title"), apply=contains(Listing.title)),
        Search("account", _l("Shop account"), "select", by_id(Listing.account_id), choices.accounts),
        Search("matched", _l("Matched"), "select", lambda v: Listing.platform_sku.in_(sa.select(M.platform_sku)) if v == "yes" else Listing.platform_sku.not_in(sa.select(M.platform_sku)),
               lambda: [("yes", _("Yes")), ("no", _("No"))]),
    )
    columns = (
        Column("platform_sku", _l("Platform SKU"), order=Listing.platform_sku),
        Column("title", _l("Title"), lambda x: lines(x.title, x.variation), css="text"),
        Column("account", _l("Shop account"), lambda x: x.account.alias),
        Column("price", _l("Price"), lambda x: f"{x.price} {x.currency}" if x.price is not None else "", css="num"),
        Column("stock", _l("Stock"), css="num"),
        Column("pushed_stock", _l("Pushed stock"), lambda x: lines(x.pushed_stock, when(x.pushed_at, "MM-dd HH:mm"), x.push_error), css="num"),
        Column("status", _l("Status"), lambda x: x.status),
        Column("seen_at", _l("Seen at"), lambda x: when(x.seen_at)),
    )
    load = (joinedload(Listing.account),)
    row_links = (RowLink(_l("Add mapping"), lambda x: url_for("SkuMappingView.add", platform_sku=x.platform_sku), right="can_read"),)
    notes = (_l("Fetch the listings on the page Shop accounts (Pull listings), so that SKUs can be matched before the first order comes."),)
