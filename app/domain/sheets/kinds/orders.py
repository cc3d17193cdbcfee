"""Export of platform orders: every column of the screen."""
import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.domain.sheets.columns import SheetColumn as Column
from app.domain.sheets.columns import SheetKind
from app.domain.sheets.words import platform_word, state_word, yes_no
from app.extensions import db
from app.messages import sentence
from app.models import OrderItem, OutboundOrder, PlatformOrder, ShippingChannel, ShopAccount, Waybill

PLAIN = ("recipient", "phone", "country", "province", "city", "district", "town", "street", "postcode")


def goods_of(ids):
    """{order id: "CCD007*1; CCD008*2"}"""
    found = {}
    for order_id, sku, name, quantity in db.session.execute(
            sa.select(OrderItem.order_id, OrderItem.platform_sku, OrderItem.name, OrderItem.quantity)
            .where(OrderItem.order_id.in_(ids)).order_by(OrderItem.order_id, OrderItem.line)):
        found.setdefault(order_id, []).append(f"{sku or name}*{quantity}")
    return {k: "; ".join(v) for k, v in found.items()}


def references_of(ids):
    """{order id: reference numbers of its live waybills}"""
    found = {}
    for order_id, reference in db.session.execute(
            sa.select(OutboundOrder.platform_order_id, Waybill.reference).join(Waybill, Waybill.outbound_id == OutboundOrder.id)
            .where(OutboundOrder.platform_order_id.in_(ids), Waybill.state != "voided").order_by(Waybill.id)):
        found.setdefault(order_id, []).append(reference)
    return {k: ", ".join(v) for k, v in found.items()}


def fetch(ids, clock):
    order = PlatformOrder
    rows = db.session.execute(
        sa.select(order.id, order.order_no, order.platform, ShopAccount.alias, order.state, order.platform_status,
                  *(getattr(order, n) for n in PLAIN), order.ship_method, ShippingChannel.name.label("channel"), order.outbound_no,
                  order.tracking_no, order.currency, order.total, order.cod, order.buyer, order.buyer_note, order.seller_note, order.remark,
                  order.cancel_reason, order.ordered_at, order.paid_at, order.ship_by, order.pulled_at, order.written_back_at,
                  order.problem_code, order.problem_params)
        .outerjoin(ShopAccount, ShopAccount.id == order.account_id).outerjoin(ShippingChannel, ShippingChannel.id == order.channel_id)
        .where(order.id.in_(ids))).all()
    goods, references = goods_of(ids), references_of(ids)
    return {r.id: (
        r.order_no, platform_word(r.platform), r.alias, state_word("platform_order", r.state), r.platform_status, goods.get(r.id, ""),
        *(getattr(r, n) for n in PLAIN), r.ship_method, r.channel, r.outbound_no, r.tracking_no, references.get(r.id, ""), r.currency,
        r.total,
        yes_no(r.cod), r.buyer, r.buyer_note, r.seller_note, r.remark, r.cancel_reason,
        *(clock.wall(t) for t in (r.ordered_at, r.paid_at, r.ship_by, r.pulled_at, r.written_back_at)),
        sentence(r.problem_code, r.problem_params)) for r in rows}


ADDRESS = (
    Column("recipient", _l("Recipient"), width=20), Column("phone", _l("Phone")), Column("country", _l("Country"), width=9),
    Column("province", _l("State or province")), Column("city", _l("City")), Column("district", _l("District")), Column("town", _l("Town")),
    Column("street", _l("Street"), width=36), Column("postcode", _l("Postcode"), width=10),
)

KIND = SheetKind("orders", _l("Platform orders"), (
    Column("order_no", _l("Platform order no."), width=20), Column("platform", _l("Platform"), width=12),
    Column("account", _l("Shop account")),
    Column("state", _l("Status"), width=14), Column("platform_status", _l("Platform status"), width=18),
    Column("goods", _l("Goods"), width=36),
    *ADDRESS,
    Column("ship_method", _l("Shipping method"), width=20), Column("channel", _l("Shipping channel"), width=20),
    Column("outbound_no", _l("Outbound order no."), width=22), Column("tracking_no", _l("Tracking no."), width=20),
    Column("reference", _l("Reference no."), width=20), Column("currency", _l("Currency"), width=9),
    Column("total", _l("Total"), style="money", width=12),
    Column("cod", _l("Cash on delivery"), width=10), Column("buyer", _l("Buyer")), Column("buyer_note", _l("Buyer's note"), width=24),
    Column("seller_note", _l("Seller's note"), width=24), Column("remark", _l("Remark"), width=24),
    Column("cancel_reason", _l("Cancel reason"), width=20),
    Column("ordered_at", _l("Ordered at"), style="time", width=18), Column("paid_at", _l("Paid at"), style="time", width=18),
    Column("ship_by", _l("Ship by"), style="time", width=18), Column("pulled_at", _l("Pulled at"), style="time", width=18),
    Column("written_back_at", _l("Written back at"), style="time", width=18), Column("problem", _l("Problem"), width=50),
), PlatformOrder, fetch)
