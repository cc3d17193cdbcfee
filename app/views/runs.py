"""Runs: progress, result per row, retry of failed rows, download of failures and files."""
import sqlalchemy as sa
from flask import abort, flash, jsonify, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import has_access_api
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from io import BytesIO

from app.domain import runs
from app.domain.sheets import failures_sheet
from app.extensions import db
from app.messages import fix_of, sentence
from app.models import Run, RunFile, RunRow, ShopAccount
from app.tenancy import as_tenant
from app.views import fixes, labels
from app.views.base import RIGHTS, ScreenView
from app.views.interface import Interface
from app.views.lists import badge, when
from app.views.panel import Column, RowLink, Search, by_id, equals


def kind_label(kind):
    known = runs.VERBS.get(kind)
    return known.label if known else kind


def numbers(run):
    text = f"{run.done + run.failed + run.skipped} / {run.total}"
    return Markup('{} <span class="problem">{}</span>').format(text, _("%(n)s failed", n=run.failed)) if run.failed else text


class RunView(ScreenView):
    datamodel = Interface(Run)
    menu_label, menu_icon = _l("Runs"), "fa-tasks"
    exclude_route_methods = {"add", "edit", "delete"}
    method_permission_name = {**RIGHTS, "progress": "read", "file": "read", "failures": "read", "retry": "write", "stop": "write"}
    panel = (
        Search("kind", _l("Kind"), "select", equals(Run.kind), lambda: [(k, v.label) for k, v in runs.VERBS.items()]),
        Search("state", _l("Status"), "select", equals(Run.state), lambda: [(k, labels.RUN[k]) for k in ("queued", "running", "done", "failed", "cancelled")]),
        Search("by", _l("By"), apply=equals(Run.created_by)),
    )
    columns = (
        Column("id", _l("No."), lambda r: Markup('<a href="{}">#{}</a>').format(url_for("RunView.show", pk=r.id), r.id)),
        Column("kind", _l("Kind"), lambda r: kind_label(r.kind)),
        Column("state", _l("Status"), lambda r: badge(r.state, labels.RUN)),
        Column("progress", _l("Progress"), numbers),
        Column("created_by", _l("By"), lambda r: r.created_by),
        Column("created_at", _l("Created at"), lambda r: when(r.created_at, "yyyy-MM-dd HH:mm:ss")),
        Column("finished_at", _l("Finished at"), lambda r: when(r.finished_at, "yyyy-MM-dd HH:mm:ss")),
        Column("error_code", _l("Error"), lambda r: sentence(r.error_code, r.error_params), css="text problem"),
    )
    row_links = (RowLink(_l("Open"), lambda r: url_for("RunView.show", pk=r.id)),)
    notes = (_l("Every long action is a run: pulling, pushing, printing, importing and any action on many rows."),
             _l("Failed rows can be mended and run again; the others are not touched."))

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk):
        run = self.one(pk)
        state = request.args.get("rows", "")
        statement = sa.select(RunRow).where(RunRow.run_id == run.id).order_by(RunRow.state.desc(), RunRow.seq, RunRow.id)
        if state in ("done", "failed", "skipped", "waiting"):
            statement = statement.where(RunRow.state == state)
        rows = db.session.scalars(statement.limit(200)).all()
        files = db.session.scalars(sa.select(RunFile).where(RunFile.run_id == run.id).order_by(RunFile.id)).all()
        account = db.session.get(ShopAccount, run.account_id) if run.account_id else None
        return self.render_template("waybridge/run.html", title=kind_label(run.kind), run=run, rows=rows, files=files, account=account,
                                    labels=labels, sentence=sentence, fix=lambda code: fixes.link(fix_of(code)), when=when, badge=badge,
                                    chosen=state, back=_safe(request.args.get("back", "")), view=self)

    @expose("/progress/<pk>")
    @has_access_api
    def progress(self, pk):
        run = self.one(pk)
        return jsonify(state=run.state, total=run.total, done=run.done, failed=run.failed, skipped=run.skipped, open=run.state in ("queued", "running"))

    @expose("/retry/<pk>", methods=["POST"])
    @has_access
    def retry(self, pk):
        from app.jobs import engine
        old = self.one(pk)
        tenant, old_id = old.tenant_id, old.id
        with as_tenant(tenant):
            fresh = runs.retry(db.session.get(Run, old_id))
            engine.defer_run(fresh)
            db.session.commit()
            fresh_id = fresh.id
        return redirect(url_for("RunView.show", pk=fresh_id))

    @expose("/stop/<pk>", methods=["POST"])
    @has_access
    def stop(self, pk):
        run = self.one(pk)
        if run.state in ("queued", "running"):
            run.state = "cancelled"
            db.session.commit()
            flash(_("Stopped: rows that were done stay done."), "info")
        return redirect(url_for("RunView.show", pk=run.id))

    @expose("/file/<pk>/<file_id>")
    @has_access
    def file(self, pk, file_id):
        run = self.one(pk)
        found = db.session.scalars(sa.select(RunFile).where(RunFile.run_id == run.id, by_id(RunFile.id)(file_id))).one_or_none()
        if found is None:
            abort(404)
        return send_file(BytesIO(found.content), mimetype=found.content_type, download_name=found.filename,
                         as_attachment=found.content_type != "application/pdf")

    @expose("/failures/<pk>")
    @has_access
    def failures(self, pk):
        name, content = failures_sheet(self.one(pk).id)
        return send_file(BytesIO(content), download_name=name, as_attachment=True)


def _safe(back):
    return back if back.startswith("/") and not back.startswith("//") else ""
