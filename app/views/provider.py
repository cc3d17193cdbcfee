"""Provider pages: merchants, platform apps, job monitor, webhooks received; and the audit trail, which merchants read too."""
import json

import sqlalchemy as sa
from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import DataRequired, Length, Regexp

from app.domain.accounts import apps
from app.extensions import db
from app.failures import Failure
from app.integrations.platforms import PLATFORMS, platform_class
from app.integrations.redact import mask, safe_text
from app.jobs import engine
from app.messages import sentence
from app.models import AuditEntry, HookNote, Job, PlatformApp, ShopAccount, Tenant
from app.tenancy import SYSTEM, as_tenant, current_actor, current_scope
from app.vault import seal, unseal
from app.views import choices, field_forms, form_guard, labels
from app.views.actions import plain_action
from app.views.base import ScreenView
from app.views.channels import outside_address
from app.views.interface import Interface
from app.views.lists import badge, lines, user_zone, when
from app.views.panel import Chips, Column, RowLink, Search, Tool, between, contains, equals
from app.views.runs import kind_label
from app.views.users import TEXT, ZONE, tidy, zones

J, T = Job, Tenant
SECONDS = "yyyy-MM-dd HH:mm:ss"


class TenantForm(DynamicForm):
    code = StringField(_l("Code"), [DataRequired(), Regexp(r"[A-Z][A-Z0-9]{1,11}$", message=_l("2 to 12 capital letters and digits."))],
                       filters=[lambda text: (text or "").strip().upper()], render_kw=TEXT, description=_l("Begins the order numbers, for example HMKJ-210412-00005; it cannot be changed later."))
    name = StringField(_l("Name"), [DataRequired(), Length(max=120)], filters=[tidy], render_kw=TEXT)
    timezone = SelectField(_l("Time zone"), render_kw=ZONE, default="Asia/Shanghai")
    contact_phone = StringField(_l("Contact phone"), [Length(max=40)], filters=[tidy], render_kw=TEXT, description=_l("Printed as the sender's phone where the carrier account has none."))
    active = BooleanField(_l("Active"), default=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.timezone.choices = [(z, z) for z in zones()]
        if "pk" in (request.view_args or {}):
            del self.code


class TenantView(ScreenView):
    datamodel = Interface(Tenant)
    menu_label, menu_icon = _l("Merchants"), "fa-building-o"
    exclude_route_methods = {"delete", "show"}
    panel = (Search("code", _l("Code"), apply=contains(T.code)), Search("name", _l("Name"), apply=contains(T.name)),
             Search("active", _l("Active"), "select", lambda v: T.active == (v == "1"), (("1", _l("Yes")), ("0", _l("No")))))
    columns = (
        Column("code", _l("Code"), order=T.code, css="nowrap"), Column("name", _l("Name"), order=T.name), Column("timezone", _l("Time zone")),
        Column("contact_phone", _l("Contact phone")), Column("shops", _l("Shop accounts"), lambda t: g.shops.get(t.id, 0), css="num"),
        Column("active", _l("Status"), lambda t: badge("active" if t.active else "revoked", {"active": _("Active"), "revoked": _("Locked")})),
        Column("created_at", _l("Created at"), lambda t: when(t.created_at, "yyyy-MM-dd"), css="nowrap"),
    )
    row_links = (RowLink(_l("Edit"), lambda t: url_for("TenantView.edit", pk=t.id), right="can_write"),
                 RowLink(_l("Users"), lambda t: url_for("MerchantUserView.list", tenant=t.id), right="can_write"),
                 RowLink(_l("Shop accounts"), lambda t: url_for("ShopAccountView.list", tenant=t.id)))
    tools = (Tool(_l("Add"), lambda args: url_for("TenantView.add"), "fa-plus", primary=True),)
    notes = (_l("After adding a merchant, add his first administrator under Users; he then manages his own people."),)
    add_form = edit_form = TenantForm
    add_columns = edit_columns = ["code", "name", "timezone", "contact_phone", "active"]

    def prepare(self, rows):
        g.shops = dict(db.session.execute(sa.select(ShopAccount.tenant_id, sa.func.count()).where(ShopAccount.state != "revoked").group_by(ShopAccount.tenant_id)).all())


class AppForm(DynamicForm):
    base_url = StringField(_l("Service address"), [Length(max=200), outside_address], filters=[tidy], render_kw=TEXT, description=_l("Empty: by the environment below. Needed for a local sandbox."))
    auth_url = StringField(_l("Authorisation address"), [Length(max=200), outside_address], filters=[tidy], render_kw=TEXT, description=_l("Empty: by the environment below."))


class PlatformAppView(ScreenView):
    datamodel = Interface(PlatformApp)
    menu_label, menu_icon = _l("Platform apps"), "fa-plug"
    exclude_route_methods = {"delete", "show"}
    columns = (
        Column("platform", _l("Platform"), lambda a: choices.platform_label(a.platform)),
        Column("environment", _l("Environment"), lambda a: a.options.get("environment", "")), Column("base_url", _l("Service address"), lambda a: a.base_url or _("By environment")),
        Column("secrets", _l("Secrets"), lambda a: _("stored") if a.secrets else Markup('<span class="problem">{}</span>').format(_("missing"))),
        Column("shops", _l("Shop accounts"), lambda a: g.shops.get(a.platform, 0), css="num"),
        Column("changed_at", _l("Changed at"), lambda a: lines(when(a.changed_at), a.changed_by), css="nowrap"),
    )
    row_links = (RowLink(_l("Edit"), lambda a: url_for("PlatformAppView.edit", pk=a.id), right="can_write"),
                 RowLink(_l("Guide"), lambda a: url_for("HelpView.page", slug=f"authorise-{a.platform}")))
    tools = (Tool(_l("Add"), lambda args: url_for("PlatformAppView.add"), "fa-plus", primary=True),)
    notes = (_l("One app per platform serves all merchants: register it once in the platform's developer console."),
             _l("Register the call-back and push addresses exactly as shown on the form, letter by letter."),
             _l("Secrets are stored encrypted and never shown again; leave a field empty to keep what is stored."))
    add_form = edit_form = AppForm
    add_columns = edit_columns = ["base_url", "auth_url"]
    fieldsets = ((_l("Addresses of the platform"), ("base_url", "auth_url")),)
    drawn_heading = _l("App of this installation")
    add_template = edit_template = "waybridge/platform_app.html"
    carrier_chips = None

    def prepare(self, rows):
        g.shops = dict(db.session.execute(sa.select(ShopAccount.platform, sa.func.count()).where(ShopAccount.state != "revoked").group_by(ShopAccount.platform)).all())

    @staticmethod
    def free_platforms():
        """Platforms with a connector and without an app row."""
        taken = set(db.session.scalars(sa.select(PlatformApp.platform)))
        return [(key, label) for key, label in choices.platforms_ready() if key not in taken]

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self):
        free = dict(self.free_platforms())
        g.platform = request.values.get("platform") or next(iter(free), "")
        if not free:
            flash(_("Every platform that has a connector has its app already."), "info")
            return redirect(url_for("PlatformAppView.list"))
        if g.platform not in free:
            abort(404)
        return form_guard.add(self)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk):
        g.platform = self.one(pk).platform
        return form_guard.edit(self, pk)

    def drawn(self, item):
        return field_forms.draw(platform_class(g.platform).app_fields, item.options if item else {}, unseal(item.secrets) if item else ())

    def pre_add(self, item):
        item.platform = g.platform
        kept = unseal(item.secrets)
        item.options, given = field_forms.read(platform_class(g.platform).app_fields, request.form, item.options, kept)
        if given != kept:
            item.secrets = seal(given)
        if item.options.get("environment") == "local" and not (item.base_url and item.auth_url):
            raise Failure("form.field_missing", field=_("Service address"))

    pre_update = pre_add

    @staticmethod
    def addresses():
        return [(_("Call-back address (Redirect URL)"), apps.redirect_uri(g.platform)), (_("Push address"), apps.push_url(g.platform))]


