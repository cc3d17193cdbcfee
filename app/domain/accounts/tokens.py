"""Where the tokens of a shop live: sealed in its account, rotated by one worker at a time.

A platform's refresh token can be used once. So the right to refresh is claimed by one UPDATE in a transaction of its own,
the call is made with no transaction open, and the new tokens are committed before anybody uses them. Losers wait until the
version moves. A worker that dies while holding the claim loses it after LEASE_S.
"""
import os
import time
import uuid
from dataclasses import asdict
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.domain.accounts.short import account_of, short
from app.failures import Blame, Failure, Retry
from app.integrations.auth import MARGIN_S
from app.integrations.types import Tokens
from app.models import ShopAccount
from app.models.base import utcnow
from app.tenancy import as_system
from app.vault import seal, unseal

LEASE_S = 60            # longer than the slowest refresh call with its retries
REMEMBER_S = 15         # how long a keeper trusts what it read; a token that was rotated meanwhile still works for minutes
POLL_S = 0.1
TIMES = ("access_expires_at", "refresh_expires_at", "authorised_until")


def dump(tokens):
    """Tokens as JSON values for the sealed column."""
    values = asdict(tokens)
    return values | {k: values[k].isoformat() for k in TIMES if values[k]}


def load(values):
    """Tokens from the sealed column; empty Tokens when there are none."""
    values = dict(values or {})
    return Tokens(**values | {k: datetime.fromisoformat(values[k]) for k in TIMES if values.get(k)})


def read(account):
    return load(unseal(account.secrets).get("tokens"))


def store(account, tokens):
    """Put tokens into the account inside the caller's transaction; what else is sealed there stays."""
    account.secrets = seal(unseal(account.secrets) | {"tokens": dump(tokens)})
    account.token_version = (account.token_version or 0) + 1
    if tokens.authorised_until:
        account.expires_at = tokens.authorised_until


def forget(account):
    account.secrets = ""
    account.token_version = (account.token_version or 0) + 1


class DbTokenKeeper:
    """TokenKeeper over ShopAccount. Never call it inside a transaction with unsaved work (as_tenant refuses that)."""

    def __init__(self, tenant_id, account_id):
        self.tenant_id, self.account_id = tenant_id, account_id
        self.me = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._known, self._at = None, 0.0

    def current(self):
        if self._known is None or time.monotonic() - self._at > REMEMBER_S:
            self._read()
        return self._known

    def rotate(self, stale, fetch):
        """One rotation by whoever claims it first. Failure shop.refresh_busy (later) when another worker is stuck with it."""
        deadline = time.monotonic() + LEASE_S + 5
        while True:
            tokens, _version = self._read()
            if tokens.access_token != stale:
                return tokens
            if self._claim():
                return self._refresh(stale, fetch)
            if time.monotonic() > deadline:
                raise Failure("shop.refresh_busy", retry=Retry.LATER, blame=Blame.US, wait=30)
            time.sleep(POLL_S)

    def _refresh(self, stale, fetch):
        try:
            tokens, _version = self._read()
            if tokens.access_token != stale:    # another worker finished between our look and our claim
                return tokens
            fresh = fetch(tokens)
            with short(self.tenant_id) as session:
                account = account_of(session, self.account_id)
                if not account.secrets:
                    raise Failure("shop.not_authorised", retry=Retry.REAUTHORISE)   # revoked while we asked
                store(account, fresh)
            self._known, self._at = fresh, time.monotonic()
            return fresh
        finally:
            self._release()

    def _read(self):
        with short(self.tenant_id) as session:
            account = account_of(session, self.account_id)
            self._known, self._at = read(account), time.monotonic()
            return self._known, account.token_version

    def _claim(self):
        now = utcnow()
        with short(self.tenant_id) as session:
            return session.execute(
                sa.update(ShopAccount).where(
                    ShopAccount.id == self.account_id,
                    sa.or_(ShopAccount.refresh_lock_until.is_(None), ShopAccount.refresh_lock_until < now))
                .values(refresh_lock_until=now + timedelta(seconds=LEASE_S), refresh_lock_by=self.me)
                .execution_options(synchronize_session=False)).rowcount == 1

    def _release(self):
        with short(self.tenant_id) as session:
            session.execute(sa.update(ShopAccount).where(ShopAccount.id == self.account_id, ShopAccount.refresh_lock_by == self.me)
                            .values(refresh_lock_until=None, refresh_lock_by="").execution_options(synchronize_session=False))


def refresh_due(margin_s=MARGIN_S):
    """Renew the tokens of all live shops that end within `margin_s` seconds; gives [(account id, failure code or "")].

    For the clock. Opens its own short transactions; an authorisation that is over marks its account expired.
    """
    return [(account_id, _refresh_one(tenant_id, account_id)) for tenant_id, account_id in _due(margin_s)]


def _due(margin_s):
    soon = utcnow() + timedelta(seconds=margin_s)
    with as_system() as session:
        accounts = session.scalars(sa.select(ShopAccount).where(ShopAccount.state.in_(("active", "paused")), ShopAccount.secrets != ""))
        return [(a.tenant_id, a.id) for a in accounts if (ends := read(a).access_expires_at) and ends < soon]


def _refresh_one(tenant_id, account_id):
    from app.domain.accounts import apps, health
    try:
        with short(tenant_id) as session:
            found = apps.connector(account_of(session, account_id))
        if not found.can("refresh"):
            return ""
        found.tokens.rotate(found.tokens.current().access_token, found.refresh)
        return ""
    except Failure as failure:
        with short(tenant_id) as session:
            health.note_failure(account_of(session, account_id), failure)
        return failure.code
