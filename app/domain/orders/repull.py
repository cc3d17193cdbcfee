"""A known order came again with other content: platform fields are updated, what staff changed by hand is not.

Written set-based like the first intake; only orders whose state has to follow the platform become objects.
"""
import sqlalchemy as sa

from app.audit import plain
from app.domain import runs
from app.domain.orders import follow, matching, normalise, rules
from app.domain.shipping.contact import is_masked, is_masked_phone
from app.extensions import db
from app.models import AuditEntry, Event, OrderItem, OrderRaw, PlatformOrder, bulk
from app.models.base import utcnow
from app.tenancy import current_actor
from app.web import lock_rows

PLAIN = ("platform_status", "ordered_at", "paid_at", "ship_by", "currency", "total", "cod", "buyer", "buyer_note", "seller_note",
         "cancel_reason",
         "ship_method", "ship_method_id", "own_carrier", "packages")
GROUPS = {"recipient": normalise.RECIPIENT, "address": normalise.PLACE}
OWN = ("masked", "channel_id", "unmatched", "problem_code", "problem_params")
SHOWN = (*PLAIN, *normalise.RECIPIENT, *normalise.PLACE, *OWN)
COLUMNS = (*SHOWN, "platform_updated_at", "content_hash", "changed_at", "changed_by")
READ = ("id", "account_id", "platform", "order_no", "state", "frozen_by", "outbound_no", "staff_changed", *SHOWN, "platform_updated_at")
ITEM_KEYS = ("line", "platform_sku", "name", "variation", "quantity", "price", "item_id", "model_id", "line_id", "package_number",
             "image_url")
INTAKE_PROBLEMS = ("order.platform_warehouse", "order.no_items", "order.arranged_elsewhere", "order.unknown_currency")


def update(prepared):
    """Write changed orders (intake's prepared ones, with their ids): one Result each."""
    if not prepared:
        return []
    follow.prelock([one.id for one in prepared])
    stored = _stored([one.id for one in prepared])
    results = [runs.Result(one.id, "skipped", "order.older", ref=one.order.number) for one in prepared
               if one.order.updated_at < stored[one.id]["platform_updated_at"]]
    late = {result.subject_id for result in results}        # a newer version was saved while we waited for the lock
    prepared = [one for one in prepared if one.id not in late]
    changes = [_Change(one, stored[one.id]) for one in prepared]
    _compare_items(changes)
    _choose_channels(changes)
    _write(changes)
    follow.follow([(one.old, one.order, one.new) for one in changes])
    return results + [runs.Result(one.id, code="order.updated", ref=one.order.number) for one in changes]


class _Change:
    """Old and new values of one order. `differs`: names of fields where the platform contradicts what staff entered."""

    def __init__(self, prepared, old):
        self.id, self.order, self.old, self.items, self.cut = prepared.id, prepared.order, old, prepared.items, prepared.cut
        self.protected, self.differs, self.new_items = set(old["staff_changed"] or ()), [], False
        row = prepared.row
        self.new = {name: row[name] for name in PLAIN} | {name: old[name] for name in OWN}
        for group, names in GROUPS.items():
            self._merge_address(group, names, row)
        self.new["masked"] = self._masked(row)
        self.new |= {"platform_updated_at": row["platform_updated_at"], "content_hash": prepared.digest}
        self._find_problem()

    def _merge_address(self, group, names, row):
        for name in names:
            before, now = self.old[name], row[name]
            if row["masked"] and before and (not now or _hidden(name, now)):
                now = before                            # asterisks never replace what we can read
            elif group in self.protected and now != before:
                self.differs.append(name)
                now = before
            self.new[name] = now

    def _masked(self, row):
        values = ((name, self.new[name]) for names in GROUPS.values() for name in names)
        if any(_hidden(name, value) for name, value in values):
            return True
        return row["masked"] and self.old["masked"]

    def _find_problem(self):
        """Intake's own remarks follow the platform; a failure of ours stays until its verb is done again."""
        state = self.old["state"]
        code, params = normalise.problem_of(self.order, state if not self.old["outbound_no"] else "processed")
        if code or self.old["problem_code"] in INTAKE_PROBLEMS:
            self.new["problem_code"], self.new["problem_params"] = code, params

    def changed_fields(self):
        return [name for name in SHOWN if self.new[name] != self.old[name]]


