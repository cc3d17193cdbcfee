"""Codes of accounts, waybills, printing and writing back: (English sentence, fix)."""


def _l(text):
    """Marks a sentence for the translators; it is translated when shown."""
    return text


ENTRIES = {
    "account.gone": (_l("This account does not exist any more, or is not yours."), None),
    "account.not_authorised": (_l("«%(alias)s» is not authorised yet. Authorise it first."), "account"),
    "account.wrong_state": (_l("This is not possible while account «%(alias)s» is %(state)s."), "account"),
    "account.cannot": (_l("The platform %(platform)s does not offer this."), None),
    "account.verified": (_l("Authorised: %(name)s %(status)s. The platform's clock differs by %(skew)s s."), None),
    "account.expiring": (_l("The authorisation of «%(alias)s» ends within days. Authorise the shop again."), "account"),
    "account.revoked_outside": (
        _l("The seller cancelled the authorisation on the platform. Authorise the shop again to go on."),
        "account"),
    "app.missing": (
        _l("The installation has no app for %(platform)s yet. The provider's administrator enters it under platform apps."),
        "app"),
    "platform.unknown": (_l("The platform «%(platform)s» is not known."), None),
    "platform.to_come": (_l("%(platform)s cannot be connected yet. Import its orders by sheet, or enter them by hand."), None),
    "shop.refresh_busy": (_l("Another worker is renewing this shop's authorisation. It is tried again by itself."), None),
    "authorise.alias_missing": (_l("Enter a short name for the shop."), None),
    "authorise.alias_taken": (_l("There is an account named «%(alias)s» already. Choose another short name."), None),
    "authorise.not_possible": (_l("%(platform)s is not authorised by a page; its account is filled in by hand."), "account"),
    "authorise.bad_state": (
        _l("This authorisation was not begun here, or was used already. Begin again from the account list."),
        "account"),
    "authorise.too_late": (_l("The authorisation took longer than 15 minutes. Begin again."), "account"),
    "authorise.shop_taken": (_l("Shop %(shop)s is bound to another merchant of this system. Ask the logistics company."), None),
    "authorise.other_shop": (
        _l("You logged in as shop %(got)s, but this account belongs to shop %(expected)s. Log in with the right shop, or add a new account."),
        "account"),
    "push.not_expected": (_l("This platform or carrier does not send pushes."), None),
    "stock.pushed": (_l("%(sku)s: %(quantity)s pushed."), None),
    "stock.not_matched": (_l("Platform SKU %(sku)s has no mapping, so its stock is not pushed."), "mapping"),
    "channel.inactive": (_l("Channel «%(channel)s» is switched off. Choose another one."), "channel"),
    "channel.no_account": (_l("Channel «%(channel)s» has no active carrier account."), "channel"),
    "channel.needs_platform_order": (
        _l("Channel «%(channel)s» ships through the platform, but this order does not come from one."),
        "outbound"),
    "channel.platform_cannot": (_l("%(platform)s does not arrange shipments for us; channel «%(channel)s» cannot be used."), "channel"),
    "carrier.unknown": (_l("The carrier «%(carrier)s» is not known."), "channel"),
    "carrier.verified": (_l("%(account)s: verified (%(answer)s)."), None),
    "outbound.gone": (_l("This outbound order does not exist any more, or is not yours."), None),
    "outbound.not_audited": (_l("Order %(number)s is not audited yet. Audit it first."), "outbound"),
    "waybill.gone": (_l("This waybill does not exist any more, or is not yours."), None),
    "waybill.no_channel": (_l("Order %(number)s has no shipping channel. Set the channel, then push again."), "outbound"),
    "waybill.order_stopped": (_l("Order %(number)s cannot go on: it is %(state)s."), "outbound"),
    "waybill.in_progress": (_l("Somebody is pushing order %(number)s at this moment. Look again in a minute."), None),
    "waybill.already_pushed": (_l("Order %(number)s has been pushed already."), None),
    "waybill.pushed": (_l("Order %(number)s: %(tracking_no)s."), None),
    "waybill.number_pending": (
        _l("The shipment of order %(number)s is arranged; the platform issues its number later. Push again in some minutes."),
        None),
    "waybill.claim_too_old": (_l("The push waited too long for its turn and was not sent. Push again."), None),
    "waybill.split_meanwhile": (
        _l("Order %(number)s was split or joined on the platform after its waybill was made. Reset the waybill, then push again."),
        "waybill"),
    "waybill.order_cancelled": (
        _l("Order %(number)s was cancelled while it was being pushed. Number %(tracking_no)s is being cancelled at the carrier."),
        None),
    "waybill.second_number": (_l("The carrier gave a second number for order %(number)s (%(second)s); it is being cancelled."), "waybill"),
    "waybill.wrong_state": (_l("This is not possible while waybill %(reference)s is %(state)s."), None),
    "waybill.not_pushed": (_l("Waybill %(reference)s has not been pushed."), None),
    "waybill.answer_lost": (
        _l("The carrier's answer for %(reference)s was lost. Push it once more: the system asks the carrier first."),
        "waybill"),
    "waybill.already_packed": (_l("The goods of waybill %(reference)s are %(state)s already. Take them back first."), "outbound"),
    "waybill.written_back": (_l("The number of %(reference)s is known to the platform, so it cannot be taken back here."), None),
    "waybill.voided": (_l("Waybill %(reference)s is void. It can be pushed again."), None),
    "waybill.voided_by_hand": (_l("Waybill %(reference)s is void here. Cancel it at the carrier by hand."), None),
    "waybill.cancelled_at_carrier": (_l("Cancelled at the carrier."), None),
    "waybill.cancel_asked": (_l("The order %(order_no)s was cancelled; the number is being cancelled at the carrier."), None),
    "waybill.marked": (_l("Waybill %(reference)s is marked as shipped."), None),
    "waybill.already_dispatched": (_l("Waybill %(reference)s was marked before."), None),
    "waybill.tracked": (_l("%(state)s %(status)s"), None),
    "waybill.returned": (_l("The parcel went back to the sender."), None),
    "waybill.voided_outside": (_l("The carrier cancelled this waybill."), "waybill"),
    "print.printed": (_l("%(number)s printed."), None),
    "print.nothing": (_l("There is nothing to print."), None),
    "print.too_many": (_l("%(count)s labels are too many for one file; at most %(most)s. Choose fewer."), None),
    "print.no_number": (_l("%(number)s has no tracking number yet. Push it first."), "waybill"),
    "print.unknown_template": (_l("The label template «%(template)s» is not known."), "channel"),
    "label.carrier_file_broken": (_l("The carrier's label of %(number)s cannot be printed (%(kind)s)."), "waybill"),
    "order.gone": (_l("This order does not exist any more, or is not yours."), None),
    "write_back.done": (_l("Order %(number)s: %(tracking_no)s is on the platform."), None),
    "write_back.already": (_l("Order %(number)s was shipped on the platform before."), None),
    "write_back.wrong_state": (_l("Order %(number)s is %(state)s and cannot be shipped on the platform."), None),
    "write_back.no_number": (_l("Order %(number)s has no tracking number for every parcel yet. Push its waybills first."), "waybill"),
    "write_back.no_platform": (_l("Waybill %(reference)s does not belong to a platform order; mark it as shipped instead."), None),
    "write_back.not_possible": (_l("%(platform)s takes no tracking numbers from us."), None),
}
