"""Shipping documents: parameter, create, result, download."""

from flask import Response

from ..core import world
from ..pdf import waybills_pdf
from . import channels, push
from .gate import Caller, Refusal, answer, body, shop_api, wrong
from .packages import locate

TYPES = ("NORMAL_AIR_WAYBILL", "THERMAL_AIR_WAYBILL", "NORMAL_JOB_AIR_WAYBILL", "THERMAL_JOB_AIR_WAYBILL", "THERMAL_UNPACKAGED_LABEL")
OFFERED = ("NORMAL_AIR_WAYBILL", "THERMAL_AIR_WAYBILL")
PRINTABLE = ("LOGISTICS_REQUEST_CREATED", "LOGISTICS_PICKUP_RETRY")
NOT_STARTED = ("logistics.shipping_document_should_print_first", "Please create the shipping document first.")


def rows_of(data: dict) -> list[dict]:
    rows = data.get("order_list")
    if not isinstance(rows, list) or not 1 <= len(rows) <= 50 or not all(isinstance(row, dict) for row in rows):
        raise wrong("order_list should hold 1 to 50 orders.")
    return rows


def batch(caller: Caller, handle) -> dict:
    """Their batch rule: failed rows carry fail_error and stand in `warning`, error stays empty; all fail -> common.batch_api_all_failed."""
    results, failed = [], []
    for row in rows_of(body()):
        place = {"order_sn": row.get("order_sn"), "package_number": row.get("package_number", "")}
        try:
            order, package = locate(caller.shop["shop_id"], row)
            place["package_number"] = package["package_number"]
            results.append({**place, **handle(order, package, row)})
        except Refusal as refusal:
            results.append({**place, "fail_error": refusal.error, "fail_message": refusal.message})
            failed.append(place)
    envelope = answer({"result_list": results}, warning=failed)
    if len(failed) == len(results):
        envelope.update(error="common.batch_api_all_failed", message="All requests in the batch failed.")
    return envelope


def printable(order: dict, package: dict) -> None:
    if package["_method"] == "non_integrated":
        raise Refusal("logistics.package_can_not_print", "The package can not print.")
    if package["logistics_status"] not in PRINTABLE:
        raise Refusal("logistics.order_status_error", "Order status does not support awb printing.")


def known_type(value) -> str:
    if value not in OFFERED:
        raise Refusal("logistics.shipping_document_type_invalid", "The shipping document type is invalid.")
    return value


@shop_api("POST", "/logistics/get_shipping_document_parameter")
def get_shipping_document_parameter(caller: Caller) -> dict:
    def handle(order: dict, package: dict, row: dict) -> dict:
        printable(order, package)
        return {"suggest_shipping_document_type": "THERMAL_AIR_WAYBILL", "selectable_shipping_document_type": list(OFFERED)}

    return batch(caller, handle)


@shop_api("POST", "/logistics/create_shipping_document")
def create_shipping_document(caller: Caller) -> dict:
    shop = caller.shop

    def handle(order: dict, package: dict, row: dict) -> dict:
        printable(order, package)
        kind = known_type(row.get("shipping_document_type", "NORMAL_AIR_WAYBILL"))
        preprint = channels.by_id(shop, package["logistics_channel_id"])["preprint"]
        if not preprint and (not package["_tracking"] or row.get("tracking_number") != package["_tracking"]):
            raise Refusal("logistics.tracking_number_invalid", "The tracking number is invalid.")
        _start(shop["shop_id"], order, package, kind)
        return {}

    return batch(caller, handle)


def _start(shop_id: int, order: dict, package: dict, kind: str) -> None:
    """Begin the task; a finished one is not begun again."""
    if kind in package["_documents"]:
        return
    here = world()
    package["_documents"][kind] = {"created_at": here.now(), "polls": 0, "ready": False}
    here.touch()

    def ready() -> None:
        with here.lock:
            _finish(shop_id, order, package, kind)

    here.call_soon(here.settings["shopee"]["document_seconds"], ready)


def _finish(shop_id: int, order: dict, package: dict, kind: str) -> None:
    task = package["_documents"].get(kind)
    if task and not task["ready"]:
        task["ready"] = True
        world().touch()
        push.document_ready(order, package, shop_id)


def _task(package: dict, kind: str) -> dict:
    task = package["_documents"].get(kind)
    if task is None:
        raise Refusal(*NOT_STARTED)
    return task


@shop_api("POST", "/logistics/get_shipping_document_result")
def get_shipping_document_result(caller: Caller) -> dict:
    here, settings = world(), world().settings["shopee"]

    def handle(order: dict, package: dict, row: dict) -> dict:
        kind = known_type(row.get("shipping_document_type", "NORMAL_AIR_WAYBILL"))
        task = _task(package, kind)
        task["polls"] += 1
        waited = here.now() - task["created_at"]
        if task["polls"] > settings["document_polls"] or waited >= settings["document_seconds"] / max(here.settings["speed"], 0.001):
            _finish(caller.shop["shop_id"], order, package, kind)
        return {"status": "READY" if task["ready"] else "PROCESSING"}

    return batch(caller, handle)


@shop_api("POST", "/logistics/download_shipping_document")
def download_shipping_document(caller: Caller):
    data = body()
    kind, pairs = data.get("shipping_document_type", "NORMAL_AIR_WAYBILL"), []
    for row in rows_of(data):
        order, package = locate(caller.shop["shop_id"], row)
        if order["order_status"] == "CANCELLED":
            raise Refusal("logistics.package_can_not_print", "The package can not print.")
        if not _task(package, known_type(kind))["ready"]:
            raise Refusal("logistics.download_later", "The document is not ready, please download it later.")
        pairs.append((order, package))
    if len({package["logistics_channel_id"] for _, package in pairs}) > 1:
        raise Refusal("logistics.packages_can_not_download_together", "The packages can not be downloaded together.")
    return Response(label(pairs, kind), 200, content_type="application/pdf")


def label(pairs: list[tuple[dict, dict]], kind: str) -> bytes:
    """The labels of the packages in one PDF: thermal 100 x 150 mm, normal A6."""
    size = (100, 150) if kind.startswith("THERMAL") else (105, 148)
    pages = []
    for order, package in pairs:
        to = order["recipient_address"]
        pages.append(([
            package["shipping_carrier"], f"Order {order['order_sn']}", f"Package {package['package_number']}",
            f"TO: {to['name']}  {to['phone']}", to["full_address"], f"{to['district']} {to['city']} {to['state']} {to['zipcode']}",
            f"COD {order['total_amount']} {order['currency']}" if order["cod"] else "PAID",
            *(f"{line['model_quantity']} x item {line['item_id']}/{line['model_id']}" for line in package["item_list"][:8]),
        ], package["_tracking"]))
    return waybills_pdf(pages, size)
