"""Cancel and correct orders. Both answer a list."""

from __future__ import annotations

from flask import Response, jsonify, request

from ..core import world
from .base import Refusal, caller, read_object, serve
from .base import orders as book_of_orders
from .checks import order_fault
from .orders import fill
from .status import CANCELLED, NOT_COLLECTED, send_orders, set_status


def _own(account: dict, original_id: object) -> dict:
    order = book_of_orders().get(original_id) if isinstance(original_id, str) else None
    if order is None or order["username"] != account["username"]:
        raise Refusal(400, "Không tìm thấy đơn hàng")
    return order


def _row(kind: str, order: dict, message: str, case: str | None = None) -> dict:
    return {"type": kind, "note": "", "message": message, "originalId": order["originalID"], "caseId": case}


@serve("/orderCancel", "POST")
def order_cancel() -> Response:
    """Cancel an own order that is not collected yet, named by OriginalId."""
    account, body = caller(), read_object()
    with world().lock:
        order = _own(account, body.get("OriginalId"))
        if order["status"] not in NOT_COLLECTED:
            raise Refusal(400, "Đơn hàng không thể hủy ở trạng thái hiện tại")
        set_status(order, CANCELLED)
        row = _row("CANCEL", order, "Hủy đơn hàng thành công")
    send_orders([order])
    return jsonify([row])


@serve("/orderCorrection", "POST")
def order_correction() -> Response:
    """Change fields of informationOrder of an own order (OriginalId). Before collection at once, afterwards as a case to approve.

    The request's exact shape is not known; this one follows orderCancel and CreateOrder.
    """
    account, body = caller(), read_object()
    changes = body.get("informationOrder")
    if not isinstance(changes, dict) or not changes:
        raise Refusal(400, "Thiếu informationOrder")
    here = world()
    with here.lock:
        order = _own(account, body.get("OriginalId"))
        info = {**order["info"], **changes}
        fault = order_fault(info)
        if fault:
            raise Refusal(400, fault)
        if order["status"] in NOT_COLLECTED:
            fill(order, info)
            here.touch()
            return jsonify([_row("CORRECTION", order, "Hiệu chỉnh thành công")])
        case = str(here.next_id("vnpost.case"))
        here.books("vnpost.cases")[case] = {"originalID": order["originalID"], "info": info, "approved": False}
        here.touch()
        return jsonify([_row("CORRECTION", order, "Chờ phê duyệt", case)])


@serve("/orderCorrection/updateCase", "GET")
def update_case() -> Response:
    """State of a case (?caseId=); the stand-in's post office approves it when it is first asked."""
    account, here = caller(), world()
    with here.lock:
        case = here.books("vnpost.cases").get(request.args.get("caseId") or "")
        if case is None:
            raise Refusal(400, "Không tìm thấy yêu cầu")
        order = _own(account, case["originalID"])
        if not case["approved"]:
            fill(order, case["info"])
            case["approved"] = True
            here.touch()
        return jsonify([_row("CORRECTION", order, "Đã phê duyệt", request.args["caseId"])])
