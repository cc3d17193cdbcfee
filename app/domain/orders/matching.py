"""Platform SKU to our products: mappings by scope, the queue of what has none, suggestions, and matching again."""
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain import runs
from app.extensions import db
from app.models import OrderItem, PlatformOrder, SkuMapping, bulk
from app.web import lock_rows

WAITING = ("pending", "frozen")


class Mappings:
    """The mappings of some platform SKUs. Scope, narrowest wins: account, platform, global; exact spelling before any case."""

    def __init__(self, rows):
        """`rows`: (id, platform SKU, account id, platform, product id, pieces), by id."""
        self.exact, self.folded = {}, {}
        for _id, sku, account_id, platform, product_id, quantity in rows:
            scope = ("account", account_id) if account_id else ("platform", platform) if platform else ("global", "")
            self.exact.setdefault((sku, scope), []).append((product_id, quantity))
            # Spellings that differ in case only are not components of each other: the first one found stands for them.
            spelled, parts = self.folded.setdefault((sku.casefold(), scope), (sku, []))
            if spelled == sku:
                parts.append((product_id, quantity))

    def find(self, account_id, platform, sku):
        """[(product id, pieces)] of one piece of the platform SKU; empty when it has no mapping."""
        scopes = ("account", account_id), ("platform", platform), ("global", "")
        for scope in scopes:
            if parts := self.exact.get((sku, scope)):
                return parts
        for scope in scopes:
            if parts := self.folded.get((sku.casefold(), scope)):
                return parts[1]
        return []


def load(skus):
    """Mappings of these platform SKUs: one query, and a second for those that are not spelled exactly so."""
    skus = set(skus)
    if not skus:
        return Mappings([])
    rows = _rows(SkuMapping.platform_sku.in_(skus))
    missing = {sku.lower() for sku in skus.difference(row.platform_sku for row in rows)}
    if missing:
        rows = sorted({*rows, *_rows(sa.func.lower(SkuMapping.platform_sku).in_(missing))})
    return Mappings(rows)


def _rows(condition):
    return db.session.execute(sa.select(SkuMapping.id, SkuMapping.platform_sku, SkuMapping.account_id, SkuMapping.platform,
                                        SkuMapping.product_id, SkuMapping.quantity).where(condition).order_by(SkuMapping.id)).all()


def match_items(items, account_id, platform):
    """{platform_sku: [(product id, pieces)]} for the items of one account; SKUs without a mapping have an empty list."""
    skus = {item.platform_sku for item in items}
    mappings = load(skus)
    return {sku: mappings.find(account_id, platform, sku) for sku in skus}


@dataclass(slots=True)
class Unmatched:
    """One platform SKU without a mapping: how many orders wait for it, what it is called, in which shops."""
    platform_sku: str
    orders: int = 0
    names: list = field(default_factory=list)
    accounts: set = field(default_factory=set)          # ids of shop accounts
    platforms: set = field(default_factory=set)


def unmatched_queue(limit=200):
    """Platform SKUs that keep orders waiting, the most wanted first: list of Unmatched."""
    orders = sa.func.count(sa.distinct(OrderItem.order_id))
    rows = db.session.execute(
        sa.select(OrderItem.platform_sku, PlatformOrder.account_id, PlatformOrder.platform, orders, sa.func.min(OrderItem.name))
        .join(PlatformOrder, PlatformOrder.id == OrderItem.order_id).where(PlatformOrder.unmatched > 0, PlatformOrder.state.in_(WAITING))
        .group_by(OrderItem.platform_sku, PlatformOrder.account_id, PlatformOrder.platform)).all()
    mappings, found = load(r[0] for r in rows), {}
    for sku, account_id, platform, count, name in rows:
        if mappings.find(account_id, platform, sku):
            continue        # its order waits for another line
        one = found.setdefault(sku, Unmatched(sku))
        one.orders += count
        one.accounts.add(account_id)
        one.platforms.add(platform)
        if name and name not in one.names:
            one.names.append(name)
    return sorted(found.values(), key=lambda u: (-u.orders, u.platform_sku))[:limit]


def waiting_unmatched():
    """Select of the ids of all orders that wait for a mapping: the selection of «match all again»."""
    return sa.select(PlatformOrder.id).where(PlatformOrder.unmatched > 0, PlatformOrder.state.in_(WAITING))


def items_of(order_ids):
    """{order id: [item rows]} by line, without ORM objects."""
    found = {order_id: [] for order_id in order_ids}
    rows = db.session.execute(sa.select(OrderItem.order_id, OrderItem.line, OrderItem.platform_sku, OrderItem.name, OrderItem.quantity,
                                        OrderItem.price)
                              .where(OrderItem.order_id.in_(order_ids)).order_by(OrderItem.order_id, OrderItem.line))
    for row in rows:
        found[row.order_id].append(row)
    return found


@runs.verb("rematch", _l("Match SKUs again"), PlatformOrder, ref="order_no", chunk=500)
def rematch(ids, params):
    """Count the unmatched lines of each order again; what is still missing is named."""
    statement = lock_rows(sa.select(PlatformOrder.id, PlatformOrder.account_id, PlatformOrder.platform, PlatformOrder.problem_code,
                                    PlatformOrder.problem_params).where(PlatformOrder.id.in_(ids)).order_by(PlatformOrder.id))
    orders, items = db.session.execute(statement).all(), items_of(ids)
    mappings = load(item.platform_sku for lines in items.values() for item in lines)
    results, changes = [], []
    for order in orders:
        missing = missing_skus(mappings, order, items[order.id])
        changes.append(_matched(order, missing))
        results.append(runs.Result(order.id, "failed", "order.unmatched", {"skus": named(missing)}) if missing
                       else runs.Result(order.id, code="order.matched"))
    bulk.update_rows(PlatformOrder, changes, ("unmatched", "problem_code", "problem_params"))
    forget_loaded(PlatformOrder)
    return results


def missing_skus(mappings, order, items):
    """Platform SKUs of the order's lines that have no mapping, one entry per line."""
    return [item.platform_sku for item in items if not mappings.find(order.account_id, order.platform, item.platform_sku)]


def named(skus):
    """Each once and at most twenty: this goes into a sentence."""
    return list(dict.fromkeys(skus))[:20]


def _matched(order, missing):
    problem = order.problem_code, order.problem_params
    if order.problem_code == "order.unmatched":
        problem = (order.problem_code, {"skus": named(missing)}) if missing else ("", {})
    return {"id": order.id, "unmatched": len(missing), "problem_code": problem[0], "problem_params": problem[1]}


def forget_loaded(model):
    """Objects of this session know nothing of set-based writes: read them afresh when they are next used."""
    for row in list(db.session):
        if isinstance(row, model) and row not in db.session.dirty:
            db.session.expire(row)
