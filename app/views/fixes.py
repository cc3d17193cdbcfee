"""Where a failure is mended: from the fix name of the catalogue to a link."""
from flask import url_for
from flask_babel import gettext as _

PAGES = {"account": ("ShopAccountView.list", "Shop accounts"), "app": ("PlatformAppView.list", "Platform apps"),
         "order": ("PlatformOrderView.list", "Platform orders"), "sku": ("ProductView.list", "SKUs"), "mapping": ("UnmatchedView.list", "Unmatched SKUs"),
         "channel": ("ShippingChannelView.list", "Shipping channels"), "stock": ("StockLevelView.list", "Stock"),
         "outbound": ("OutboundOrderView.list", "Order list"), "waybill": ("UnconfirmedWaybillView.list", "Unconfirmed waybills"),
         "carrier": ("CarrierAccountView.list", "Carrier accounts")}


def link(name):
    """(address, text) or None."""
    if not name:
        return None
    if name.startswith("help:"):
        return url_for("HelpView.page", slug=name[5:]), _("Guide")
    if name not in PAGES:
        return None
    endpoint, label = PAGES[name]
    return url_for(endpoint), _(label)
