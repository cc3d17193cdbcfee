"""Shopee's own labels: ask for the result, create when there is none, wait, download (section 8)."""
from app.failures import Blame, Failure, Retry
from app.integrations.platforms.shopee.errors import translate
from app.integrations.platforms.shopee.gate import rows
from app.integrations.platforms.shopee.shipping import reference, tracking_number
from app.integrations.types import LabelFile

PARAMETER, CREATE = "/api/v2/logistics/get_shipping_document_parameter", "/api/v2/logistics/create_shipping_document"
RESULT, DOWNLOAD = "/api/v2/logistics/get_shipping_document_result", "/api/v2/logistics/download_shipping_document"
BEST = "THERMAL_AIR_WAYBILL"
LOOKS, PAUSE = 3, 1.0       # how often and how far apart (seconds) the result is looked at before the job is put back
TYPES = ((b"%PDF", "application/pdf"), (b"PK", "application/zip"))


def fetch_label(shop, parcel):
    """The label of one package as LabelFile (PDF, or ZIP/HTML as the seller's settings are).

    Raises label.not_ready (Retry.LATER) while it is made or the number is still missing, label.failed and label.* otherwise.
    One package per call: merged files are refused as soon as two labels differ in kind.
    """
    number = parcel.tracking_no or tracking_number(shop, parcel)
    if not number:
        raise Failure("label.number_pending", retry=Retry.LATER, blame=Blame.PLATFORM, wait=300, number=parcel.order_no)
    kind = document_type(shop, parcel)
    wait_for(shop, parcel, kind, number)
    answer = shop.gate.file(DOWNLOAD, {"shipping_document_type": kind, "order_list": [reference(parcel)]})
    return LabelFile(answer.body, whole_file(answer), number)


def document_type(shop, parcel):
    """Thermal 10×15 where it can be had, else what Shopee suggests; the account's option `label_type` goes first."""
    row = one(shop.gate.post(PARAMETER, {"order_list": [reference(parcel)]}, idempotent=True))
    selectable = row.get("selectable_shipping_document_type") or []
    for kind in (shop.options.get("label_type"), BEST):
        if kind in selectable:
            return kind
    return row.get("suggest_shipping_document_type") or BEST


def wait_for(shop, parcel, kind, number):
    """Return when the file is READY. A task that exists is not created anew, so asking again later costs nothing."""
    status = result(shop, parcel, kind)
    if status in ("", "FAILED"):
        entry = reference(parcel) | {"tracking_number": number, "shipping_document_type": kind}
        one(shop.gate.post(CREATE, {"order_list": [entry]}, idempotent=True))
        status = result(shop, parcel, kind)
    for _ in range(LOOKS - 1):
        if status != "PROCESSING":
            break
        shop.client.sleep(PAUSE)
        status = result(shop, parcel, kind)
    if status == "FAILED":
        raise Failure("label.failed", blame=Blame.PLATFORM, number=parcel.order_no)
    if status != "READY":
        raise Failure("label.not_ready", retry=Retry.LATER, blame=Blame.PLATFORM, wait=30, number=parcel.order_no)


def result(shop, parcel, kind):
    """READY, PROCESSING or FAILED; "" when no task was created yet."""
    entry = reference(parcel) | {"shipping_document_type": kind}
    try:
        return str(one(shop.gate.post(RESULT, {"order_list": [entry]}, idempotent=True), failed_is_status=True).get("status") or "")
    except Failure as failure:
        if failure.code == "label.not_created":
            return ""
        raise


def one(body, failed_is_status=False):
    """The only row of a batch answer. Its own error counts even though the envelope says success."""
    found = rows(body, "result_list")
    if not found:
        raise Failure("platform.unexpected_answer", blame=Blame.PLATFORM, raw=str(sorted(body)), status=200)
    row = found[0]
    if row.get("fail_error") and not (failed_is_status and row.get("status") == "FAILED"):
        raise translate(str(row["fail_error"]), str(row.get("fail_message") or ""))
    return row


def whole_file(answer):
    """Content type by the first bytes. A file that was cut off on the way is asked for again, never printed."""
    kind = next((name for start, name in TYPES if answer.body.startswith(start)), "text/html")
    end = {"application/pdf": b"%%EOF", "application/zip": b"PK\x05\x06"}.get(kind, b"")
    if end not in answer.body[-65600:]:
        raise Failure("http.truncated", retry=Retry.LATER, blame=Blame.PLATFORM, name=answer.name)
    return kind
