"""Pulling orders: windows, cursor, detail in batches (sections 5 and 6), and the seller's answers to cancellations and splits."""
from datetime import timedelta

from app.failures import Failure
from app.integrations.paging import by_cursor, chunks, windows
from app.integrations.platforms.shopee.gate import response, rows
from app.integrations.platforms.shopee.reading import read_order
from app.integrations.types import OrderPage, PulledOrder, Unreadable

LIST, DETAIL = "/api/v2/order/get_order_list", "/api/v2/order/get_order_detail"
TIME_FIELDS = {"change": "update_time", "creation": "create_time"}
WINDOW = timedelta(days=15)
PAGE, BATCH = 100, 50
FIELDS = (
    "buyer_user_id,buyer_username,estimated_shipping_fee,recipient_address,actual_shipping_fee,goods_to_declare,note,note_update_time,"
    "item_list,pay_time,dropshipper,dropshipper_phone,split_up,buyer_cancel_reason,cancel_by,cancel_reason,actual_shipping_fee_confirmed,"
    "fulfillment_flag,pickup_done_time,package_list,shipping_carrier,payment_method,total_amount,invoice_data,order_chargeable_weight_gram,"
    "return_request_due_date")
REASONS = ("OUT_OF_STOCK", "CUSTOMER_REQUEST", "UNDELIVERABLE_AREA", "COD_NOT_SUPPORTED")


def pull(shop, since, until, by="change"):
    """Yield OrderPages for orders changed (or created) since…until, windows of at most 15 days, oldest window first.

    Shopee does not promise an order of rows inside a window, so `upto` comes only with a window's last page: before that a
    later page may still hold an older change. Inside a page orders are sorted by change time. Repeated rows are harmless.
    """
    for start, end in windows(since, until, WINDOW):
        span = {"time_from": int(start.timestamp()), "time_to": max(int(end.timestamp()), int(start.timestamp()) + 1)}

        def fetch(cursor, span=span):
            query = {"time_range_field": TIME_FIELDS[by], **span, "page_size": PAGE, "cursor": cursor,
                     "response_optional_fields": "order_status", "request_order_status_pending": True}
            body = shop.gate.get(LIST, query)
            found = response(body)
            return rows(body, "order_list"), found.get("next_cursor") or "", bool(found.get("more"))

        for listed, cursor, last in by_cursor(fetch):
            numbers = [str(row["order_sn"]) for row in listed if row.get("order_sn")]
            yield OrderPage(read_numbers(shop, numbers), end if last else None, cursor)


def pull_numbers(shop, numbers):
    """Yield OrderPages of at most 50 for these order numbers; one that Shopee does not know comes as Unreadable."""
    for batch in chunks(dict.fromkeys(n.strip() for n in numbers if n.strip()), BATCH):
        yield OrderPage(read_numbers(shop, batch))


def read_numbers(shop, numbers):
    """PulledOrder | Unreadable for each number once, by change time. Missing ones are asked again once: lists run ahead of detail."""
    numbers = list(dict.fromkeys(numbers))
    found = {}
    for wanted in (numbers, None):
        wanted = [n for n in numbers if n not in found] if wanted is None else wanted
        for batch in chunks(wanted, BATCH):
            found |= {order.number: order for order in details(shop, batch)}
    lost = [Unreadable(n, "order.detail_missing", {"number": n}, "") for n in numbers if n not in found]
    read = [order for order in found.values() if isinstance(order, PulledOrder)]
    return sorted(read, key=lambda o: o.updated_at) + [o for o in found.values() if isinstance(o, Unreadable)] + lost


def details(shop, numbers):
    """Read orders of at most 50 numbers; none of them known is an empty list and not a fault."""
    return [read_order(raw, shop.own_channels) for raw in raw_details(shop, numbers)]


def raw_details(shop, numbers):
    query = {"order_sn_list": ",".join(numbers), "response_optional_fields": FIELDS, "request_order_status_pending": True}
    try:
        body = shop.gate.get(DETAIL, query)
    except Failure as failure:
        if failure.code == "order.not_found":
            return []
        raise
    return rows(body, "order_list")


def cancel(shop, order_no, reason, lines=()):
    """The seller cancels. `reason`: one of REASONS; OUT_OF_STOCK needs the `lines` (with item_id, model_id) that are missing."""
    if reason not in REASONS:
        raise Failure("order.cancel_reason", reason=reason)
    body = {"order_sn": order_no, "cancel_reason": reason}
    if reason == "OUT_OF_STOCK":
        if not lines:
            raise Failure("order.cancel_lines", number=order_no)
        body["item_list"] = [{"item_id": int(one.item_id), "model_id": int(one.model_id or 0)} for one in lines]
    shop.gate.post("/api/v2/order/cancel_order", body)


def answer_cancel(shop, order_no, accept):
    """Accept or reject the buyer's cancel request (order IN_CANCEL)."""
    shop.gate.post("/api/v2/order/handle_buyer_cancellation", {"order_sn": order_no, "operation": "ACCEPT" if accept else "REJECT"})


def set_note(shop, order_no, note):
    """The seller's note on the order; the same text again changes nothing."""
    shop.gate.post("/api/v2/order/set_note", {"order_sn": order_no, "note": note}, idempotent=True)


def split(shop, order_no, groups):
    """Split into packages. `groups`: a list of lists of PulledLine; together they must hold every line of the order.

    Returns the new package numbers. READY_TO_SHIP only, 2 to 5 packages (TW 30).
    """
    body = {"order_sn": order_no, "package_list": [{"item_list": [_piece(one) for one in group]} for group in groups]}
    return [str(p.get("package_number") or "") for p in rows(shop.gate.post("/api/v2/order/split_order", body), "package_list")]


def unsplit(shop, order_no):
    """Undo a split while nothing is shipped."""
    shop.gate.post("/api/v2/order/unsplit_order", {"order_sn": order_no})


def _piece(line):
    order_item, model, group = (line.line_id.split(":") + ["0", "0"])[:3]
    return {"item_id": int(line.item_id), "model_id": int(line.model_id or model), "order_item_id": int(order_item or line.item_id),
            "promotion_group_id": int(group or 0), "model_quantity": line.quantity}
