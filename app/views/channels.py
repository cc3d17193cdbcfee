"""基础资料管理 > 物流渠道 and the merchant's accounts at the carriers. Both forms end in the fields that the carrier's class declares."""
import re
import secrets

import sqlalchemy as sa
from flask import abort, current_app, g, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import joinedload
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, Regexp, ValidationError

from app.domain.shipping import channels as carrier_side
from app.domain.shipping.contact import country_code
from app.extensions import db
from app.failures import Failure
from app.integrations.carriers import all_carriers
from app.models import CarrierAccount, ShippingChannel
from app.vault import seal, unseal
from app.views import choices, field_forms, form_guard
from app.views.actions import plain_action, run_action
from app.views.base import ScreenView
from app.views.interface import Interface
from app.views.lists import lines, when
from app.views.panel import Column, RowLink, Search, Tool, contains

C, A = ShippingChannel, CarrierAccount
TEXT = {"class": "form-control"}
CHARSETS = {"carrier": _l("As the carrier wants it"), "ascii": _l("Plain letters only (ASCII)"), "strict": _l("Plain letters, no special characters"), "none": _l("As written")}
TEMPLATES = {"100x100": _l("100 × 100 mm"), "100x150": _l("100 × 150 mm"), "a4": _l("A4, four labels of 100 × 100"), "a4-100x150": _l("A4, two labels of 100 × 150")}
SENDER = (("name", _l("Sender: name")), ("company", _l("Sender: company")), ("phone", _l("Sender: phone")), ("country", _l("Sender: country")), ("state", _l("Sender: state or province")),
          ("city", _l("Sender: city")), ("district", _l("Sender: district")), ("town", _l("Sender: town")), ("street", _l("Sender: street")), ("postcode", _l("Sender: postcode")), ("email", _l("Sender: e-mail")))
ADDRESS_LIKE = re.compile(r"_(base|url|host)$")


def tidy(text):
    return " ".join((text or "").split())


def no_blank(text):
    return (text or "").strip()


def outside_address(form, field):
    """An address that our server calls: https, or plain http for the sandbox beside it."""
    if field.data and not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+(/[^\s?#\"'<>]*)?", field.data):
        raise ValidationError(_("An address that begins with https:// and has no question mark."))


def iso_countries(form, field):
    """«ph, Viet Nam，th» becomes «PH, TH, VN»; what is no country is named."""
    found, wrong = set(), []
    for word in filter(None, (w.strip() for w in re.split(r"[,;，；、\n]+", field.data or ""))):
        parts = [word] if country_code(word) else word.split()
        for part in parts:
            code = country_code(part)
            found.add(code) if code else wrong.append(part)
    if wrong:
        raise ValidationError(_("Not a country: %(names)s", names=", ".join(wrong)))
    field.data = ", ".join(sorted(found))


class CarrierForms(ScreenView):
    """What both screens share: the carrier is chosen first and fixed from then on, its class declares the rest of the form."""

    add_template = edit_template = "waybridge/carrier_form.html"
    carriers = staticmethod(choices.carriers)

    def carrier_chips(self):
        return self.carriers()

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self):
        known = dict(self.carriers())
        g.carrier = request.values.get("carrier") or next(iter(known))
        if g.carrier not in known:
            abort(404)
        return form_guard.add(self)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk):
        g.carrier = self.one(pk).carrier
        return form_guard.edit(self, pk)


class ChannelForm(DynamicForm):
    code = StringField(_l("Code"), [DataRequired(), Length(max=40), Regexp(r"[A-Za-z0-9._-]+$", message=_l("Letters, digits, dot, dash and underscore."))], filters=[no_blank], render_kw=TEXT)
    name = StringField(_l("Name"), [DataRequired(), Length(max=120)], filters=[tidy], render_kw=TEXT)
    carrier_account_id = SelectField(_l("Carrier account"), coerce=str, render_kw=TEXT)
    service = StringField(_l("Service"), [Length(max=40)], filters=[tidy], render_kw={**TEXT, "list": "services"}, description=_l("The carrier's service; empty: the carrier's usual one."))
    countries = StringField(_l("Countries served"), [iso_countries, Length(max=400)], filters=[tidy], render_kw=TEXT, description=_l("Two letters each, for example PH, VN. Empty: wherever the carrier goes."))
    active = BooleanField(_l("Active"), default=True)
    charset = SelectField(_l("Character profile"), choices=list(CHARSETS.items()), default="carrier", render_kw=TEXT, description=_l("How names and addresses are cleaned on the copy for the carrier; the order keeps the original."))
    template = SelectField(_l("Label template"), choices=list(TEMPLATES.items()), default="100x150", render_kw=TEXT)
    tracking_url = StringField(_l("Tracking link"), [Optional(), Length(max=300), Regexp(r"https?://[^\s\"'<>]*\{number\}[^\s\"'<>]*$", message=_l("An address with {number} where the tracking number goes."))],
                               filters=[no_blank], render_kw=TEXT, description=_l("{number} is replaced by the tracking number."))
    ship_methods = TextAreaField(_l("Chosen for shipping methods"), [Length(max=400)], filters=[no_blank], render_kw={**TEXT, "rows": 3},
                                 description=_l("Delivery names of the platforms, one a line: orders with such a delivery get this channel by themselves."))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.carrier_account_id.choices = [("", ""), *((str(i), label) for i, label in accounts_of(g.carrier))]
        if g.carrier in ("platform", "number_pool"):
            del self.carrier_account_id
        if not choices.carrier_services(g.carrier):
            del self.service
        if request.method == "GET" and not self.tracking_url.data and g.carrier != "platform":
            self.tracking_url.data = all_carriers()[g.carrier].tracking_url


