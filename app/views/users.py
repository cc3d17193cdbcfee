"""用户中心 > 用户管理: the people of a merchant, managed by his own administrator; the provider's by the provider's."""
import sqlalchemy as sa
from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.validators import PasswordComplexityValidator
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import selectinload
from wtforms import BooleanField, PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Length, Regexp

from app.domain import people
from app.extensions import db
from app.failures import Failure
from app.messages import sentence
from app.models import Member
from app.security import MERCHANT_ROLES, PROVIDER_ROLES
from app.tenancy import SYSTEM, current_scope
from app.views import form_guard, labels
from app.views.actions import plain_action
from app.views.base import RIGHTS, ScreenView
from app.views.inputs import TEXT, YES_NO, tidy, yes
from app.views.interface import Interface
from app.views.lists import badge, lines, when
from app.views.panel import Column, RowLink, Search, Tool, contains
from app.views.profile import RULE, PersonForm, ProfileView, ResetForm, languages

__all__ = ["MerchantUserView", "ProfileView"]


class UserForm(PersonForm):
    tenant_id = SelectField(_l("Merchant"), render_kw=TEXT, description=_l("Empty: the logistics company's own staff."))
    username = StringField(_l("User name"),
                           [DataRequired(), Regexp(r"[A-Za-z0-9._@-]{3,64}$",
                                                   message=_l("3 to 64 letters, digits, dot, dash, underscore or @."))], filters=[tidy],
                           render_kw={**TEXT, "autocomplete": "off"}, description=_l("For logging in; unique on this installation."))
    role = SelectField(_l("Role"), render_kw=TEXT)
    active = BooleanField(_l("Active"), default=True)
    password = PasswordField(_l("Password"), [DataRequired(), Length(max=200), PasswordComplexityValidator()],
                             render_kw={**TEXT, "autocomplete": "new-password"},
                             description=RULE)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        member = g.get("edited")
        whole = current_scope() == SYSTEM
        self.tenant_id.choices = [("", _("(logistics company)")),
                                  *((str(i), label) for i, label in form_guard.tenant_choices())] if whole else []
        if not whole or member:
            del self.tenant_id
        if member:
            del self.username, self.password
            names = people.roles_for(current_scope(), member.tenant_id)
        else:
            names = MERCHANT_ROLES + PROVIDER_ROLES if whole else MERCHANT_ROLES
        self.role.choices = [(name, labels.ROLES[name]) for name in names]


def name_cell(m):
    return lines(m.username, Markup('<small class="cell-label">{} {}</small>').format(m.first_name, m.last_name))


