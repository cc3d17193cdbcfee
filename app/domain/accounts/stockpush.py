"""Push stock to the shops: available × share − buffer, with cap and floor, one result per platform SKU."""
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, InvalidOperation

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain import runs
from app.domain.accounts import apps, health
from app.domain.accounts.short import account_of
from app.extensions import db
from app.failures import Failure, Retry
from app.integrations.paging import chunks
from app.integrations.types import StockLine
from app.models import Listing, SkuMapping, StockLevel, bulk
from app.models.base import utcnow

CHUNK = 200     # listings per call to the connector and per transaction
DEAD = ("GONE", "SELLER_DELETE", "SHOPEE_DELETE", "BANNED")


@dataclass(slots=True)
class Wanted:
    listing_id: int
    item_id: str
    model_id: str
    sku: str
    quantity: int


def start_push_stock(account, force=False):
    """A Run that pushes the account's stock, or None when one is under way. Raises Failure account.cannot."""
    from app.jobs.engine import defer_run
    if not apps.class_of(account.platform).can("push_stock"):
        raise Failure("account.cannot", platform=account.platform)
    run = runs.start("push_stock", params={"account_id": account.id, "force": force}, account_id=account.id)
    return run if defer_run(run, dedupe=f"stock:{account.id}") else None


@runs.verb("push_stock", _l("Push stock"), shape="whole")
def push_stock(run_id, params):
    """Whole verb. Unmatched listings are skipped rows; unchanged ones are left out unless `force`."""
    account = account_of(db.session, params["account_id"])
    connector = apps.connector(account)
    wanted, unmatched = plan(account, bool(params.get("force")))
    account_id = account.id
    yield runs.Progress([runs.Result(None, "skipped", "stock.not_matched", {"sku": sku}, ref=sku) for sku in unmatched])
    for part in chunks(wanted, CHUNK):
        results = _send(connector, part)
        _keep(part, results)
        yield runs.Progress([_result(w, r) for w, r in zip(part, results, strict=True)])
        if any(isinstance(r, Failure) and r.retry == Retry.REAUTHORISE for r in results):
            health.note_failure(account_of(db.session, account_id), results[0])
            yield runs.Progress()
            raise results[0]


def _send(connector, part):
    """StockResult or Failure per wanted line. A fault of the call concerns these lines; the next ones are still tried."""
    try:
        return connector.push_stock([StockLine(w.item_id, w.model_id, w.quantity) for w in part])
    except Failure as failure:
        return [failure] * len(part)


def _keep(part, results):
    now, done, failed = utcnow(), [], []
    for w, r in zip(part, results, strict=True):
        if isinstance(r, Failure) or not r.ok:
            failed.append({"id": w.listing_id, "push_error": r.code[:60]})
        else:
            done.append({"id": w.listing_id, "pushed_stock": w.quantity, "pushed_at": now, "push_error": ""})
    bulk.update_rows(Listing, done, ("pushed_stock", "pushed_at", "push_error"))
    bulk.update_rows(Listing, failed, ("push_error",))


def _result(w, r):
    if isinstance(r, Failure):
        return runs.Result.failed(None, r, ref=w.sku)
    if r.ok:
        return runs.Result(None, "done", "stock.pushed", {"sku": w.sku, "quantity": w.quantity}, ref=w.sku)
    return runs.Result(None, "failed", r.code, {"sku": w.sku, "reason": r.raw[:200]}, r.raw, ref=w.sku)


def plan(account, force=False):
    """([Wanted], [platform SKUs without a mapping]) of an account: what would be pushed now."""
    columns = (Listing.id, Listing.item_id, Listing.model_id, Listing.platform_sku, Listing.pushed_stock, Listing.push_error)
    listings = db.session.execute(sa.select(*columns).where(Listing.account_id == account.id, Listing.status.not_in(DEAD))
                                  .order_by(Listing.item_id, Listing.id)).all()
    units = units_of(account, {x.platform_sku for x in listings})
    found, unmatched = [], []
    for x in listings:
        if x.platform_sku not in units:
            unmatched.append(x.platform_sku or x.item_id)
            continue
        quantity = offered(units[x.platform_sku], account.options)
        if force or quantity != x.pushed_stock or x.push_error:
            found.append(Wanted(x.id, x.item_id, x.model_id, x.platform_sku, quantity))
    return found, list(dict.fromkeys(unmatched))


def units_of(account, skus):
    """{platform SKU: how many could be sold now}: the least of its components. SKUs without a mapping are left out."""
    components = components_of(account, skus)
    products = {product for parts in components.values() for product in parts}
    free = dict(db.session.execute(sa.select(StockLevel.product_id, sa.func.sum(StockLevel.on_hand - StockLevel.reserved))
                                   .where(StockLevel.product_id.in_(products)).group_by(StockLevel.product_id)).all())
    return {sku: min(int(free.get(product, 0)) // quantity for product, quantity in parts.items()) for sku, parts in components.items()}


def components_of(account, skus):
    """{platform SKU: {product id: quantity}}; the narrowest scope wins: this account, its platform, all."""
    columns = (SkuMapping.platform_sku, SkuMapping.account_id, SkuMapping.platform, SkuMapping.product_id, SkuMapping.quantity)
    rows = db.session.execute(sa.select(*columns).where(
        SkuMapping.platform_sku.in_(skus), sa.or_(SkuMapping.account_id == account.id, SkuMapping.account_id.is_(None)),
        sa.or_(SkuMapping.platform == account.platform, SkuMapping.platform == ""))).all()
    found = {}
    for row in rows:
        scope = 2 if row.account_id else 1 if row.platform else 0
        found.setdefault(row.platform_sku, {}).setdefault(scope, {})[row.product_id] = row.quantity
    return {sku: scopes[max(scopes)] for sku, scopes in found.items()}


def offered(units, options):
    """Quantity to show: units × share (percent) − buffer, at most cap; at or below floor it is 0, so that the last ones are kept."""
    shared = units * _number(options.get("stock_share"), 100) / 100
    quantity = int((shared - _number(options.get("stock_buffer"), 0)).to_integral_value(ROUND_FLOOR))
    cap, floor = _number(options.get("stock_cap"), None), _number(options.get("stock_floor"), None)
    if cap is not None:
        quantity = min(quantity, int(cap))
    if floor is not None and quantity <= floor:
        quantity = 0
    return max(quantity, 0)


def _number(value, default):
    try:
        return Decimal(str(value)) if value not in (None, "") else default if default is None else Decimal(default)
    except InvalidOperation:
        return default if default is None else Decimal(default)
