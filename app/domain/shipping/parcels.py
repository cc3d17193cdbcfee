"""The waybill rows of an outbound order and the connector that carries them."""
import sqlalchemy as sa

from app.domain.accounts import apps
from app.domain.shipping import build, channels
from app.domain.shipping.platform_carrier import PlatformCarrier
from app.extensions import db
from app.failures import Failure
from app.integrations.types import Parcel
from app.models import PlatformOrder, Waybill
from app.web import lock_rows


def live_waybills(outbound_id):
    """Waybills that are not voided, by package."""
    return db.session.scalars(sa.select(Waybill).where(Waybill.outbound_id == outbound_id, Waybill.state != "voided")
                              .order_by(Waybill.package_number, Waybill.id).execution_options(populate_existing=True)).all()


def lock_order(order_id):
    """A platform order, locked and read afresh; None for None. In the order of the house: after outbound order and waybill."""
    return db.session.scalar(lock_rows(sa.select(PlatformOrder).where(PlatformOrder.id == order_id)
                                       .execution_options(populate_existing=True))) if order_id else None


def open_parcel(outbound, package_number=""):
    """The live waybill of this parcel, locked; a new one, unconfirmed, when there is none. The outbound order is locked already.

    Raises Failure("waybill.split_meanwhile") when the order was split after a number was issued for the whole.
    """
    others = [w for w in live_waybills(outbound.id) if w.package_number != package_number and (not w.package_number or not package_number)]
    if any(w.tracking_no or w.push_step != "idle" for w in others):
        raise Failure("waybill.split_meanwhile", number=outbound.number)
    for stale in others:
        db.session.delete(stale)        # never sent: the order is packed otherwise now
    db.session.flush()
    found = db.session.scalar(lock_rows(sa.select(Waybill).where(
        Waybill.outbound_id == outbound.id, Waybill.package_number == package_number, Waybill.state != "voided")
        .execution_options(populate_existing=True)))
    if found is not None:
        found.recipient, found.country = outbound.recipient, outbound.country
        return found
    waybill = Waybill(
        tenant_id=outbound.tenant_id, outbound_id=outbound.id, channel_id=outbound.channel_id, carrier=outbound.channel.carrier,
        reference=next_reference(outbound, package_number), order_no=outbound.order_no, outbound_no=outbound.number,
        package_number=package_number, recipient=outbound.recipient, country=outbound.country, state="unconfirmed", push_step="idle",
        sent={}, edited={}, changes=[], attempts=0, tracking_no="", claimed_by="")
    db.session.add(waybill)
    db.session.flush()
    return waybill


def next_reference(outbound, package_number=""):
    """OD + ten digits, P<n> for the packages of a split order, R<n> after the n-th reset: never used twice."""
    numbers = build.package_numbers(outbound.platform_order)
    base = f"OD{outbound.id:010d}" + (f"P{numbers.index(package_number) + 1}" if package_number in numbers else "")
    used = set(db.session.scalars(sa.select(Waybill.reference).where(Waybill.outbound_id == outbound.id)))
    tries = (base if n == 0 else f"{base}R{n}" for n in range(len(used) + 1))
    return next(r for r in tries if r not in used)


def platform_parcel(outbound, package_number="", tracking_no="", carrier="", own_carrier=True):
    """The Parcel that the platform's connector wants."""
    split = bool(build.package_numbers(outbound.platform_order))
    return Parcel(outbound.order_no, tracking_no, package_number, split, carrier, own_carrier)


def parcel_connector(outbound, channel, package_number=""):
    """The carrier connector of a channel; for the platform's own logistics one over the shop. Raises Failure channel.*, app.*."""
    if channel.carrier != channels.PLATFORM:
        return channels.carrier_of(channel)
    order = outbound.platform_order
    if order is None:
        raise Failure("channel.needs_platform_order", channel=channel.name)
    shop = apps.connector(order.account)
    if not shop.can("arrange"):
        raise Failure("channel.platform_cannot", channel=channel.name, platform=order.platform)
    return PlatformCarrier(shop, platform_parcel(outbound, package_number, own_carrier=False))