class ReadOnly(ScreenView):
    """A list that nobody writes through the screen."""
    base_permissions = ["can_read"]
    exclude_route_methods = {"add", "edit", "delete"}
    add_form = edit_form = DynamicForm
    add_columns = edit_columns = ["id"]


def sooner(job):
    """A job may be tried again at once when it is parked, given up or waiting for its next try."""
    return job.state in ("failed", "cancelled") or (job.state == "queued" and job.attempts > 0)


class JobView(ReadOnly):
    datamodel = Interface(Job)
    menu_label, menu_icon = _l("Jobs"), "fa-cogs"
    panel = (
        Search("kind", _l("Kind"), apply=equals(J.kind)),
        Search("state", _l("Status"), "select", lambda v: J.state == v, lambda: [(k, labels.RUN[k]) for k in ("queued", "running", "done", "failed", "cancelled")]),
        Search("created", _l("Created at"), "range", between(J.created_at, user_zone)),
    )
    columns = (
        Column("id", _l("No."), lambda j: Markup('<a href="{}">#{}</a>').format(url_for("JobView.show", pk=j.id), j.id)),
        Column("kind", _l("Kind"), lambda j: lines(g.run_kinds.get(j.run_id, j.kind), Markup('<a href="{}">{} #{}</a>').format(url_for("RunView.show", pk=j.run_id), _("Run"), j.run_id) if j.run_id else "")),
        Column("state", _l("Status"), lambda j: badge(j.state, labels.RUN)),
        Column("attempts", _l("Tries"), lambda j: f"{j.attempts} / {j.max_attempts}", css="num"),
        Column("error", _l("Error"), lambda j: sentence(j.error_code, j.error_params), css="text problem"),
        Column("lease", _l("Lease until"), lambda j: lines(when(j.lease_until, "MM-dd HH:mm:ss"), j.worker), css="nowrap"),
        Column("times", _l("Times"), lambda j: lines(f"{_('Due')}: {when(j.run_after, SECONDS)}", j.finished_at and f"{_('Finished')}: {when(j.finished_at, SECONDS)}"), css="nowrap"),
        Column("actor", _l("By")),
    )
    row_links = (RowLink(_l("Try again"), action="retry", shown=sooner),
                 RowLink(_l("Cancel job"), action="cancel", shown=lambda j: j.state in ("queued", "running"), confirm=_l("Stop this job? What it has done stays done.")))
    notes = (_l("A job that fails for a passing reason is tried again by itself, later and later; after its last attempt it is parked here as failed."),
             _l("A job whose worker died is taken up again when its lease ends."))

    retry = plain_action("retry", _l("Try again"), "fa-repeat")(lambda self, chosen: self.each(chosen, engine.retry_now))
    cancel = plain_action("cancel", _l("Cancel job"), "fa-ban", _l("Stop the selected jobs? What they have done stays done."))(lambda self, chosen: self.each(chosen, engine.cancel))

    def prepare(self, rows):
        from app.models import Run
        kinds = db.session.execute(sa.select(Run.id, Run.kind).where(Run.id.in_({j.run_id for j in rows if j.run_id}))).all()
        g.run_kinds = {run_id: kind_label(kind) for run_id, kind in kinds}

    def each(self, chosen, work):
        """One job after the other, each in its own merchant's session; what cannot be done is named, the others still go through."""
        done, actor = 0, current_actor()
        for job_id, tenant in [(j.id, j.tenant_id) for j in chosen.rows()]:
            try:
                with as_tenant(tenant, actor):
                    work(job_id)
                    db.session.commit()
                done += 1
            except (Failure, sa.exc.IntegrityError) as failure:
                code, params = (failure.code, failure.params) if isinstance(failure, Failure) else ("job.doubled", {})
                flash(f"#{job_id}: {sentence(code, params)}", "warning")
        flash(_("%(n)s changed.", n=done), "success" if done else "info")

    def show_parts(self, j):
        self.prepare([j])
        return [("", [(_("Merchant"), db.session.get(Tenant, j.tenant_id)), (_("Kind"), g.run_kinds.get(j.run_id, j.kind)), (_("Status"), badge(j.state, labels.RUN)), (_("Tries"), f"{j.attempts} / {j.max_attempts}"),
                      (_("Error"), sentence(j.error_code, j.error_params)), (_("Lease until"), when(j.lease_until, SECONDS)), (_("Worker"), j.worker),
                      (_("Created at"), when(j.created_at, SECONDS)), (_("Due"), when(j.run_after, SECONDS)), (_("Started at"), when(j.started_at, SECONDS)),
                      (_("Finished at"), when(j.finished_at, SECONDS)), (_("By"), j.actor)])]

    def show_related(self, j):
        return [(_("Data of the job"), [_("Body")], [(pretty(j.payload),)])]


