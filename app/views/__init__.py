"""The screens: one file per menu, all built on views/base.py."""


def all_views():
    """(view class, menu category or None) in menu order; provider pages last but Help."""
    from app.views import help, mappings, masterdata, outbound, platform_accounts, platform_orders, provider, runs, stock, users, waybills
    return [
        (platform_accounts.ShopAccountView, "Platform"),
        (platform_accounts.OauthView, None),
        (mappings.SkuMappingView, "Platform"),
        (mappings.UnmatchedView, "Platform"),
        (mappings.ListingView, "Platform"),
        (platform_orders.PlatformOrderView, "Platform"),
        (outbound.OutboundOrderView, "Outbound"),
        (waybills.UnconfirmedWaybillView, "Outbound"),
        (waybills.ForecastWaybillView, "Outbound"),
        (waybills.PushedWaybillView, "Outbound"),
        (stock.StockLevelView, "Stock"),
        (stock.StockMoveView, "Stock"),
        (masterdata.ProductView, "MasterData"),
        (masterdata.WarehouseView, "MasterData"),
        (masterdata.ShippingChannelView, "MasterData"),
        (masterdata.CarrierAccountView, "MasterData"),
        (masterdata.PoolNumberView, "MasterData"),
        (users.ProfileView, "UserCentre"),
        (users.MerchantUserView, "UserCentre"),
        (runs.RunView, "UserCentre"),
        (provider.AuditView, "UserCentre"),
        (provider.TenantView, "Provider"),
        (provider.PlatformAppView, "Provider"),
        (provider.JobView, "Provider"),
        (provider.HookNoteView, "Provider"),
        (help.HelpView, "Help"),
        (help.FaqView, "Help"),
    ]
