"""OMS SKUs, their declaration and pick info, SKU mappings, platform listings."""
import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import foreign, relationship

from app.models.account import ShopAccount
from app.models.base import Amount, Audited, BigId, StampMixin, TenantMixin, UtcDateTime, owned, owner, utcnow


class Product(Model, TenantMixin, StampMixin, Audited):
    """OMS SKU (系统SKU): what sticks on the goods. Declaration and pick info are printed on labels."""
    __tablename__ = "product"
    id = sa.Column(BigId, primary_key=True)
    sku = sa.Column(sa.String(64), nullable=False)
    name = sa.Column(sa.String(200), nullable=False, default="")
    declared_en = sa.Column(sa.String(120), nullable=False, default="")
    declared_zh = sa.Column(sa.String(120), nullable=False, default="")
    declared_value = sa.Column(Amount, nullable=False, default=0)          # per unit
    declared_currency = sa.Column(sa.String(3), nullable=False, default="USD")
    weight_g = sa.Column(sa.Integer, nullable=False, default=0)            # per unit, grams
    hs_code = sa.Column(sa.String(14), nullable=False, default="")
    origin = sa.Column(sa.String(2), nullable=False, default="CN")
    battery = sa.Column(sa.Boolean, nullable=False, default=False)
    barcode = sa.Column(sa.String(64), nullable=False, default="")
    pick_info = sa.Column(sa.String(200), nullable=False, default="")      # 配货信息
    bin = sa.Column(sa.String(40), nullable=False, default="")
    image_url = sa.Column(sa.String(400), nullable=False, default="")
    active = sa.Column(sa.Boolean, nullable=False, default=True)
    __table_args__ = owned("product", sa.UniqueConstraint("tenant_id", "sku", name="uq_product_sku"))

    def __repr__(self):
        return self.sku or ""


class SkuMapping(Model, TenantMixin, StampMixin, Audited):
    """One component: this platform SKU contains `quantity` of that product (匹配关系).

    Scope, narrowest wins: one account; all shops of a platform; global (no account, no platform).
    """
    __tablename__ = "sku_mapping"
    id = sa.Column(BigId, primary_key=True)
    platform_sku = sa.Column(sa.String(100), nullable=False)
    product_id = sa.Column(BigId, nullable=False)
    quantity = sa.Column(sa.Integer, nullable=False, default=1)
    account_id = sa.Column(BigId, nullable=True)
    platform = sa.Column(sa.String(20), nullable=False, default="")
    product = relationship(Product, primaryjoin=lambda: foreign(SkuMapping.product_id) == Product.id)
    account = relationship(ShopAccount, primaryjoin=lambda: foreign(SkuMapping.account_id) == ShopAccount.id)
    __table_args__ = owned(
        "sku_mapping", owner("product_id", "product", "sku_mapping"), owner("account_id", "shop_account", "sku_mapping"),
        sa.CheckConstraint("quantity > 0", name="ck_sku_mapping_quantity"),
        sa.Index("ix_sku_mapping_sku", "tenant_id", "platform_sku"),
        sa.Index("uq_sku_mapping_account", "tenant_id", "platform_sku", "account_id", "product_id", unique=True,
                 sqlite_where=sa.text("account_id IS NOT NULL"), postgresql_where=sa.text("account_id IS NOT NULL")),
        sa.Index("uq_sku_mapping_global", "tenant_id", "platform_sku", "platform", "product_id", unique=True,
                 sqlite_where=sa.text("account_id IS NULL"), postgresql_where=sa.text("account_id IS NULL")))

    def __repr__(self):
        return self.platform_sku or ""


class Listing(Model, TenantMixin):
    """What a shop offers, pulled from the platform: for matching suggestions and stock push."""
    __tablename__ = "listing"
    id = sa.Column(BigId, primary_key=True)
    account_id = sa.Column(BigId, nullable=False)
    item_id = sa.Column(sa.String(40), nullable=False)
    model_id = sa.Column(sa.String(40), nullable=False, default="")
    platform_sku = sa.Column(sa.String(100), nullable=False, default="")
    title = sa.Column(sa.String(300), nullable=False, default="")
    variation = sa.Column(sa.String(200), nullable=False, default="")
    status = sa.Column(sa.String(30), nullable=False, default="")
    stock = sa.Column(sa.Integer)
    price = sa.Column(Amount)
    currency = sa.Column(sa.String(3), nullable=False, default="")
    image_url = sa.Column(sa.String(400), nullable=False, default="")
    seen_at = sa.Column(UtcDateTime, nullable=False, default=utcnow)
    pushed_stock = sa.Column(sa.Integer)
    pushed_at = sa.Column(UtcDateTime)
    push_error = sa.Column(sa.String(60), nullable=False, default="")
    account = relationship(ShopAccount, primaryjoin=lambda: foreign(Listing.account_id) == ShopAccount.id)
    __table_args__ = owned(
        "listing", owner("account_id", "shop_account", "listing"),
        sa.UniqueConstraint("tenant_id", "account_id", "item_id", "model_id", name="uq_listing_item"),
        sa.Index("ix_listing_sku", "tenant_id", "platform_sku"))

    def __repr__(self):
        return self.platform_sku or self.item_id or ""
