"""Import of a sheet: template, upload, dry run; every import becomes a run. Mixed into the screens that have one."""
from io import BytesIO

from flask import flash, redirect, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app.documents.sheets import CONTENT_TYPE
from app.domain.sheets import KINDS, start_import, template_file
from app.extensions import db
from app.failures import Failure
from app.messages import sentence
from app.tenancy import as_tenant, current_actor, current_scope
from app.views import form_guard


class ImportMixin:
    """Adds /import and /import-template to a screen. The class puts `**ImportMixin.rights` into its `method_permission_name`."""

    import_kind = ""            # key of domain.sheets.KINDS
    import_hints = ()           # lazy sentences shown above the upload
    rights = {"import_sheet": "write", "import_template": "read"}

    @expose("/import", methods=["GET", "POST"])
    @has_access
    def import_sheet(self):
        if request.method == "POST":
            try:
                return redirect(url_for("RunView.show", pk=self.start_upload(), back=url_for(f"{self.endpoint}.list")))
            except Failure as failure:
                db.session.rollback()
                flash(sentence(failure.code, failure.params), "danger")
        kind = KINDS[self.import_kind]
        return self.render_template("waybridge/import.html", title=_("Import: %(name)s", name=kind.title), kind=kind, view=self,
                                    tenants=form_guard.tenant_choices() if self.sees_all else None)

    @expose("/import-template")
    @has_access
    def import_template(self):
        name, content = template_file(self.import_kind)
        return send_file(BytesIO(content), mimetype=CONTENT_TYPE, download_name=name, as_attachment=True)

    def start_upload(self):
        """Store the uploaded sheet and queue its run; gives the run's id. Provider staff name the merchant."""
        sheet = request.files.get("sheet")
        if sheet is None or not sheet.filename:
            raise Failure("sheet.no_file")
        content, dry_run = sheet.read(), bool(request.form.get("dry_run"))
        tenant = form_guard.named_tenant() if self.sees_all else current_scope()
        with as_tenant(tenant, current_actor()):
            from app.jobs import engine
            run = start_import(self.import_kind, sheet.filename, content, dry_run=dry_run)
            engine.defer_run(run)
            db.session.commit()
            return run.id
