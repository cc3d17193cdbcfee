"""CreateOrder and the two draft calls."""

from __future__ import annotations

import uuid

from flask import Response, jsonify, request

from ..core import world
from .base import Refusal, caller, read_object, serve, settings
from .base import orders as book_of_orders
from .charges import SERVICES, addon_amounts, grams, price
from .checks import order_fault, s10
from .status import CREATED, DRAFT, set_status, view

FIRST_SERIAL = 12_345_677  # so that the first CA number is CA123456785VN


@serve("/CreateOrder", "POST")
def create_order() -> Response:
    """Issue an order (orderCreationStatus 1) or keep a draft (0, without a tracking number)."""
    account, body = caller(), read_object()
    info = body.get("informationOrder")
    if not isinstance(info, dict):
        raise Refusal(400, "Thiếu informationOrder")
    if body.get("customerCode") != account["customerCode"]:
        raise Refusal(400, "Mã khách hàng không đúng")
    if body.get("orderCreationStatus") not in (DRAFT, CREATED):
        raise Refusal(400, "orderCreationStatus không hợp lệ")
    fault = order_fault(info)
    if fault:
        raise Refusal(400, fault)
    with world().lock:
        if settings()["unique_reference"] and info.get("saleOrderCode") and of_sale_code(account, info["saleOrderCode"]):
            raise Refusal(400, "saleOrderCode đã tồn tại")
        order = _book_in(account, info)
        if body["orderCreationStatus"] == CREATED:
            _issue(order)
        else:
            set_status(order, DRAFT)
        return jsonify(view(order))


def _book_in(account: dict, info: dict) -> dict:
    here = world()
    order = {
        "orderHdrID": str(uuid.uuid4()), "originalID": str(uuid.uuid4()), "itemCode": None, "status": DRAFT, "history": [],
        "username": account["username"], "customerCode": account["customerCode"], "created": here.now(), "updated": here.now(),
    }
    fill(order, info)
    book_of_orders()[order["originalID"]] = order
    return order


def fill(order: dict, info: dict) -> None:
    """Put a checked informationOrder into an order and price it; refuses (400) broken add-ons before it changes anything."""
    cod, declared = addon_amounts(info.get("addonService"))
    fee = price(SERVICES[info["serviceCode"]], info, cod, declared)
    order.update(info=info, cod=cod, fee={"total": fee.total, "main": fee.main, "extras": fee.extras, "priced": fee.priced,
                                          "volumetric": fee.volumetric, "weight": grams(info["weight"])})


def _issue(order: dict) -> None:
    prefix = SERVICES[order["info"]["serviceCode"]].prefix
    serial = (FIRST_SERIAL + world().next_id("vnpost.serial")) % 100_000_000
    order["itemCode"] = s10(prefix, serial)
    set_status(order, CREATED)


def of_sale_code(account: dict, code: object) -> list[dict]:
    """The account's orders with this saleOrderCode, drafts too, oldest first. Hold the lock."""
    return [order for order in book_of_orders().values()
            if order["username"] == account["username"] and str(order["info"].get("saleOrderCode") or "") == str(code)]


def of_item_code(account: dict, code: str) -> list[dict]:
    """The account's orders with this tracking number. Hold the lock."""
    return [order for order in book_of_orders().values() if order["username"] == account["username"] and order["itemCode"] == code]


def asked(account: dict) -> list[dict]:
    """Orders that the query names: type=1 code=itemCode, type=2 code=saleOrderCode. Hold the lock."""
    kind, code = request.args.get("type"), request.args.get("code") or ""
    if kind not in ("1", "2") or not code:
        raise Refusal(400, "type và code là bắt buộc")
    return of_item_code(account, code) if kind == "1" else of_sale_code(account, code)


def _draft() -> dict:
    account, code = caller(), request.args.get("code") or ""
    own = (order for order in book_of_orders().values() if order["username"] == account["username"] and order["status"] == DRAFT)
    draft = next((order for order in own if code in (order["originalID"], str(order["info"].get("saleOrderCode") or ""))), None)
    if not code or draft is None:
        raise Refusal(400, "Không tìm thấy đơn nháp")
    return draft


@serve("/createOrderByDraft", "GET")
def create_order_by_draft() -> Response:
    """Issue a draft named by `code` (saleOrderCode or originalID)."""
    with world().lock:
        order = _draft()
        _issue(order)
        return jsonify(view(order))


@serve("/deleteOrderByDraft", "GET")
def delete_order_by_draft() -> Response:
    """Throw a draft away."""
    with world().lock:
        order = _draft()
        del book_of_orders()[order["originalID"]]
        world().touch()
        return jsonify({"success": True, "originalId": order["originalID"]})
