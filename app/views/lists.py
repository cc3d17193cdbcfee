"""Builds what the list template shows from a screen's declarations and the request's arguments."""
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import g, request, url_for
from flask_babel import format_datetime, gettext as _
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict

from app.extensions import db
from app.models import Tenant
from app.views.interface import COUNT_CAP, Count
from app.views.labels import TONES
from app.views.panel import row_id

MAX_PAGE = 400      # offset pages stop here; keyset pages go on
GROUPED_CAP = 5 * COUNT_CAP


def plain(value):
    """A value as people read it; None is empty."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value


def when(value, style="yyyy-MM-dd HH:mm"):
    """An aware UTC time in the user's zone."""
    return format_datetime(value.astimezone(ZoneInfo(user_zone())), style, rebase=False) if value else ""


def badge(code, labels):
    """A state as a coloured badge."""
    return Markup('<span class="badge-state tone-{}">{}</span>').format(TONES.get(code, "grey"), labels.get(code, code)) if code else ""


def lines(*parts):
    """Several short texts, one a line, empty ones left out; everything escaped."""
    return Markup("<br>").join(escape(p) for p in parts if p not in (None, ""))


def labelled(*pairs):
    """«收件人: …» lines: label and value, empty values left out."""
    return Markup("<br>").join(Markup('<span class="cell-label">{}:</span> {}').format(label, value) for label, value in pairs if value)


def arguments(text):
    """Arguments from a query string that a form posted back."""
    return MultiDict(parse_qsl(text.lstrip("?"), keep_blank_values=False))


def conditions(view, args):
    """All conditions of the list, the chosen tab included."""
    return searched(view, args) + on_tab(view, chosen_tab(view, args))


def on_tab(view, tab):
    return [view.tabs.column == tab] if tab else []


def searched(view, args):
    """The conditions that all tabs share: fixed ones, chips, merchant, panel. A search may look numbers up: ask once a page."""
    found = view.standing()
    if view.chips and args.get(view.chips.name):
        found.append(view.chips.column == args[view.chips.name])
    if view.sees_all and hasattr(view.datamodel.obj, "tenant_id") and row_id(args.get("tenant", "")) is not None:
        found.append(view.datamodel.obj.tenant_id == row_id(args["tenant"]))
    for search in view.panel:
        condition = _searched(search, args)
        if condition is not None:
            found.append(condition)
    return found


def _searched(search, args):
    if search.kind == "range":
        return search.apply(args.get(f"{search.name}_from", ""), args.get(f"{search.name}_to", ""))
    value = args.get(search.name, "").strip()
    return search.apply(value) if value else None


def chosen_tab(view, args):
    """Code of the tab that is shown; "" for all rows, and on screens without tabs."""
    if not view.tabs:
        return ""
    value = args.get("tab", "")
    if value == "all" and view.tabs.everything:
        return ""
    return value if value in view.tabs.values else view.tabs.default


def build(view, args):
    """Everything the list template needs."""
    tab, rest = chosen_tab(view, args), searched(view, args)
    found = rest + on_tab(view, tab)
    size = _size(view, args)
    column, direction = _order(view, args)
    number = max(1, min(_int(args.get("page"), 1), MAX_PAGE))
    page = view.datamodel.page(
        found, size=size, after=_int(args.get("after")), before=_int(args.get("before")), load=view.load,
        order=None if column is None else (column.asc() if direction == "asc" else column.desc()), offset=(number - 1) * size)
    tabs = _tabs(view, args, rest, tab)
    shown = next((t.count for t in tabs if t.on), None)     # the chosen tab counted the same rows
    page.count, page.number = shown or view.datamodel.count(found), number
    view.prepare(page.rows)
    # Labels are translated once a page, not once a cell.
    columns = [replace(c, label=str(c.label)) for c in view.columns if (view.sees_all or not c.provider_only) and (not c.tabs or tab in c.tabs)]
    links = _allowed_links(view)
    return SimpleNamespace(
        view=view, args=args, page=page, columns=columns, size=size, keyset=column is None, tabs=tabs,
        chip=args.get(view.chips.name, "") if view.chips else "", tenants=_tenants(view), notes=view.notes,
        tools=[t for t in view.tools if view.may(t.right)], buttons=_buttons(view, tab), links=lambda row: [link for link in links if not link.shown or link.shown(row)],
        has_links=bool(view.row_links), href=lambda **change: _href(args, **change), search=request.query_string.decode(),
        cell=_cell, active=any(args.get(k) for k in args if k not in ("tab", "after", "before", "page", "size", view.chips and view.chips.name)),
        tenant_code=_tenant_codes(view, page.rows))