def pretty(value):
    """JSON for people, secrets and personal data covered."""
    return Markup('<pre class="raw">{}</pre>').format(safe_text(json.dumps(mask(value), ensure_ascii=False, indent=1))[:8000])


NOTE_STATES = {"waiting": _l("Waiting"), "done": _l("Done"), "ignored": _l("Ignored"), "failed": _l("Failed")}
NOTE_KINDS = {"order": _l("Order"), "tracking": _l("Tracking number"), "document": _l("Label"), "authorised": _l("Authorised"), "revoked": _l("Revoked"), "expiring": _l("Authorisation ends soon"), "other": _l("Other")}


class Unguarded(ReadOnly):
    """Rows with a tenant column that the session guard does not know: filtered here, for the list and for one row."""

    def narrow(self):
        scope = current_scope()
        return () if scope == SYSTEM else (self.datamodel.obj.tenant_id == scope,)

    def one(self, pk):
        model = self.datamodel.obj
        if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
            abort(404)
        return db.session.scalars(sa.select(model).where(model.id == int(pk), *self.narrow())).one_or_none() or abort(404)


class HookNoteView(Unguarded):
    datamodel = Interface(HookNote)
    menu_label, menu_icon = _l("Webhooks received"), "fa-bell-o"
    chips = Chips(_l("Platform"), HookNote.source, lambda: [(key, label, True) for key, label in [*choices.platforms_ready(), *choices.carriers(with_platform=False)] if key != "number_pool"], name="source")
    panel = (
        Search("kind", _l("Kind"), "select", equals(HookNote.kind), lambda: list(NOTE_KINDS.items())),
        Search("state", _l("Status"), "select", equals(HookNote.state), lambda: list(NOTE_STATES.items())),
        Search("shop_id", _l("Shop ID"), apply=equals(HookNote.shop_id)), Search("at", _l("Received at"), "range", between(HookNote.at, user_zone)),
    )
    columns = (
        Column("id", _l("No."), lambda n: Markup('<a href="{}">#{}</a>').format(url_for("HookNoteView.show", pk=n.id), n.id)),
        Column("source", _l("Sent by"), lambda n: choices.platform_label(n.source) if n.source in PLATFORMS else choices.carrier_label(n.source)),
        Column("kind", _l("Kind"), lambda n: NOTE_KINDS.get(n.kind, n.kind)), Column("shop_id", _l("Shop ID")),
        Column("state", _l("Status"), lambda n: badge(n.state, NOTE_STATES)), Column("at", _l("Received at"), lambda n: when(n.at, SECONDS), css="nowrap"),
    )
    notes = (_l("A message is stored and acknowledged at once; a job does the work. «Ignored»: the shop or parcel is not ours, or nothing was to be done."),
             _l("Messages with a wrong signature are refused and do not appear here."))

    def show_parts(self, n):
        return [("", [(_("Sent by"), n.source), (_("Kind"), NOTE_KINDS.get(n.kind, n.kind)), (_("Shop ID"), n.shop_id), (_("Event number"), n.event_id),
                      (_("Status"), badge(n.state, NOTE_STATES)), (_("Received at"), when(n.at, SECONDS))])]

    def show_related(self, n):
        return [(_("Data of the message"), [_("Body")], [(pretty(n.payload),)])]


