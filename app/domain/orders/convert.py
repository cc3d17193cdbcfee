"""转系统订单: pending platform orders become outbound orders, 500 in some ten statements.

Two people may press at the same moment: the rows are locked, the second finds them processed; the unique index over live
outbound orders is the last guard.
"""
from collections import defaultdict
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain import runs
from app.domain.orders import lifecycle, matching
from app.extensions import db
from app.failures import Failure, IllegalMove
from app.models import Counter, Event, OutboundLine, OutboundOrder, PlatformOrder, ShippingChannel, StockLevel, Tenant, Warehouse, bulk
from app.models.base import utcnow
from app.tenancy import current_actor, current_tenant
from app.web import lock_rows

COPIED = ("recipient", "phone", "country", "province", "city", "district", "town", "street", "postcode", "masked", "currency", "total",
          "cod",
          "remark", "channel_id", "order_no")
FOUR_PLACES = Decimal("0.0001")


@runs.verb("convert", _l("Convert to system order"), PlatformOrder, ref="order_no", chunk=500)
def convert(ids, params):
    """Make a draft outbound order of each order; refusals name themselves on the order and in the result."""
    statement = lock_rows(sa.select(PlatformOrder).where(PlatformOrder.id.in_(ids)).order_by(PlatformOrder.id))
    orders = db.session.scalars(statement.execution_options(populate_existing=True)).all()
    items = matching.items_of([order.id for order in orders])
    mappings = matching.load(item.platform_sku for lines in items.values() for item in lines)
    results, wanted = [], []
    for order in orders:
        try:
            wanted.append((order, _lines(order, items[order.id], mappings)))
        except IllegalMove as failure:
            results.append(runs.Result.failed(order.id, failure, order.order_no))
        except Failure as failure:
            order.problem_code, order.problem_params = failure.code, failure.params
            results.append(runs.Result.failed(order.id, failure, order.order_no))
    return results + _create(wanted)


def _lines(order, items, mappings):
    """{product id: [pieces, price of them all, platform SKUs]} of one order, or a Failure that says why not."""
    if order.state not in lifecycle.sources(PlatformOrder, "convert"):
        raise IllegalMove("platform_order", "convert", order.state)
    if order.problem_code == "order.platform_warehouse":
        raise Failure("order.platform_warehouse")
    if not items:
        raise Failure("order.no_items")
    missing = matching.missing_skus(mappings, order, items)
    if order.unmatched != len(missing):
        order.unmatched = len(missing)
    if missing:
        raise Failure("order.unmatched", skus=matching.named(missing))
    lines = defaultdict(lambda: [0, Decimal(0), []])
    for item in items:
        parts = mappings.find(order.account_id, order.platform, item.platform_sku)
        share = item.price / sum(quantity for _, quantity in parts)      # of a combo each piece bears the same part of the price
        for product_id, quantity in parts:
            line = lines[product_id]
            line[0] += item.quantity * quantity
            line[1] += share * item.quantity * quantity
            if item.platform_sku not in line[2]:
                line[2].append(item.platform_sku)
    return lines


def _create(wanted):
    if not wanted:
        return []
    places = _Places({product_id for _, lines in wanted for product_id in lines})
    numbers, now, actor = _numbers(len(wanted)), utcnow(), current_actor()
    rows = []
    for (order, lines), number in zip(wanted, numbers):
        fulfilment, warehouse_id = places.choose(order.channel_id, lines)
        rows.append({**{name: getattr(order, name) for name in COPIED}, "number": number, "platform_order_id": order.id,
                     "fulfilment": fulfilment,
                     "warehouse_id": warehouse_id, "state": "draft", "resume_to": "", "findings": [], "reserved": False, "audited_at": None,
                     "created_at": now, "created_by": actor, "changed_at": now, "changed_by": actor})
    ids = {number: outbound_id for outbound_id, number in bulk.insert_new(OutboundOrder, rows, "id", "number")}
    made = [(ids[number], number, order, lines) for (order, lines), number in zip(wanted, numbers) if number in ids]
    bulk.insert_rows(OutboundLine, [
        {"outbound_id": outbound_id, "product_id": product_id, "quantity": pieces, "price": (worth / pieces).quantize(FOUR_PLACES),
         "platform_skus": ", ".join(skus)[:300]}
        for outbound_id, _, _, lines in made for product_id, (pieces, worth, skus) in lines.items()])
    bulk.insert_rows(Event, [{"subject": "outbound_order", "subject_id": outbound_id, "move": "created", "was": "", "now": "draft",
                              "code": "",
                              "params": {"order_no": order.order_no}, "note": "", "at": now, "by": actor}
                             for outbound_id, _, order, _ in made])
    return [_finish(order, number) if number in ids else _doubled(order) for (order, _), number in zip(wanted, numbers)]


def _doubled(order):
    """The unique index knew a live outbound order of it: nothing was made."""
    return runs.Result(order.id, "failed", "order.converted_already", {"number": order.outbound_no}, ref=order.order_no)


def _finish(order, number):
    lifecycle.move(order, "convert", params={"number": number})
    order.outbound_no, order.problem_code, order.problem_params = number, "", {}
    return runs.Result(order.id, code="order.converted", params={"number": number}, ref=order.order_no)


def _numbers(count):
    """HMKJ-210412-00005: the merchant's code, the day where he lives, the day's sequence."""
    tenant = db.session.get(Tenant, current_tenant())
    day = utcnow().astimezone(ZoneInfo(tenant.timezone)).strftime("%y%m%d")
    first = bulk.take_numbers(Counter, f"outbound-{day}", count)
    return [f"{tenant.code}-{day}-{n:05d}" for n in range(first, first + count)]


class _Places:
    """From where orders leave. `warehouse` when the merchant keeps any of the products with us, else `direct` (waybill only);
    a channel can fix it (its option `fulfilment`)."""

    def __init__(self, product_ids):
        self.warehouses = list(db.session.scalars(sa.select(Warehouse.id).where(Warehouse.active).order_by(Warehouse.id)))
        self.fixed = {row.id: (row.options or {}).get("fulfilment")
                      for row in db.session.execute(sa.select(ShippingChannel.id, ShippingChannel.options))}
        self.available = {}
        rows = db.session.execute(sa.select(StockLevel.warehouse_id, StockLevel.product_id, StockLevel.on_hand - StockLevel.reserved)
                                  .where(StockLevel.product_id.in_(product_ids)))
        for warehouse_id, product_id, available in rows:
            self.available[warehouse_id, product_id] = available

    def choose(self, channel_id, lines):
        """(fulfilment, warehouse id): the warehouse that has it all, else the one that knows most of the products, else the first."""
        fixed = self.fixed.get(channel_id)
        ranked = sorted(self.warehouses, key=lambda w: -self._worth(w, lines))      # stable: the first one wins a tie
        best = ranked[0] if ranked else None
        kept = bool(best and self._worth(best, lines))
        fulfilment = fixed if fixed in ("warehouse", "direct") else "warehouse" if kept else "direct"
        return fulfilment, best

    def _worth(self, warehouse_id, lines):
        there = [self.available.get((warehouse_id, product_id)) for product_id in lines]
        known = sum(a is not None for a in there)
        enough = known == len(lines) and all(a >= lines[p][0] for a, p in zip(there, lines))
        return known + (len(lines) + 1 if enough else 0)
