"""Column types and mixins that every aggregate shares."""
from datetime import UTC, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import declared_attr
from sqlalchemy.types import TypeDecorator

from app.tenancy import current_actor

BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Json = sa.JSON(none_as_null=True)


def utcnow():
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator):
    """Aware UTC in and out; a naive value is a bug and raises."""
    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: times are aware UTC")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Amount(TypeDecorator):
    """Decimal with four places. SQLite has no decimals, so it keeps integer ten-thousandths, which also sort and sum."""
    impl = sa.Numeric(18, 4)
    cache_ok = True

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(sa.BigInteger() if dialect.name == "sqlite" else sa.Numeric(18, 4))

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        value = Decimal(value)
        return int((value * 10000).to_integral_value()) if dialect.name == "sqlite" else value

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        value = Decimal(value) / 10000 if dialect.name == "sqlite" else Decimal(value)
        return value.quantize(Decimal("0.01")) if value == value.quantize(Decimal("0.01")) else value


class TenantMixin:
    """A row that belongs to one merchant. `(tenant_id, id)` is unique so that children can refer to both."""

    @declared_attr
    def tenant_id(cls):
        return sa.Column(BigId, sa.ForeignKey("tenant.id"), nullable=False)


class StampMixin:
    """When and by whom. Works in jobs too: the actor is a context variable, not the web user."""

    @declared_attr
    def created_at(cls):
        return sa.Column(UtcDateTime, nullable=False, default=utcnow)

    @declared_attr
    def created_by(cls):
        return sa.Column(sa.String(64), nullable=False, default=current_actor)

    @declared_attr
    def changed_at(cls):
        return sa.Column(UtcDateTime, nullable=False, default=utcnow, onupdate=utcnow)

    @declared_attr
    def changed_by(cls):
        return sa.Column(sa.String(64), nullable=False, default=current_actor, onupdate=current_actor)


class Audited:
    """Marks a business object: each change made through the ORM leaves an `AuditEntry` with before and after."""
    audit_hidden = ()       # columns whose values never enter the trail


def owned(table, *args):
    """Table arguments of a tenant-owned table: the pair that children refer to, then the given ones."""
    return (sa.UniqueConstraint("tenant_id", "id", name=f"uq_{table}_tenant"), *args)


def owner(column, target, table, ondelete=None):
    """Composite foreign key `(tenant_id, column) -> target(tenant_id, id)`: a foreign parent is refused by the database."""
    return sa.ForeignKeyConstraint(["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"],
                                   name=f"fk_{table}_{column}", ondelete=ondelete)
