"""The audit trail: every ORM change of an `Audited` row leaves who, when, what, before and after."""
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import PASSIVE_NO_INITIALIZE, get_history

from app.models.base import Audited, utcnow
from app.tenancy import current_actor

STAMPS = {"created_at", "created_by", "changed_at", "changed_by", "changed_on", "created_on", "created_by_fk", "changed_by_fk"}


def init_audit(app):
    if not event.contains(Session, "after_flush", _record):
        event.listen(Session, "after_flush", _record)


def _record(session, _context):
    entries = []
    for action, rows in (("insert", session.new), ("update", session.dirty), ("delete", session.deleted)):
        for row in list(rows):
            if isinstance(row, Audited):
                entry = _entry(row, action)
                if entry:
                    entries.append(entry)
    if entries:
        from app.models.trail import AuditEntry
        session.connection().execute(sa.insert(AuditEntry.__table__), entries)


def _entry(row, action):
    before, after = _changes(row, action)
    if action == "update" and not after:
        return None
    return {"tenant_id": getattr(row, "tenant_id", None), "at": utcnow(), "by": current_actor(), "table_name": row.__table__.name,
            "row_id": row.id, "action": action, "before": before, "after": after}


def _changes(row, action):
    state = sa.inspect(row)
    return _updated(row, state) if action == "update" else _whole(row, state, action)


def _updated(row, state):
    """Only what changed is looked at: a batch updates thousands of rows."""
    before, after = {}, {}
    columns = state.mapper.column_attrs
    for name in state.committed_state:
        if name not in columns or name in STAMPS:
            continue
        hidden = name in row.audit_hidden
        history = get_history(row, name, PASSIVE_NO_INITIALIZE)
        if not history.has_changes() or (hidden and name not in ("secrets", "password")):
            continue
        before[name] = "***" if hidden else plain(history.deleted[0] if history.deleted else None)
        after[name] = "***" if hidden else plain(history.added[0] if history.added else None)
    return before, after


def _whole(row, state, action):
    values = {a.key: plain(state.dict[a.key]) for a in state.mapper.column_attrs
              if a.key in state.dict and a.key not in STAMPS and a.key not in row.audit_hidden}
    return ({}, values) if action == "insert" else (values, {})


def plain(value):
    """A column value as JSON keeps it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    return value
