"""基础资料管理 > 物流渠道."""
import re

import sqlalchemy as sa
from flask import g, request, url_for
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
from app.views import choices, field_forms
from app.views.actions import plain_action
from app.views.base import ScreenView
from app.views.carrier_forms import CarrierForms
from app.views.inputs import TEXT, YES_NO, no_blank, tidy, yes
from app.views.interface import Interface
from app.views.lists import lines
from app.views.panel import Column, RowLink, Search, Tool, contains

C, A = ShippingChannel, CarrierAccount
CHARSETS = {"carrier": _l("As the carrier wants it"), "ascii": _l("Plain letters only (ASCII)"),
            "strict": _l("Plain letters, no special characters"), "none": _l("As written")}
TEMPLATES = {"100x100": _l("100 × 100 mm"), "100x150": _l("100 × 150 mm"), "a4": _l("A4, four labels of 100 × 100"),
             "a4-100x150": _l("A4, two labels of 100 × 150")}


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


class ChannelForm(DynamicForm):
    code = StringField(_l("Code"),
                       [DataRequired(), Length(max=40),
                        Regexp(r"[A-Za-z0-9._-]+$", message=_l("Letters, digits, dot, dash and underscore."))], filters=[no_blank],
                        render_kw=TEXT)
    name = StringField(_l("Name"), [DataRequired(), Length(max=120)], filters=[tidy], render_kw=TEXT)
    carrier_account_id = SelectField(_l("Carrier account"), coerce=str, render_kw=TEXT)
    service = StringField(_l("Service"), [Length(max=40)], filters=[tidy], render_kw={**TEXT, "list": "services"},
                          description=_l("The carrier's service; empty: the carrier's usual one."))
    countries = StringField(_l("Countries served"), [iso_countries, Length(max=400)], filters=[tidy], render_kw=TEXT,
                            description=_l("Two letters each, for example PH, VN. Empty: wherever the carrier goes."))
    active = BooleanField(_l("Active"), default=True)
    charset = SelectField(_l("Character profile"), choices=list(CHARSETS.items()), default="carrier", render_kw=TEXT,
                          description=_l("How names and addresses are cleaned on the copy for the carrier; the order keeps the original."))
    template = SelectField(_l("Label template"), choices=list(TEMPLATES.items()), default="100x150", render_kw=TEXT)
    tracking_url = StringField(_l("Tracking link"),
                               [Optional(), Length(max=300),
                                Regexp(r"https?://[^\s\"'<>]*\{number\}[^\s\"'<>]*$",
                                       message=_l("An address with {number} where the tracking number goes."))],
                               filters=[no_blank], render_kw=TEXT, description=_l("{number} is replaced by the tracking number."))
    ship_methods = TextAreaField(_l("Chosen for shipping methods"), [Length(max=400)], filters=[no_blank], render_kw={**TEXT, "rows": 3},
                                 description=_l("Delivery names of the platforms, one a line: "
                                                "orders with such a delivery get this channel by themselves."))

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


class ShippingChannelView(CarrierForms, ScreenView):
    datamodel = Interface(ShippingChannel)
    menu_label, menu_icon = _l("Shipping channels"), "fa-road"
    panel = (
        Search("name", _l("Name"), apply=lambda v: sa.or_(contains(C.name)(v), contains(C.code)(v))),
        Search("carrier", _l("Carrier"), "select", lambda v: C.carrier == v, choices.carriers),
        Search("country", _l("Country"), apply=lambda v: sa.or_(C.countries == "", contains(C.countries)(country_code(v) or v.upper()))),
        Search("active", _l("Active"), "select", yes(C.active), YES_NO),
    )
    columns = (
        Column("name", _l("Name"),
               lambda c: lines(Markup('<a href="{}">{}</a>').format(url_for("ShippingChannelView.show", pk=c.id), c.name),
                               Markup('<small class="cell-label">{}</small>').format(c.code)), order=C.name),
        Column("carrier", _l("Carrier"),
               lambda c: lines(choices.carrier_label(c.carrier),
                               Markup('<small class="cell-label">{}</small>').format(c.carrier_account.alias) if c.carrier_account
                               else "")),
        Column("service", _l("Service"), lambda c: dict(choices.carrier_services(c.carrier)).get(c.service, c.service)),
        Column("countries", _l("Countries served"), lambda c: c.countries or _("All")),
        Column("charset", _l("Character profile"), lambda c: CHARSETS.get(c.charset, c.charset)),
        Column("template", _l("Label template"), lambda c: TEMPLATES.get(c.template, c.template)),
        Column("ship_methods", _l("Chosen for shipping methods"), lambda c: c.ship_methods, css="text"),
        Column("active", _l("Active")),
    )
    load = (joinedload(C.carrier_account),)
    row_links = (RowLink(_l("Edit"), lambda c: url_for("ShippingChannelView.edit", pk=c.id), right="can_write"),
                 RowLink(_l("Tracking numbers"), lambda c: url_for("PoolNumberView.list", channel=c.id),
                         shown=lambda c: c.carrier == "number_pool"))
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
        return [("", [(_("Code"), c.code), (_("Name"), c.name), (_("Carrier"), choices.carrier_label(c.carrier)),
                      (_("Carrier account"), c.carrier_account or ""),
                      (_("Service"), dict(choices.carrier_services(c.carrier)).get(c.service, c.service)),
                      (_("Countries served"), c.countries or _("All")),
                      (_("Chosen for shipping methods"), lines(*c.ship_methods.splitlines())),
                      (_("Active"), _("Yes") if c.active else _("No"))]),
                (_("Label and text"), [(_("Label template"), TEMPLATES.get(c.template, c.template)),
                                       (_("Character profile"), CHARSETS.get(c.charset, c.charset)), (_("Tracking link"), link)]),
                *([(_("Options of the carrier"), options)] if options else [])]
