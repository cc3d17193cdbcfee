"""All platforms by key, in the order of the chips. A newcomer adds one file here and one in `sandbox/`."""
from importlib import import_module

# key -> (label, class or None while it is still to come): the seed's twelve and Amazon.
PLATFORMS = {
    "aliexpress": ("速卖通", None),
    "ebay": ("eBay", None),
    "wish": ("WISH", None),
    "dhgate": ("敦煌", None),
    "vova": ("VOVA", None),
    "mabang": ("MaBang", None),
    "tongtu": ("TongTu", None),
    "sumai": ("SuMai", None),
    "ecpp": ("ECPP", None),
    "shopify": ("SHOPIFY", None),
    "shopee": ("SHOPEE", "Shopee"),
    "lazada": ("LAZADA", None),
    "amazon": ("Amazon", None),
}
ENGLISH = {"aliexpress": "AliExpress", "dhgate": "DHgate"}   # brand names whose Chinese form the chips show


def platform_class(key):
    """The connector class, or None while it is to come; KeyError for an unknown key."""
    name = PLATFORMS[key][1]
    return getattr(import_module(f"app.integrations.platforms.{key}"), name) if name else None
