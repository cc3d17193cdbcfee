"""SKU管理 同步: make products of the platform SKUs that orders carry and nobody has mapped yet."""
import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain import runs
from app.domain.orders import matching
from app.extensions import db
from app.models import PlatformOrder, Product, SkuMapping, bulk
from app.web import lock_rows

LONGEST = 64        # of a product's SKU; a platform SKU may have 100 characters


@runs.verb("collect_skus", _l("Collect SKUs from orders"), PlatformOrder, ref="order_no", chunk=500)
def collect_skus(ids, params):
    """For each unmapped platform SKU of the orders: a product of the same SKU (unless there is one) and a mapping of its shop account.

    Results: sku.collected with the SKUs, or skipped sku.nothing_new; sku.too_long when a SKU cannot be ours.
    """
    columns = sa.select(PlatformOrder.id, PlatformOrder.account_id, PlatformOrder.platform, PlatformOrder.order_no)
    orders = db.session.execute(lock_rows(columns.where(PlatformOrder.id.in_(ids)).order_by(PlatformOrder.id))).all()
    items = matching.items_of([order.id for order in orders])
    mappings = matching.load(item.platform_sku for lines in items.values() for item in lines)
    missing = {order.id: matching.named(matching.missing_skus(mappings, order, items[order.id])) for order in orders}
    names = {item.platform_sku: item.name for lines in items.values() for item in lines}
    wanted = {(order.account_id, sku) for order in orders for sku in missing[order.id] if len(sku) <= LONGEST}
    _map(wanted, _products({sku for _, sku in wanted}, names))
    matching.rematch(ids, {})
    return [_result(order, missing[order.id]) for order in orders]


def _products(skus, names):
    """{sku: product id}, those that do not exist made now. Two people at once: the second waits and finds the first one's."""
    bulk.insert_missing(Product, [{"sku": sku, "name": (names.get(sku) or sku)[:200]} for sku in sorted(skus)])
    return dict(db.session.execute(sa.select(Product.sku, Product.id).where(Product.sku.in_(skus))).all()) if skus else {}


def _map(wanted, products):
    bulk.insert_missing(SkuMapping, [{"platform_sku": sku, "product_id": products[sku], "quantity": 1, "account_id": account_id,
                                      "platform": ""}
                                     for account_id, sku in sorted(wanted)])


def _result(order, missing):
    long = [sku for sku in missing if len(sku) > LONGEST]
    if long:
        return runs.Result(order.id, "failed", "sku.too_long", {"skus": long, "limit": LONGEST}, ref=order.order_no)
    if not missing:
        return runs.Result(order.id, "skipped", "sku.nothing_new", ref=order.order_no)
    return runs.Result(order.id, code="sku.collected", params={"skus": missing}, ref=order.order_no)
