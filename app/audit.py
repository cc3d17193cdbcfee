"""The audit trail: every ORM change of an `Audited` row leaves who, when, what, before and after."""
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

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
    before, after = {}, {}
    state = sa.inspect(row)
    for attribute in state.mapper.column_attrs:
        name = attribute.key
        if name in STAMPS:
            continue
        hidden = name in row.audit_hidden
        if action == "update":
            history = state.attrs[name].history
            if not history.has_changes() or (hidden and name != "secrets" and name != "password"):
                continue
            before[name] = "***" if hidden else _plain(history.deleted[0] if history.deleted else None)
            after[name] = "***" if hidden else _plain(history.added[0] if history.added else None)
        elif not hidden and name in state.dict:
            (after if action == "insert" else before)[name] = _plain(state.dict[name])
    return before, after


def _plain(value):
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    return value
