"""Stand-in of Vietnam Post's MyVNPost Connect (new generation): token, places, charges, orders, tracking, webhook, control.

Served at /vnpost; every method answers directly below it and below /customer-partner. `exportListReport` is not served:
its parameters are not known, so the 404 makes clients draw their own label.
"""

from . import addresses, changes, charges, control, orders, reads
from .base import bp

__all__ = ["addresses", "bp", "changes", "charges", "control", "orders", "reads"]
