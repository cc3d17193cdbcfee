"""Outbound orders (出库订单 / 系统订单) and their lines."""
import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import foreign, relationship

from app.models.base import Amount, Audited, BigId, Json, StampMixin, TenantMixin, UtcDateTime, owned, owner
from app.models.channel import ShippingChannel
from app.models.order import PlatformOrder
from app.models.product import Product
from app.models.stock import Warehouse


class OutboundOrder(Model, TenantMixin, StampMixin, Audited):
    """What leaves the house. `state` is assigned by domain.orders.lifecycle.move() only."""
    __tablename__ = "outbound_order"
    id = sa.Column(BigId, primary_key=True)
    number = sa.Column(sa.String(40), nullable=False)                      # HMKJ-210412-00005
    platform_order_id = sa.Column(BigId, nullable=True)
    order_no = sa.Column(sa.String(64), nullable=False, default="")        # the platform's number, for search and labels
    warehouse_id = sa.Column(BigId, sa.ForeignKey("warehouse.id"), nullable=True)
    fulfilment = sa.Column(sa.String(12), nullable=False, default="warehouse")     # warehouse | direct
    state = sa.Column(sa.String(12), nullable=False, default="draft")
    resume_to = sa.Column(sa.String(12), nullable=False, default="")
    channel_id = sa.Column(BigId, nullable=True)
    recipient = sa.Column(sa.String(200), nullable=False, default="")
    phone = sa.Column(sa.String(60), nullable=False, default="")
    country = sa.Column(sa.String(2), nullable=False, default="")
    province = sa.Column(sa.String(120), nullable=False, default="")
    city = sa.Column(sa.String(120), nullable=False, default="")
    district = sa.Column(sa.String(120), nullable=False, default="")
    town = sa.Column(sa.String(120), nullable=False, default="")
    street = sa.Column(sa.Text, nullable=False, default="")
    postcode = sa.Column(sa.String(20), nullable=False, default="")
    masked = sa.Column(sa.Boolean, nullable=False, default=False)
    currency = sa.Column(sa.String(3), nullable=False, default="")
    total = sa.Column(Amount)
    cod = sa.Column(sa.Boolean, nullable=False, default=False)
    remark = sa.Column(sa.String(500), nullable=False, default="")
    findings = sa.Column(Json, nullable=False, default=list)               # of the last audit: [{code, params, fatal}]
    reserved = sa.Column(sa.Boolean, nullable=False, default=False)        # stock is held for it
    audited_at = sa.Column(UtcDateTime)
    platform_order = relationship(PlatformOrder, primaryjoin=lambda: foreign(OutboundOrder.platform_order_id) == PlatformOrder.id)
    channel = relationship(ShippingChannel, primaryjoin=lambda: foreign(OutboundOrder.channel_id) == ShippingChannel.id)
    warehouse = relationship(Warehouse)
    lines = relationship("OutboundLine", primaryjoin=lambda: foreign(OutboundLine.outbound_id) == OutboundOrder.id,
                         # By the index of (tenant, order) first: by id alone SQLite walks all lines of the merchant.
                         order_by="(OutboundLine.outbound_id, OutboundLine.id)", back_populates="outbound", cascade="all, delete-orphan")
    __table_args__ = owned(
        "outbound_order", owner("platform_order_id", "platform_order", "outbound_order"),
        owner("channel_id", "shipping_channel", "outbound_order"),
        sa.UniqueConstraint("tenant_id", "number", name="uq_outbound_number"),
        # One live outbound order per platform order: a double click cannot convert twice.
        sa.Index("uq_outbound_platform_order", "tenant_id", "platform_order_id", unique=True,
                 sqlite_where=sa.text("state <> 'cancelled'"), postgresql_where=sa.text("state <> 'cancelled'")),
        sa.Index("ix_outbound_state", "tenant_id", "state", "id"),
        sa.Index("ix_outbound_order_no", "tenant_id", "order_no"),
        sa.Index("ix_outbound_platform_order", "tenant_id", "platform_order_id"))

    def __repr__(self):
        return self.number or ""


class OutboundLine(Model, TenantMixin):
    """One product of an outbound order. `platform_skus` tells which order lines it came from."""
    __tablename__ = "outbound_line"
    id = sa.Column(BigId, primary_key=True)
    outbound_id = sa.Column(BigId, nullable=False)
    product_id = sa.Column(BigId, nullable=False)
    quantity = sa.Column(sa.Integer, nullable=False)
    platform_skus = sa.Column(sa.String(300), nullable=False, default="")
    price = sa.Column(Amount, nullable=False, default=0)                   # sold per unit, in the order's currency
    outbound = relationship(OutboundOrder, primaryjoin=lambda: foreign(OutboundLine.outbound_id) == OutboundOrder.id,
                            back_populates="lines")
    product = relationship(Product, primaryjoin=lambda: foreign(OutboundLine.product_id) == Product.id)
    __table_args__ = owned(
        "outbound_line", owner("outbound_id", "outbound_order", "outbound_line", ondelete="CASCADE"),
        owner("product_id", "product", "outbound_line"),
        sa.CheckConstraint("quantity > 0", name="ck_outbound_line_quantity"),
        sa.Index("ix_outbound_line_outbound", "tenant_id", "outbound_id"), sa.Index("ix_outbound_line_product", "tenant_id", "product_id"))
