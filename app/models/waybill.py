"""Waybills (运单) and their label files."""
import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import deferred, foreign, relationship

from app.models.base import Amount, Audited, BigId, Json, StampMixin, TenantMixin, UtcDateTime, owned, owner
from app.models.channel import ShippingChannel
from app.models.outbound import OutboundOrder


class Waybill(Model, TenantMixin, StampMixin, Audited):
    """One parcel with its number. `state` is assigned by lifecycle.move() only; `push_step` by domain.shipping.push:

    idle -> claimed (before the call, committed) -> done; `unknown` = the answer was lost: ask the carrier by
    `reference` before anything else. A row that is claimed with an old `claimed_at` is treated as unknown.
    """
    __tablename__ = "waybill"
    id = sa.Column(BigId, primary_key=True)
    outbound_id = sa.Column(BigId, nullable=False)
    channel_id = sa.Column(BigId, nullable=False)
    carrier = sa.Column(sa.String(20), nullable=False)
    state = sa.Column(sa.String(12), nullable=False, default="unconfirmed")
    push_step = sa.Column(sa.String(10), nullable=False, default="idle")
    claimed_at = sa.Column(UtcDateTime)
    claimed_by = sa.Column(sa.String(64), nullable=False, default="")
    reference = sa.Column(sa.String(40), nullable=False)                   # OD…, our own key at the carrier
    order_no = sa.Column(sa.String(64), nullable=False, default="")
    outbound_no = sa.Column(sa.String(40), nullable=False, default="")
    package_number = sa.Column(sa.String(64), nullable=False, default="")
    tracking_no = sa.Column(sa.String(64), nullable=False, default="")
    carrier_ref = sa.Column(sa.String(80), nullable=False, default="")
    recipient = sa.Column(sa.String(200), nullable=False, default="")
    country = sa.Column(sa.String(2), nullable=False, default="")
    sent = sa.Column(Json, nullable=False, default=dict)                   # sanitised recipient as sent, for editing and proof
    edited = sa.Column(Json, nullable=False, default=dict)                 # staff's corrections for this waybill only
    changes = sa.Column(Json, nullable=False, default=list)                # what sanitising changed
    error_code = sa.Column(sa.String(60), nullable=False, default="")
    error_params = sa.Column(Json, nullable=False, default=dict)
    error_raw = deferred(sa.Column(sa.Text, nullable=False, default=""))
    attempts = sa.Column(sa.Integer, nullable=False, default=0)
    fee = sa.Column(Amount)
    fee_currency = sa.Column(sa.String(3), nullable=False, default="")
    pushed_at = sa.Column(UtcDateTime)
    printed_at = sa.Column(UtcDateTime)
    print_count = sa.Column(sa.Integer, nullable=False, default=0)
    marked_at = sa.Column(UtcDateTime)                                     # 标记出货 (ours only)
    written_back_at = sa.Column(UtcDateTime)                               # 回写单号 done
    track_status = sa.Column(sa.String(60), nullable=False, default="")
    tracked_at = sa.Column(UtcDateTime)
    void_reason = sa.Column(sa.String(200), nullable=False, default="")
    outbound = relationship(OutboundOrder, primaryjoin=lambda: foreign(Waybill.outbound_id) == OutboundOrder.id)
    channel = relationship(ShippingChannel, primaryjoin=lambda: foreign(Waybill.channel_id) == ShippingChannel.id)
    __table_args__ = owned(
        "waybill", owner("outbound_id", "outbound_order", "waybill"), owner("channel_id", "shipping_channel", "waybill"),
        sa.UniqueConstraint("tenant_id", "reference", name="uq_waybill_reference"),
        # A parcel can never have two live waybills.
        sa.Index("uq_waybill_live", "tenant_id", "outbound_id", "package_number", unique=True,
                 sqlite_where=sa.text("state <> 'voided'"), postgresql_where=sa.text("state <> 'voided'")),
        sa.Index("ix_waybill_state", "tenant_id", "state", "id"),
        sa.Index("ix_waybill_tracking", "tenant_id", "tracking_no"), sa.Index("ix_waybill_order_no", "tenant_id", "order_no"))

    def __repr__(self):
        return self.reference or ""


class LabelBlob(Model, TenantMixin):
    """The carrier's label file, stored in the transaction that stores the number (some carriers give it once)."""
    __tablename__ = "label_blob"
    waybill_id = sa.Column(BigId, primary_key=True, autoincrement=False)
    content_type = sa.Column(sa.String(60), nullable=False)
    content = deferred(sa.Column(sa.LargeBinary, nullable=False))
    stored_at = sa.Column(UtcDateTime, nullable=False)
    __table_args__ = (owner("waybill_id", "waybill", "label_blob", ondelete="CASCADE"),)
