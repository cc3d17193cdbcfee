"""One table of column and state labels: every screen, form and export takes its words from here."""
from flask_babel import lazy_gettext as _l

COLUMNS = {
    "tenant": _l("Merchant"), "tenant_id": _l("Merchant"), "platform": _l("Platform"), "alias": _l("Shop short name"), "state": _l("Status"),
    "expires_at": _l("Expires"), "authorised_at": _l("Authorised at"), "pull_mode": _l("Pull mode"), "operations": _l("Operations"),
    "region": _l("Site"), "shop_name": _l("Shop name"), "shop_id": _l("Shop ID"), "pull_interval_s": _l("Pull interval (seconds)"),
    "health": _l("Health"), "platform_sku": _l("Platform SKU"), "product": _l("OMS SKU"), "quantity": _l("Quantity"),
    "account": _l("Shop account"), "sku": _l("SKU"), "name": _l("Name"), "order_no": _l("Platform order no."), "numbers": _l("Numbers"),
    "goods": _l("Goods"), "recipient": _l("Recipient"), "phone": _l("Phone"), "address": _l("Address"), "country": _l("Country"),
    "province": _l("State or province"), "city": _l("City"), "district": _l("District"), "town": _l("Town"), "street": _l("Street"),
    "postcode": _l("Postcode"), "ship_method": _l("Shipping method"), "channel": _l("Shipping channel"), "remark": _l("Remark"),
    "pulled_at": _l("Pulled at"), "ordered_at": _l("Ordered at"), "ship_by": _l("Ship by"), "total": _l("Total"), "currency": _l("Currency"),
    "number": _l("Order no."), "reference": _l("Reference no."), "tracking_no": _l("Tracking no."), "carrier": _l("Carrier"),
    "warehouse": _l("Warehouse"), "fulfilment": _l("Fulfilment"), "findings": _l("Findings"), "message": _l("Message"),
    "declared_en": _l("Declared name (English)"), "declared_zh": _l("Declared name (Chinese)"), "declared_value": _l("Declared value"),
    "declared_currency": _l("Declared currency"), "weight_g": _l("Weight (g)"), "hs_code": _l("HS code"), "origin": _l("Origin"),
    "battery": _l("Battery"), "barcode": _l("Barcode"), "pick_info": _l("Pick info"), "bin": _l("Bin"), "active": _l("Active"),
    "image_url": _l("Picture address"), "declaration": _l("Customs declaration"), "code": _l("Code"), "service": _l("Service"),
    "countries": _l("Countries served"), "charset": _l("Character profile"), "template": _l("Label template"),
    "tracking_url": _l("Tracking link"), "ship_methods": _l("Chosen for shipping methods"), "carrier_account": _l("Carrier account"),
    "base_url": _l("Service address"), "auth_url": _l("Authorisation address"), "on_hand": _l("On hand"), "reserved": _l("Reserved"),
    "available": _l("Available"), "incoming": _l("Incoming"), "changed_at": _l("Changed at"), "changed_by": _l("Changed by"),
    "created_at": _l("Created at"), "created_by": _l("Created by"), "kind": _l("Kind"), "document": _l("Document"), "reason": _l("Reason"),
    "at": _l("Time"), "by": _l("By"), "done": _l("Done"), "failed": _l("Failed"), "skipped": _l("Skipped"), "progress": _l("Progress"),
    "started_at": _l("Started at"), "finished_at": _l("Finished at"), "attempts": _l("Attempts"), "username": _l("User name"),
    "first_name": _l("First name"), "last_name": _l("Last name"), "email": _l("E-mail"), "locale": _l("Language"), "timezone": _l("Time zone"),
    "role": _l("Role"), "password": _l("Password"), "contact_phone": _l("Contact phone"), "fee": _l("Fee"), "pushed_at": _l("Pushed at"),
    "printed_at": _l("Printed at"), "written_back_at": _l("Written back at"), "marked_at": _l("Marked at"), "title": _l("Title"),
    "variation": _l("Variation"), "stock": _l("Stock"), "price": _l("Price"), "used_at": _l("Used at"), "outbound_no": _l("Outbound order no."),
    "table": _l("Table"), "action": _l("Action"), "before": _l("Before"), "after": _l("After"), "error_code": _l("Error"),
}

PLATFORM_ORDER = {"pending": _l("Pending"), "processed": _l("Processed"), "shipped": _l("Marked shipped"), "frozen": _l("Frozen"), "void": _l("Void")}
# The seed shows both words: «(wait for processing)待处理».
ACCOUNT = {"new": _l("Not authorised"), "active": _l("Enabled"), "paused": _l("Pulling stopped"), "expired": _l("Authorisation expired"),
           "revoked": _l("Revoked")}
