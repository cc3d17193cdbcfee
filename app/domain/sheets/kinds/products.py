"""Products (SKU管理): card, declaration and pick info."""
from decimal import Decimal

import sqlalchemy as sa
from babel import Locale
from flask_babel import lazy_gettext as _l

from app.domain.sheets.cells import amount, flag, one_of, text, whole
from app.domain.sheets.columns import SheetColumn, SheetKind
from app.domain.sheets.kinds import lookup
from app.domain.sheets.kinds.saving import save_rows
from app.domain.sheets.words import yes_no
from app.extensions import db
from app.models import Product

_ENGLISH = Locale("en")


def currencies():
    return _ENGLISH.currencies.keys()


def countries():
    return {code for code in _ENGLISH.territories if len(code) == 2 and code.isalpha()} - {"ZZ", "EU", "EZ", "UN", "XA", "XB"}


_COUNTRIES = countries()


def yes_no_words():
    return yes_no(True), yes_no(False)


class ProductImport:
    """A row is known by its SKU; only the columns that the sheet has are changed."""
    names = ("sku",)

    def __init__(self, task):
        self._present = [c.name for c in task.kind.entry if task.has(c.name)]
        self._at = task.layout.at["sku"]

    def resolve(self, rows):
        """A SKU that came as a number may have lost its zeros; without this it would become a second product."""
        numbers = [r for r in rows if isinstance(r.cells[self._at], (int, float))]
        wanted = {r.values["sku"] for r in numbers}
        padded = lookup.zero_padded(wanted - lookup.product_ids(wanted).keys()) if wanted else {}
        for row in numbers:
            typed = row.values["sku"]
            if typed in padded:
                row.params, row.values["sku"] = {"typed": typed, "meant": padded[typed]}, padded[typed]

    def identity(self, row):
        return row.values["sku"]

    def save(self, rows, dry_run):
        save_rows(Product, rows, self._read, self._record, [n for n in self._present if n != "sku"], dry_run)

    def _record(self, row):
        return row.values["sku"], {name: row.values[name] for name in self._present}

    def _read(self, rows):
        columns = [getattr(Product, name) for name in self._present]
        found = db.session.execute(sa.select(Product.id, *columns).where(Product.sku.in_({r.values["sku"] for r in rows})))
        return {r.sku: dict(r._mapping) for r in found}


def fetch(ids, _clock):
    found = db.session.execute(sa.select(Product.id, *(getattr(Product, c.name) for c in KIND.columns)).where(Product.id.in_(ids)))
    return {r[0]: tuple(yes_no(v) if isinstance(v, bool) else v for v in r[1:]) for r in found}


KIND = SheetKind("products", _l("Products"), (
    SheetColumn("sku", _l("OMS SKU"), text(64), must=True, also=("SKU", "系统SKU", "产品SKU"), width=24, example="CCD007",
                help=_l("The SKU on the goods. An existing one is changed, a new one added.")),
    SheetColumn("name", _l("Name"), text(200), also=("名称", "产品名称", "商品名称", "Product name"), width=30, example="手机壳 黑色"),
    SheetColumn("declared_en", _l("Declared name (English)"), text(120), also=("申报英文名", "英文申报名", "英文品名"), width=26,
                example="Phone case", help=_l("What the thing is, in English; customs refuse words such as gift or sample.")),
    SheetColumn("declared_zh", _l("Declared name (Chinese)"), text(120), also=("申报中文名", "中文申报名", "中文品名"), width=22, example="手机壳"),
    SheetColumn("declared_value", _l("Declared value"), amount(), blank=Decimal(0), also=("申报价值", "申报价格", "申报单价"), style="money",
                width=14, example="2.50", help=_l("For one piece, in the declared currency.")),
    SheetColumn("declared_currency", _l("Declared currency"), one_of(currencies), blank="USD", also=("申报币种", "币种", "Currency"), width=12,
                example="USD", help=_l("Three letters such as USD. Empty: USD.")),
    SheetColumn("weight_g", _l("Weight (g)"), whole(0, 1_000_000), blank=0, also=("重量", "重量克", "重量g", "Weight"), style="number", width=12,
                example="120", help=_l("Of one piece in whole grams.")),
    SheetColumn("hs_code", _l("HS code"), text(14, r"[0-9. ]*", "sheet.hs_code"), also=("HS编码", "海关编码"), width=14, example="3926909090"),
    SheetColumn("origin", _l("Origin"), one_of(lambda: _COUNTRIES), blank="CN", also=("原产国", "原产地", "Country of origin"), width=12,
                example="CN",
                help=_l("Two letters such as CN. Empty: CN.")),
    SheetColumn("battery", _l("Battery"), flag, blank=False, also=("带电", "是否带电", "With battery"), width=12, choices=yes_no_words,
                help=_l("Yes or no. Empty: no.")),
    SheetColumn("pick_info", _l("Pick info"), text(200), also=("配货信息", "配货"), width=28, example="A-01 黑",
                help=_l("Printed on the label for the warehouse.")),
    SheetColumn("bin", _l("Bin"), text(40), also=("库位", "货位"), width=12, example="A-01-02"),
    SheetColumn("barcode", _l("Barcode"), text(64), also=("条码", "商品条码"), width=18, example="6901234567892"),
    SheetColumn("image_url", _l("Picture address"), text(400, r"(https?://\S+)?", "sheet.link"), also=("图片链接", "图片"), width=24),
    SheetColumn("active", _l("Active"), flag, blank=True, also=("启用", "是否启用"), width=10, choices=yes_no_words,
                help=_l("Yes or no. Empty: yes.")),
), Product, fetch, ProductImport)
