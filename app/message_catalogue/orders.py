"""Codes of orders and stock: (English sentence, fix)."""


def _l(text):
    """Marks a sentence for the translators; it is translated when shown."""
    return text


ENTRIES = {
    "order.new": (_l("New order."), None),
    "order.updated": (_l("Updated."), None),
    "order.unchanged": (_l("Nothing changed since the last pull."), None),
    "order.older": (_l("An older version than the one we have; left out."), None),
    "order.repeated": (_l("The same order came twice; the newest version counts."), None),
    "order.unreadable": (
        _l("Order %(number)s could not be read: the platform sent a field of an unexpected kind. Its body is kept; ask the "
           "provider's service."), None),
    "order.bad_number": (_l("An order without a usable number («%(number)s») was left out."), None),
    "order.bad_time": (_l("Order %(number)s has no usable time in «%(field)s»."), None),
    "order.bad_quantity": (_l("Quantity %(quantity)s of «%(sku)s» is not possible. Use a whole number from 1 on."), None),
    "order.bad_amount": (_l("Order %(number)s has an amount that cannot be right: %(amount)s."), None),
    "order.no_items": (_l("The order has no items, so it cannot be converted. Pull it again, or enter its SKUs by hand."), "order"),
    "order.unknown_currency": (_l("The currency «%(currency)s» is not known. Check the amounts before you ship."), "order"),
    "order.platform_warehouse": (_l("The platform ships this order from its own warehouse. There is nothing to do here."), None),
    "order.arranged_elsewhere": (
        _l("The shipment of this order was arranged outside Waybridge. Mark it shipped, or convert it only if it still has to leave here."),
        "order"),
    "order.cut": (_l("Too long or unknown, therefore shortened: %(fields)s. The full text is in the platform's own body."), None),
    "order.changed": (_l("Changed on the platform: %(fields)s."), None),
    "order.platform_differs": (
        _l("The platform now says something else than what was entered here by hand: %(fields)s. The entry was kept."),
        "order"),
    "order.items_changed": (
        _l("The platform changed the items after the order was converted to %(number)s. Compare them before it leaves."),
        "outbound"),
    "order.platform_hold": (_l("The platform holds this order."), None),
    "order.cancelled_by_platform": (_l("Cancelled on the platform. %(reason)s"), "order"),
    "order.cancelled_after_dispatch": (
        _l("Cancelled on the platform, but %(number)s has left already. Ask the carrier to bring it back."),
        "outbound"),
    "order.cancelled_late": (_l("Cancelled on the platform after it was marked shipped here. Check whether it really left."), "order"),
    "order.open_again": (_l("Void here, but open on the platform. If it has to be shipped, ask the provider's service."), "order"),
    "order.shipped_though_void": (_l("Void here, but shipped on the platform."), "order"),
    "order.frozen": (_l("Frozen."), None),
    "order.frozen_by_platform": (
        _l("The platform holds this order (%(status)s). It is thawed by itself when the platform lets it go."),
        "order"),
    "order.voided": (_l("The order was voided."), None),
    "order.unmasked": (_l("The platform now shows the full address; it was taken over."), None),
    "order.edited": (_l("Changed by hand: %(fields)s."), None),
    "order.bad_value": (_l("«%(field)s» is not filled in properly."), None),
    "order.item_gone": (_l("A line of this order changed meanwhile. Reload the page and do it again."), None),
    "order.sku_missing": (_l("Each line needs a platform SKU."), None),
    "order.converted": (_l("Converted to %(number)s."), None),
    "order.converted_already": (_l("This order was converted to %(number)s already. Change the outbound order instead."), "outbound"),
    "order.unmatched": (_l("No mapping for platform SKU %(skus)s. Add the mapping, then match again."), "mapping"),
    "order.matched": (_l("All SKUs are matched."), None),
    "outbound.audited": (_l("%(number)s is audited."), None),
    "outbound.audited_with_warnings": (_l("%(number)s is audited, with warnings. Read the findings."), "outbound"),
    "outbound.no_lines": (_l("The outbound order has no SKU lines."), "outbound"),
    "outbound.has_waybill": (_l("%(number)s has a waybill at the carrier. Reset the waybill first."), "outbound"),
    "outbound.dispatched": (_l("%(number)s has left the warehouse already."), "outbound"),
    "channel.missing": (_l("No shipping channel is set."), "outbound"),
    "channel.gone": (_l("This shipping channel does not exist any more, is switched off, or is not yours."), "channel"),
    "product.gone": (_l("This OMS SKU does not exist any more, or is not yours."), "sku"),
    "sku.collected": (_l("Collected: %(skus)s."), "sku"),
    "sku.nothing_new": (_l("All SKUs of this order are known already."), None),
    "sku.too_long": (_l("An OMS SKU may have at most %(limit)s characters. Map these by hand: %(skus)s."), "mapping"),
    "stock.short": (_l("Not enough stock of %(sku)s: %(wanted)s wanted, %(available)s available."), "stock"),
    "stock.negative": (
        _l("%(sku)s: a change of %(delta)s is not possible with %(on_hand)s on hand, %(reserved)s of them reserved."),
        "stock"),
    "stock.no_reason": (_l("Say why the stock changes."), None),
    "stock.nothing_to_do": (_l("A change of 0 changes nothing."), None),
    "stock.no_product": (_l("This OMS SKU does not exist any more, or is not yours."), "sku"),
    "stock.no_warehouse": (_l("No active warehouse is set for this order."), "outbound"),
    "stock.not_reserved": (_l("No stock is held for %(number)s, so it cannot leave. Audit it again."), "outbound"),
}