def accounts_of(carrier):
    rows = db.session.scalars(sa.select(A).where(A.carrier == carrier, A.active).order_by(A.alias)).all()
    return choices._named(rows)


class ShippingChannelView(CarrierForms):
    datamodel = Interface(ShippingChannel)
    menu_label, menu_icon = _l("Shipping channels"), "fa-road"
    panel = (
        Search("name", _l("Name"), apply=lambda v: sa.or_(contains(C.name)(v), contains(C.code)(v))),
        Search("carrier", _l("Carrier"), "select", lambda v: C.carrier == v, choices.carriers),
        Search("country", _l("Country"), apply=lambda v: sa.or_(C.countries == "", contains(C.countries)(country_code(v) or v.upper()))),
        Search("active", _l("Active"), "select", lambda v: C.active == (v == "1"), (("1", _l("Yes")), ("0", _l("No")))),
    )
    columns = (
        Column("name", _l("Name"), lambda c: lines(Markup('<a href="{}">{}</a>').format(url_for("ShippingChannelView.show", pk=c.id), c.name), Markup('<small class="cell-label">{}</small>').format(c.code)), order=C.name),
        Column("carrier", _l("Carrier"), lambda c: lines(choices.carrier_label(c.carrier), Markup('<small class="cell-label">{}</small>').format(c.carrier_account.alias) if c.carrier_account else "")),
        Column("service", _l("Service"), lambda c: dict(choices.carrier_services(c.carrier)).get(c.service, c.service)),
        Column("countries", _l("Countries served"), lambda c: c.countries or _("All")),
        Column("charset", _l("Character profile"), lambda c: CHARSETS.get(c.charset, c.charset)),
        Column("template", _l("Label template"), lambda c: TEMPLATES.get(c.template, c.template)),
        Column("ship_methods", _l("Chosen for shipping methods"), lambda c: c.ship_methods, css="text"),
        Column("active", _l("Active")),
    )
    load = (joinedload(C.carrier_account),)
    row_links = (RowLink(_l("Edit"), lambda c: url_for("ShippingChannelView.edit", pk=c.id), right="can_write"),
                 RowLink(_l("Tracking numbers"), lambda c: url_for("PoolNumberView.list", channel=c.id), shown=lambda c: c.carrier == "number_pool"))
    tools = (Tool(_l("Add"), lambda args: url_for("ShippingChannelView.add"), "fa-plus", primary=True),
             Tool(_l("Carrier accounts"), lambda args: url_for("CarrierAccountView.list"), "fa-key"))
    notes = (
        _l("A channel says which carrier takes a parcel, with which service, where to, and which label is printed."),
        _l("When pushing says that the channel does not reach the destination, choose another channel or add the country here."),
        _l("«Platform logistics» lets the platform issue number and label; «Number pool» takes numbers that you import."),
    )
    fieldsets = ((_l("Shipping channel"), ("code", "name", "carrier_account_id", "service", "countries", "ship_methods", "active")),
                 (_l("Label and text"), ("template", "charset", "tracking_url")))
    drawn_heading = _l("Options of the carrier")
    add_form = edit_form = ChannelForm
    add_columns = edit_columns = [name for _heading, names in fieldsets for name in names]
    show_columns = ["code", "name", "countries", "ship_methods", "active"]

    def drawn(self, item):
        return field_forms.draw(carrier_side.class_of(g.carrier).channel_fields, item.options if item else {})

    @staticmethod
    def services():
        return choices.carrier_services(g.carrier)

    def process_form(self, form, is_created):
        if form.carrier_account_id is not None:
            form.carrier_account_id.data = int(form.carrier_account_id.data) if form.carrier_account_id.data else None
        form.ship_methods.data = "\n".join(filter(None, (tidy(line) for line in form.ship_methods.data.splitlines())))

    def pre_add(self, item):
        item.carrier = g.carrier
        item.options, _secrets = field_forms.read(carrier_side.class_of(g.carrier).channel_fields, request.form, item.options, {})
        account = db.session.get(A, item.carrier_account_id) if item.carrier_account_id else None
        if item.carrier_account_id and (account is None or account.carrier != g.carrier or item.tenant_id not in (None, account.tenant_id)):
            raise Failure("action.bad_choice", field=_("Carrier account"))

    pre_update = pre_add

    @plain_action("switch_off", _l("Switch off"), "fa-pause", _l("Orders can no longer be given to the selected channels. Go on?"))
    def switch_off(self, chosen):
        for row in chosen.rows():
            row.active = False
        db.session.commit()

    def show_parts(self, c):
        options = [(_(f.label), c.options.get(f.name) or f.default) for f in carrier_side.class_of(c.carrier).channel_fields]
        link = c.tracking_url and Markup("<code>{}</code>").format(c.tracking_url)
        return [("", [(_("Code"), c.code), (_("Name"), c.name), (_("Carrier"), choices.carrier_label(c.carrier)), (_("Carrier account"), c.carrier_account or ""),
                      (_("Service"), dict(choices.carrier_services(c.carrier)).get(c.service, c.service)), (_("Countries served"), c.countries or _("All")),
                      (_("Chosen for shipping methods"), lines(*c.ship_methods.splitlines())), (_("Active"), _("Yes") if c.active else _("No"))]),
                (_("Label and text"), [(_("Label template"), TEMPLATES.get(c.template, c.template)), (_("Character profile"), CHARSETS.get(c.charset, c.charset)), (_("Tracking link"), link)]),
                *([(_("Options of the carrier"), options)] if options else [])]


