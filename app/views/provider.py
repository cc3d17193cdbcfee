"""Provider pages: merchants and platform apps. Monitor and audit trail stand in files of their own."""
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
from app.integrations.platforms import platform_class
from app.models import PlatformApp, ShopAccount, Tenant
from app.vault import seal, unseal
from app.views import choices, field_forms, form_guard
from app.views.audit_trail import AuditView
from app.views.base import ScreenView
from app.views.inputs import TEXT, YES_NO, outside_address, tidy, yes
from app.views.interface import Interface
from app.views.lists import badge, lines, when
from app.views.monitor import HookNoteView, JobView
from app.views.panel import Column, RowLink, Search, Tool, contains
from app.views.profile import zones

__all__ = ["AuditView", "HookNoteView", "JobView", "PlatformAppView", "TenantView"]

T = Tenant


def shops_by(column):
    """{value of `column`: number of shop accounts that are not revoked}."""
    return dict(db.session.execute(sa.select(column, sa.func.count()).where(ShopAccount.state != "revoked").group_by(column)).all())


class TenantForm(DynamicForm):
    code = StringField(_l("Code"), [DataRequired(), Regexp(r"[A-Z][A-Z0-9]{1,11}$", message=_l("2 to 12 capital letters and digits."))],
                       filters=[lambda text: (text or "").strip().upper()], render_kw=TEXT,
                       description=_l("Begins the order numbers, for example HMKJ-210412-00005; it cannot be changed later."))
    name = StringField(_l("Name"), [DataRequired(), Length(max=120)], filters=[tidy], render_kw=TEXT)
    timezone = SelectField(_l("Time zone"), render_kw=TEXT, default="Asia/Shanghai")
    contact_phone = StringField(_l("Contact phone"), [Length(max=40)], filters=[tidy], render_kw=TEXT,
                                description=_l("Printed as the sender's phone where the carrier account has none."))
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
             Search("active", _l("Active"), "select", yes(T.active), YES_NO))
    columns = (
        Column("code", _l("Code"), order=T.code, css="nowrap"), Column("name", _l("Name"), order=T.name),
        Column("timezone", _l("Time zone")),
        Column("contact_phone", _l("Contact phone")), Column("shops", _l("Shop accounts"), lambda t: g.shops.get(t.id, 0), css="num"),
        Column("active", _l("Status"),
               lambda t: badge("active" if t.active else "revoked", {"active": _("Active"), "revoked": _("Locked")})),
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
        g.shops = shops_by(ShopAccount.tenant_id)


class AppForm(DynamicForm):
    base_url = StringField(_l("Service address"), [Length(max=200), outside_address], filters=[tidy], render_kw=TEXT,
                           description=_l("Empty: by the environment below. Needed for a local sandbox."))
    auth_url = StringField(_l("Authorisation address"), [Length(max=200), outside_address], filters=[tidy], render_kw=TEXT,
                           description=_l("Empty: by the environment below."))


class PlatformAppView(ScreenView):
    datamodel = Interface(PlatformApp)
    menu_label, menu_icon = _l("Platform apps"), "fa-plug"
    exclude_route_methods = {"delete", "show"}
    columns = (
        Column("platform", _l("Platform"), lambda a: choices.platform_label(a.platform)),
        Column("environment", _l("Environment"), lambda a: a.options.get("environment", "")),
        Column("base_url", _l("Service address"), lambda a: a.base_url or _("By environment")),
        Column("secrets", _l("Secrets"),
               lambda a: _("stored") if a.secrets else Markup('<span class="problem">{}</span>').format(_("missing"))),
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
        g.shops = shops_by(ShopAccount.platform)

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
