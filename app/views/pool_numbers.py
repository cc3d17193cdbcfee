"""基础资料管理 > 单号池: tracking numbers of lines without an API."""
import sqlalchemy as sa
from flask import flash, url_for
from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import joinedload
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, Regexp

from app.extensions import db
from app.failures import Failure
from app.models import PoolNumber, ShippingChannel
from app.views import choices
from app.views.actions import plain_action
from app.views.base import RIGHTS, ScreenView
from app.views.imports import ImportMixin
from app.views.inputs import TEXT, tidy
from app.views.interface import Interface
from app.views.lists import lines, when
from app.views.panel import Column, Search, Tool, by_id, equals, starts


class PoolNumberForm(DynamicForm):
    channel_id = SelectField(_l("Shipping channel"), coerce=int, render_kw=TEXT)
    number = StringField(_l("Tracking no."),
                         [DataRequired(), Regexp(r"[A-Za-z0-9][A-Za-z0-9 /_.-]{3,63}$", message=_l("4 to 64 letters and digits."))],
                         filters=[tidy], render_kw=TEXT)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.channel_id.choices = pool_channels()


def pool_channels():
    """Channels of lines without an API, whose numbers come from here."""
    own = set(db.session.scalars(sa.select(ShippingChannel.id).where(ShippingChannel.carrier == "number_pool")))
    return [(i, label) for i, label in choices.channels() if i in own]


class PoolNumberView(ImportMixin, ScreenView):
    datamodel = Interface(PoolNumber)
    menu_label, menu_icon = _l("Tracking number pool"), "fa-list-ol"
    import_kind = "pool_numbers"
    list_template = "waybridge/pool_list.html"
    method_permission_name = {**RIGHTS, **ImportMixin.rights}
    panel = (
        Search("number", _l("Tracking no."), apply=starts(PoolNumber.number)),
        Search("channel", _l("Shipping channel"), "select", by_id(PoolNumber.channel_id), pool_channels),
        Search("used", _l("Use"), "select", lambda v: PoolNumber.reference == "" if v == "free" else PoolNumber.reference != "",
               (("free", _l("Free")), ("used", _l("Used")))),
        Search("reference", _l("Reference no."), apply=equals(PoolNumber.reference)),
    )
    columns = (
        Column("number", _l("Tracking no.")),
        Column("channel", _l("Shipping channel"),
               lambda n: lines(n.channel.name, Markup('<small class="cell-label">{}</small>').format(n.channel.code))),
        Column("used", _l("Use"),
               lambda n: Markup('<span class="badge-state tone-{}">{}</span>').format(*(("grey", _("Used")) if n.reference else ("good",
                       _("Free"))))),
        Column("reference", _l("Reference no.")), Column("used_at", _l("Used at"), lambda n: when(n.used_at)),
        Column("created_at", _l("Created at"), lambda n: when(n.created_at)),
    )
    load = (joinedload(PoolNumber.channel),)
    tools = (
        Tool(_l("Import"), lambda args: url_for("PoolNumberView.import_sheet"), "fa-upload", primary=True),
        Tool(_l("Add"), lambda args: url_for("PoolNumberView.add"), "fa-plus"),
        Tool(_l("Template"), lambda args: url_for("PoolNumberView.import_template"), "fa-download", right="can_read"),
    )
    notes = (_l("For lines without an API: the logistics company gives you a list of tracking numbers, "
                "and each push takes the oldest free one."),
             _l("A number is used once; a number of a waybill that was reset does not come back."))
    exclude_route_methods = {"edit", "show", "delete"}
    add_form = edit_form = PoolNumberForm
    add_columns = edit_columns = ["channel_id", "number"]

    @plain_action("remove", _l("Delete free numbers"), "fa-trash", _l("Delete the selected numbers that are still free?"))
    def remove(self, chosen):
        gone = db.session.execute(sa.delete(PoolNumber).where(PoolNumber.id.in_(chosen.query), PoolNumber.reference == "")
                                  .execution_options(synchronize_session=False)).rowcount
        db.session.commit()
        flash(_("%(n)s deleted.", n=gone), "success")

    def pre_add(self, item):
        channel = db.session.get(ShippingChannel, item.channel_id)
        if channel is None or item.tenant_id not in (None, channel.tenant_id):
            raise Failure("action.bad_choice", field=_("Shipping channel"))

    @staticmethod
    def counts():
        """[(merchant's channel, free, used)] of every pool channel, the scarcest first."""
        free = sa.func.sum(sa.case((PoolNumber.reference == "", 1), else_=0))
        rows = dict((channel, (int(f), int(n) - int(f))) for channel, f, n in db.session.execute(
            sa.select(PoolNumber.channel_id, free, sa.func.count()).group_by(PoolNumber.channel_id)))
        return sorted(((label, *rows.get(i, (0, 0))) for i, label in pool_channels()), key=lambda row: row[1])
