"""Rows of a chunk into a table: new ones inserted, changed ones updated, same ones skipped, each change in the audit trail."""
from datetime import datetime
from decimal import Decimal

from app.models import AuditEntry, bulk
from app.models.base import utcnow
from app.tenancy import current_actor


def save_rows(model, rows, read, record, fields, dry_run):
    """Insert or update set-based. Sets each row's `state`, `code` and `subject_id`.

    `read(rows)`: {key: {"id": …, field: value}} of what is stored; `record(row)`: (key, dict to insert);
    `fields`: columns that an existing row takes from the sheet.
    """
    records = {id(r): record(r) for r in rows}
    stored = read(rows)
    fresh = [r for r in rows if records[id(r)][0] not in stored]
    changed = []
    for row in rows:
        key, values = records[id(row)]
        if key in stored:
            row.subject_id = stored[key]["id"]
            if any(stored[key][f] != values[f] for f in fields):
                changed.append((row, stored[key], values))
            else:
                row.skip("sheet.unchanged", **row.params)
    _name(fresh, [r for r, _old, _new in changed], dry_run)
    if dry_run:
        return
    bulk.insert_uncounted(model, [dict(records[id(r)][1]) for r in fresh])
    now_stored = read(fresh) if fresh else {}
    for row in fresh:
        key, values = records[id(row)]
        row.subject_id = now_stored[key]["id"]
        if any(now_stored[key][f] != values[f] for f in fields):     # somebody else added it in this very moment
            changed.append((row, now_stored[key], values))
    bulk.update_rows(model, [{"id": old["id"], **{f: new[f] for f in fields}} for _row, old, new in changed], fields)
    _trail(model, [(r.subject_id, {}, records[id(r)][1]) for r in fresh], "insert")
    _trail(model, [(old["id"], *_difference(old, new, fields)) for _row, old, new in changed], "update")


def _name(fresh, changed, dry_run):
    for rows, code in ((fresh, "sheet.would_add" if dry_run else "sheet.added"),
                       (changed, "sheet.would_change" if dry_run else "sheet.changed")):
        for row in rows:
            row.code = "sheet.zeros_restored" if row.params.get("meant") else code


def _difference(old, new, fields):
    differing = [f for f in fields if old[f] != new[f]]
    return {f: old[f] for f in differing}, {f: new[f] for f in differing}


def _trail(model, changes, action):
    """Set-based twin of app.audit, which only hears of changes made through objects."""
    at, by = utcnow(), current_actor()
    bulk.insert_rows(AuditEntry, [{"at": at, "by": by, "table_name": model.__tablename__, "row_id": row_id, "action": action,
                                   "before": _plain(before), "after": _plain(after)} for row_id, before, after in changes])


def _plain(values):
    return {k: str(v) if isinstance(v, Decimal) else v.isoformat() if isinstance(v, datetime) else v for k, v in values.items()}