class MerchantUserView(ScreenView):
    """The user table is not under the session guard: `narrow` and `one` filter it here, for the list, the actions and each row."""
    datamodel = Interface(Member)
    menu_label, menu_icon = _l("Users"), "fa-users"
    exclude_route_methods = {"delete", "show"}
    method_permission_name = {**RIGHTS, "reset_password": "write"}
    panel = (
        Search("name", _l("Name"),
               apply=lambda v: sa.or_(contains(Member.username)(v), contains(Member.first_name)(v), contains(Member.last_name)(v),
                                      contains(Member.email)(v))),
        Search("role", _l("Role"), "select", lambda v: Member.roles.any(name=v),
               lambda: [(n, labels.ROLES[n]) for n in (MERCHANT_ROLES + PROVIDER_ROLES if current_scope() == SYSTEM else MERCHANT_ROLES)]),
        Search("active", _l("Active"), "select", yes(Member.active), YES_NO),
    )
    columns = (
        Column("username", _l("User name"), name_cell, order=Member.username),
        Column("email", _l("E-mail")),
        Column("role", _l("Role"), lambda m: labels.ROLES.get(people.role_of(m), "")),
        Column("active", _l("Status"),
               lambda m: badge("active" if m.active else "revoked", {"active": _("Active"), "revoked": _("Locked")})),
        Column("locale", _l("Language"), lambda m: dict(languages()).get(m.locale, m.locale)),
        Column("last_login", _l("Last log-in"), lambda m: when(m.last_login.astimezone()) if m.last_login else _("never"), css="nowrap"),
    )
    load = (selectinload(Member.roles),)
    row_links = (
        RowLink(_l("Edit"), lambda m: url_for("MerchantUserView.edit", pk=m.id), right="can_write"),
        RowLink(_l("Reset password"), lambda m: url_for("MerchantUserView.reset_password", pk=m.id), right="can_write",
                shown=lambda m: m.id != g.user.id),
        RowLink(_l("Lock out"), action="lock", shown=lambda m: m.active and m.id != g.user.id,
                confirm=_l("This person can no longer log in. Go on?")),
        RowLink(_l("Let in"), action="unlock", shown=lambda m: not m.active),
    )
    tools = (Tool(_l("Add"), lambda args: url_for("MerchantUserView.add"), "fa-plus", primary=True),)
    notes = (
        _l("Clerk: does the daily work. Finance: reads orders and stock. Viewer: reads only. "
           "Administrator: also channels, carrier accounts and users."),
        _l("Users are locked out instead of deleted, so that histories keep their names."),
        _l("Nobody can change his own role, and one administrator always stays."),
    )
    add_template = edit_template = "waybridge/user_form.html"
    add_form = edit_form = UserForm
    add_columns = ["tenant_id", "username", "first_name", "last_name", "email", "role", "active", "password", "locale", "timezone"]
    edit_columns = ["first_name", "last_name", "email", "role", "active", "locale", "timezone"]

    def narrow(self):
        return people.visible(current_scope())

    def one(self, pk):
        if not (pk.isascii() and pk.isdigit() and len(pk) < 10):
            abort(404)
        return db.session.scalars(sa.select(Member).where(Member.id == int(pk), *self.narrow())).one_or_none() or abort(404)

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self):
        form = UserForm()
        if request.method == "POST" and form.validate() and self.save(form, self.made):
            return redirect(url_for("MerchantUserView.list"))
        if request.method == "GET":
            form.timezone.data = ""
        return self.render_template(self.add_template, title=self.add_title, form=form, columns=self.add_columns, view=self, item=None)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk):
        member = g.edited = self.one(pk)
        form = UserForm(obj=member)
        if request.method == "POST" and form.validate() and self.save(form, self.changed):
            return redirect(url_for("MerchantUserView.list"))
        if request.method == "GET":
            form.role.data = people.role_of(member)
        return self.render_template(self.edit_template, title=self.edit_title, form=form, columns=self.edit_columns, view=self, item=member)

    def save(self, form, work):
        try:
            work(form)
            db.session.commit()
        except Failure as failure:
            db.session.rollback()
            flash(sentence(failure.code, failure.params), "danger")
            return False
        except sa.exc.IntegrityError:
            db.session.rollback()
            flash(sentence("user.name_taken", {"username": form.username.data if form.username else form.email.data}), "danger")
            return False
        flash(_("Saved."), "success")
        return True

    @staticmethod
    def values(form):
        return {name: form[name].data for name in ("first_name", "last_name", "email", "role", "active", "locale", "timezone")}

    def made(self, form):
        scope = current_scope()
        tenant_id = scope if scope != SYSTEM else int(form.tenant_id.data) if form.tenant_id.data else None
        people.add(scope, tenant_id, username=form.username.data, password=form.password.data, **self.values(form))

    def changed(self, form):
        people.change(current_scope(), g.edited, g.user.id, **self.values(form))

    # --- actions ------------------------------------------------------------------------------------------------------

    @plain_action("lock", _l("Lock out"), "fa-lock", _l("The selected people can no longer log in. Go on?"))
    def lock(self, chosen):
        return self.switch(chosen, False)

    @plain_action("unlock", _l("Let in"), "fa-unlock")
    def unlock(self, chosen):
        return self.switch(chosen, True)

    def switch(self, chosen, active):
        rows = chosen.rows()
        for member in rows:
            people.switch(member, g.user.id, active)
        db.session.commit()
        flash(_("%(n)s changed.", n=len(rows)), "success")

    @expose("/password/<pk>", methods=["GET", "POST"])
    @has_access
    def reset_password(self, pk):
        """A new password for somebody else; one's own is changed on the profile, where the old one is asked for."""
        member = self.one(pk)
        if member.id == g.user.id:
            return redirect(url_for("ProfileView.profile"))
        form = ResetForm()
        if request.method == "POST" and form.validate():
            people.set_password(member, form.new.data)
            db.session.commit()
            flash(_("The password of %(user)s was changed.", user=member.username), "success")
            return redirect(url_for("MerchantUserView.list"))
        return self.render_template("waybridge/form.html", title=_("Reset password: %(user)s", user=member.username), form=form,
                                    columns=["new", "again"],
                                    view=self, item=member)