OUTBOUND = {"draft": _l("To audit"), "audited": _l("Audited"), "forecast": _l("Forecast"), "picking": _l("Picking"), "packed": _l("Packed"),
            "dispatched": _l("Dispatched"), "problem": _l("Problem"), "cancelled": _l("Cancelled")}
WAYBILL = {"unconfirmed": _l("Unconfirmed"), "forecast": _l("Forecast"), "dispatched": _l("Dispatched"), "in_transit": _l("In transit"),
           "delivered": _l("Delivered"), "exception": _l("Exception"), "voided": _l("Voided")}
RUN = {"queued": _l("Queued"), "running": _l("Running"), "done": _l("Done"), "failed": _l("Failed"), "cancelled": _l("Cancelled"),
       "waiting": _l("Waiting"), "skipped": _l("Skipped")}
MOVE_KIND = {"adjust": _l("Adjust"), "reserve": _l("Reserve"), "release": _l("Release"), "dispatch": _l("Dispatch"), "receive": _l("Receive")}
FULFILMENT = {"warehouse": _l("From warehouse"), "direct": _l("Direct")}
PULL_MODE = {"auto": _l("Automatic"), "manual": _l("Manual")}
ROLES = {"MerchantAdmin": _l("Administrator"), "MerchantClerk": _l("Clerk"), "MerchantFinance": _l("Finance"), "MerchantViewer": _l("Viewer"),
         "ProviderAdmin": _l("Provider administrator"), "ProviderService": _l("Customer service"), "ProviderWarehouse": _l("Warehouse"),
         "ProviderFinance": _l("Provider finance")}
STATES = {"platform_order": PLATFORM_ORDER, "outbound_order": OUTBOUND, "waybill": WAYBILL, "account": ACCOUNT, "run": RUN}
# Colour of a state's badge.
TONES = {"pending": "warn", "processed": "info", "shipped": "good", "frozen": "cold", "void": "grey", "new": "warn", "active": "good",
         "paused": "cold", "expired": "bad", "revoked": "grey", "draft": "warn", "audited": "info", "forecast": "info", "picking": "info",
         "packed": "info", "dispatched": "good", "problem": "bad", "cancelled": "grey", "unconfirmed": "warn", "in_transit": "info",
         "delivered": "good", "exception": "bad", "voided": "grey", "queued": "warn", "running": "info", "done": "good", "failed": "bad",
         "waiting": "warn", "skipped": "grey"}
EVENTS = {
    "created": _l("Created"), "cut": _l("Shortened"), "differs": _l("Differs from the platform"), "authorise": _l("Authorised"),
    "expire": _l("Authorisation expired"), "expiring": _l("Authorisation ends soon"), "options": _l("Settings changed"),
    "revive": _l("Works again"), "revoke": _l("Revoked"), "verify": _l("Verified"),
    "convert": _l("Converted to a system order"), "unconvert": _l("Back to pending"), "write_back": _l("Shipped on the platform"),
    "mark_shipped": _l("Marked shipped"), "platform_shipped": _l("Shipped, says the platform"), "unship": _l("Shipping mark taken back"),
    "freeze": _l("Frozen"), "thaw": _l("Thawed"), "void": _l("Voided"), "audit": _l("Audited"), "reopen": _l("Reopened for editing"),
    "forecast": _l("Waybill issued"), "unforecast": _l("Waybill reset"), "pick": _l("Picking"), "pack": _l("Packed"),
    "dispatch": _l("Dispatched"), "recall": _l("Dispatch taken back"), "stop": _l("Stopped"), "resume": _l("Resumed"), "cancel": _l("Cancelled"),
    "transit": _l("In transit"), "deliver": _l("Delivered"), "except": _l("Exception"), "pulled": _l("Pulled from the platform"),
    "updated": _l("Updated by the platform"), "edited": _l("Edited"),
    "edit": _l("Edited"), "claim": _l("Sent to the carrier"), "push": _l("Waybill issued"), "found": _l("Found at the carrier"),
    "refused": _l("Refused"), "print": _l("Label printed"), "track": _l("Tracked"), "unmark": _l("Shipping mark taken back"),
    "reset_refused": _l("Reset refused"), "cancel_asked": _l("To be cancelled at the carrier"), "cancelled": _l("Cancelled at the carrier"),
    "cancel_refused": _l("Cancelling refused by the carrier"), "double": _l("Second number cancelled"), "waybill_reset": _l("Waybill reset"),
    "written_back": _l("Shipped on the platform"), "write_back_refused": _l("Shipping on the platform refused"),
}


def event_label(move):
    return EVENTS.get(move) or move.replace("_", " ")
