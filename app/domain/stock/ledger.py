"""The stock ledger (库存流水): the only place that changes a stock level, and each change leaves a row with the values after it.

Level rows are locked in product order, so two batches can wait for each other but never in a circle.
Lock order of the house: outbound order, waybill, platform order, stock level.
"""
from dataclasses import dataclass

import sqlalchemy as sa

from app.extensions import db
from app.failures import Failure
from app.models import Product, StockLevel, StockMove, bulk
from app.models.base import utcnow
from app.tenancy import current_actor
from app.web import lock_rows

MOST = 2_000_000_000    # a level is a 32-bit integer on PostgreSQL


@dataclass(slots=True)
class Level:
    """A locked stock level, changed in memory until `Book.write`."""
    id: int
    on_hand: int
    reserved: int

    @property
    def available(self):
        return self.on_hand - self.reserved


class Book:
    """Locked levels of some (warehouse id, product id) pairs and the moves made on them."""

    def __init__(self, keys, create=False):
        """Locks the rows. `create`: rows that do not exist yet are made with zeros; else their level is None."""
        keys = sorted(set(keys), key=lambda key: (key[1], key[0]))
        if create and keys:
            bulk.insert_missing(StockLevel, [{"warehouse_id": w, "product_id": p, "on_hand": 0, "reserved": 0, "incoming": 0,
                                              "changed_at": utcnow()}
                                             for w, p in keys])
        self.levels, self.moves, self.touched = _locked(keys), [], {}

    def level(self, warehouse_id, product_id):
        return self.levels.get((warehouse_id, product_id))

    def available(self, warehouse_id, product_id):
        level = self.level(warehouse_id, product_id)
        return level.available if level else 0

    def move(self, kind, warehouse_id, product_id, *, on_hand=0, reserved=0, document="", reason=""):
        """Change one level in memory. Raises Failure stock.negative: on hand may not fall below reserved, nor that below zero."""
        level = self.level(warehouse_id, product_id) or Level(0, 0, 0)
        hand_after, reserved_after = level.on_hand + on_hand, level.reserved + reserved
        if reserved_after < 0 or hand_after < reserved_after or hand_after > MOST:
            raise Failure("stock.negative", sku=sku_of(product_id), on_hand=level.on_hand, reserved=level.reserved,
                          available=level.available, delta=on_hand or -reserved)
        level.on_hand, level.reserved = hand_after, reserved_after
        self.touched[warehouse_id, product_id] = level
        self.moves.append({"warehouse_id": warehouse_id, "product_id": product_id, "kind": kind, "on_hand": on_hand, "reserved": reserved,
                           "on_hand_after": hand_after, "reserved_after": reserved_after, "document": document[:64],
                           "reason": reason[:200]})

    def write(self):
        """Levels and ledger rows to the database, two statements."""
        now, actor = utcnow(), current_actor()
        bulk.update_rows(StockLevel, [{"id": level.id, "on_hand": level.on_hand, "reserved": level.reserved, "changed_at": now}
                                      for level in self.touched.values()], ("on_hand", "reserved", "changed_at"))
        bulk.insert_rows(StockMove, [{**move, "at": now, "by": actor} for move in self.moves])
        self.moves, self.touched = [], {}
        _forget()


def _locked(keys):
    if not keys:
        return {}
    products, warehouses = {p for _, p in keys}, {w for w, _ in keys}
    statement = sa.select(StockLevel.id, StockLevel.warehouse_id, StockLevel.product_id, StockLevel.on_hand, StockLevel.reserved)
    statement = statement.where(StockLevel.product_id.in_(products), StockLevel.warehouse_id.in_(warehouses))
    statement = statement.order_by(StockLevel.product_id, StockLevel.warehouse_id)
    wanted = set(keys)
    return {(row.warehouse_id, row.product_id): Level(row.id, row.on_hand, row.reserved) for row in db.session.execute(lock_rows(statement))
            if (row.warehouse_id, row.product_id) in wanted}


def _forget():
    """Loaded StockLevel objects know nothing of the set-based writes."""
    for row in list(db.session):
        if isinstance(row, StockLevel):
            db.session.expire(row)


def sku_of(product_id):
    return db.session.scalar(sa.select(Product.sku).where(Product.id == product_id)) or ""


def adjust(warehouse_id, product_id, delta, reason, document=""):
    """Put `delta` pieces (signed) on hand, with a reason; gives the Level after it.

    Raises Failure stock.negative (the numbers are in its params), stock.no_reason, stock.nothing_to_do, stock.no_product.
    """
    return adjust_many([(warehouse_id, product_id, delta)], reason, document)[0]


def adjust_many(changes, reason, document=""):
    """`adjust` for a batch of (warehouse id, product id, delta), all or nothing: the Levels after it, in order."""
    if not reason.strip():
        raise Failure("stock.no_reason")
    if not all(delta for _, _, delta in changes):
        raise Failure("stock.nothing_to_do")
    wanted = {product_id for _, product_id, _ in changes}
    if db.session.scalar(sa.select(sa.func.count()).select_from(Product).where(Product.id.in_(wanted))) != len(wanted):
        raise Failure("stock.no_product")
    book = Book([(w, p) for w, p, _ in changes], create=True)
    for warehouse_id, product_id, delta in changes:
        book.move("adjust", warehouse_id, product_id, on_hand=delta, document=document, reason=reason.strip())
    book.write()
    return [book.level(w, p) for w, p, _ in changes]
