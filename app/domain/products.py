"""SKU管理: what a declaration must look like, and the batch verbs on products."""
from decimal import Decimal, InvalidOperation

import sqlalchemy as sa
from babel import Locale
from flask_babel import lazy_gettext as _l

from app.domain import runs
from app.domain.shipping.contact import country_code
from app.domain.shipping.preflight import VAGUE, WORD
from app.extensions import db
from app.failures import Failure
from app.models import OutboundLine, Product, SkuMapping, StockLevel, StockMove
from app.web import lock_rows

LARGEST = Decimal("1000000000")
HEAVIEST = 1_000_000        # grams
USERS = (SkuMapping, OutboundLine, StockLevel, StockMove)


def check_declared_name(text, sku=""):
    """A declared English name: ASCII, with a word that says what the thing is.

    Raises declaration.name_not_english, declaration.name_vague.
    """
    words = WORD.findall(text.lower())
    if text and (not text.isascii() or not words):
        raise Failure("declaration.name_not_english", sku=sku, name=text)
    if text and VAGUE.issuperset(words):
        raise Failure("declaration.name_vague", sku=sku, name=text)
    return text


def read_value(text):
    """Declared value per unit as Decimal, None for an empty text. Raises product.bad_value."""
    if not text:
        return None
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise Failure("product.bad_value", value=text) from None
    if not value.is_finite() or not 0 <= value <= LARGEST:
        raise Failure("product.bad_value", value=text)
    return value.quantize(Decimal("0.0001"))


def read_currency(text):
    """An ISO 4217 code in capitals, "" for an empty text. Raises product.bad_currency."""
    code = text.strip().upper()
    if code and code not in Locale("en").currencies:
        raise Failure("product.bad_currency", currency=text)
    return code


def read_country(text):
    """An ISO 3166 alpha-2 code of whatever a person typed, "" for an empty text. Raises country.unknown."""
    code = country_code(text)
    if text.strip() and not code:
        raise Failure("country.unknown", country=text)
    return code


def read_hs_code(text):
    """Digits of a customs tariff number (dots and blanks are dropped), 6 to 12 of them. Raises product.bad_hs_code."""
    digits = text.replace(".", "").replace(" ", "")
    if digits and not (digits.isascii() and digits.isdigit() and 6 <= len(digits) <= 12):
        raise Failure("product.bad_hs_code", hs=text)
    return digits


def read_declaration(values):
    """The filled-in values of the «Set declaration» dialog, as parameters of `declare_products`. Raises as the readers above."""
    value, weight = read_value(values["declared_value"]), values["weight_g"]
    if not 0 <= weight <= HEAVIEST:
        raise Failure("product.bad_weight", weight=weight)
    found = {
        "declared_en": check_declared_name(values["declared_en"])[:120], "declared_zh": values["declared_zh"][:120],
        "declared_value": str(value) if value else "", "declared_currency": read_currency(values["declared_currency"]),
        "weight_g": weight, "hs_code": read_hs_code(values["hs_code"]), "origin": read_country(values["origin"])}
    found = {name: text for name, text in found.items() if text}
    if not found:
        raise Failure("product.nothing_set")
    return found


def _locked(ids):
    return db.session.scalars(lock_rows(sa.select(Product).where(Product.id.in_(ids)).order_by(Product.id))).all()


@runs.verb("declare_products", _l("Set declaration"), Product, ref="sku")
def declare_products(ids, params):
    """Put the given declaration fields into every product; fields that are not given stay as they are."""
    values = {**params, "declared_value": Decimal(params["declared_value"])} if "declared_value" in params else params
    rows = _locked(ids)
    for product in rows:
        for name, value in values.items():
            setattr(product, name, value)
    return [runs.Result(p.id, ref=p.sku) for p in rows]


@runs.verb("set_pick_info", _l("Set pick info"), Product, ref="sku")
def set_pick_info(ids, params):
    """配货信息 of every product; `{sku}` and `{name}` in the text stand for the product's own."""
    rows = _locked(ids)
    for product in rows:
        product.pick_info = params["pick_info"].replace("{sku}", product.sku).replace("{name}", product.name)[:200]
    return [runs.Result(p.id, ref=p.sku) for p in rows]


@runs.verb("delete_products", _l("Delete products"), Product, ref="sku")
def delete_products(ids, params):
    """Delete what nothing refers to; what is used by mappings, orders or stock is switched off instead (product.deactivated)."""
    rows = _locked(ids)
    used = used_ids([p.id for p in rows])
    results = []
    for product in rows:
        if product.id in used:
            product.active = False
            results.append(runs.Result(product.id, code="product.deactivated", params={"sku": product.sku}, ref=product.sku))
        else:
            results.append(runs.Result(product.id, code="product.deleted", params={"sku": product.sku}, ref=product.sku))
            db.session.delete(product)
    db.session.flush()
    return results


def used_ids(ids):
    """Those of the product ids that another row refers to."""
    return {found for model in USERS
            for found in db.session.scalars(sa.select(model.product_id).where(model.product_id.in_(ids)).distinct())}


def available(ids):
    """{product id: pieces on hand and not reserved, over all warehouses}."""
    return dict(db.session.execute(sa.select(StockLevel.product_id, sa.func.sum(StockLevel.on_hand - StockLevel.reserved))
                                   .where(StockLevel.product_id.in_(ids)).group_by(StockLevel.product_id)).all()) if ids else {}
