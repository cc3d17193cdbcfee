"""Stock: the export of levels, and the import of changes or counts. Every change writes the ledger."""
import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.sheets.cells import text, whole
from app.domain.sheets.columns import SheetColumn, SheetKind
from app.domain.sheets.kinds import lookup
from app.extensions import db
from app.models import Product, StockLevel, StockMove, Warehouse, bulk
from app.models.base import utcnow
from app.tenancy import current_actor

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
        levels = self._levels(rows, dry_run)
        moved = []
        for row in rows:
            level = levels.get(self.identity(row), (None, 0, 0))
            change = self._change(row, level)
            if change:
                moved.append((row, level, change))
        for row, _level, _change in moved:
            row.code = "sheet.would_change" if dry_run else "sheet.stock_changed"
        if not dry_run:
            self._write(moved)

    def _levels(self, rows, dry_run):
        """{(warehouse, product): (id, on hand, reserved)}, locked in product order like all stock movements, so that none waits in a ring."""
        if not rows:
            return {}
        if not dry_run:
            missing = [{"warehouse_id": w, "product_id": p, "on_hand": 0, "reserved": 0, "incoming": 0}
                       for w, p in sorted({self.identity(r) for r in rows if self._is_new(r)}, key=lambda k: (k[1], k[0]))]
            bulk.insert_uncounted(StockLevel, missing)
        table = StockLevel
        found = db.session.execute(sa.select(table.id, table.warehouse_id, table.product_id, table.on_hand, table.reserved)
                                   .where(table.product_id.in_({r.values["product_id"] for r in rows}))
                                   .order_by(table.product_id, table.warehouse_id).with_for_update())
        return {(warehouse, product): (id_, on_hand, reserved) for id_, warehouse, product, on_hand, reserved in found}

    @staticmethod
    def _is_new(row):
        """A change or count of nought needs no level."""
        return bool(row.values.get("change") or row.values.get("on_hand"))

    @staticmethod
    def _change(row, level):
        """Signed change of the row, 0 when there is none or it is refused."""
        _id, on_hand, reserved = level
        counted = row.values.get("on_hand")
        change = row.values["change"] if counted is None else counted - on_hand
        if on_hand + change < reserved:
            row.refuse("change" if counted is None else "on_hand", "sheet.stock_below_reserved", on_hand=on_hand, reserved=reserved,
                       after=on_hand + change)
            return 0
        if on_hand + change > MOST:
            row.refuse("change" if counted is None else "on_hand", "sheet.whole_number", low=reserved, high=MOST)
            return 0
        if change == 0:
            row.skip("sheet.unchanged")
        row.params = {"was": on_hand, "now": on_hand + change, **row.params}
        return change

    def _write(self, moved):
        at, by = utcnow(), current_actor()
        moves = []
        for row, (id_, on_hand, reserved), change in moved:
            row.subject_id = id_
            moves.append({"warehouse_id": row.values["warehouse_id"], "product_id": row.values["product_id"], "kind": "adjust",
                          "on_hand": change, "reserved": 0, "on_hand_after": on_hand + change, "reserved_after": reserved,
                          "document": f"sheet-{self._run_id}-{row.number}", "reason": row.values.get("reason", "") or _("Import of a sheet"),
                          "at": at, "by": by})
        bulk.update_rows(StockLevel, [{"id": level[0], "on_hand": level[1] + change} for _row, level, change in moved], ["on_hand"])
        bulk.insert_rows(StockMove, moves)


def fetch(ids, _clock):
    table = StockLevel
    rows = db.session.execute(
        sa.select(table.id, Warehouse.code, Product.sku, Product.name, table.on_hand, table.reserved, table.on_hand - table.reserved, table.incoming)
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
