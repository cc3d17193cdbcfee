"""Who may do what: the role set, as patterns in configuration (nobody can edit them on screen), and the security manager.

Views merge FAB's method rights into `can_read` and `can_write`; a batch action's right is its own name on its view.
Patterns end with `$`, because FAB matches prefixes.
"""
from flask import session
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_login import user_logged_in

READ = "(can_read|menu_access)$"
ALL = ".*$"

PLATFORM = ["ShopAccountView", "SkuMappingView", "UnmatchedView", "ListingView", "PlatformOrderView"]
OUTBOUND = ["OutboundOrderView", "UnconfirmedWaybillView", "ForecastWaybillView", "PushedWaybillView"]
STOCK = ["StockLevelView", "StockMoveView"]
MASTER = ["ProductView", "ShippingChannelView", "CarrierAccountView", "PoolNumberView"]
EVERYBODY = ["HomeView", "RunView", "HelpView", "ProfileView", "FaqView"]
CATEGORIES = ["Platform", "Outbound", "Stock", "MasterData", "UserCentre", "Help", "Provider"]
PROVIDER = ["TenantView", "WarehouseView", "PlatformAppView", "JobView", "HookNoteView"]


def grant(views, right):
    return [[f"^{view}$", right] for view in views]


BASE = grant(EVERYBODY, ALL) + grant(CATEGORIES, "menu_access$") + [["^LocaleView$", ALL]]
ROLES = {
    "MerchantAdmin": BASE + grant(PLATFORM + OUTBOUND + STOCK + MASTER + ["MerchantUserView", "AuditView"], ALL) + grant(["WarehouseView"], READ),
    "MerchantClerk": BASE + grant(PLATFORM + OUTBOUND + STOCK + ["ProductView", "PoolNumberView"], ALL)
    + grant(["ShippingChannelView", "WarehouseView", "AuditView"], READ),
    "MerchantFinance": BASE + grant(["PlatformOrderView", "ProductView", "ShippingChannelView"] + OUTBOUND + STOCK, READ),
    "MerchantViewer": BASE + grant(PLATFORM + OUTBOUND + STOCK + ["ProductView", "ShippingChannelView"], READ),
    "ProviderAdmin": BASE + grant(PLATFORM + OUTBOUND + STOCK + MASTER + PROVIDER + ["MerchantUserView", "AuditView"], ALL),
    "ProviderService": BASE + grant(PLATFORM + OUTBOUND + STOCK + MASTER, ALL) + grant(["TenantView", "WarehouseView", "JobView", "AuditView"], READ),
    "ProviderWarehouse": BASE + grant(OUTBOUND + STOCK, ALL) + grant(["ProductView", "ShippingChannelView", "WarehouseView", "PlatformOrderView"], READ),
    "ProviderFinance": BASE + grant(["PlatformOrderView", "ProductView", "ShippingChannelView", "TenantView"] + OUTBOUND + STOCK, READ),
    # FAB's own administrator role, as a config role without rights: installation work is done on the command line.
    "Admin": BASE,
}
MERCHANT_ROLES = [r for r in ROLES if r.startswith("Merchant")]
PROVIDER_ROLES = [r for r in ROLES if r.startswith("Provider")]


def init_roles(app):
    app.config["FAB_ROLES"] = ROLES
    user_logged_in.connect(remember_choices, app)


def remember_choices(_app, user):
    """A person's language follows him to any browser."""
    if getattr(user, "locale", None):
        session["locale"] = user.locale


class WaybridgeSecurityManager(SecurityManager):
    """FAB's manager with our user class. FAB's global user, role and group screens are never registered:
    merchants manage their own people in `views/users.py`."""

    @property
    def user_model(self):
        from app.models.tenant import Member
        return Member

    @user_model.setter
    def user_model(self, _value):
        """FAB assigns its default class at start; ours stays."""

    def register_views(self):
        self.auth_view = self.authdbview()
        self.appbuilder.add_view_no_menu(self.auth_view)
        if self.is_auth_limited:
            self.limiter.limit(self.auth_rate_limit, methods=["POST"])(self.auth_view.blueprint)
        self.appbuilder.add_api(self.security_api)      # /api/v1/security/login: JWT for API clients
