"""Stock: the export of levels, and the import of changes or counts. Every change writes the ledger."""
import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.sheets.cells import text, whole
from app.domain.sheets.columns import SheetColumn, SheetKind
from app.domain.sheets.kinds import lookup
from app.domain.stock.ledger import Book
from app.extensions import db
from app.models import Product, StockLevel, Warehouse

MOST = 10_000_000


class StockImport:
    """A row is known by warehouse and SKU. It says either a change or what was counted."""
    names = ("sku",)

    def __init__(self, task):
        rows = db.session.execute(sa.select(Warehouse.id, Warehouse.code, Warehouse.name).where(Warehouse.active.is_(True))).all()
        self._warehouses = {name.strip().casefold(): id_ for id_, _code, name in rows}
        self._warehouses.update({code.strip().casefold(): id_ for id_, code, _name in rows})
        self._run_id = task.run_id

    def resolve(self, rows):
        lookup.resolve_products(rows, "sku")
        for row in rows:
            warehouse = row.values["warehouse_id"] = self._warehouses.get(row.values["warehouse"].casefold())
            if warehouse is None:
                row.refuse("warehouse", "sheet.unknown_warehouse", known=sorted(self._warehouses))
            if (row.values.get("change") is None) == (row.values.get("on_hand") is None):
                row.refuse("change", "sheet.change_or_count")

    def identity(self, row):
        return row.values["warehouse_id"], row.values["product_id"]

    def save(self, rows, dry_run):
        """Through the ledger's book, which locks the levels and writes levels and moves together."""
        if not rows:
            return
        book = Book([self.identity(r) for r in rows], create=not dry_run)
        for row in rows:
            change = self._change(row, book.level(*self.identity(row)))
            if not change:
                continue
            row.code = "sheet.would_change" if dry_run else "sheet.stock_changed"
            if not dry_run:
                row.subject_id = book.level(*self.identity(row)).id
                book.move("adjust", *self.identity(row), on_hand=change, document=f"sheet-{self._run_id}-{row.number}",
                          reason=row.values.get("reason") or _("Import of a sheet"))
        if not dry_run:
            book.write()

    @staticmethod
    def _change(row, level):
        """Signed change of the row; 0 when it changes nothing or is refused."""
        on_hand, reserved = (level.on_hand, level.reserved) if level else (0, 0)
        counted = row.values.get("on_hand")
        change = row.values["change"] if counted is None else counted - on_hand
        field, after = "change" if counted is None else "on_hand", on_hand + change
        if after < reserved:
            row.refuse(field, "sheet.stock_below_reserved", on_hand=on_hand, reserved=reserved, after=after)
            return 0
        if after > MOST:
            row.refuse(field, "sheet.whole_number", low=reserved, high=MOST)
            return 0
        if change == 0:
            row.skip("sheet.unchanged")
        row.params = {"was": on_hand, "now": after, **row.params}
        return change


def fetch(ids, _clock):
    table = StockLevel
    rows = db.session.execute(
        sa.select(table.id, Warehouse.code, Product.sku, Product.name, table.on_hand, table.reserved, table.on_hand - table.reserved,
                  table.incoming)
        .join(Product, Product.id == table.product_id).join(Warehouse, Warehouse.id == table.warehouse_id).where(table.id.in_(ids)))
    return {r[0]: tuple(r[1:]) for r in rows}


ADJUST = SheetKind("stock_adjust", _l("Stock changes"), (
    SheetColumn("warehouse", _l("Warehouse"), text(120), must=True, also=("仓库", "仓库代码", "Warehouse code"), width=16, example="SZ",
                help=_l("Code or name of the warehouse.")),
    SheetColumn("sku", _l("OMS SKU"), text(64), must=True, also=("SKU", "系统SKU", "产品SKU"), width=24, example="CCD007",
                help=_l("The SKU on the goods; it must exist in SKU management.")),
    SheetColumn("change", _l("Change"), whole(-MOST, MOST), blank=None, also=("变动数量", "增减", "调整数量"), style="number", width=12, example="-3",
                help=_l("Pieces added, or taken away with a minus. Leave it empty when you enter what was counted.")),
    SheetColumn("on_hand", _l("New on hand"), whole(0, MOST), blank=None, also=("盘点数量", "新在库数量", "在库", "On hand", "在库数量"), style="number",
                width=14, example="", help=_l("Pieces that were counted. An exported stock sheet can be edited here and imported.")),
    SheetColumn("reason", _l("Reason"), text(200), also=("原因", "备注", "调整原因"), width=30, example="Stock count"),
), StockLevel, None, StockImport, either=("change", "on_hand"), once=True)

LEVELS = SheetKind("stock", _l("Stock"), (
    SheetColumn("warehouse", _l("Warehouse"), width=14),
    SheetColumn("sku", _l("OMS SKU"), width=24),
    SheetColumn("name", _l("Name"), width=32),
    SheetColumn("on_hand", _l("On hand"), style="number", width=12),
    SheetColumn("reserved", _l("Reserved"), style="number", width=12),
    SheetColumn("available", _l("Available"), style="number", width=12),
    SheetColumn("incoming", _l("Incoming"), style="number", width=12),
), StockLevel, fetch)
