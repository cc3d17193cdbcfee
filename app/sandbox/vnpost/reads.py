"""getOrder and GetStatusHistoryOrder."""

from __future__ import annotations

from flask import Response, jsonify

from ..core import world
from .base import caller, serve
from .orders import asked
from .status import history, view


@serve("/getOrder", "GET")
def get_order() -> Response:
    """The orders that match, in `results`; empty when none does."""
    account = caller()
    with world().lock:
        return jsonify({"results": [view(order) for order in asked(account)]})


@serve("/GetStatusHistoryOrder", "GET")
def get_status_history_order() -> Response:
    """The states that each matching order went through, in `data`."""
    account = caller()
    with world().lock:
        return jsonify({"data": [history(order) for order in asked(account)]})
