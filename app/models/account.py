"""Shop accounts and the installation's own developer apps."""
import sqlalchemy as sa
from flask_appbuilder import Model

from app.models.base import Audited, BigId, Json, StampMixin, TenantMixin, UtcDateTime, owned


class PlatformApp(Model, StampMixin, Audited):
    """The installation's developer app on a platform (应用级). Provider admins only; not tenant-owned."""
    __tablename__ = "platform_app"
    audit_hidden = ("secrets",)
    id = sa.Column(BigId, primary_key=True)
    platform = sa.Column(sa.String(20), nullable=False, unique=True)
    base_url = sa.Column(sa.String(200), nullable=False)
    auth_url = sa.Column(sa.String(200), nullable=False, default="")
    options = sa.Column(Json, nullable=False, default=dict)
    secrets = sa.Column(sa.Text, nullable=False, default="")      # Fernet, JSON by field name

    def __repr__(self):
        return self.platform


class ShopAccount(Model, TenantMixin, StampMixin, Audited):
    """One authorised shop (平台账号). States: new, active, paused, expired, revoked."""
    __tablename__ = "shop_account"
    audit_hidden = ("secrets", "token_version", "next_pull_at", "cursor_at", "last_pull_at", "last_ok_at",
                    "refresh_lock_until", "refresh_lock_by", "last_error_code", "last_error_params", "failed_pulls")
    id = sa.Column(BigId, primary_key=True)
    platform = sa.Column(sa.String(20), nullable=False)
    alias = sa.Column(sa.String(80), nullable=False)
    region = sa.Column(sa.String(8), nullable=False, default="")
    shop_id = sa.Column(sa.String(64), nullable=True)              # the platform's id, known after authorising
    shop_name = sa.Column(sa.String(160), nullable=False, default="")
    state = sa.Column(sa.String(12), nullable=False, default="new")
    options = sa.Column(Json, nullable=False, default=dict)        # own_carrier_channels, stock share …
    secrets = sa.Column(sa.Text, nullable=False, default="")       # Fernet, tokens
    token_version = sa.Column(sa.Integer, nullable=False, default=0)
    refresh_lock_until = sa.Column(UtcDateTime)
    refresh_lock_by = sa.Column(sa.String(64), nullable=False, default="")
    authorised_at = sa.Column(UtcDateTime)
    expires_at = sa.Column(UtcDateTime)
    pull_mode = sa.Column(sa.String(8), nullable=False, default="auto")        # auto | manual
    pull_interval_s = sa.Column(sa.Integer, nullable=False, default=300)
    next_pull_at = sa.Column(UtcDateTime)
    cursor_at = sa.Column(UtcDateTime)                             # all changes up to here are saved
    last_pull_at = sa.Column(UtcDateTime)
    last_ok_at = sa.Column(UtcDateTime)
    last_error_code = sa.Column(sa.String(60), nullable=False, default="")
    last_error_params = sa.Column(Json, nullable=False, default=dict)
    failed_pulls = sa.Column(sa.Integer, nullable=False, default=0)
    __table_args__ = owned(
        "shop_account",
        sa.UniqueConstraint("tenant_id", "platform", "alias", name="uq_shop_account_alias"),
        # One shop belongs to one merchant at a time on this installation; webhooks find their tenant by it.
        sa.Index("uq_shop_account_shop", "platform", "shop_id", unique=True,
                 sqlite_where=sa.text("state <> 'revoked'"), postgresql_where=sa.text("state <> 'revoked'")),
        sa.Index("ix_shop_account_due", "state", "pull_mode", "next_pull_at"))

    def __repr__(self):
        return self.alias or ""
