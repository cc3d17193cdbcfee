"""Webhooks: stored and acknowledged at once, worked off by a job. A push only says «look again»; its content is not believed."""
import hashlib
import logging
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from app.domain.accounts import apps, tokens
from app.domain.accounts.pull import PULLABLE, start_pull
from app.domain.accounts.short import short
from app.domain.orders.lifecycle import add_event
from app.extensions import db
from app.failures import Failure
from app.integrations.types import TrackEvent
from app.models import CarrierAccount, HookNote, ShopAccount
from app.models.base import utcnow
from app.tenancy import as_system
from app.web import is_sqlite

log = logging.getLogger(__name__)
LOOK_AGAIN = ("order", "tracking", "document")
BATCH = 200


def store_platform(platform, headers, body):
    """Check a platform's push and keep its notes; gives how many are new. Raises Failure push.bad_signature, push.unreadable, app.*."""
    connector = apps.bare(platform)
    if not connector.can("read_push"):
        raise Failure("push.not_expected")
    notes = connector.read_push(headers, body)
    digest = hashlib.sha256(body).hexdigest()
    rows = [{"source": platform, "event_id": f"{(n.event_id or digest)[:60]}:{i}"[:80], "kind": n.kind, "shop_id": n.shop_id[:64],
             "payload": {"order_no": n.order_no, "package_number": n.package_number}} for i, n in enumerate(notes)]
    return _insert(rows)


def store_carrier(carrier, hook_token, headers, body, query):
    """Check a carrier's push and keep its events; gives how many notes are new. Raises Failure push.bad_signature for every stranger."""
    from app.domain.shipping import channels
    with as_system() as session:
        account = session.scalar(sa.select(CarrierAccount).where(CarrierAccount.carrier == carrier, CarrierAccount.hook_token == hook_token,
                                                                 CarrierAccount.active)) if hook_token else None
        if account is None:
            raise Failure("push.bad_signature")
        connector, tenant_id, account_id = channels.connector_of(account, hook=True), account.tenant_id, account.id
    if not connector.can("read_push"):
        raise Failure("push.not_expected")
    # The unguessable part of our address is the account's own token; carriers without signatures are checked by it.
    events = connector.read_push(headers, body, {"token": hook_token, **query})
    digest = hashlib.sha256(body).hexdigest()
    return _insert([{"source": carrier, "event_id": digest, "kind": "carrier", "tenant_id": tenant_id, "account_id": account_id,
                     "payload": {"events": [_plain(e) for e in events]}}])


def _plain(event):
    return asdict(event) | {"at": event.at.isoformat() if event.at else None}


def event_of(values):
    """The TrackEvent that `_plain` wrote."""
    return TrackEvent(**values | {"at": datetime.fromisoformat(values["at"]) if values["at"] else None})


def _insert(rows):
    from sqlalchemy.dialects import postgresql, sqlite
    if not rows:
        return 0
    rows = [{"tenant_id": None, "account_id": None, "shop_id": "", "state": "waiting", "at": utcnow(), **r} for r in rows]
    statement = (sqlite if is_sqlite() else postgresql).insert(HookNote.__table__).on_conflict_do_nothing()  # core: not tenant-owned
    return db.session.connection().execute(statement, rows).rowcount


def work_off(limit=BATCH):
    """Work off waiting notes of all merchants; gives the number handled. For the clock and the hook job; commits by itself."""
    with as_system() as session:
        notes = session.scalars(sa.select(HookNote).where(HookNote.state == "waiting").order_by(HookNote.id).limit(limit)).all()
        shops = {(a.platform, a.shop_id): (a.tenant_id, a.id) for a in session.scalars(
            sa.select(ShopAccount).where(ShopAccount.shop_id.in_({n.shop_id for n in notes if n.shop_id}), ShopAccount.state != "revoked"))}
        by_owner = {}
        for note in notes:
            owner = (note.tenant_id, note.account_id) if note.kind == "carrier" else shops.get((note.source, note.shop_id))
            by_owner.setdefault((note.kind == "carrier", owner), []).append((note.id, note.kind, note.source, dict(note.payload)))
    for (from_carrier, owner), found in by_owner.items():
        if owner is None:
            _close([n[0] for n in found], "ignored")
        else:
            _work(from_carrier, owner, found)
    return len(notes)


def _work(from_carrier, owner, found):
    """All notes of one account in one transaction; a failure leaves them marked, never blocks the others."""
    tenant_id, account_id = owner
    ids = [n[0] for n in found]
    try:
        with short(tenant_id, "webhook") as session:
            if from_carrier:
                _apply_carrier(found)
            else:
                _apply_platform(session.get(ShopAccount, account_id), found)
            _mark(session, ids, "done", tenant_id, account_id)
    except Exception:
        # One account's notes, whatever is wrong with them, must not stand before all others for ever; the next pull finds the orders.
        log.exception("webhook notes of account %s could not be worked off", account_id)
        _close(ids, "failed")


def _apply_carrier(found):
    from app.domain.shipping.tracking import apply_events
    for _id, _kind, source, payload in found:
        apply_events(source, [event_of(e) for e in payload.get("events", ())])


def _apply_platform(account, found):
    numbers = sorted({payload["order_no"] for _id, kind, _source, payload in found if kind in LOOK_AGAIN and payload.get("order_no")})
    kinds = {kind for _id, kind, _source, _payload in found}
    if "revoked" in kinds:
        was, account.state = account.state, "revoked"
        tokens.forget(account)
        add_event("account", account, "revoke", was=was, now="revoked", code="account.revoked_outside")
        account.last_error_code, account.last_error_params = "account.revoked_outside", {}
        return
    if "expiring" in kinds:
        account.last_error_code, account.last_error_params = "account.expiring", {"alias": account.alias}
        add_event("account", account, "expiring", code="account.expiring")
    if numbers and account.state in PULLABLE and account.secrets:
        start_pull(account, numbers=numbers)


def _mark(session, ids, state, tenant_id=None, account_id=None):
    values = {"state": state} | ({"tenant_id": tenant_id, "account_id": account_id} if tenant_id else {})
    session.execute(sa.update(HookNote).where(HookNote.id.in_(ids)).values(**values).execution_options(synchronize_session=False))


def _close(ids, state):
    with as_system() as session:
        _mark(session, ids, state)
        session.commit()
