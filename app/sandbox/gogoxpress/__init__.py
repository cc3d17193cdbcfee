"""Stand-in of GoGo Xpress (Philippines, QuadX order API): orders, estimates, places, labels, public tracking, webhook, control.

Served at /gogoxpress; a connector's base URL is that address, its paths are /v1/… and /v2/… below it.
"""

from . import control, estimates, labels, orders, track
from .base import bp

__all__ = ["bp", "control", "estimates", "labels", "orders", "track"]
