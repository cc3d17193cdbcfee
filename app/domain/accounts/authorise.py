"""Authorise, verify, pause and revoke a shop (授权, 授权验证, 停止拉单, 取消授权).

`start`, `finish` and `verify` open short transactions of their own around the calls to the platform.
"""
import hashlib
import hmac
import secrets

import sqlalchemy as sa
from flask import current_app
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.exc import IntegrityError

from app.domain import runs
from app.domain.accounts import apps, health, tokens
from app.domain.accounts.short import account_of, short
from app.domain.orders.lifecycle import add_event
from app.extensions import db
from app.failures import Failure
from app.models import ShopAccount
from app.models.base import utcnow
from app.tenancy import as_system, current_actor, current_tenant
from app.vault import seal, unseal

STATE_AGE_S = 15 * 60
AGAIN = ("new", "expired", "revoked")     # who types the name of such an account means to authorise it again


def _signer():
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="shop-authorisation")


def _hash(nonce):
    return hashlib.sha256(nonce.encode()).hexdigest()


def start(platform, alias, region="", options=None, account=None):
    """Begin an authorisation inside the caller's transaction: (address for the seller's browser, nonce for the session).

    `account`: an existing ShopAccount to authorise again; else a new one in state `new` is made. The signed state names tenant,
    user, account and nonce, ends after 15 minutes and serves once. Raises Failure authorise.alias_taken, app.*, platform.*.
    """
    connector = apps.bare(platform)
    if not connector.can("authorise_url"):
        raise Failure("authorise.not_possible", platform=platform)
    account = account or _new_account(platform, alias, region, options)
    nonce = secrets.token_urlsafe(24)
    account.secrets = seal(unseal(account.secrets) | {"nonce": _hash(nonce)})
    db.session.flush()
    state = _signer().dumps([account.tenant_id, current_actor(), account.id, platform, _hash(nonce)])
    return connector.authorise_url(state, apps.redirect_uri(platform)), nonce


def _new_account(platform, alias, region, options):
    alias = (alias or "").strip()
    if not alias:
        raise Failure("authorise.alias_missing")
    found = db.session.scalar(sa.select(ShopAccount).where(ShopAccount.platform == platform, ShopAccount.alias == alias))
    if found is not None and found.state not in AGAIN:
        raise Failure("authorise.alias_taken", alias=alias)
    account = found or ShopAccount(tenant_id=current_tenant(), platform=platform, alias=alias, state="new", options={})
    account.region, account.options = region or account.region or "", {**account.options, **(options or {})}
    db.session.add(account)
    db.session.flush()
    return account


def read_state(platform, state, nonce):
    """(tenant id, account id) of a state we signed for this user. Raises Failure authorise.bad_state, authorise.too_late."""
    try:
        (tenant_id, user, account_id, of, hashed), made = _signer().loads(state or "", return_timestamp=True)
    except (BadSignature, ValueError, TypeError):
        raise Failure("authorise.bad_state") from None
    same = hmac.compare_digest(hashed, _hash(nonce or ""))
    if not same or of != platform or user != current_actor() or tenant_id != current_tenant():
        raise Failure("authorise.bad_state")
    if (utcnow() - made).total_seconds() > STATE_AGE_S:
        raise Failure("authorise.too_late")
    return tenant_id, account_id


def finish(platform, query, state, nonce, client=None):
    """The platform's call-back: exchange the code and bind every shop it authorises; gives their ShopAccounts.

    `query`: the call-back's arguments, `nonce`: from the browser's session. Raises Failure authorise.bad_state,
    authorise.too_late, authorise.shop_taken, authorise.other_shop and what the platform refuses.
    """
    tenant_id, account_id = read_state(platform, state, nonce)
    with short(tenant_id) as session:
        account = session.scalar(sa.select(ShopAccount).where(ShopAccount.id == account_id).with_for_update())
        kept = unseal(account.secrets) if account else {}
        if not hmac.compare_digest(kept.pop("nonce", ""), _hash(nonce)):
            raise Failure("authorise.bad_state")    # used before
        account.secrets = seal(kept)
        expected, connector = account.shop_id, apps.bare(platform, client)
    found = connector.exchange(dict(query))
    if expected and expected not in [info.shop_id for info, _tokens in found]:
        raise Failure("authorise.other_shop", expected=expected, got=", ".join(info.shop_id for info, _tokens in found))
    ids = _bind_all(tenant_id, account_id, platform, found)
    return list(db.session.scalars(sa.select(ShopAccount).where(ShopAccount.id.in_(ids)).order_by(ShopAccount.id)))


def _bind_all(tenant_id, account_id, platform, found):
    """Shop by shop, each in its own transaction: one that belongs to another merchant must not cost the others their tokens."""
    taken, ids = [], []
    for info, given in sorted(found, key=lambda pair: pair[0].shop_id):
        if _owner(platform, info.shop_id) not in (None, tenant_id):
            taken.append(info.shop_id)
            continue
        try:
            with short(tenant_id) as session:
                ids.append(_bind(session, account_id, platform, info, given))
        except IntegrityError:
            taken.append(info.shop_id)      # another merchant was faster by a moment
    if not ids:
        raise Failure("authorise.shop_taken", shop=", ".join(taken))
    return ids


