"""Waybill numbers, tracking events, channels and addresses."""

from flask import request

from . import book, channels, lifecycle, people
from .gate import Caller, Refusal, answer, body, shop_api, wrong
from .packages import locate


def number_row(shop_id: int, order: dict, package: dict, optional: str) -> dict:
    """The number of one package; asking counts as a poll."""
    number = lifecycle.poll_number(shop_id, order, package)
    row = {"tracking_number": number, "hint": "" if number else "The tracking number is being generated, please try again later."}
    for name in ("plp_number", "first_mile_tracking_number", "last_mile_tracking_number"):
        if name in optional.split(","):
            row[name] = ""
    return {**row, "pickup_code": ""}


@shop_api("GET", "/logistics/get_tracking_number")
def get_tracking_number(caller: Caller) -> dict:
    order, package = locate(caller.shop["shop_id"], request.args)
    if order["order_status"] == "CANCELLED":
        raise Refusal("error_status", "The order has been cancelled.")
    if package["logistics_status"] in lifecycle.OPEN:
        raise Refusal("logistics.error_status", "The shipment of this package has not been arranged.")
    return answer(number_row(caller.shop["shop_id"], order, package, request.args.get("response_optional_fields", "")))


@shop_api("POST", "/logistics/get_mass_tracking_number")
def get_mass_tracking_number(caller: Caller) -> dict:
    data, good, bad = body(), [], []
    rows = data.get("package_list")
    if not isinstance(rows, list) or not 1 <= len(rows) <= 50:
        raise wrong("package_list should hold 1 to 50 packages.")
    for row in rows:
        number = row.get("package_number") if isinstance(row, dict) else None
        pair = book.find_package(caller.shop["shop_id"], number)
        if pair is None:
            bad.append({"package_number": number, "fail_reason": "The package does not exist."})
        elif pair[1]["logistics_status"] in lifecycle.OPEN:
            bad.append({"package_number": number, "fail_reason": "The shipment of this package has not been arranged."})
        else:
            optional = data.get("response_optional_fields") or ""
            good.append({"package_number": number, **number_row(caller.shop["shop_id"], *pair, optional)})
    return answer({"success_list": good, "fail_list": bad})


@shop_api("GET", "/logistics/get_tracking_info")
def get_tracking_info(caller: Caller) -> dict:
    order, package = locate(caller.shop["shop_id"], request.args)
    if not package["_events"]:
        raise Refusal("logistics.tracking_info_not_found", "There is no tracking information of this order yet.")
    return answer({"order_sn": order["order_sn"], "package_number": package["package_number"],
                   "logistics_status": package["logistics_status"], "tracking_info": package["_events"][::-1]})


@shop_api("GET", "/logistics/get_channel_list")
def get_channel_list(caller: Caller) -> dict:
    rows = [{
        "logistics_channel_id": channel["id"], "logistics_channel_name": channel["name"],
        "cod_enabled": channels.kind_of(channel) != "non_integrated",
        "enabled": channel["enabled"], "fee_type": "SIZE_INPUT", "mask_channel_id": 0, "preprint": channel["preprint"],
        "support_cross_border": False, "size_list": [], "weight_limit": {"item_max_weight": 20, "item_min_weight": 0.01},
        "item_max_dimension": {"height": 100, "width": 100, "length": 100, "unit": "cm", "dimension_sum": 250},
        "logistics_capability": {"seller_logistics": channels.kind_of(channel) == "non_integrated"},
    } for channel in caller.shop["channels"]]
    return answer({"logistics_channel_list": rows})


@shop_api("GET", "/logistics/get_address_list")
def get_address_list(caller: Caller) -> dict:
    rows = [{**{key: value for key, value in address.items() if key != "address_flag"}, "full_address": address["address"],
             "address_type": address["address_flag"]} for address in caller.shop["addresses"]]
    return answer({"show_pickup_address": True, "address_list": rows})


@shop_api("GET", "/payment/get_escrow_detail")
def get_escrow_detail(caller: Caller) -> dict:
    """Money of one order: invented rates of commission and service fee, but sums that add up."""
    order = book.find(caller.shop["shop_id"], request.args.get("order_sn"))
    digits = people.money(order["region"])[2]
    original = sum(line["model_original_price"] * line["model_quantity_purchased"] for line in order["item_list"])
    sold = sum(line["model_discounted_price"] * line["model_quantity_purchased"] for line in order["item_list"])
    fees = {name: people.amount(sold * rate, digits) for name, rate in
            (("commission_fee", 0.04), ("service_fee", 0.02), ("seller_transaction_fee", 0.022))}
    income = {
        "escrow_amount": people.amount(sold - sum(fees.values()), digits), "buyer_total_amount": order["total_amount"],
        "original_price": people.amount(original, digits), "seller_discount": people.amount(original - sold, digits), **fees,
        "buyer_paid_shipping_fee": order["estimated_shipping_fee"], "actual_shipping_fee": order["actual_shipping_fee"],
        "final_shipping_fee": 0, "buyer_payment_method": order["payment_method"],
        "items": [{"item_id": line["item_id"], "item_name": line["item_name"], "item_sku": line["item_sku"], "model_id": line["model_id"],
                   "model_sku": line["model_sku"], "quantity_purchased": line["model_quantity_purchased"],
                   "original_price": line["model_original_price"], "discounted_price": line["model_discounted_price"]}
                  for line in order["item_list"]],
    }
    return answer({"order_sn": order["order_sn"], "buyer_user_name": order["buyer_username"], "return_order_sn_list": [],
                   "order_income": income})
