"""Rules that choose for the merchant: which channel an order gets from what the platform calls the delivery."""
import sqlalchemy as sa

from app.domain.orders.normalise import fold
from app.extensions import db
from app.models import ShippingChannel


def choose_channels(orders):
    """Channel id or None per order, in order. `orders`: rows or dicts with ship_method, ship_method_id and country.

    A channel names its delivery methods (comma list, accents and case do not matter); of several the first by code
    that serves the country. One statement for the batch.
    """
    if not orders:
        return []
    known = _channels()
    return [_choose(known, order) for order in orders]


def _channels():
    """{folded method: [(channel id, countries served or empty)]} of the active channels, by code."""
    found = {}
    rows = db.session.execute(sa.select(ShippingChannel.id, ShippingChannel.ship_methods, ShippingChannel.countries)
                              .where(ShippingChannel.active, ShippingChannel.ship_methods != "").order_by(ShippingChannel.code))
    for channel_id, methods, countries in rows:
        served = countries_of(countries)
        for method in methods.replace("，", ",").replace("\n", ",").split(","):
            if fold(method):
                found.setdefault(fold(method), []).append((channel_id, served))
    return found


def countries_of(text):
    """The ISO codes of a channel's list «PH, VN»; empty = wherever the carrier goes."""
    return frozenset(text.upper().replace("，", ",").replace(",", " ").split())


def _choose(known, order):
    get = order.get if isinstance(order, dict) else lambda name: getattr(order, name)
    for name in (get("ship_method"), get("ship_method_id")):
        for channel_id, served in known.get(fold(name), ()) if name else ():
            if not served or get("country") in served:
                return channel_id
    return None
