"""Platform orders, their items and raw bodies."""
import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import deferred, foreign, relationship

from app.models.account import ShopAccount
from app.models.base import Amount, Audited, BigId, Json, StampMixin, TenantMixin, UtcDateTime, owned, owner, utcnow
from app.models.channel import ShippingChannel


class PlatformOrder(Model, TenantMixin, StampMixin, Audited):
    """An order as the platform has it (平台订单). `state` is assigned by domain.orders.lifecycle.move() only."""
    __tablename__ = "platform_order"
    audit_hidden = ("content_hash", "pulled_at", "platform_updated_at")
    id = sa.Column(BigId, primary_key=True)
    account_id = sa.Column(BigId, nullable=False)
    platform = sa.Column(sa.String(20), nullable=False)
    order_no = sa.Column(sa.String(64), nullable=False)
    state = sa.Column(sa.String(12), nullable=False, default="pending")
    resume_to = sa.Column(sa.String(12), nullable=False, default="")       # where a frozen order came from
    frozen_by = sa.Column(sa.String(8), nullable=False, default="")        # "platform" or "staff"
    stock_kept = sa.Column(sa.Boolean, nullable=False, default=True)
    platform_status = sa.Column(sa.String(40), nullable=False, default="")
    ordered_at = sa.Column(UtcDateTime, nullable=False)
    paid_at = sa.Column(UtcDateTime)
    ship_by = sa.Column(UtcDateTime)
    platform_updated_at = sa.Column(UtcDateTime, nullable=False)
    pulled_at = sa.Column(UtcDateTime, nullable=False, default=utcnow)
    currency = sa.Column(sa.String(3), nullable=False, default="")
    total = sa.Column(Amount)
    cod = sa.Column(sa.Boolean, nullable=False, default=False)
    buyer = sa.Column(sa.String(120), nullable=False, default="")
    buyer_note = sa.Column(sa.Text, nullable=False, default="")
    seller_note = sa.Column(sa.Text, nullable=False, default="")
    cancel_reason = sa.Column(sa.String(200), nullable=False, default="")
    remark = sa.Column(sa.String(500), nullable=False, default="")         # ours (备注)
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
    ship_method = sa.Column(sa.String(120), nullable=False, default="")
    ship_method_id = sa.Column(sa.String(40), nullable=False, default="")
    own_carrier = sa.Column(sa.Boolean, nullable=False, default=False)
    packages = sa.Column(Json, nullable=False, default=list)   # [{number,state,carrier_id,carrier_name,tracking_no}]
    channel_id = sa.Column(BigId, nullable=True)
    unmatched = sa.Column(sa.Integer, nullable=False, default=0)           # lines without a mapping at the last look
    outbound_no = sa.Column(sa.String(40), nullable=False, default="")
    tracking_no = sa.Column(sa.String(64), nullable=False, default="")
    problem_code = sa.Column(sa.String(60), nullable=False, default="")    # last failure shown on the row (操作信息)
    problem_params = sa.Column(Json, nullable=False, default=dict)
    written_back_at = sa.Column(UtcDateTime)
    staff_changed = sa.Column(Json, nullable=False, default=list)          # fields that a re-pull must not touch silently
    content_hash = sa.Column(sa.LargeBinary(20), nullable=False, default=b"")
    account = relationship(ShopAccount, primaryjoin=lambda: foreign(PlatformOrder.account_id) == ShopAccount.id)
    channel = relationship(ShippingChannel, primaryjoin=lambda: foreign(PlatformOrder.channel_id) == ShippingChannel.id)
    items = relationship("OrderItem", primaryjoin=lambda: foreign(OrderItem.order_id) == PlatformOrder.id,
                         order_by="OrderItem.line", back_populates="order", cascade="all, delete-orphan")
    __table_args__ = owned(
        "platform_order", owner("account_id", "shop_account", "platform_order"),
        owner("channel_id", "shipping_channel", "platform_order"),
        sa.UniqueConstraint("tenant_id", "account_id", "order_no", name="uq_platform_order_no"),
        sa.Index("ix_platform_order_state", "tenant_id", "state", "id"),
        sa.Index("ix_platform_order_no", "tenant_id", "order_no"),
        sa.Index("ix_platform_order_platform", "tenant_id", "platform", "state", "id"),
        sa.Index("ix_platform_order_pulled", "tenant_id", "pulled_at", "id"),
        sa.Index("ix_platform_order_phone", "tenant_id", "phone"),
        sa.Index("ix_platform_order_unmatched", "tenant_id", "unmatched", "id",
                 sqlite_where=sa.text("unmatched > 0"), postgresql_where=sa.text("unmatched > 0")),
        sa.Index("ix_platform_order_all_state", "state", "id"))

    def __repr__(self):
        return self.order_no or ""


class OrderItem(Model, TenantMixin):
    """One line of a platform order."""
    __tablename__ = "order_item"
    id = sa.Column(BigId, primary_key=True)
    order_id = sa.Column(BigId, nullable=False)
    line = sa.Column(sa.Integer, nullable=False)
    platform_sku = sa.Column(sa.String(100), nullable=False, default="")
    name = sa.Column(sa.String(300), nullable=False, default="")
    variation = sa.Column(sa.String(200), nullable=False, default="")
    quantity = sa.Column(sa.Integer, nullable=False)
    price = sa.Column(Amount, nullable=False, default=0)
    item_id = sa.Column(sa.String(40), nullable=False, default="")
    model_id = sa.Column(sa.String(40), nullable=False, default="")
    line_id = sa.Column(sa.String(40), nullable=False, default="")
    package_number = sa.Column(sa.String(64), nullable=False, default="")
    image_url = sa.Column(sa.String(400), nullable=False, default="")
    order = relationship(PlatformOrder, primaryjoin=lambda: foreign(OrderItem.order_id) == PlatformOrder.id, back_populates="items")
    __table_args__ = owned(
        "order_item", owner("order_id", "platform_order", "order_item", ondelete="CASCADE"),
        sa.Index("ix_order_item_order", "tenant_id", "order_id"),
        sa.Index("ix_order_item_sku", "tenant_id", "platform_sku"))


class OrderRaw(Model, TenantMixin):
    """The platform's own body of an order, apart so that lists never read it. For provider staff."""
    __tablename__ = "order_raw"
    order_id = sa.Column(BigId, primary_key=True, autoincrement=False)
    body = deferred(sa.Column(sa.Text, nullable=False))
    __table_args__ = (owner("order_id", "platform_order", "order_raw", ondelete="CASCADE"),)
