"""Batch actions: a selection (rows or everything that matches), and actions that start a Run of a domain verb."""
from dataclasses import dataclass

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from app.domain import runs
from app.extensions import db
from app.failures import Failure
from app.messages import sentence
from app.tenancy import SYSTEM, as_tenant, current_actor, current_scope
from app.views.panel import row_id

ROW_CAP = 500


@dataclass
class Selection:
    """What an action works on: `query` selects ids of `model`."""
    view: object
    query: object
    everything: bool = False

    @classmethod
    def of(cls, view, pks):
        """The given rows: duplicates dropped; 404 unless every one exists, is ours and is on this screen."""
        ids = {row_id(pk) for pk in pks}
        if None in ids:
            abort(404)
        if len(ids) > ROW_CAP:
            raise Failure("action.too_many", limit=ROW_CAP)
        model = view.datamodel.obj
        query = sa.select(model.id).where(model.id.in_(ids), *view.standing())
        if len(db.session.scalars(query).all()) != len(ids):
            abort(404)
        return cls(view, query)

    @classmethod
    def matching(cls, view, search):
        from app.views.lists import arguments
        return cls(view, view.datamodel.ids(view.conditions(arguments(search))), everything=True)

    def ids(self):
        return db.session.scalars(self.query).all()

    def rows(self):
        model = self.view.datamodel.obj
        return db.session.scalars(sa.select(model).where(model.id.in_(self.query))).all()

    def one(self):
        """The single row of a row link."""
        rows = self.rows()
        if len(rows) != 1:
            raise Failure("action.one_row")
        return rows[0]

    def by_tenant(self):
        """[tenant id] of the selected rows."""
        model = self.view.datamodel.obj
        return db.session.scalars(sa.select(model.tenant_id).where(model.id.in_(self.query)).distinct()).all()


def run_action(verb, text, icon="", confirm="", fields=(), name=None, resolve=None, single=False, multiple=True, background=False, tabs=()):
    """A batch action that starts a Run of `verb`. `fields`: inputs of its dialog, given to the verb as params.

    `tabs`: codes of the tabs where the button is shown (empty: everywhere). `resolve(query) -> query` maps the selected rows to the verb's subjects (orders to their waybills, say).
    """
    def act(self, chosen):
        params = read_fields(fields)
        return start_run(chosen, verb, params, resolve, background)

    act.__name__ = name or verb
    made = action(name or verb, text, confirm, icon, multiple=multiple, single=single)(act)
    made.fields, made.confirm, made.tabs = tuple(fields), confirm, tuple(tabs)
    return made


def plain_action(name, text, icon="", confirm="", fields=(), multiple=True, single=False, tabs=()):
    """Decorator for an action that does something else than a Run; same dialog and rights."""
    def wrap(fn):
        made = action(name, text, confirm, icon, multiple=multiple, single=single)(fn)
        made.fields, made.confirm, made.tabs = tuple(fields), confirm, tuple(tabs)
        return made
    return wrap


def read_fields(fields):
    values = {}
    for field in fields:
        value = request.form.get(f"p_{field.name}", "").strip()
        if field.required and not value:
            raise Failure("action.field_missing", field=str(field.label))
        if value and field.kind == "select" and value not in {str(code) for code, _label in field.options()}:
            raise Failure("action.bad_choice", field=str(field.label))
        values[field.name] = bool(value) if field.kind == "check" else _number(field, value) if field.kind == "number" else value
    return values


def _number(field, value):
    try:
        return int(value or 0)
    except ValueError:
        raise Failure("action.bad_number", field=str(field.label)) from None


def start_run(chosen, verb, params=None, resolve=None, background=False):
    """Start one run per merchant of the selection; small local ones are done at once. Gives the redirect or None."""
    query = resolve(chosen.query) if resolve else chosen.query
    if current_scope() == SYSTEM:
        made = [start_for(tenant, verb, query, params, background) for tenant in chosen.by_tenant()]
    else:
        made = [_start_here(verb, query, params, background)]
    made = [m for m in made if m]
    if not made:
        raise Failure("action.nothing_selected")
    for run in made:
        if run["finished"]:
            flash_run(run)
    open_runs = [r for r in made if not r["finished"]]
    if len(open_runs) == 1:
        return redirect(url_for("RunView.show", pk=open_runs[0]["id"], back=request.form.get("back", "")))
    return redirect(url_for("RunView.list")) if open_runs else None


def start_for(tenant, verb, query, params=None, background=False):
    """Start a run for one merchant: {id, kind, finished, done, failed, skipped, failures}, or None when no row is selected."""
    with as_tenant(tenant, current_actor()):
        return _start_here(verb, query, params, background)


def _start_here(verb, query, params, background):
    from app.jobs import engine
    run = runs.start(verb, query=query, params=params)
    if not run.total and runs.VERBS[verb].model is not None:
        db.session.rollback()
        return None
    if runs.VERBS[verb].batch and run.total <= runs.INLINE and not background:
        runs.run_now(run)
    else:
        engine.defer_run(run)
    db.session.commit()
    return _summary(run)


def _summary(run):
    failures = []
    if run.failed:
        rows = db.session.execute(sa.select(runs.RunRow.ref, runs.RunRow.code, runs.RunRow.params)
                                  .where(runs.RunRow.run_id == run.id, runs.RunRow.state == "failed").order_by(runs.RunRow.seq).limit(5))
        failures = [(r.ref, sentence(r.code, r.params)) for r in rows]
    return {"id": run.id, "kind": run.kind, "finished": run.state in ("done", "failed"), "done": run.done, "failed": run.failed,
            "skipped": run.skipped, "failures": failures}


def flash_run(run):
    """What a finished run did, with the first failures and a link to all rows."""
    label = runs.VERBS[run["kind"]].label
    text = _("%(what)s: %(done)s done", what=label, done=run["done"])
    if run["failed"]:
        text += ", " + ngettext("%(num)d failed", "%(num)d failed", run["failed"])
    if run["skipped"]:
        text += ", " + ngettext("%(num)d skipped", "%(num)d skipped", run["skipped"])
    body = Markup('{} <a href="{}">{}</a>').format(text, url_for("RunView.show", pk=run["id"]), _("Result"))
    for ref, reason in run["failures"]:
        body += Markup("<br><b>{}</b>: {}").format(ref, reason)
    flash(body, "warning" if run["failed"] else "success")
