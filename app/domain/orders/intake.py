"""Taking in a page of pulled orders: a handful of statements for the page, whatever its size.

New orders are inserted as plain rows, unchanged ones cost one look-up and a hash, changed ones go to `repull`.
"""
import logging

import sqlalchemy as sa

from app.domain import runs
from app.domain.orders import matching, normalise, repull, rules
from app.extensions import db
from app.failures import Failure
from app.integrations.redact import safe_body
from app.integrations.types import Unreadable
from app.models import Event, OrderItem, OrderRaw, PlatformOrder, bulk
from app.models.base import utcnow
from app.tenancy import current_actor

log = logging.getLogger(__name__)
RAW_LIMIT = 8000
WRONG_SHAPE = (AttributeError, TypeError, ValueError, ArithmeticError)      # what a field of an unexpected type raises


def take_in(account, page_orders):
    """Store a page (PulledOrder | Unreadable) of a ShopAccount: one Result for each entry of the page.

    Codes: order.new, order.updated (done); order.unchanged, order.older, order.repeated (skipped); anything else failed,
    with the platform's body kept in `raw`. Never raises for what the platform sent.
    """
    newest, results = _newest(page_orders)
    known = _known(account, newest)
    fresh, changed = [], []
    for order in newest.values():
        try:
            digest = normalise.fingerprint(order)
            old = known.get(order.number)
            if old is not None and old.content_hash == digest:
                results.append(runs.Result(old.id, "skipped", "order.unchanged", ref=order.number))
            elif old is not None and order.updated_at < old.platform_updated_at:
                results.append(runs.Result(old.id, "skipped", "order.older", ref=order.number))
            else:
                normalise.refuse(order)
                (fresh if old is None else changed).append(_Prepared(order, digest, old))
        except Failure as failure:
            results.append(_failed(order, failure.code, failure.params))
        except WRONG_SHAPE:
            log.exception("an order of account %s has a field of an unexpected type", account.id)
            results.append(_failed(order, "order.unreadable", {"number": str(order.number)[:64]}))
    results += _insert(account, fresh)
    results += repull.update(changed)
    return results


class _Prepared:
    """One order that will be written: the rows it becomes, and which of its fields had to be cut."""
    __slots__ = ("order", "digest", "row", "items", "cut", "id")

    def __init__(self, order, digest, old):
        self.order, self.digest, self.cut, self.id = order, digest, set(), old.id if old else None
        self.row = normalise.order_row(order, self.cut)
        self.items = normalise.item_rows(order, self.cut)


def _newest(page_orders):
    """{number: the newest version in the page}, and the results of the entries that are done with."""
    newest, results = {}, []
    for order in page_orders:
        if isinstance(order, Unreadable):
            results.append(runs.Result(None, "failed", order.code, dict(order.params), order.raw[:RAW_LIMIT], str(order.number)[:64]))
            continue
        other = newest.get(order.number)
        if other is not None:
            order, other = (other, order) if _time(other) > _time(order) else (order, other)
            results.append(runs.Result(None, "skipped", "order.repeated", ref=order.number))
        newest[order.number] = order
    return newest, results


def _time(order):
    return order.updated_at.timestamp() if order.updated_at else 0


def _known(account, numbers):
    wanted = [n for n in numbers if isinstance(n, str) and n.isprintable()]
    rows = db.session.execute(
        sa.select(PlatformOrder.id, PlatformOrder.order_no, PlatformOrder.content_hash, PlatformOrder.platform_updated_at)
        .where(PlatformOrder.account_id == account.id, PlatformOrder.order_no.in_(wanted)))
    return {row.order_no: row for row in rows}


def _failed(order, code, params):
    return runs.Result(None, "failed", code, dict(params), safe_body(order.raw, RAW_LIMIT), normalise.printable(str(order.number))[:64])


def _insert(account, fresh):
    if not fresh:
        return []
    rows = _rows(account, fresh)
    ids = {number: order_id for order_id, number in bulk.insert_new(PlatformOrder, rows, "id", "order_no")}
    ours = [one for one in fresh if one.order.number in ids]
    for one in ours:
        one.id = ids[one.order.number]
        for item in one.items:
            item["order_id"] = one.id
    bulk.insert_rows(OrderItem, [item for one in ours for item in one.items])
    bulk.insert_rows(OrderRaw, [{"order_id": one.id, "body": normalise.raw_text(one.order)} for one in ours])
    bulk.insert_rows(Event, _events(ours))
    results = [runs.Result(one.id, code="order.new", ref=one.order.number) for one in ours]
    if len(ours) < len(fresh):      # another pull of the same shop was faster: now they are known orders
        results += take_in(account, [one.order for one in fresh if one.order.number not in ids])
    return results


def _rows(account, fresh):
    mappings = matching.load({item["platform_sku"] for one in fresh for item in one.items})
    channels = rules.choose_channels([one.row for one in fresh])
    now, actor = utcnow(), current_actor()
    stamp = {"account_id": account.id, "platform": account.platform, "pulled_at": now, "created_at": now, "created_by": actor,
             "changed_at": now,
             "changed_by": actor, "stock_kept": True, "remark": "", "outbound_no": "", "written_back_at": None, "staff_changed": []}
    for one, channel_id in zip(fresh, channels):
        state = first_state(one.order)
        code, params = normalise.problem_of(one.order, state)
        one.row.update(stamp)
        one.row.update(
            state=state, resume_to="pending" if state == "frozen" else "", frozen_by="platform" if state == "frozen" else "",
            problem_code=code, problem_params=params, channel_id=channel_id, content_hash=one.digest,
            unmatched=sum(not mappings.find(account.id, account.platform, item["platform_sku"]) for item in one.items),
            tracking_no=next((p["tracking_no"][:64] for p in one.row["packages"] if p["tracking_no"]), ""))
    return [one.row for one in fresh]


def first_state(order):
    """Our state of an order at first sight: what the platform's own warehouse ships is frozen, `processed` is pending (see problem_of)."""
    if order.fulfilled_by_platform and order.state in ("pending", "processed"):
        return "frozen"
    return "pending" if order.state == "processed" else order.state


def _events(ours):
    now, actor = utcnow(), current_actor()
    base = {"subject": "platform_order", "was": "", "note": "", "at": now, "by": actor}
    events = [{**base, "subject_id": one.id, "move": "pulled", "now": one.row["state"], "code": "", "params": {}} for one in ours]
    events += [{**base, "subject_id": one.id, "move": "cut", "now": "", "code": "order.cut", "params": {"fields": sorted(one.cut)}}
               for one in ours if one.cut]
    return events