def _owner(platform, shop_id):
    with as_system() as session:
        return session.scalar(sa.select(ShopAccount.tenant_id).where(ShopAccount.platform == platform, ShopAccount.shop_id == shop_id,
                                                                    ShopAccount.state != "revoked"))


def _bind(session, account_id, platform, info, given):
    from app.domain.accounts.pull import start_pull
    begun = account_of(session, account_id)
    account = session.scalar(sa.select(ShopAccount).where(ShopAccount.platform == platform, ShopAccount.shop_id == info.shop_id)
                             .order_by(ShopAccount.state == "revoked", ShopAccount.id.desc()))
    if account is None and begun.shop_id in (None, info.shop_id):
        account = begun
    if account is None:
        account = ShopAccount(tenant_id=begun.tenant_id, platform=platform, alias=_free_alias(session, begun, info),
                              options=dict(begun.options))
        session.add(account)
    elif account is not begun and begun.state == "new" and begun.shop_id is None:
        session.delete(begun)       # the shop was here already: no second, empty row for it
    was = account.state or "new"
    account.shop_id, account.shop_name = info.shop_id, info.name or account.shop_name or ""
    account.region = info.region or account.region or begun.region
    account.state, account.authorised_at = "active", info.authorised_at or utcnow()
    account.expires_at, account.last_error_code, account.last_error_params = info.expires_at, "", {}
    tokens.store(account, given)
    session.flush()
    add_event("account", account, "authorise", was=was, now="active")
    start_pull(account)
    return account.id


def _free_alias(session, begun, info):
    wanted = f"{begun.alias} {info.name or info.shop_id}"[:80]
    used = session.scalar(sa.select(ShopAccount.id).where(ShopAccount.platform == begun.platform, ShopAccount.alias == wanted))
    return wanted if used is None else f"{begun.alias[:40]} {info.shop_id}"


def verify(account):
    """授权验证: the cheap call, now; gives ShopInfo. State, end and failure are kept on the account. Raises Failure."""
    tenant_id, account_id = account.tenant_id, account.id
    with short(tenant_id) as session:
        connector = apps.connector(account_of(session, account_id))
    try:
        info = connector.verify()
    except Failure as failure:
        with short(tenant_id) as session:
            health.note_failure(account_of(session, account_id), failure)
        raise
    with short(tenant_id) as session:
        keep(account_of(session, account_id), info)
    return info


def keep(account, info):
    """What a verification told, into the account."""
    account.shop_name = info.name or account.shop_name
    account.authorised_at = info.authorised_at or account.authorised_at
    account.expires_at = info.expires_at or account.expires_at
    account.last_error_code, account.last_error_params = "", {}
    if account.state == "expired":
        account.state = "active"
        add_event("account", account, "verify", was="expired", now="active")


@runs.verb("verify", _l("Verify authorisation"), ShopAccount, ref="alias", shape="steps")
class Verify:
    """授权验证 of many accounts, a row each."""

    def prepare(self, account_id, params):
        account = db.session.get(ShopAccount, account_id)
        if account is None:
            return runs.Result(account_id, "failed", "account.gone")
        try:
            return account_id, apps.connector(account)
        except Failure as failure:
            return runs.Result.failed(account_id, failure)

    def perform(self, request):
        return request[1].verify()

    def finish(self, request, answer):
        account = db.session.get(ShopAccount, request[0])
        if account is None:
            return runs.Result(request[0], "failed", "account.gone")
        if isinstance(answer, Failure):
            health.note_failure(account, answer)
            return runs.Result.failed(request[0], answer)
        keep(account, answer)
        skew = round(answer.clock_skew_s)
        return runs.Result(request[0], "done", "account.verified", {"name": answer.name, "status": answer.status, "skew": skew})


def revoke(account):
    """取消授权: forget the tokens inside the caller's transaction; gives the platform's own page to cancel on, or None."""
    was, account.state, url = account.state, "revoked", None
    tokens.forget(account)
    account.next_pull_at = None
    add_event("account", account, "revoke", was=was, now="revoked")
    connector = apps.bare(account.platform)
    if connector.can("revoke_url"):
        url = connector.revoke_url("", apps.redirect_uri(account.platform))
    return url


def pause(account):
    """停止拉单. Raises Failure account.wrong_state."""
    _switch(account, "active", "paused", "pause")


def resume(account):
    """Pull again. Raises Failure account.wrong_state."""
    _switch(account, "paused", "active", "resume")


def _switch(account, source, target, move):
    if account.state != source:
        raise Failure("account.wrong_state", alias=account.alias, state=account.state)
    account.state = target
    add_event("account", account, move, was=source, now=target)


def change_options(account, options):
    """New options (own carrier channels, stock share …), merged; a value of None takes one away. Asked for by the account form."""
    merged = {**account.options, **options}
    account.options = {k: v for k, v in merged.items() if v is not None}
    add_event("account", account, "options", note=", ".join(sorted(options)))
