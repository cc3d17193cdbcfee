"""The edit page of an outbound order: what was typed goes to the domain, a refusal comes back to its own input."""
from dataclasses import dataclass, field
from types import SimpleNamespace

import sqlalchemy as sa
from babel import Locale
from flask import request
from flask_babel import get_locale
from flask_babel import gettext as _

from app.domain.orders import edit
from app.extensions import db
from app.failures import Failure
from app.messages import sentence
from app.models import OutboundOrder, Product, ShippingChannel, Warehouse
from app.tenancy import as_tenant, current_actor
from app.views import labels

TEXTS = ("recipient", "phone", "country", "province", "city", "district", "town", "street", "postcode", "remark")
LIST_CAP = 2000     # SKUs offered while typing; others are typed in full


@dataclass
class Page:
    """`errors`: sentence by input name, "" for the page as a whole; `line_errors`: sentence by line number."""
    errors: dict = field(default_factory=dict)
    line_errors: dict = field(default_factory=dict)
    reopened: bool = False


def form_of(order):
    """What the inputs show: what was typed, else what is stored."""
    typed = request.form
    limits = {name: getattr(OutboundOrder, name).type.length or 1000 for name in TEXTS}
    values = {name: typed.get(name, getattr(order, name)) for name in TEXTS}
    values["channel_id"] = typed.get("channel_id", str(order.channel_id or ""))
    values["warehouse_id"] = typed.get("warehouse_id", str(order.warehouse_id or ""))
    lines = typed_lines() if typed else [(line.product.sku, str(line.quantity)) for line in order.lines]
    names = dict(db.session.execute(sa.select(Product.sku, Product.name).where(Product.tenant_id == order.tenant_id, Product.sku.in_([s for s, _n in lines]))).all())
    return SimpleNamespace(values=values, limits=limits, labels=labels.COLUMNS, lines=[(sku, n, names.get(sku, "")) for sku, n in lines],
                           skus=_skus(order.tenant_id), channels=_channels(order), warehouses=_warehouses(), countries=_countries())


def typed_lines():
    """[(SKU, quantity)] as typed; rows without a SKU are left out."""
    pairs = zip(request.form.getlist("sku"), request.form.getlist("quantity"), strict=False)
    return [(sku.strip(), quantity.strip()) for sku, quantity in pairs if sku.strip()]


def save(order):
    """Save the posted form as the order's merchant; gives the Page with the refusals."""
    was, page, order_id, tenant = order.state, Page(), order.id, order.tenant_id
    values = {name: request.form[name] for name in TEXTS if name in request.form}
    for name in ("channel_id", "warehouse_id"):
        if name in request.form:
            values[name] = _chosen(request.form[name])
    if values.get("warehouse_id", 0) is None:
        del values["warehouse_id"]      # a direct order may have none
    with as_tenant(tenant, current_actor()):
        lines = _resolved(page)
        if page.errors:
            return page
        try:
            saved = edit.edit_outbound(order_id, values, lines)
            page.reopened = was == "audited" and saved.state == "draft"
            db.session.commit()
        except Failure as failure:
            db.session.rollback()
            page.errors[_input_of(failure)] = sentence(failure.code, failure.params)
    return page


def _chosen(text):
    """The id of a select, None for nothing, -1 (which no row has) for anything that no select offers."""
    return None if not text else int(text) if text.isdecimal() and len(text) < 19 else -1


def _input_of(failure):
    """Which input a refusal belongs to."""
    known = {"outbound.no_lines": "lines", "order.bad_quantity": "lines", "product.gone": "lines", "channel.gone": "channel_id",
             "stock.no_warehouse": "warehouse_id"}
    return known.get(failure.code) or failure.params.get("field", "")


def _resolved(page):
    """[(product id, quantity)] of the typed lines; unknown SKUs and unreadable quantities are named at their line. Quantity 0 removes one."""
    typed = typed_lines()
    ids = dict(db.session.execute(sa.select(Product.sku, Product.id).where(Product.sku.in_([sku for sku, _n in typed]))).all())
    lines = []
    for n, (sku, quantity) in enumerate(typed):
        if quantity == "0":
            continue
        if sku not in ids:
            page.line_errors[n] = sentence("mapping.unknown_sku", {"sku": sku})
            continue
        try:
            lines.append((ids[sku], edit.pieces_of(quantity, sku)))
        except Failure as failure:
            page.line_errors[n] = sentence(failure.code, failure.params)
    if page.line_errors:
        page.errors["lines"] = _("Correct the marked lines.")
    return lines


def _skus(tenant_id):
    return db.session.execute(sa.select(Product.sku, Product.name).where(Product.tenant_id == tenant_id, Product.active)
                              .order_by(Product.sku).limit(LIST_CAP)).all()


def _channels(order):
    """The merchant's active channels, and the order's own even when it is not active any more."""
    statement = sa.select(ShippingChannel.id, ShippingChannel.name).where(
        ShippingChannel.tenant_id == order.tenant_id, sa.or_(ShippingChannel.active, ShippingChannel.id == order.channel_id)).order_by(ShippingChannel.name)
    return db.session.execute(statement).all()


def _warehouses():
    return db.session.execute(sa.select(Warehouse.id, Warehouse.name).where(Warehouse.active).order_by(Warehouse.code)).all()


def _countries():
    names = Locale.parse(str(get_locale() or "zh")).territories
    return sorted((code, name) for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"))
