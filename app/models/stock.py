"""Warehouses, stock levels and the append-only ledger."""
import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import foreign, relationship

from app.models.base import BigId, StampMixin, TenantMixin, UtcDateTime, owned, owner, utcnow
from app.models.product import Product


class Warehouse(Model, StampMixin):
    """The provider's warehouse; shared by all merchants, so not tenant-owned."""
    __tablename__ = "warehouse"
    id = sa.Column(BigId, primary_key=True)
    code = sa.Column(sa.String(20), nullable=False, unique=True)
    name = sa.Column(sa.String(120), nullable=False)
    country = sa.Column(sa.String(2), nullable=False, default="")
    active = sa.Column(sa.Boolean, nullable=False, default=True)

    def __repr__(self):
        return self.name or ""


class StockLevel(Model, TenantMixin):
    """On hand, reserved, incoming of one product in one warehouse; available = on hand − reserved, never negative."""
    __tablename__ = "stock_level"
    id = sa.Column(BigId, primary_key=True)
    warehouse_id = sa.Column(BigId, sa.ForeignKey("warehouse.id"), nullable=False)
    product_id = sa.Column(BigId, nullable=False)
    on_hand = sa.Column(sa.Integer, nullable=False, default=0)
    reserved = sa.Column(sa.Integer, nullable=False, default=0)
    incoming = sa.Column(sa.Integer, nullable=False, default=0)
    changed_at = sa.Column(UtcDateTime, nullable=False, default=utcnow, onupdate=utcnow)
    warehouse = relationship(Warehouse)
    product = relationship(Product, primaryjoin=lambda: foreign(StockLevel.product_id) == Product.id)
    __table_args__ = owned(
        "stock_level", owner("product_id", "product", "stock_level"),
        sa.UniqueConstraint("tenant_id", "warehouse_id", "product_id", name="uq_stock_level"),
        sa.CheckConstraint("reserved >= 0 AND on_hand >= reserved AND incoming >= 0", name="ck_stock_level"))

    @property
    def available(self):
        return self.on_hand - self.reserved

    def __repr__(self):
        return f"{self.product} {self.warehouse}"


class StockMove(Model, TenantMixin):
    """Append-only ledger (库存流水): every change with document, person and reason."""
    __tablename__ = "stock_move"
    id = sa.Column(BigId, primary_key=True)
    warehouse_id = sa.Column(BigId, sa.ForeignKey("warehouse.id"), nullable=False)
    product_id = sa.Column(BigId, nullable=False)
    kind = sa.Column(sa.String(12), nullable=False)             # adjust reserve release dispatch receive
    on_hand = sa.Column(sa.Integer, nullable=False, default=0)  # signed change
    reserved = sa.Column(sa.Integer, nullable=False, default=0)
    on_hand_after = sa.Column(sa.Integer, nullable=False)
    reserved_after = sa.Column(sa.Integer, nullable=False)
    document = sa.Column(sa.String(64), nullable=False, default="")     # number of the order or sheet
    reason = sa.Column(sa.String(200), nullable=False, default="")
    at = sa.Column(UtcDateTime, nullable=False, default=utcnow)
    by = sa.Column(sa.String(64), nullable=False)
    warehouse = relationship(Warehouse)
    product = relationship(Product, primaryjoin=lambda: foreign(StockMove.product_id) == Product.id)
    __table_args__ = owned("stock_move", owner("product_id", "product", "stock_move"),
                           sa.Index("ix_stock_move_product", "tenant_id", "product_id", "id"),
                           sa.Index("ix_stock_move_document", "tenant_id", "document"))

    def __repr__(self):
        return f"#{self.id}"