def _hidden(name, value):
    return is_masked_phone(value) if name == "phone" else is_masked(value)


def _stored(ids):
    statement = sa.select(*(getattr(PlatformOrder, name) for name in READ)).where(PlatformOrder.id.in_(ids)).order_by(PlatformOrder.id)
    return {row["id"]: row for row in db.session.execute(lock_rows(statement)).mappings()}


def _compare_items(changes):
    """Mark the changes whose items differ, and count their unmatched lines again."""
    old = {change.id: [] for change in changes}
    columns = (OrderItem.order_id, *(getattr(OrderItem, key) for key in ITEM_KEYS))
    rows = db.session.execute(sa.select(*columns).where(OrderItem.order_id.in_(old)).order_by(OrderItem.order_id, OrderItem.line))
    for order_id, *values in rows:
        old[order_id].append(tuple(values))
    differing = [c for c in changes if old[c.id] != [tuple(item[key] for key in ITEM_KEYS) for item in c.items]]
    for change in [c for c in differing if "items" in c.protected]:
        change.differs.append("items")
    differing = [c for c in differing if "items" not in c.protected]
    mappings = matching.load(item["platform_sku"] for c in differing for item in c.items)
    for change in differing:
        change.new_items = True
        find = lambda item, c=change: mappings.find(c.old["account_id"], c.old["platform"], item["platform_sku"])  # noqa: E731
        change.new["unmatched"] = sum(not find(item) for item in change.items)
        if change.old["outbound_no"] and change.old["state"] in ("processed", "frozen"):
            change.new["problem_code"], change.new["problem_params"] = "order.items_changed", {"number": change.old["outbound_no"]}


def _choose_channels(changes):
    """A changed delivery method chooses again, unless staff set the channel or the order is already converted."""
    moved = [c for c in changes if c.old["state"] == "pending" and not c.old["outbound_no"]
             and (c.old["channel_id"] is None or c.new["ship_method"] != c.old["ship_method"])]
    for change, channel_id in zip(moved, rules.choose_channels([c.new for c in moved])):
        if "channel" not in change.protected:
            change.new["channel_id"] = channel_id
        elif channel_id and channel_id != change.old["channel_id"]:
            change.differs.append("channel")


def _write(changes):
    now, actor = utcnow(), current_actor()
    bulk.update_rows(PlatformOrder, [{"id": c.id, **c.new, "changed_at": now, "changed_by": actor} for c in changes], COLUMNS)
    replaced = [c for c in changes if c.new_items]
    if replaced:
        old = sa.delete(OrderItem).where(OrderItem.order_id.in_([c.id for c in replaced]))
        db.session.execute(old.execution_options(synchronize_session=False))
        bulk.insert_rows(OrderItem, [{**item, "order_id": c.id} for c in replaced for item in c.items])
    bulk.upsert_rows(OrderRaw, [{"order_id": c.id, "body": normalise.raw_text(c.order)} for c in changes], ["order_id"], ["body"])
    bulk.insert_rows(Event, [event for c in changes for event in _events(c, now, actor)])
    bulk.insert_rows(AuditEntry, [entry for c in changes for entry in _trail(c, now, actor)])
    matching.forget_loaded(PlatformOrder)
    matching.forget_loaded(OrderItem)


def _events(change, now, actor):
    base = {"subject": "platform_order", "subject_id": change.id, "was": "", "now": "", "note": "", "at": now, "by": actor}
    fields = change.changed_fields() + (["items"] if change.new_items else [])
    if fields:
        yield {**base, "move": "updated", "code": "order.changed", "params": {"fields": fields}}
    if change.differs:
        yield {**base, "move": "differs", "code": "order.platform_differs", "params": {"fields": change.differs}}
    if change.cut:
        yield {**base, "move": "cut", "code": "order.cut", "params": {"fields": sorted(change.cut)}}


def _trail(change, now, actor):
    fields = change.changed_fields()
    if fields:
        yield {"at": now, "by": actor, "table_name": "platform_order", "row_id": change.id, "action": "update",
               "before": {name: plain(change.old[name]) for name in fields}, "after": {name: plain(change.new[name]) for name in fields}}
