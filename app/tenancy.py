"""Whose rows are seen and written: one guard on the session, failing closed.

Three states, never two: a tenant id; `SYSTEM` (provider staff, scheduler, migrations: sees all, writes only rows that
name their tenant); nothing set = sees no row and may not write. Core statements are not guarded: they live in
`models/bulk.py` only, which stamps the tenant itself (a test greps for strays).
"""
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

import sqlalchemy as sa
from flask import current_app, g, has_app_context, has_request_context
from sqlalchemy import event
from sqlalchemy.orm import MANYTOONE, Session, with_loader_criteria
from sqlalchemy.orm.attributes import PASSIVE_NO_INITIALIZE, get_history

from app.failures import NotYours

SYSTEM = "system"
NOBODY = -1         # no tenant has this id

_scope = ContextVar("waybridge_scope", default=None)
_actor = ContextVar("waybridge_actor", default=None)


def current_scope():
    """A tenant id, SYSTEM, or NOBODY. An explicit scope (jobs, CLI, tests) wins over the request's user."""
    explicit = _scope.get()
    if explicit is not None:
        return explicit
    return _scope_of_user() if has_request_context() else NOBODY


def current_tenant():
    """The one tenant of this work; raises NotYours when there is none (provider staff must name one first)."""
    scope = current_scope()
    if scope in (SYSTEM, NOBODY):
        raise NotYours("no tenant is set")
    return scope


def current_actor():
    """Who does this, as written into events and the audit trail: a user name, `system`, `clock`, `worker`."""
    explicit = _actor.get()
    if explicit:
        return explicit
    user = g.get("user") if has_request_context() else None
    return getattr(user, "username", None) or "system"


def _scope_of_user():
    """Resolved here and not before the request: cookie, JWT and API-key users are set at different moments.

    Loading the user is a query itself and comes back here: it runs under NOBODY, which the unscoped user table ignores.
    """
    if g.get("_tenant_busy"):
        return NOBODY
    g._tenant_busy = True
    try:
        user = g.get("user")
        if user is None or not getattr(user, "is_authenticated", False):
            return NOBODY
        user_id = int(user.get_id())
        cached = g.get("_tenant_scope")
        if not cached or cached[0] != user_id:
            cached = g._tenant_scope = (user_id, _read_scope(user_id))
        return cached[1]
    finally:
        g._tenant_busy = False


def _read_scope(user_id):
    from app.extensions import db
    users = db.metadata.tables["ab_user"]
    # Core: with an API key FAB hands out its own User class, which lacks our columns.
    tenants = db.metadata.tables["tenant"]
    row = db.session.connection().execute(
        sa.select(users.c.tenant_id, users.c.provider, users.c.active, tenants.c.active.label("open"))
        .outerjoin(tenants, tenants.c.id == users.c.tenant_id).where(users.c.id == user_id)).first()
    if row is None or not row.active:
        return NOBODY
    if row.tenant_id is not None:
        return row.tenant_id if row.open else NOBODY
    return SYSTEM if row.provider else NOBODY


@contextmanager
def as_tenant(tenant_id, actor=None):
    """Work for one tenant in a session of its own (the identity map of another scope must not leak in).

    The outer session's transaction is ended first: on SQLite it would hold the write lock against the inner one.
    """
    from app.extensions import db
    app = current_app._get_current_object()
    who = actor or current_actor()      # before the commit below expires the user's row
    if has_app_context() and db.session.registry.has():
        if db.session.new or db.session.dirty or db.session.deleted:
            raise RuntimeError("as_tenant() inside unsaved work: commit or roll back first")
        db.session.commit()
    with app.app_context():
        marks = _scope.set(tenant_id), _actor.set(who)
        try:
            yield db.session
        except BaseException:
            db.session.rollback()
            raise
        finally:
            db.session.remove()
            _scope.reset(marks[0])
            _actor.reset(marks[1])


def as_system(actor=None):
    """All tenants, for clock, workers, migrations and provider pages: explicit and logged by its caller."""
    return as_tenant(SYSTEM, actor)


def init_tenancy(app):
    """Attach the guard once; it works on every Session class, so FAB's own session is covered."""
    if not event.contains(Session, "do_orm_execute", _narrow):
        event.listen(Session, "do_orm_execute", _narrow)
        event.listen(Session, "before_flush", _check_writes)


def _narrow(state):
    from app.models.base import TenantMixin
    if not (state.is_select or state.is_update or state.is_delete):
        return
    scope = current_scope()
    if scope == SYSTEM:
        return
    state.statement = state.statement.options(with_loader_criteria(
        TenantMixin, lambda cls: cls.tenant_id == scope, include_aliases=True, track_closure_variables=True))


def _check_writes(session, _context, _instances):
    from app.models.base import TenantMixin
    # Lists: FAB's ViewMenu defines __eq__ without __hash__.
    rows = [r for r in list(session.new) + list(session.dirty) + list(session.deleted) if isinstance(r, TenantMixin)]
    if not rows:
        return
    scope = current_scope()
    for row in rows:
        if row.tenant_id is None and row in session.new and scope not in (SYSTEM, NOBODY):
            row.tenant_id = scope
        _refuse_foreign(row, scope)


def _refuse_foreign(row, scope):
    name = type(row).__name__
    if row.tenant_id is None or (scope != SYSTEM and row.tenant_id != scope):
        raise NotYours(name)
    state = sa.inspect(row)
    if any(old != row.tenant_id for old in get_history(row, "tenant_id", PASSIVE_NO_INITIALIZE).deleted or ()):
        raise NotYours(name)
    for key in _parents(state.mapper):
        other = state.dict.get(key)
        if other is not None and getattr(other, "tenant_id", row.tenant_id) != row.tenant_id:
            raise NotYours(f"{name}.{key}")


@cache
def _parents(mapper):
    """Names of a mapper's many-to-one relations: asked for each written row, so kept."""
    return [r.key for r in mapper.relationships if r.direction is MANYTOONE]
