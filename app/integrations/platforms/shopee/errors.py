"""Shopee's error codes as data (protocol notes, section 11): first row that fits wins.

A row: (error codes, part of the message or "", our code, retry, blame). Codes are compared in full and by their last
segment ("logistics.error_param" is also "error_param"), so a row with a prefix must stand before the bare one.
"""
from datetime import UTC, datetime, timedelta, timezone

from app.failures import Blame, Failure, Retry
from app.integrations.auth import TokenRefused
from app.integrations.redact import safe_text

TOKEN = "shop.token_refused"
N, L, R = Retry.NEVER, Retry.LATER, Retry.REAUTHORISE
MERCHANT, PLATFORM, US = Blame.MERCHANT, Blame.PLATFORM, Blame.US

TABLE = (
    ("error_param", "timestamp is expired", "clock.skew", N, US),
    ("error_param", "refresh token or shop_id is wrong", "shop.authorisation_expired", R, MERCHANT),
    ("error_param", "being allocated", "ship.being_allocated", L, PLATFORM),
    ("error_param", "not ready to ship", "ship.wrong_state", N, MERCHANT),
    ("error_param", "has been used by other orders", "ship.number_used", N, MERCHANT),
    ("error_param", "order is not found", "order.not_found", N, MERCHANT),
    ("error_param", "", "platform.request_refused", N, US),
    ("invalid_partner_id", "", "app.wrong_id", N, US),
    ("error_sign", "", "app.wrong_key", N, US),
    ("invalid_acceess_token invalid_access_token error_auth", "", TOKEN, R, MERCHANT),
    ("shop_no_linked partner_shop_no_link", "", "shop.not_linked", R, MERCHANT),
    ("shop_access_expired refresh_token_expired error_shop_refresh_token error_merchant_refresh_token", "",
     "shop.authorisation_expired", R, MERCHANT),
    ("invalid_code", "", "shop.code_refused", N, MERCHANT),
    ("invalid_shop_id invalid_main_acount_id invalid_main_account_id", "", "shop.wrong_shop", N, MERCHANT),
    ("error_partner_key_expired", "", "app.key_expired", N, US),
    ("error_api_permission error_ashop_api_permission error_api_call_restricted", "", "app.no_permission", N, US),
    ("api_suspended", "", "app.api_suspended", N, US),
    ("source_ip_undeclared", "", "app.ip_undeclared", N, US),
    ("shop_banned", "", "shop.banned", N, MERCHANT),
    ("error_kyc_auth", "", "shop.kyc_needed", N, MERCHANT),
    ("error_seller_under_penalty", "", "shop.under_penalty", N, MERCHANT),
    ("error_rate_limit system_busy error_system_busy", "", "platform.rate_limited", L, PLATFORM),
    ("error_limit", "daily", "platform.daily_limit", L, PLATFORM),
    ("order.error_limit", "", "order.cancel_too_late", N, MERCHANT),
    ("error_limit", "", "platform.daily_limit", L, PLATFORM),
    ("error_server error_inner error_network error_timeout error_third_party_server error_too_many_invoke_function", "",
     "platform.fault", L, PLATFORM),
    ("error_not_found order_not_exist", "", "order.not_found", N, MERCHANT),
    ("order_list_invalid_time", "", "platform.window_refused", N, US),
    ("error_status", "cancelled", "ship.order_cancelled", N, MERCHANT),
    ("order_finalized", "", "ship.order_cancelled", N, MERCHANT),
    ("ship_order_not_ready_to_ship error_order_state error_status", "", "ship.wrong_state", N, MERCHANT),
    ("package_already_shipped", "", "ship.already_arranged", N, MERCHANT),
    ("ship_order_unsupport_non_integrated", "", "ship.own_number_refused", N, MERCHANT),
    ("ship_order_only_support_one_type ship_order_unsupport_pickup ship_order_unsupport_dropoff", "",
     "ship.method_unsupported", N, MERCHANT),
    ("ship_order_need_address_pickup_time ship_order_need_branch_id ship_order_need_sender_real_name ship_order_need_tracking_number", "",
     "ship.field_missing", N, MERCHANT),
    ("ship_order_pickup_time_invalid", "", "ship.pickup_time_invalid", N, MERCHANT),
    ("ship_order_long_tracking_number", "", "ship.number_too_long", N, MERCHANT),
    ("ship_order_need_pacakge_number ship_order_not_need_pacakge_number package_number_not_exist", "", "ship.package_number", N, US),
    ("package_not_exist package_number_not_found", "", "ship.package_unknown", N, MERCHANT),
    ("ship_order_pff_init", "", "ship.platform_warehouse", N, MERCHANT),
    ("error_booking_order", "", "ship.booking_order", N, MERCHANT),
    ("tracking_number_invalid", "", "label.number_mismatch", N, MERCHANT),
    ("package_can_not_print can_not_print_jit_order can_not_print_combine_order", "", "label.not_printable", N, MERCHANT),
    ("order_status_error", "", "label.wrong_state", N, MERCHANT),
    ("shipping_document_type_invalid", "", "label.type_refused", N, US),
    ("shipping_document_should_print_first", "", "label.not_created", N, PLATFORM),
    ("download_later", "", "label.not_ready", L, PLATFORM),
    ("packages_can_not_download_together", "", "label.not_together", N, US),
    ("lack_of_invoice_data", "", "order.invoice_missing", N, MERCHANT),
    ("order_has_been_split", "", "order.already_split", N, MERCHANT),
    ("order_split_package_missing_item order_split_item_not_exist order_split_duplicate_item", "", "order.split_items", N, MERCHANT),
    ("order_cannot_split", "", "order.cannot_split", N, MERCHANT),
    ("order_cannot_undo_split", "", "order.cannot_unsplit", N, MERCHANT),
    ("cancel_order_invalid_status", "", "order.cancel_wrong_state", N, MERCHANT),
    ("error_item_not_found", "", "sku.listing_gone", N, MERCHANT),
    ("error_busi_update_stock_failed", "", "stock.push_refused", N, MERCHANT),
)
ROWS = tuple((frozenset(codes.split()), part, ours, retry, blame) for codes, part, ours, retry, blame in TABLE)


def translate(error, message="", *, raw="", idempotent=True, server_time=None, now=None):
    """The Failure for an error code of Shopee. `server_time`: their clock, for clock.skew. Unknown codes: platform.refused.

    A fault inside Shopee during a call that may not be repeated leaves it open whether it was done: Retry.UNKNOWN.
    """
    error, now = error.strip(), now or datetime.now(UTC)
    ours, retry, blame = find(error, message.lower())
    if ours == TOKEN:
        return TokenRefused(raw=raw)
    if ours == "platform.fault" and not idempotent:
        retry = Retry.UNKNOWN
    params = {"error": error, "detail": safe_text(message)[:200]}
    if ours == "clock.skew":
        params["seconds"] = round(abs((server_time - now).total_seconds())) if server_time else 0
    wait = seconds_to_midnight(now) if ours == "platform.daily_limit" else None
    return Failure(ours, retry=retry, blame=blame, raw=raw, wait=wait, **params)


def find(error, message):
    """(our code, retry, blame) of an error code and its lower-case message."""
    names = {error, error.rsplit(".", 1)[-1]}
    for codes, part, ours, retry, blame in ROWS:
        if codes & names and part in message:
            return ours, retry, blame
    return "platform.refused", Retry.NEVER, Blame.PLATFORM


def seconds_to_midnight(now):
    """Until the daily quota starts again: midnight of UTC+8."""
    here = now.astimezone(timezone(timedelta(hours=8)))
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - here).total_seconds()
