"""Carrier accounts, shipping channels, number pools."""
import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import foreign, relationship

from app.models.base import Audited, BigId, Json, StampMixin, TenantMixin, UtcDateTime, owned, owner


class CarrierAccount(Model, TenantMixin, StampMixin, Audited):
    """A merchant's contract with a carrier: credentials and sender."""
    __tablename__ = "carrier_account"
    audit_hidden = ("secrets", "hook_token")
    id = sa.Column(BigId, primary_key=True)
    carrier = sa.Column(sa.String(20), nullable=False)
    alias = sa.Column(sa.String(80), nullable=False)
    base_url = sa.Column(sa.String(200), nullable=False, default="")
    options = sa.Column(Json, nullable=False, default=dict)
    secrets = sa.Column(sa.Text, nullable=False, default="")
    sender = sa.Column(Json, nullable=False, default=dict)     # Address fields
    hook_token = sa.Column(sa.String(64), nullable=False, default="", index=True)   # finds tenant and account of a webhook
    active = sa.Column(sa.Boolean, nullable=False, default=True)
    verified_at = sa.Column(UtcDateTime)
    __table_args__ = owned("carrier_account", sa.UniqueConstraint("tenant_id", "carrier", "alias", name="uq_carrier_account_alias"))

    def __repr__(self):
        return self.alias or ""


class ShippingChannel(Model, TenantMixin, StampMixin, Audited):
    """物流渠道: carrier, service, countries, text profile, label template. Carrier `platform` = the platform ships (平台物流)."""
    __tablename__ = "shipping_channel"
    id = sa.Column(BigId, primary_key=True)
    code = sa.Column(sa.String(40), nullable=False)
    name = sa.Column(sa.String(120), nullable=False)
    carrier = sa.Column(sa.String(20), nullable=False)
    carrier_account_id = sa.Column(BigId, nullable=True)
    service = sa.Column(sa.String(40), nullable=False, default="")
    countries = sa.Column(sa.String(400), nullable=False, default="")      # "PH, VN"; "" = wherever the carrier goes
    charset = sa.Column(sa.String(20), nullable=False, default="carrier")  # carrier | ascii | strict | none
    template = sa.Column(sa.String(20), nullable=False, default="100x150")
    tracking_url = sa.Column(sa.String(300), nullable=False, default="")
    ship_methods = sa.Column(sa.String(400), nullable=False, default="")   # platform delivery names that choose this channel
    options = sa.Column(Json, nullable=False, default=dict)
    active = sa.Column(sa.Boolean, nullable=False, default=True)
    carrier_account = relationship(CarrierAccount, primaryjoin=lambda: foreign(ShippingChannel.carrier_account_id) == CarrierAccount.id)
    __table_args__ = owned("shipping_channel", owner("carrier_account_id", "carrier_account", "shipping_channel"),
                           sa.UniqueConstraint("tenant_id", "code", name="uq_shipping_channel_code"))

    def __repr__(self):
        return self.name or ""


class PoolNumber(Model, TenantMixin, StampMixin):
    """A tracking number of a line without an API, imported by sheet and used once."""
    __tablename__ = "pool_number"
    id = sa.Column(BigId, primary_key=True)
    channel_id = sa.Column(BigId, nullable=False)
    number = sa.Column(sa.String(64), nullable=False)
    reference = sa.Column(sa.String(64), nullable=False, default="")       # of the waybill that took it; "" = free
    used_at = sa.Column(UtcDateTime)
    channel = relationship(ShippingChannel, primaryjoin=lambda: foreign(PoolNumber.channel_id) == ShippingChannel.id)
    __table_args__ = owned("pool_number", owner("channel_id", "shipping_channel", "pool_number"),
                           sa.UniqueConstraint("tenant_id", "channel_id", "number", name="uq_pool_number"),
                           sa.Index("ix_pool_number_free", "tenant_id", "channel_id", "reference", "id"))

    def __repr__(self):
        return self.number or ""
