"""How an account is doing: last pull, last failure, backlog, and whether it is stuck."""
from datetime import timedelta

import sqlalchemy as sa

from app.domain.orders.lifecycle import add_event
from app.extensions import db
from app.failures import Retry
from app.models import HookNote, Job
from app.models.base import utcnow

STUCK_AFTER = 6     # pull intervals without a good pull


def note_failure(account, failure):
    """Keep the failure on the account; an ended authorisation stops it. Inside the caller's transaction."""
    account.last_error_code, account.last_error_params = failure.code, dict(failure.params)
    if failure.retry == Retry.REAUTHORISE and account.state in ("active", "paused"):
        was, account.state = account.state, "expired"
        add_event("account", account, "expire", was=was, now="expired", code=failure.code)


def note_success(account):
    """Everything went well: the last failure is over, and an expired account lives again."""
    account.last_error_code, account.last_error_params, account.failed_pulls = "", {}, 0
    account.last_ok_at = utcnow()
    if account.state == "expired":
        account.state = "active"
        add_event("account", account, "revive", was="expired", now="active")


def health(account):
    """{last_pull_at, last_ok_at, error_code, error_params, failed_pulls, notes, jobs, stuck} of one account."""
    notes = _count(HookNote, HookNote.source == account.platform, HookNote.shop_id == account.shop_id, HookNote.state == "waiting")
    jobs = _count(Job, Job.account_id == account.id, Job.state.in_(("queued", "running")))
    return {"last_pull_at": account.last_pull_at, "last_ok_at": account.last_ok_at, "error_code": account.last_error_code,
            "error_params": account.last_error_params, "failed_pulls": account.failed_pulls, "notes": notes, "jobs": jobs,
            "stuck": is_stuck(account)}


def _count(model, *conditions):
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*conditions))


def is_stuck(account):
    """An active, automatically pulled account without a good pull for six intervals (at least half an hour)."""
    if account.state != "active" or account.pull_mode != "auto":
        return False
    patience = timedelta(seconds=max(account.pull_interval_s * STUCK_AFTER, 1800))
    since = account.last_ok_at or account.authorised_at or account.created_at
    return since is not None and utcnow() - since > patience
