"""Histories: business events (who moved what from where to where) and the audit trail (before and after)."""
import sqlalchemy as sa
from flask_appbuilder import Model

from app.models.base import BigId, Json, TenantMixin, UtcDateTime, owned, utcnow


class Event(Model, TenantMixin):
    """One step in the life of an order, outbound order or waybill."""
    __tablename__ = "event"
    id = sa.Column(BigId, primary_key=True)
    subject = sa.Column(sa.String(16), nullable=False)          # platform_order | outbound_order | waybill | account
    subject_id = sa.Column(BigId, nullable=False)
    move = sa.Column(sa.String(30), nullable=False)
    was = sa.Column(sa.String(12), nullable=False, default="")
    now = sa.Column(sa.String(12), nullable=False, default="")
    code = sa.Column(sa.String(60), nullable=False, default="")
    params = sa.Column(Json, nullable=False, default=dict)
    note = sa.Column(sa.String(500), nullable=False, default="")
    at = sa.Column(UtcDateTime, nullable=False, default=utcnow)
    by = sa.Column(sa.String(64), nullable=False)
    __table_args__ = owned("event", sa.Index("ix_event_subject", "tenant_id", "subject", "subject_id", "id"))


class AuditEntry(Model):
    """Who changed which fields of which row. `tenant_id` is null for installation-wide rows (apps, provider users)."""
    __tablename__ = "audit_entry"
    id = sa.Column(BigId, primary_key=True)
    tenant_id = sa.Column(BigId, sa.ForeignKey("tenant.id"), nullable=True)
    at = sa.Column(UtcDateTime, nullable=False, default=utcnow)
    by = sa.Column(sa.String(64), nullable=False)
    table = sa.Column("table_name", sa.String(40), nullable=False)
    row_id = sa.Column(BigId, nullable=False)
    action = sa.Column(sa.String(8), nullable=False)            # insert update delete
    before = sa.Column(Json, nullable=False, default=dict)
    after = sa.Column(Json, nullable=False, default=dict)
    __table_args__ = (sa.Index("ix_audit_entry_row", "tenant_id", "table_name", "row_id", "id"),)

    def __repr__(self):
        return f"#{self.id}"



class Counter(Model, TenantMixin):
    """Daily sequences (outbound numbers)."""
    __tablename__ = "counter"
    id = sa.Column(BigId, primary_key=True)
    name = sa.Column(sa.String(40), nullable=False)
    value = sa.Column(sa.Integer, nullable=False, default=0)
    __table_args__ = owned("counter", sa.UniqueConstraint("tenant_id", "name", name="uq_counter"))
