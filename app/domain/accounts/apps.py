"""From rows to connectors: the installation's app of a platform, and the connector of one shop."""
import sqlalchemy as sa
from flask import current_app

from app.extensions import db
from app.failures import Blame, Failure
from app.integrations.platforms import PLATFORMS, platform_class
from app.integrations.platforms.base import AppSettings
from app.models import PlatformApp
from app.vault import unseal


def redirect_uri(platform):
    """Address that the platform sends the seller's browser back to; it has to be registered in the platform's console."""
    return f"{current_app.config['PUBLIC_URL']}/oauth/{platform}/callback"


def push_url(platform):
    """Address that the platform calls; part of what it signs."""
    return f"{current_app.config['PUBLIC_URL']}/api/v1/push/{platform}"


def class_of(platform):
    """The connector class. Raises Failure platform.unknown, platform.to_come."""
    if platform not in PLATFORMS:
        raise Failure("platform.unknown", platform=platform)
    found = platform_class(platform)
    if found is None:
        raise Failure("platform.to_come", platform=PLATFORMS[platform][0])
    return found


def app_settings(platform):
    """AppSettings of the installation's own app. Raises Failure("app.missing") when provider staff has not filled it in."""
    row = db.session.scalar(sa.select(PlatformApp).where(PlatformApp.platform == platform))
    if row is None:
        raise Failure("app.missing", blame=Blame.US, platform=PLATFORMS[platform][0])
    live = getattr(class_of(platform), "environments", {}).get(row.options.get("environment") or "live", ("", ""))
    return AppSettings(row.base_url or live[0], row.auth_url or live[1], redirect_uri(platform), push_url(platform),
                       dict(row.options), unseal(row.secrets))


def bare(platform, client=None):
    """A connector without a shop: authorising, webhooks."""
    return class_of(platform)(app_settings(platform), client=client)


def connector(account, client=None):
    """The connector of one ShopAccount. It keeps plain values only, so it may be used after the row's session is gone."""
    from app.domain.accounts.tokens import DbTokenKeeper
    keeper = DbTokenKeeper(account.tenant_id, account.id)
    return class_of(account.platform)(app_settings(account.platform), keeper, shop_id=account.shop_id or "", region=account.region,
                                      options=dict(account.options), client=client)
