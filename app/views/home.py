"""Home: what waits, as links to the screens."""
import sqlalchemy as sa
from flask import g, redirect, url_for
from flask_appbuilder import IndexView, expose
from flask_babel import gettext as _

from app.extensions import db
from app.models import OutboundOrder, PlatformOrder, ShopAccount, Waybill
from app.models.base import utcnow
from app.views.interface import COUNT_CAP, Count


class HomeView(IndexView):
    index_template = "waybridge/home.html"

    @expose("/")
    def index(self):
        if not g.user.is_authenticated:
            return redirect(self.appbuilder.get_url_for_login)
        return self.render_template(self.index_template, tiles=[t for t in tiles() if t], title=_("Home"))


def tiles():
    """(label, Count, link, tone) of what a person should look at today; only screens he may open."""
    order = PlatformOrder
    return [
        _tile("PlatformOrderView", _("Pending orders"), order, [order.state == "pending"], tab="pending"),
        _tile("PlatformOrderView", _("Late orders"), order, [order.state == "pending", order.ship_by < utcnow()], tone="bad", tab="pending", order="ship_by", dir="asc"),
        _tile("UnmatchedView", _("Orders with unmatched SKUs"), order, [order.unmatched > 0, order.state == "pending"], tone="warn"),
        _tile("OutboundOrderView", _("Orders to audit"), OutboundOrder, [OutboundOrder.state == "draft"], tab="draft"),
        _tile("UnconfirmedWaybillView", _("Unconfirmed waybills"), Waybill, [Waybill.state == "unconfirmed"], tone="warn"),
        _tile("ForecastWaybillView", _("Waybills not printed"), Waybill, [Waybill.state == "forecast", Waybill.printed_at.is_(None)]),
        _tile("ShopAccountView", _("Shops to authorise again"), ShopAccount, [ShopAccount.state == "expired"], tone="bad", state="expired"),
        _tile("PlatformOrderView", _("Frozen orders"), order, [order.state == "frozen"], tab="frozen"),
    ]


def _tile(view, label, model, conditions, tone="", **args):
    from app.extensions import appbuilder
    if not appbuilder.sm.has_access("can_read", view):
        return None
    inner = sa.select(model.id).where(*conditions).limit(COUNT_CAP + 1).subquery()
    count = Count(db.session.scalar(sa.select(sa.func.count()).select_from(inner)))
    return label, count, url_for(f"{view}.list", **args), tone if count.number else ""
