"""Merchants and users."""
import sqlalchemy as sa
from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User as FabUser

from app.models.base import Audited, BigId, StampMixin


class Tenant(Model, StampMixin):
    """A merchant. `code` starts its order numbers (HMKJ-210412-00005)."""
    __tablename__ = "tenant"
    id = sa.Column(BigId, primary_key=True)
    code = sa.Column(sa.String(12), nullable=False, unique=True)
    name = sa.Column(sa.String(120), nullable=False)
    active = sa.Column(sa.Boolean, nullable=False, default=True)
    timezone = sa.Column(sa.String(40), nullable=False, default="Asia/Shanghai")
    contact_phone = sa.Column(sa.String(40), nullable=False, default="")

    def __repr__(self):
        return f"{self.code} {self.name}"


class Member(FabUser, Audited):
    """FAB's user with its merchant. `provider` staff have no tenant and see all; neither set = sees nothing."""
    __tablename__ = "ab_user"
    __table_args__ = {"extend_existing": True}
    audit_hidden = ("password", "last_login", "login_count", "fail_login_count")
    tenant_id = sa.Column(BigId, sa.ForeignKey("tenant.id"), nullable=True, index=True)
    provider = sa.Column(sa.Boolean, nullable=False, default=False)
    locale = sa.Column(sa.String(8), nullable=False, default="zh", server_default="zh")
    timezone = sa.Column(sa.String(40), nullable=False, default="", server_default="")