class AccountForm(DynamicForm):
    alias = StringField(_l("Short name"), [DataRequired(), Length(max=80)], filters=[tidy], render_kw=TEXT, description=_l("Your own name for this contract."))
    active = BooleanField(_l("Active"), default=True)
    base_url = StringField(_l("Service address"), [Length(max=200), outside_address], filters=[no_blank], render_kw=TEXT, description=_l("Empty: the carrier's live service. Only the logistics company's staff may change it."))

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


class CarrierAccountView(CarrierForms):
    datamodel = Interface(CarrierAccount)
    menu_label, menu_icon = _l("Carrier accounts"), "fa-key"
    show_template = "waybridge/carrier_account.html"
    panel = (Search("alias", _l("Short name"), apply=contains(A.alias)),
             Search("carrier", _l("Carrier"), "select", lambda v: A.carrier == v, lambda: choices.carriers(with_platform=False)))
    columns = (
        Column("carrier", _l("Carrier"), lambda a: choices.carrier_label(a.carrier)),
        Column("alias", _l("Short name"), lambda a: Markup('<a href="{}">{}</a>').format(url_for("CarrierAccountView.show", pk=a.id), a.alias), order=A.alias),
        Column("sender", _l("Sender"), lambda a: lines(a.sender.get("name"), " ".join(filter(None, (a.sender.get("city"), a.sender.get("country")))))),
        Column("verified_at", _l("Verified at"), lambda a: when(a.verified_at) or Markup('<span class="badge-state tone-warn">{}</span>').format(_("Not verified")), css="nowrap"),
        Column("base_url", _l("Service address"), lambda a: a.base_url or _("Live"), provider_only=True),
        Column("active", _l("Active")),
    )
    row_links = (RowLink(_l("Edit"), lambda a: url_for("CarrierAccountView.edit", pk=a.id), right="can_write"),
                 RowLink(_l("Verify"), action="verify", shown=lambda a: a.carrier != "number_pool"),
                 RowLink(_l("Webhook address"), lambda a: url_for("CarrierAccountView.show", pk=a.id), shown=lambda a: bool(hook_address(a))))
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
        shown = [(_(f.label), (_("stored") if stored.get(f.name) else _("missing")) if f.kind == "secret" else a.options.get(f.name, "")) for f in fields]
        return [("", [(_("Carrier"), choices.carrier_label(a.carrier)), (_("Short name"), a.alias), (_("Active"), _("Yes") if a.active else _("No")),
                      (_("Verified at"), when(a.verified_at) or _("Not verified"))]),
                (_("Contract with the carrier"), shown), (_("Sender"), [(label, a.sender.get(name, "")) for name, label in SENDER])]

    def hook(self, account):
        return hook_address(account)
