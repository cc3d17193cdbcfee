"""订单审核: draft outbound orders are checked and, when nothing fatal is found, get their stock. 500 at a time.

Each finding is {code, params, fatal, fix}; warnings stay on the order beside a success.
"""
from dataclasses import asdict

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload, selectinload

from app.domain import runs
from app.domain.orders.lifecycle import move, sources
from app.domain.shipping import build, channels
from app.domain.shipping import preflight as checks
from app.domain.shipping.preflight import Finding
from app.domain.stock import reservation
from app.extensions import db
from app.failures import Failure, IllegalMove
from app.integrations.carriers.base import Profile
from app.integrations.types import Address, Shipment
from app.models import OutboundLine, OutboundOrder, ShippingChannel
from app.models.base import utcnow
from app.web import is_sqlite


@runs.verb("audit", _l("Audit"), OutboundOrder, ref="number", chunk=500)
def audit(ids, params):
    """draft -> audited with the stock reserved, all or nothing per order; else the findings say what to mend."""
    results, drafts = [], []
    for order in _locked(ids):
        if order.state in sources(OutboundOrder, "audit"):
            drafts.append(order)
        else:
            results.append(runs.Result.failed(order.id, IllegalMove("outbound_order", "audit", order.state), order.number))
    found = {order.id: findings_of(order) for order in drafts}
    for order_id, short in _reserve(drafts, found).items():
        found[order_id] += [Finding("stock.short", asdict(one), fix="stock") for one in short]
    for order in drafts:
        results.append(_decide(order, sorted(found[order.id], key=lambda f: not f.fatal)))
    db.session.flush()
    return results


def _locked(ids):
    """The outbound orders, locked in id order, with all that the checks read: some five queries for the batch."""
    statement = sa.select(OutboundOrder).where(OutboundOrder.id.in_(ids)).order_by(OutboundOrder.id).options(
        selectinload(OutboundOrder.lines).joinedload(OutboundLine.product), selectinload(OutboundOrder.platform_order),
        selectinload(OutboundOrder.channel).options(joinedload(ShippingChannel.carrier_account)))
    if not is_sqlite():
        statement = statement.with_for_update(of=OutboundOrder)
    return db.session.scalars(statement.execution_options(populate_existing=True)).all()


def _reserve(drafts, found):
    broken = {order_id for order_id, findings in found.items() if any(f.fatal for f in findings)}
    return reservation.reserve(drafts, check_only=broken)


def _decide(order, findings):
    order.findings = [asdict(finding) for finding in findings]
    fatal = [finding for finding in findings if finding.fatal]
    if not fatal:
        move(order, "audit", params={"warnings": len(findings)} if findings else None)
        order.audited_at = utcnow()
        return runs.Result(order.id, code="outbound.audited_with_warnings" if findings else "outbound.audited",
                           params={"number": order.number, "findings": order.findings} if findings else {"number": order.number},
                           ref=order.number)
    first = fatal[0]
    return runs.Result(order.id, "failed", first.code, {**first.params, "findings": order.findings}, ref=order.number)


def findings_of(order):
    """All findings of an outbound order but stock. No side effects."""
    findings = [] if order.lines else [Finding("outbound.no_lines")]
    if order.fulfilment == "warehouse" and order.warehouse_id is None:
        findings.append(Finding("stock.no_warehouse", fix="outbound"))
    try:
        findings += _of_channel(order)
    except Failure as failure:
        findings.append(Finding(failure.code, dict(failure.params), fix="channel"))
    return findings


def _of_channel(order):
    channel = order.channel
    if channel is None:
        return [Finding("channel.missing", fix="outbound"), *_without_channel(order)]
    if not channel.active:
        return [Finding("channel.inactive", {"channel": channel.name}, fix="channel"), *_without_channel(order)]
    if channel.carrier == channels.PLATFORM:        # the platform has the address and draws the label; it masks them for us
        return [] if order.platform_order else [Finding("channel.needs_platform_order", {"channel": channel.name}, fix="outbound")]
    account, carrier = channel.carrier_account, channels.class_of(channel.carrier)
    findings = []
    if channel.carrier != "number_pool" and (account is None or not account.active):
        findings.append(Finding("channel.no_account", {"channel": channel.name}, fix="channel"))
    shipment = build.shipment_of(order, order.lines, channel, account)
    if order.lines:
        findings += checks.preflight(shipment, carrier, channels.countries_of(channel), channels.profile_of(channel))
    else:
        findings += checks.recipient(shipment.recipient, carrier.profile)
    return findings


def _without_channel(order):
    """What can be said before a carrier is known: recipient, country and declaration."""
    to = build.recipient_of(order)
    items = build.declared_items([(line, line.quantity) for line in order.lines], order.currency)
    shipment = Shipment("", order.order_no, Address(country=to.country), to, items, weight_g=sum(i.weight_g * i.quantity for i in items))
    declared = [*checks.declaration(shipment), *checks.weight(shipment)] if items else []
    country = [] if to.country else [Finding("country.missing")]
    return [*declared, *country, *checks.recipient(to, Profile())]
