"""What a shop offers: pulled for matching suggestions and for the stock push."""
import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain import runs
from app.domain.accounts import apps, health
from app.domain.accounts.short import account_of
from app.extensions import db
from app.failures import Failure
from app.models import Listing, bulk
from app.models.base import utcnow

KEY = ("tenant_id", "account_id", "item_id", "model_id")
FRESH = ("platform_sku", "title", "variation", "status", "stock", "price", "currency", "image_url", "seen_at")


def start_listings(account):
    """A Run that pulls the account's listings, or None when one is under way. Raises Failure account.cannot."""
    from app.jobs.engine import defer_run
    if not apps.class_of(account.platform).can("listings"):
        raise Failure("account.cannot", platform=account.platform)
    run = runs.start("pull_listings", params={"account_id": account.id}, account_id=account.id)
    return run if defer_run(run, dedupe=f"listings:{account.id}") else None


@runs.verb("pull_listings", _l("Pull listings"), shape="whole")
def pull_listings(run_id, params):
    """Whole verb: every page is upserted in its own transaction; what was not seen at the end is marked gone."""
    account_id, began = params["account_id"], utcnow()
    connector = apps.connector(account_of(db.session, account_id))
    yield runs.Progress()
    pages = iter(connector.listings())
    try:
        while (page := next(pages, None)) is not None:
            yield runs.Progress(_save(account_id, page))
    except Failure as failure:
        db.session.rollback()
        health.note_failure(account_of(db.session, account_id), failure)
        yield runs.Progress()
        raise
    db.session.execute(sa.update(Listing).where(Listing.account_id == account_id, Listing.seen_at < began).values(status="GONE"))
    yield runs.Progress()


def _save(account_id, page):
    rows = {(x.item_id, x.model_id): x for x in page}       # one statement must not touch a row twice
    now = utcnow()
    bulk.upsert_rows(Listing, [_row(account_id, x, now) for x in rows.values()], KEY, FRESH)
    return [runs.Result(None, ref=x.sku or x.item_id) for x in rows.values()]


def _row(account_id, x, now):
    return {"account_id": account_id, "item_id": x.item_id, "model_id": x.model_id or "", "platform_sku": x.sku[:100],
            "title": x.title[:300], "variation": x.variation[:200], "status": x.status[:30], "stock": x.stock, "price": x.price,
            "currency": x.currency[:3], "image_url": x.image_url[:400], "seen_at": now}
