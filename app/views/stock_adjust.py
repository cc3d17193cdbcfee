"""Change stock by hand: the typed form to the ledger, refusals back to their inputs."""
import re
from types import SimpleNamespace

import sqlalchemy as sa
from flask import request
from flask_babel import gettext as _

from app.domain.stock import ledger
from app.extensions import db
from app.failures import Failure
from app.messages import sentence
from app.models import Product, StockLevel
from app.tenancy import as_tenant, current_actor, current_scope
from app.views import choices, form_guard
from app.views.form_guard import named_tenant
from app.web import lock_rows

MOST = 1_000_000
LIST_CAP = 2000


def form(level, sees_all):
    """What the page offers: warehouses, SKUs to choose from (the merchant's own), merchants for provider staff."""
    skus = [] if level is not None or sees_all else db.session.execute(
        sa.select(Product.sku, Product.name).where(Product.active).order_by(Product.sku).limit(LIST_CAP)).all()
    return SimpleNamespace(warehouses=choices.warehouses(), skus=skus, tenants=form_guard.tenant_choices() if sees_all and level is None else None,
                           reasons=(_("Stock count"), _("Goods received"), _("Damaged"), _("Lost"), _("Correction")))


def change(level):
    """Change a level by + or − pieces, or to what was counted: (values for the message, {input: sentence})."""
    errors, level_id, tenant = {}, level.id, level.tenant_id
    delta, counted = _whole("delta", errors), _whole("counted", errors, least=0)
    if not errors and (delta is None) == (counted is None):
        errors["delta"] = _("Fill in either the change or what was counted.")
    if errors:
        return None, errors
    with as_tenant(tenant, current_actor()):
        # Locked, so that what was counted is compared with the figure that the change starts from.
        row = db.session.scalar(lock_rows(sa.select(StockLevel).where(StockLevel.id == level_id)).execution_options(populate_existing=True))
        return _adjust(row.warehouse_id, row.product_id, delta if counted is None else counted - row.on_hand, "delta" if counted is None else "counted")


def receive(sees_all):
    """Put pieces of a SKU into a warehouse, whether or not it was ever there: as `change`."""
    errors = {}
    quantity, warehouse = _whole("delta", errors), request.form.get("warehouse_id", "")
    if "delta" not in errors and not quantity:
        errors["delta"] = _("Enter how many pieces.")
    if warehouse not in {str(code) for code, _label in choices.warehouses()}:
        errors["warehouse_id"] = sentence("stock.no_warehouse")
    try:
        tenant = named_tenant() if sees_all else current_scope()
    except Failure as failure:
        errors["for_tenant"] = sentence(failure.code, failure.params)
    if errors:
        return None, errors
    sku = request.form.get("sku", "").strip()
    with as_tenant(tenant, current_actor()):
        product_id = db.session.scalar(sa.select(Product.id).where(Product.sku == sku))
        if product_id is None:
            return None, {"sku": sentence("mapping.unknown_sku", {"sku": sku})}
        return _adjust(int(warehouse), product_id, quantity, "delta")


def _adjust(warehouse_id, product_id, delta, name):
    """Write the ledger inside the merchant's scope and commit."""
    try:
        after = ledger.adjust(warehouse_id, product_id, delta, request.form.get("reason", ""), request.form.get("document", "").strip())
        sku = ledger.sku_of(product_id)
        db.session.commit()
    except Failure as failure:
        db.session.rollback()
        return None, {"reason" if failure.code == "stock.no_reason" else name: sentence(failure.code, failure.params)}
    return {"sku": sku, "on_hand": after.on_hand, "available": after.available}, {}


def _whole(name, errors, least=-MOST):
    """A typed whole number, None when empty; + and the typographic minus are understood."""
    text = request.form.get(name, "").strip().replace("−", "-").replace("＋", "+").replace("－", "-")
    if not text:
        return None
    number = int(text) if re.fullmatch(r"[+-]?[0-9]{1,9}", text) else MOST + 1
    if not least <= number <= MOST:
        errors[name] = _("A whole number from %(least)s to %(most)s.", least=least, most=MOST)
        return None
    return number
