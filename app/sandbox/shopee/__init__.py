"""Stand-in of the Shopee Open Platform API v2, mounted at /shopee (the signed path is the one behind it, /api/v2/…)."""

from . import auth, control, documents, numbers, orders, packages, products, push, shipping, tokens  # noqa: F401  they register their calls
from .gate import bp

__all__ = ["bp"]
