"""Stock held for outbound orders: reserve, release, dispatch, recall; each for a batch of locked OutboundOrders.

All or nothing per order. Only `warehouse` fulfilment touches stock; `direct` orders pass through unchanged.
The flag `OutboundOrder.reserved` says whether an order's lines are part of the reserved figures.
"""
from dataclasses import dataclass

import sqlalchemy as sa

from app.domain.stock.ledger import Book
from app.extensions import db
from app.failures import Failure
from app.models import OutboundLine, Product


@dataclass(slots=True, frozen=True)
class Shortage:
    """One product of an order that is not there: pieces wanted and pieces available."""
    sku: str
    wanted: int
    available: int


def reserve(orders, check_only=()):
    """Hold the stock of each order, in the given order; {order id: [Shortage]} of those that got nothing.

    `check_only`: ids of orders for which shortages are told but nothing is held (they fail for another reason).
    """
    orders = [o for o in orders if o.fulfilment == "warehouse" and not o.reserved]
    wanted = pieces(orders)
    book = Book([(o.warehouse_id, product_id) for o in orders if o.warehouse_id for product_id in wanted[o.id]])
    short = {}
    for order in orders:
        lacking = {p: n for p, n in wanted[order.id].items() if book.available(order.warehouse_id, p) < n}
        if lacking:
            short[order.id] = [(p, n, book.available(order.warehouse_id, p)) for p, n in lacking.items()]
        elif order.id not in check_only and wanted[order.id]:
            for product_id, n in sorted(wanted[order.id].items()):
                book.move("reserve", order.warehouse_id, product_id, reserved=n, document=order.number)
            order.reserved = True
    book.write()
    return _named(short)


def release(orders, reason=""):
    """Give back what is held for these orders; orders without a reservation are left alone."""
    _apply([o for o in orders if o.reserved], "release", 0, -1, False, reason)


def dispatch(orders):
    """The goods leave: on hand and reserved go down together. Raises Failure stock.not_reserved for an order that holds nothing."""
    orders = [o for o in orders if o.fulfilment == "warehouse"]
    for order in orders:
        if not order.reserved:
            raise Failure("stock.not_reserved", number=order.number)
    _apply(orders, "dispatch", -1, -1, False)


def recall(orders, reason=""):
    """A dispatch was a mistake: the goods are on hand again and held for the order."""
    _apply([o for o in orders if o.fulfilment == "warehouse" and not o.reserved], "recall", 1, 1, True, reason)


def _apply(orders, kind, on_hand, reserved, flag, reason=""):
    wanted = pieces(orders)
    book = Book([(o.warehouse_id, product_id) for o in orders for product_id in wanted[o.id]])
    for order in orders:
        for product_id, n in sorted(wanted[order.id].items()):
            book.move(kind, order.warehouse_id, product_id, on_hand=on_hand * n, reserved=reserved * n, document=order.number,
                      reason=reason)
        order.reserved = flag
    book.write()


def pieces(orders):
    """{outbound id: {product id: pieces}} in one query."""
    found = {order.id: {} for order in orders}
    if not found:
        return found
    rows = db.session.execute(sa.select(OutboundLine.outbound_id, OutboundLine.product_id, OutboundLine.quantity)
                              .where(OutboundLine.outbound_id.in_(found)))
    for outbound_id, product_id, quantity in rows:
        found[outbound_id][product_id] = found[outbound_id].get(product_id, 0) + quantity
    return found


def _named(short):
    if not short:
        return {}
    products = {p for lines in short.values() for p, _, _ in lines}
    skus = dict(db.session.execute(sa.select(Product.id, Product.sku).where(Product.id.in_(products))).all())
    return {order_id: [Shortage(skus.get(p, ""), n, there) for p, n, there in lines] for order_id, lines in short.items()}
