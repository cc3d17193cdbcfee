"""Choices of selects and chips, read under the tenant guard."""
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import session

from app.extensions import db
from app.integrations.carriers import all_carriers
from app.integrations.platforms import ENGLISH, PLATFORMS, platform_class
from app.models import Product, ShippingChannel, ShopAccount, Tenant, Warehouse
from app.models.base import utcnow
from app.tenancy import SYSTEM, current_scope
from app.views.panel import split_numbers

pasted = split_numbers


def period(first, last, zone):
    """Two dates of a form as moments: the first day's beginning, the last day's end; None where empty or unreadable."""
    tz = ZoneInfo(zone)
    since, until = _date(first), _date(last)
    return (datetime.combine(since, time(), tz) if since else None,
            min(datetime.combine(until + timedelta(days=1), time(), tz), utcnow()) if until else None)


def _date(text):
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def platform_label(key):
    """Brand names are not translated, but two have a Chinese form of their own."""
    if session.get("locale") == "en" and key in ENGLISH:
        return ENGLISH[key]
    return PLATFORMS.get(key, (key, None))[0]


def platform_chips():
    """[(key, label, has a connector)] of all platforms, in the seed's order."""
    return [(key, platform_label(key), cls is not None) for key, (_label, cls) in PLATFORMS.items()]


def platforms_ready():
    return [(key, platform_label(key)) for key in PLATFORMS if platform_class(key)]


def _named(rows):
    """Provider staff see whose row it is."""
    if current_scope() != SYSTEM:
        return [(r.id, str(r)) for r in rows]
    codes = dict(db.session.execute(sa.select(Tenant.id, Tenant.code)).all())
    return [(r.id, f"{codes.get(r.tenant_id, '')} · {r}") for r in rows]


def accounts(ready=False):
    statement = sa.select(ShopAccount).where(ShopAccount.state != "revoked").order_by(ShopAccount.platform, ShopAccount.alias)
    if ready:
        statement = statement.where(ShopAccount.state.in_(("active", "paused")))
    return _named(db.session.scalars(statement).all())


def channels():
    return _named(db.session.scalars(sa.select(ShippingChannel).where(ShippingChannel.active).order_by(ShippingChannel.name)).all())


def products():
    return _named(db.session.scalars(sa.select(Product).where(Product.active).order_by(Product.sku).limit(2000)).all())


def warehouses():
    return [(w.id, w.name) for w in db.session.scalars(sa.select(Warehouse).where(Warehouse.active).order_by(Warehouse.code))]


def carrier_label(key):
    from flask_babel import gettext as _
    if key == "platform":
        return _("Platform logistics")
    cls = all_carriers().get(key)
    return _(str(cls.label)) if cls else key


def carriers(with_platform=True):
    found = [(key, carrier_label(key)) for key in all_carriers()]
    return [*found, ("platform", carrier_label("platform"))] if with_platform else found


def carrier_services(key):
    from flask_babel import gettext as _
    cls = all_carriers().get(key)
    return [(code, _(str(label))) for code, label in cls.services] if cls else []
