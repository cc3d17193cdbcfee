"""The state machines of the house: one table of moves per subject, and `move()`, the only place that assigns a state.

The same tables draw the buttons, the API's 409 answers, the help page and the tests.
"""
from app.extensions import db
from app.failures import IllegalMove
from app.models import OutboundOrder, PlatformOrder, Waybill
from app.models.base import utcnow
from app.models.trail import Event
from app.tenancy import current_actor

BACK = "<back>"     # target of a thaw: the state that was remembered

PLATFORM_ORDER = {  # move: (states it may start from, state it ends in)
    "convert": ({"pending"}, "processed"),
    "unconvert": ({"processed"}, "pending"),                # its outbound order was cancelled
    "write_back": ({"processed"}, "shipped"),
    "mark_shipped": ({"pending", "processed"}, "shipped"),
    "platform_shipped": ({"pending", "processed", "frozen"}, "shipped"),
    "unship": ({"shipped"}, "processed"),                   # the waybill was reset after marking
    "freeze": ({"pending", "processed"}, "frozen"),
    "thaw": ({"frozen"}, BACK),
    "void": ({"pending", "processed", "frozen"}, "void"),
}
OUTBOUND_ORDER = {
    "audit": ({"draft"}, "audited"),
    "reopen": ({"audited", "problem"}, "draft"),            # edited after the audit
    "forecast": ({"audited"}, "forecast"),                  # a waybill number was issued
    "unforecast": ({"forecast"}, "audited"),                # the waybill was reset
    "pick": ({"forecast"}, "picking"),
    "pack": ({"forecast", "picking"}, "packed"),
    "dispatch": ({"audited", "forecast", "picking", "packed"}, "dispatched"),
    "recall": ({"dispatched"}, "forecast"),                 # marked shipped by mistake, reset
    "stop": ({"draft", "audited", "forecast", "picking", "packed"}, "problem"),
    "resume": ({"problem"}, BACK),
    "cancel": ({"draft", "audited", "forecast", "picking", "packed", "problem"}, "cancelled"),
}
WAYBILL = {
    "forecast": ({"unconfirmed"}, "forecast"),
    "dispatch": ({"forecast"}, "dispatched"),
    "recall": ({"dispatched"}, "forecast"),
    "transit": ({"forecast", "dispatched", "exception"}, "in_transit"),
    "deliver": ({"forecast", "dispatched", "in_transit", "exception"}, "delivered"),
    "except": ({"forecast", "dispatched", "in_transit"}, "exception"),
    "void": ({"unconfirmed", "forecast", "exception"}, "voided"),
}
FLOWS = {PlatformOrder: ("platform_order", PLATFORM_ORDER), OutboundOrder: ("outbound_order", OUTBOUND_ORDER), Waybill: ("waybill", WAYBILL)}


def allowed(model, state):
    """Names of the moves that may start from `state`."""
    return [name for name, (sources, _target) in FLOWS[model][1].items() if state in sources]


def sources(model, name):
    """States from which the move may start."""
    return FLOWS[model][1][name][0]


def move(row, name, *, note="", code="", params=None):
    """Assign the new state and write the event. Raises IllegalMove. The caller holds the row's lock."""
    subject, flow = FLOWS[type(row)]
    starts, target = flow[name]
    if row.state not in starts:
        raise IllegalMove(subject, name, row.state)
    was = row.state
    if target is BACK:
        target, row.resume_to = row.resume_to or "pending", ""
    elif name in ("freeze", "stop"):
        row.resume_to = was
    row.state = target
    add_event(subject, row, name, was=was, now=target, note=note, code=code, params=params)
    return row


def add_event(subject, row, name, *, was="", now="", note="", code="", params=None):
    """Write one line of history that is not a change of state (edited, pulled again, pushed …)."""
    db.session.add(Event(tenant_id=row.tenant_id, subject=subject, subject_id=row.id, move=name, was=was, now=now, note=note[:500],
                         code=code, params=params or {}, at=utcnow(), by=current_actor()))
