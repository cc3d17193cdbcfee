"""SKU mappings (平台SKU关系): platform SKU, OMS SKU, quantity, shop account, platform."""
import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain.sheets.cells import text, whole
from app.domain.sheets.columns import SheetColumn, SheetKind
from app.domain.sheets.kinds import lookup
from app.domain.sheets.kinds.saving import save_rows
from app.domain.sheets.words import platform_word, platform_words
from app.extensions import db
from app.models import Product, ShopAccount, SkuMapping


class MappingImport:
    """A row is known by platform SKU, scope and product; the quantity is what changes."""
    names = ("platform_sku",)

    def __init__(self, task):
        self._accounts = lookup.accounts()

    def resolve(self, rows):
        lookup.resolve_products(rows, "oms_sku")
        for row in rows:
            self._scope(row)

    def _scope(self, row):
        """One shop, all shops of a platform, or everywhere; a short name that two platforms use needs the platform."""
        alias, platform = row.values.get("account", ""), row.values.get("platform", "")
        row.values["account_id"] = None
        if not alias:
            return
        named = self._accounts.get(alias.casefold(), ())
        fitting = [a for a in named if not platform or a[1] == platform]
        if not named:
            row.refuse("account", "sheet.unknown_account")
        elif not fitting:
            row.refuse("platform", "sheet.account_elsewhere", account=alias, platform=platform_word(named[0][1]))
        elif len({a[1] for a in fitting}) > 1:
            row.refuse("account", "sheet.account_ambiguous")
        else:
            row.values["account_id"], row.values["platform"] = fitting[-1]

    def identity(self, row):
        return _key(row.values["platform_sku"], row.values["account_id"], row.values.get("platform", ""), row.values["product_id"])

    def save(self, rows, dry_run):
        save_rows(SkuMapping, rows, self._read, self._record, ["quantity"], dry_run)

    def _record(self, row):
        values = row.values
        return self.identity(row), {"platform_sku": values["platform_sku"], "product_id": values["product_id"],
                                    "quantity": values["quantity"],
                                    "account_id": values["account_id"], "platform": values.get("platform", "")}

    def _read(self, rows):
        """Two selects, since the indexes are partial: one for rows of a shop, one for the others."""
        table, skus, stored = SkuMapping, {r.values["platform_sku"] for r in rows}, {}
        for everywhere in {r.values["account_id"] is None for r in rows}:
            scope = table.account_id.is_(None) if everywhere else table.account_id.is_not(None)
            found = db.session.execute(sa.select(table.id, table.platform_sku, table.account_id, table.platform, table.product_id,
                                                 table.quantity)
                                       .where(table.platform_sku.in_(skus), scope))
            stored.update({_key(sku, account, platform, product): {"id": id_, "quantity": quantity}
                           for id_, sku, account, platform, product, quantity in found})
        return stored


def _key(sku, account_id, platform, product_id):
    """As the two unique indexes have it: the platform only counts where no shop is named."""
    return sku, account_id, "" if account_id else platform, product_id


def fetch(ids, _clock):
    rows = db.session.execute(
        sa.select(SkuMapping.id, SkuMapping.platform_sku, Product.sku, SkuMapping.quantity, ShopAccount.alias,
                  sa.func.coalesce(ShopAccount.platform, SkuMapping.platform))
        .join(Product, Product.id == SkuMapping.product_id).outerjoin(ShopAccount, ShopAccount.id == SkuMapping.account_id)
        .where(SkuMapping.id.in_(ids)))
    return {r[0]: (r[1], r[2], r[3], r[4], platform_word(r[5])) for r in rows}


KIND = SheetKind("mappings", _l("SKU mappings"), (
    SheetColumn("platform_sku", _l("Platform SKU"), text(100), must=True, also=("平台SKU", "平台商品SKU", "Seller SKU"), width=28,
                example="CCD007-SET", help=_l("The SKU as the platform sells it. A set needs one row per OMS SKU in it.")),
    SheetColumn("oms_sku", _l("OMS SKU"), text(64), must=True, also=("系统SKU", "产品SKU"), width=24, example="CCD007",
                help=_l("The SKU on the goods; it must exist in SKU management.")),
    SheetColumn("quantity", _l("Quantity"), whole(1, 9999), must=True, also=("数量", "Qty"), style="number", width=10, example="1",
                help=_l("Pieces of the OMS SKU in one platform SKU: 1 to 9999.")),
    SheetColumn("account", _l("Shop account"), text(80), also=("平台账号", "店铺账号", "店铺简称", "Short name"), width=20, example="",
                help=_l("Short name of the shop. Empty: all shops of the platform.")),
    SheetColumn("platform", _l("Platform"), lookup.platform_key, also=("平台",), width=14, example="SHOPEE", choices=platform_words,
                help=_l("Empty together with the shop account: all platforms.")),
), SkuMapping, fetch, MappingImport)
