"""What a client may see of an order: only the fields it named, buyer data masked."""

OPTIONAL = frozenset((
    "buyer_user_id,buyer_username,estimated_shipping_fee,recipient_address,actual_shipping_fee,goods_to_declare,note,note_update_time,"
    "item_list,pay_time,dropshipper,dropshipper_phone,split_up,buyer_cancel_reason,cancel_by,cancel_reason,actual_shipping_fee_confirmed,"
    "fulfillment_flag,pickup_done_time,package_list,shipping_carrier,checkout_shipping_carrier,payment_method,total_amount,invoice_data,"
    "order_chargeable_weight_gram,return_request_due_date,reverse_shipping_fee"
).split(","))
PENDING_STATES = ("PENDING",)
CLEAR_STATES = ("READY_TO_SHIP", "PROCESSED", "RETRY_SHIP")


def public(value):
    """A copy without the stand-in's own keys."""
    if isinstance(value, dict):
        return {key: public(item) for key, item in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [public(item) for item in value]
    return value


def state(order: dict, pending: bool) -> str:
    """PENDING is shown only to callers that know it."""
    return "READY_TO_SHIP" if order["order_status"] in PENDING_STATES and not pending else order["order_status"]


def detail(order: dict, app: dict, fields: set[str], pending: bool) -> dict:
    """One row of get_order_detail."""
    row = {key: value for key, value in order.items() if not key.startswith("_") and (key not in OPTIONAL or key in fields)}
    row["order_status"] = state(order, pending)
    if not pending:
        row.pop("pending_terms", None)
    if not row.get("booking_sn"):
        row.pop("booking_sn", None)
    if "recipient_address" in row:
        row["recipient_address"] = recipient(order, app)
    if "package_list" in row:
        row["package_list"] = [_package(package) for package in order["package_list"]]
    return row


def _package(package: dict) -> dict:
    row = public(package)
    row["item_list"] = [{key: line[key] for key in ("item_id", "model_id", "model_quantity", "order_item_id", "promotion_group_id",
                                                    "product_location_id") if key in line} for line in row["item_list"]]
    return row


def recipient(order: dict, app: dict) -> dict:
    """Clear only for an app with declared IP and passed penetration test, and only while there is something to ship."""
    address = order["recipient_address"]
    if app["unmasked"] and app["ip_declared"] and order["order_status"] in CLEAR_STATES and not order["_masked"]:
        return dict(address)
    return {**address, "name": mask_name(address.get("name")), "phone": mask_tail(address.get("phone")),
            "full_address": mask_head(address.get("full_address"))}


def mask_name(text) -> str:
    """Nguyen -> N******n."""
    text = text or ""
    return f"{text[0]}******{text[-1]}" if len(text) > 2 else "****"


def mask_tail(text) -> str:
    """84912345664 -> ******64."""
    return "******" + (text or "")[-2:]


def mask_head(text) -> str:
    """12 Demo St -> 12******."""
    return (text or "")[:2] + "******"
