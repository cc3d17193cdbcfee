"""基础资料管理: the merchant's accounts at the carriers (授权验证, sender, webhook address). The form ends in the carrier's own fields."""
import re
import secrets

from flask import current_app, g, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired, Length

from app.domain.shipping import channels as carrier_side
from app.domain.shipping.contact import country_code
from app.failures import Failure
from app.integrations.carriers import all_carriers
from app.models import CarrierAccount
from app.vault import seal, unseal
from app.views import choices, field_forms
from app.views.actions import run_action
from app.views.base import ScreenView
from app.views.carrier_forms import CarrierForms
from app.views.inputs import TEXT, no_blank, outside_address, tidy
from app.views.interface import Interface
from app.views.lists import lines, when
from app.views.panel import Column, RowLink, Search, Tool, contains

A = CarrierAccount
SENDER = (("name", _l("Sender: name")), ("company", _l("Sender: company")), ("phone", _l("Sender: phone")),
          ("country", _l("Sender: country")), ("state", _l("Sender: state or province")),
          ("city", _l("Sender: city")), ("district", _l("Sender: district")), ("town", _l("Sender: town")),
          ("street", _l("Sender: street")), ("postcode", _l("Sender: postcode")), ("email", _l("Sender: e-mail")))
ADDRESS_LIKE = re.compile(r"_(base|url|host)$")


class AccountForm(DynamicForm):
    alias = StringField(_l("Short name"), [DataRequired(), Length(max=80)], filters=[tidy], render_kw=TEXT,
                        description=_l("Your own name for this contract."))
    active = BooleanField(_l("Active"), default=True)
    base_url = StringField(_l("Service address"), [Length(max=200), outside_address], filters=[no_blank], render_kw=TEXT,
                           description=_l("Empty: the carrier's live service. Only the logistics company's staff may change it."))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not g.may_set_address:
            del self.base_url


def sender_field(name, label):
    return StringField(label, [Length(max=200)], filters=[tidy], render_kw=TEXT)


for _name, _label in SENDER:
    setattr(AccountForm, f"s_{_name}", sender_field(_name, _label))


def hook_address(account):
    """The full address that the carrier has to be given for its status messages; "" for a carrier without any."""
    if not account.hook_token or not carrier_side.class_of(account.carrier).can("read_push"):
        return ""
    return f"{current_app.config['PUBLIC_URL']}/api/v1/carrier-push/{account.carrier}/{account.hook_token}"


class CarrierAccountView(CarrierForms, ScreenView):
    datamodel = Interface(CarrierAccount)
    menu_label, menu_icon = _l("Carrier accounts"), "fa-key"
    show_template = "waybridge/carrier_account.html"
    panel = (Search("alias", _l("Short name"), apply=contains(A.alias)),
             Search("carrier", _l("Carrier"), "select", lambda v: A.carrier == v, lambda: choices.carriers(with_platform=False)))
    columns = (
        Column("carrier", _l("Carrier"), lambda a: choices.carrier_label(a.carrier)),
        Column("alias", _l("Short name"),
               lambda a: Markup('<a href="{}">{}</a>').format(url_for("CarrierAccountView.show", pk=a.id), a.alias), order=A.alias),
        Column("sender", _l("Sender"),
               lambda a: lines(a.sender.get("name"), " ".join(filter(None, (a.sender.get("city"), a.sender.get("country")))))),
        Column("verified_at", _l("Verified at"),
               lambda a: when(a.verified_at) or Markup('<span class="badge-state tone-warn">{}</span>').format(_("Not verified")),
               css="nowrap"),
        Column("base_url", _l("Service address"), lambda a: a.base_url or _("Live"), provider_only=True),
        Column("active", _l("Active")),
    )
    row_links = (RowLink(_l("Edit"), lambda a: url_for("CarrierAccountView.edit", pk=a.id), right="can_write"),
                 RowLink(_l("Verify"), action="verify", shown=lambda a: a.carrier != "number_pool"),
                 RowLink(_l("Webhook address"), lambda a: url_for("CarrierAccountView.show", pk=a.id),
                         shown=lambda a: bool(hook_address(a))))
    tools = (Tool(_l("Add"), lambda args: url_for("CarrierAccountView.add", carrier=args.get("carrier", "")), "fa-plus", primary=True),
             Tool(_l("Shipping channels"), lambda args: url_for("ShippingChannelView.list"), "fa-road", right="can_read"))
    notes = (
        _l("Enter what the carrier gave you, save, then choose Verify: when it says verified, the data is right."),
        _l("Keys and passwords are stored encrypted and never shown again; leave the field empty to keep what is stored."),
        _l("Give the carrier the webhook address, so that the state of your parcels arrives by itself."),
    )
    fieldsets = ((_l("Carrier account"), ("alias", "active", "base_url")), (_l("Sender"), tuple(f"s_{name}" for name, _label in SENDER)))
    drawn_heading = _l("Contract with the carrier")
    add_form = edit_form = AccountForm
    add_columns = edit_columns = [name for _heading, names in fieldsets for name in names]
    show_columns = ["alias"]
    verify = run_action("verify_carrier", _l("Verify"), "fa-check-circle", name="verify", single=True)

    @staticmethod
    def carriers():
        return [(key, label) for key, label in choices.carriers(with_platform=False) if all_carriers()[key].account_fields]

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self):
        g.may_set_address = self.sees_all
        return super().add()

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk):
        g.may_set_address = self.sees_all
        return super().edit(pk)

    def account_fields(self):
        """A merchant must not make our server call any address he likes, so fields that hold one are the provider's."""
        return [f for f in carrier_side.class_of(g.carrier).account_fields if self.sees_all or not ADDRESS_LIKE.search(f.name)]

    def drawn(self, item):
        return field_forms.draw(self.account_fields(), item.options if item else {}, unseal(item.secrets) if item else ())

    def prefill_form(self, form, pk):
        sender = self.one(pk).sender
        for name, _label in SENDER:
            form[f"s_{name}"].data = sender.get(name, "")

    def pre_add(self, item):
        item.carrier = g.carrier
        item.sender = {name: value for name, _label in SENDER if (value := getattr(item, f"s_{name}"))}
        if item.sender.get("country"):
            item.sender["country"] = country_code(item.sender["country"]) or self.no_country(item.sender["country"])
        kept = unseal(item.secrets)
        options, given = field_forms.read(self.account_fields(), request.form, item.options, kept)
        if (options, given) != (item.options, kept):
            item.verified_at = None     # what was verified was something else
        item.options = options
        if given != kept:
            item.secrets = seal(given)
        item.hook_token = item.hook_token or secrets.token_urlsafe(32)

    pre_update = pre_add

    @staticmethod
    def no_country(text):
        raise Failure("country.unknown", country=text)

    def show_parts(self, a):
        fields = carrier_side.class_of(a.carrier).account_fields
        stored = unseal(a.secrets)
        shown = [(_(f.label), (_("stored") if stored.get(f.name) else _("missing")) if f.kind == "secret" else a.options.get(f.name, ""))
                 for f in fields]
        return [("", [(_("Carrier"), choices.carrier_label(a.carrier)), (_("Short name"), a.alias),
                      (_("Active"), _("Yes") if a.active else _("No")),
                      (_("Verified at"), when(a.verified_at) or _("Not verified"))]),
                (_("Contract with the carrier"), shown), (_("Sender"), [(label, a.sender.get(name, "")) for name, label in SENDER])]

    def hook(self, account):
        return hook_address(account)
