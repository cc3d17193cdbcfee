"""用户中心: one's own profile, password, language and time zone."""
from functools import cache
from zoneinfo import available_timezones

from flask import current_app, flash, g, redirect, session, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.validators import PasswordComplexityValidator
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import logout_user
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, EqualTo, Length, Regexp, ValidationError

from app.domain import people
from app.extensions import db
from app.failures import Failure
from app.messages import sentence
from app.models import Tenant
from app.views import labels
from app.views.inputs import TEXT, tidy

RULE = _l("At least 10 characters, with 2 capital letters, 3 small letters, 2 digits and a special character.")
MAIL = Regexp(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+$", message=_l("Not an e-mail address."))
USUAL = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Manila", "Asia/Ho_Chi_Minh", "Asia/Bangkok", "Asia/Singapore", "Asia/Kuala_Lumpur",
         "Asia/Jakarta", "Asia/Taipei",
         "Europe/London", "America/Sao_Paulo", "America/New_York", "America/Los_Angeles", "UTC")


@cache
def zones():
    """IANA zones of places, the usual ones first."""
    places = sorted(z for z in available_timezones() if z.split("/")[0] in ("Africa", "America", "Asia", "Australia", "Europe", "Indian",
            "Pacific", "Atlantic"))
    return (*USUAL, *(z for z in places if z not in USUAL))


def languages():
    return [(code, language["name"]) for code, language in current_app.config["LANGUAGES"].items()]


class PersonForm(DynamicForm):
    """What a person may say about himself."""
    first_name = StringField(_l("First name"), [DataRequired(), Length(max=64)], filters=[tidy], render_kw=TEXT)
    last_name = StringField(_l("Last name"), [DataRequired(), Length(max=64)], filters=[tidy], render_kw=TEXT)
    email = StringField(_l("E-mail"), [DataRequired(), MAIL, Length(max=320)], filters=[tidy], render_kw={**TEXT, "autocomplete": "email"})
    locale = SelectField(_l("Language"), render_kw=TEXT)
    timezone = SelectField(_l("Time zone"), render_kw=TEXT, description=_l("Times are shown in this zone. Empty: the merchant's."))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.locale.choices = languages()
        self.timezone.choices = [("", _("The merchant's time zone")), *((z, z) for z in zones())]


class ResetForm(DynamicForm):
    new = PasswordField(_l("New password"), [DataRequired(), Length(max=200), PasswordComplexityValidator()],
                        render_kw={**TEXT, "autocomplete": "new-password"},
                        description=RULE)
    again = PasswordField(_l("New password again"), [DataRequired(), EqualTo("new", message=_l("The two passwords differ."))],
                          render_kw={**TEXT, "autocomplete": "new-password"})


class PasswordForm(ResetForm):
    old = PasswordField(_l("Present password"), [DataRequired()], render_kw={**TEXT, "autocomplete": "current-password"})

    def validate_old(self, field):
        if not people.knows_password(g.user, field.data):
            raise ValidationError(_("This is not your present password."))


class ProfileView(BaseView):
    route_base = "/profile"
    default_view = "profile"
    menu_label, menu_icon = _l("My profile"), "fa-user"
    base_permissions = ["can_read", "can_write"]
    method_permission_name = {"profile": "read", "save": "write", "change_password": "write", "sign_out": "read"}

    @expose("/", methods=["GET"])
    @has_access
    def profile(self):
        return self.page(PersonForm(obj=g.user), PasswordForm(formdata=None))

    def page(self, person, password):
        tenant = db.session.get(Tenant, g.user.tenant_id) if g.user.tenant_id else None
        role = labels.ROLES.get(people.role_of(g.user), "")
        return self.render_template("waybridge/profile.html", title=_("My profile"), person=person, password=password, tenant=tenant,
                                    role=role)

    @expose("/", methods=["POST"])
    @has_access
    def save(self):
        form = PersonForm()
        if not form.validate():
            return self.page(form, PasswordForm(formdata=None))
        try:
            people.change_self(g.user, **{name: form[name].data for name in ("first_name", "last_name", "email", "locale", "timezone")})
            db.session.commit()
        except Failure as failure:
            db.session.rollback()
            flash(sentence(failure.code, failure.params), "danger")
            return self.page(form, PasswordForm(formdata=None))
        session["locale"] = form.locale.data
        flash(_("Saved."), "success")
        return redirect(url_for("ProfileView.profile"))

    @expose("/password", methods=["POST"])
    @has_access
    def change_password(self):
        form = PasswordForm()
        if not form.validate():
            return self.page(PersonForm(formdata=None, obj=g.user), form)
        people.set_password(g.user, form.new.data)
        db.session.commit()
        flash(_("The password was changed."), "success")
        return redirect(url_for("ProfileView.profile"))

    @expose("/sign-out", methods=["POST"])
    @has_access
    def sign_out(self):
        logout_user()
        session.clear()
        return redirect(self.appbuilder.get_url_for_login)
