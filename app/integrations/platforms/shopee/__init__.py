"""Shopee Open Platform, API v2 (open.shopee.com; protocol notes of 2026-09). A package split by subject:

gate: signatures, tokens, limits · errors: their codes as data · auth · orders and reading · shipping · documents (labels) ·
listings · push. The functions of those modules take the connector first and become its verbs below.
"""
from app.integrations.auth import utc_now
from app.integrations.platforms.base import Platform
from app.integrations.platforms.shopee import auth, documents, listings, orders, push, shipping
from app.integrations.platforms.shopee.gate import Gate
from app.integrations.types import Field

REGIONS = ("SG", "MY", "TH", "VN", "PH", "ID", "TW", "BR")
# environment -> (API host, authorise page). The host goes by where our server stands, not by the shop's country.
ENVIRONMENTS = {
    "live": ("https://partner.shopeemobile.com", "https://open.shopee.com/auth"),
    "live-cn": ("https://openplatform.shopee.cn", "https://open.shopee.cn/auth"),
    "live-br": ("https://openplatform.shopee.com.br", "https://open.shopee.com.br/auth"),
    "test": ("https://openplatform.sandbox.test-stable.shopee.sg", "https://open.sandbox.test-stable.shopee.com/auth"),
    "test-cn": ("https://openplatform.sandbox.test-stable.shopee.cn", "https://open.sandbox.test-stable.shopee.cn/auth"),
}


class Shopee(Platform):
    """One shop (or, without tokens, the app itself) on Shopee. `clock()` gives aware UTC."""

    key, label, guide = "shopee", "Shopee", "shopee"
    regions, environments = REGIONS, ENVIRONMENTS
    app_fields = (
        Field("partner_id", "Partner ID", "number", help="Live and test apps have different ids."),
        Field("partner_key", "Partner key", "secret", help="As shown in the console, with shpk."),
        Field("push_key", "Push partner key", "secret", required=False, help="From the console's push page; empty: the partner key."),
        Field("environment", "Environment", "choice", required=False, choices=(*ENVIRONMENTS, "local"), default="live"),
        Field("legacy_auth_link", "Signed authorisation link (old form)", "choice", required=False, choices=("no", "yes"), default="no"),
        Field("push_body_only", "Also accept pushes signed over the body alone", "choice", required=False, choices=("no", "yes"),
              default="no"),
    )
    account_fields = (
        Field("region", "Site", "choice", choices=REGIONS),
        Field("own_carrier_channels", "Delivery channels we ship with our own carrier", "lines", required=False,
              help="Names or ids as on the orders, one a line. Only these take a tracking number of ours."),
    )

    def start(self):
        clock = self.clock = self.clock or utc_now
        self.gate = Gate(self.client, self.app, self.shop_id, self.tokens, self.refresh, clock)
        channels = self.options.get("own_carrier_channels") or ()
        channels = channels.replace(",", "\n").splitlines() if isinstance(channels, str) else channels
        self.own_channels = frozenset(str(c).strip().lower() for c in channels if str(c).strip())

    authorise_url, revoke_url, refresh = auth.authorise_url, auth.revoke_url, auth.refresh
    exchange, exchange_resend_code, verify, linked_shops = auth.exchange, auth.exchange_resend_code, auth.verify, auth.linked_shops
    pull, pull_numbers = orders.pull, orders.pull_numbers
    cancel, answer_cancel, split, unsplit, set_note = orders.cancel, orders.answer_cancel, orders.split, orders.unsplit, orders.set_note
    write_back, arrange, rearrange, arranged = shipping.write_back, shipping.arrange, shipping.rearrange, shipping.arranged
    tracking_number, tracking_numbers, channels = shipping.tracking_number, shipping.tracking_numbers, shipping.channels
    fetch_label = documents.fetch_label
    listings, push_stock = listings.listings, listings.push_stock
    read_push, subscribe, lost_pushes, confirm_lost = push.read_push, push.subscribe, push.lost_pushes, push.confirm_lost