TABLES = {"product": _l("SKU"), "sku_mapping": _l("SKU mapping"), "shop_account": _l("Shop account"), "platform_app": _l("Platform app"), "platform_order": _l("Platform order"), "outbound_order": _l("Outbound order"),
          "waybill": _l("Waybill"), "shipping_channel": _l("Shipping channel"), "carrier_account": _l("Carrier account"), "ab_user": _l("User")}
ACTIONS = {"insert": _l("Added"), "update": _l("Changed"), "delete": _l("Deleted")}


def changes_cell(entry):
    """«field: before → after», a line each."""
    names = [*entry.before, *(n for n in entry.after if n not in entry.before)]
    rows = [Markup('<span class="cell-label">{}:</span> {}{}').format(labels.COLUMNS.get(n, n), short(entry.before[n]) if n in entry.before else "",
            Markup(" → {}").format(short(entry.after[n])) if entry.action == "update" else short(entry.after.get(n)) if n in entry.after else "")
            for n in names if entry.action == "update" or entry.after.get(n) not in (None, "", {}, []) or entry.before.get(n) not in (None, "", {}, [])]
    more = [_("… %(n)s more", n=len(rows) - 8)] if len(rows) > 8 else []
    return lines(*rows[:8], *more)


def short(value):
    text = "–" if value in (None, "") else json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
    return text if len(text) <= 80 else text[:79] + "…"


class AuditView(Unguarded):
    datamodel = Interface(AuditEntry)
    menu_label, menu_icon = _l("Audit trail"), "fa-history"
    exclude_route_methods = {"add", "edit", "delete", "show"}
    panel = (
        Search("table", _l("Object"), "select", lambda v: AuditEntry.table == v, lambda: list(TABLES.items())),
        Search("row", _l("Row no."), apply=lambda v: AuditEntry.row_id == int(v) if v.isdigit() and len(v) < 19 else sa.false()),
        Search("by", _l("By"), apply=equals(AuditEntry.by)),
        Search("action", _l("Action"), "select", lambda v: AuditEntry.action == v, lambda: list(ACTIONS.items())),
        Search("at", _l("Time"), "range", between(AuditEntry.at, user_zone)),
    )
    columns = (
        Column("at", _l("Time"), lambda e: when(e.at, SECONDS), css="nowrap"), Column("by", _l("By")),
        Column("table", _l("Object"), lambda e: f"{TABLES.get(e.table, e.table)} #{e.row_id}", css="nowrap"),
        Column("action", _l("Action"), lambda e: ACTIONS.get(e.action, e.action)), Column("changes", _l("Changes"), changes_cell, css="wide"),
    )
    notes = (_l("Every change of a business object: who, when, what, before and after. Keys and passwords are never written here."),)
