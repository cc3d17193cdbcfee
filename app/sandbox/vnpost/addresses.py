"""The place lists, before and after the merger of provinces of 2025."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, jsonify

from .. import places
from .base import caller, serve

LISTS: dict[str, Callable[[], list[dict]]] = {
    "getAllProvince": places.provinces_vn, "getAllDistrict": places.districts_vn, "getAllCommune": places.communes_vn,
    "getNewProvinceAll": places.provinces_vn, "getNewCommuneAll": places.new_communes_vn,
}


def _register(name: str, rows: Callable[[], list[dict]]) -> None:
    def view() -> Response:
        caller()
        return jsonify(rows())
    view.__name__ = name
    serve(f"/{name}", "GET")(view)


for _name, _rows in LISTS.items():
    _register(_name, _rows)