def _cell(column, row):
    value = column.cell(row) if column.cell else getattr(row, column.name)
    return plain(value)


def _size(view, args):
    size = _int(args.get("size"), view.page_sizes[0])
    return size if size in view.page_sizes else view.page_sizes[0]


def _int(text, default=None):
    number = row_id(text or "")
    return default if number is None else number


def _order(view, args):
    """Only columns that declare an order may be ordered by."""
    for column in view.columns:
        if column.order is not None and args.get("order") == column.name:
            return column.order, args.get("dir", "desc")
    return None, ""


def _tabs(view, args, rest, chosen):
    if not view.tabs:
        return []
    counts = _grouped(view, rest) if _searching(view, args) else None
    tabs = [SimpleNamespace(code=code, label=label, on=code == chosen,
                            count=Count(counts.get(code, 0)) if counts is not None else view.datamodel.count([*rest, view.tabs.column == code]))
            for code, label in view.tabs.values.items()]
    if view.tabs.everything:
        tabs.append(SimpleNamespace(code="all", label=_("All"), count=view.datamodel.count(rest), on=chosen == ""))
    return tabs


def _searching(view, args):
    names = {s.name for s in view.panel} | {f"{s.name}_{end}" for s in view.panel for end in ("from", "to")}
    return any(args.get(name) for name in names)


def _grouped(view, rest):
    """{tab: rows} by one pass over what the search finds, or None when that is too much: then each tab is counted up to the cap.

    Without a search each tab's capped count is a short walk in its index; with one, every count would search again.
    """
    column = view.tabs.column.label("tab")
    inner = sa.select(column).where(*rest).limit(GROUPED_CAP).subquery()
    counts = dict(db.session.execute(sa.select(inner.c.tab, sa.func.count()).group_by(inner.c.tab)).all())
    return counts if sum(counts.values()) < GROUPED_CAP else None


def _tenants(view):
    if not (view.sees_all and hasattr(view.datamodel.obj, "tenant_id")):
        return []
    return db.session.execute(sa.select(Tenant.id, Tenant.code, Tenant.name).order_by(Tenant.code)).all()


def _tenant_codes(view, rows):
    if not view.sees_all or not rows or not hasattr(rows[0], "tenant_id"):
        return {}
    return dict(db.session.execute(sa.select(Tenant.id, Tenant.code).where(Tenant.id.in_({r.tenant_id for r in rows if r.tenant_id}))).all())


def _buttons(view, tab):
    """Batch actions this person may use on this tab, in the order they are declared on the class."""
    order = {value._action[0]: n for cls in type(view).__mro__ for n, value in enumerate(vars(cls).values()) if hasattr(value, "_action")}
    allowed = [a for a in view.actions.values() if a.multiple and view.may(view.get_action_permission_name(a.name))]
    allowed = [a for a in allowed if not tab or not getattr(a.func, "tabs", ()) or tab in a.func.tabs]
    return sorted(allowed, key=lambda a: order.get(a.name, 999))


def _allowed_links(view):
    """Row links this person has the right to: asked once a page, not once a row."""
    rights = [(link, view.get_action_permission_name(link.action) if link.action else link.right) for link in view.row_links]
    return [replace(link, label=str(link.label)) for link, right in rights if not right or view.may(right)]


def _href(args, **change):
    """The same list with some arguments changed; paging starts again unless it is what changes."""
    kept = {k: v for k, v in args.items() if k not in ("after", "before", "page") and v}
    kept.update({k: v for k, v in change.items() if v not in (None, "")})
    for key, value in change.items():
        if value in (None, ""):
            kept.pop(key, None)
    return url_for(request.endpoint, **kept)


def user_zone():
    """IANA zone of the signed-in person: his own, else his merchant's."""
    if "zone" not in g:
        g.zone = _read_zone()
    return g.zone


def _read_zone():
    user = g.get("user")
    if user is None or not getattr(user, "is_authenticated", False):
        return "Asia/Shanghai"
    zone = getattr(user, "timezone", "")
    if not zone and getattr(user, "tenant_id", None):
        zone = db.session.scalar(sa.select(Tenant.timezone).where(Tenant.id == user.tenant_id))
    return zone or "Asia/Shanghai"
