"""Export of outbound orders (出库订单)."""
import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain.sheets.columns import SheetColumn as Column
from app.domain.sheets.columns import SheetKind
from app.domain.sheets.kinds.orders import ADDRESS, PLAIN
from app.domain.sheets.words import platform_word, state_word, yes_no
from app.extensions import db
from app.messages import sentence
from app.models import OutboundLine, OutboundOrder, PlatformOrder, Product, ShippingChannel, ShopAccount, Warehouse, Waybill


def lines_of(ids):
    """{outbound id: ("HMKJ-4551*1; …", pieces)}"""
    found = {}
    for outbound_id, sku, quantity in db.session.execute(
            sa.select(OutboundLine.outbound_id, Product.sku, OutboundLine.quantity).join(Product, Product.id == OutboundLine.product_id)
            .where(OutboundLine.outbound_id.in_(ids)).order_by(OutboundLine.outbound_id, OutboundLine.id)):
        found.setdefault(outbound_id, []).append((sku, quantity))
    return {k: ("; ".join(f"{sku}*{n}" for sku, n in v), sum(n for _sku, n in v)) for k, v in found.items()}


def waybills_of(ids):
    """{outbound id: (reference numbers, tracking numbers)} of live waybills."""
    found = {}
    for outbound_id, reference, tracking_no in db.session.execute(
            sa.select(Waybill.outbound_id, Waybill.reference, Waybill.tracking_no)
            .where(Waybill.outbound_id.in_(ids), Waybill.state != "voided").order_by(Waybill.id)):
        found.setdefault(outbound_id, []).append((reference, tracking_no))
    return {k: (", ".join(r for r, _t in v), ", ".join(t for _r, t in v if t)) for k, v in found.items()}


def fetch(ids, clock):
    out = OutboundOrder
    rows = db.session.execute(
        sa.select(out.id, out.number, out.order_no, PlatformOrder.platform, ShopAccount.alias, out.state, out.fulfilment,
                  Warehouse.code.label("warehouse"), ShippingChannel.name.label("channel"), *(getattr(out, n) for n in PLAIN), out.currency,
                  out.total, out.cod, out.remark, out.created_at, out.audited_at, out.findings)
        .outerjoin(PlatformOrder, PlatformOrder.id == out.platform_order_id).outerjoin(ShopAccount,
                                                                                       ShopAccount.id == PlatformOrder.account_id)
        .outerjoin(Warehouse, Warehouse.id == out.warehouse_id).outerjoin(ShippingChannel, ShippingChannel.id == out.channel_id)
        .where(out.id.in_(ids))).all()
    lines, waybills = lines_of(ids), waybills_of(ids)
    return {r.id: (
        r.number, r.order_no, platform_word(r.platform or ""), r.alias, state_word("outbound_order", r.state),
        state_word("fulfilment", r.fulfilment), r.warehouse, r.channel, *waybills.get(r.id, ("", "")), *lines.get(r.id, ("", 0)),
        *(getattr(r, n) for n in PLAIN), r.currency, r.total, yes_no(r.cod), r.remark, clock.wall(r.created_at), clock.wall(r.audited_at),
        " ".join(sentence(f.get("code"), f.get("params")) for f in r.findings or ())) for r in rows}


KIND = SheetKind("outbound", _l("Outbound orders"), (
    Column("number", _l("Outbound order no."), width=22), Column("order_no", _l("Platform order no."), width=20),
    Column("platform", _l("Platform"), width=12), Column("account", _l("Shop account")), Column("state", _l("Status"), width=14),
    Column("fulfilment", _l("Fulfilment"), width=18), Column("warehouse", _l("Warehouse"), width=12),
    Column("channel", _l("Shipping channel"), width=20), Column("reference", _l("Reference no."), width=20),
    Column("tracking_no", _l("Tracking no."), width=20), Column("lines", _l("Goods"), width=36),
    Column("pieces", _l("Pieces"), style="number", width=9),
    *ADDRESS,
    Column("currency", _l("Currency"), width=9), Column("total", _l("Total"), style="money", width=12),
    Column("cod", _l("Cash on delivery"), width=10),
    Column("remark", _l("Remark"), width=24), Column("created_at", _l("Created at"), style="time", width=18),
    Column("audited_at", _l("Audited at"), style="time", width=18), Column("findings", _l("Findings"), width=60),
), OutboundOrder, fetch)
