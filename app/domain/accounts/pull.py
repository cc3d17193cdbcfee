"""Pull orders (抓取订单): page by page, each page one short transaction; the cursor moves only past saved pages."""
import hashlib
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain import runs
from app.domain.accounts import apps, health
from app.domain.accounts.short import account_of, short
from app.extensions import db
from app.failures import Failure
from app.models import ShopAccount
from app.models.base import utcnow
from app.tenancy import as_system

LONGEST_PAUSE_S = 3600      # between two tries of a shop that keeps failing
PULLABLE = ("active", "expired", "paused")


def start_pull(account, *, since=None, until=None, numbers=None):
    """A Run that pulls inside the caller's transaction, or None when the same pull is under way already.

    Without arguments: all changes since the last pull. `since`/`until`: orders made in that period (back-fill, cursor stays).
    `numbers`: these order numbers. Raises Failure account.wrong_state, account.not_authorised.
    """
    from app.jobs.engine import defer_run
    if account.state not in PULLABLE:
        raise Failure("account.wrong_state", alias=account.alias, state=account.state)
    if not account.secrets:
        raise Failure("account.not_authorised", alias=account.alias)
    params = {"account_id": account.id, "since": _text(since), "until": _text(until), "numbers": sorted(set(numbers or ()))}
    kept = {k: v for k, v in params.items() if v}
    key = f"pull:{account.id}"
    if len(kept) > 1:
        key += ":" + hashlib.sha256(repr(sorted(kept.items())).encode()).hexdigest()[:16]
    else:
        account.next_pull_at = _next(account)
    run = runs.start("pull", params=kept, account_id=account.id)
    return run if defer_run(run, dedupe=key) else None


def start_due():
    """Start the pulls whose time has come, of all merchants: for the clock. Gives the number started."""
    now, started = utcnow(), 0
    with as_system() as session:
        due = session.execute(sa.select(ShopAccount.tenant_id, ShopAccount.id).where(
            ShopAccount.state == "active", ShopAccount.pull_mode == "auto", ShopAccount.secrets != "",
            sa.or_(ShopAccount.next_pull_at.is_(None), ShopAccount.next_pull_at <= now)).order_by(ShopAccount.next_pull_at)).all()
    for tenant_id, account_id in due:
        with short(tenant_id, "clock") as session:
            account = account_of(session, account_id)
            if account.state == "active" and start_pull(account):
                started += 1
    return started


def _next(account):
    """A shop that fails is asked at ever longer pauses, up to an hour."""
    pause = account.pull_interval_s * 2 ** min(account.failed_pulls or 0, 6)
    return utcnow() + timedelta(seconds=max(account.pull_interval_s, min(pause, LONGEST_PAUSE_S)))


@runs.verb("pull", _l("Pull orders"), shape="whole")
def pull(run_id, params):
    """Whole verb. A failure half way keeps the saved pages; it is shown on the account and ends the run."""
    account_id = params["account_id"]
    try:
        pages = _open(account_id, params)
        yield runs.Progress()
        while True:
            page = next(pages, None)        # the call goes out here, with no transaction open
            if page is None:
                break
            yield runs.Progress(_save(account_id, page, regular=_is_regular(params)))
    except Failure as failure:
        db.session.rollback()
        _failed(account_id, failure)
        yield runs.Progress()
        raise
    account = account_of(db.session, account_id)
    health.note_success(account)
    account.last_pull_at = utcnow()
    yield runs.Progress()


def _is_regular(params):
    return not (params.get("numbers") or params.get("since") or params.get("until"))


def _open(account_id, params):
    """The iterator of pages; nothing is asked yet."""
    account = account_of(db.session, account_id)
    account.last_pull_at = utcnow()
    connector = apps.connector(account)
    if params.get("numbers"):
        return iter(connector.pull_numbers(params["numbers"]))
    until = _moment(params.get("until")) or utcnow()
    since = _moment(params.get("since"))
    if since or params.get("until"):
        return iter(connector.pull(since or until - timedelta(days=connector.first_pull_days), until, by="creation"))
    if account.cursor_at:
        return iter(connector.pull(account.cursor_at - timedelta(seconds=connector.pull_overlap_s), until, by="change"))
    return iter(connector.pull(until - timedelta(days=connector.first_pull_days), until, by="change"))


def _save(account_id, page, regular):
    """One page inside the caller's transaction: its orders and, with them, the cursor."""
    from app.domain.orders.intake import take_in
    account = account_of(db.session, account_id)
    results = take_in(account, page.orders)
    for result in results:
        result.quiet = result.code == "order.unchanged"
    if regular and page.upto and (account.cursor_at is None or page.upto > account.cursor_at):
        account.cursor_at = page.upto
    return results


def _failed(account_id, failure):
    account = account_of(db.session, account_id)
    health.note_failure(account, failure)
    account.failed_pulls = (account.failed_pulls or 0) + 1
    account.next_pull_at = _next(account)


def _text(moment):
    return moment.isoformat() if moment else None


def _moment(text):
    return datetime.fromisoformat(text) if text else None
