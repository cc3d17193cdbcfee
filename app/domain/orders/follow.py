"""Our state follows the platform's on a re-pull: one table (our state, the platform's word) -> what to do."""
from app.domain.orders import states
from app.domain.orders.attached import Attached, take_orders
from app.domain.orders.lifecycle import add_event, move
from app.failures import Failure

# A pair that is missing needs nothing. `processed` on the platform is no news: it is what our own write-back makes of it.
TABLE = {
    ("pending", "void"): "cancel", ("processed", "void"): "cancel", ("frozen", "void"): "cancel", ("shipped", "void"): "cancelled_late",
    ("pending", "frozen"): "freeze", ("processed", "frozen"): "freeze",
    ("frozen", "pending"): "thaw", ("frozen", "processed"): "thaw",
    ("pending", "shipped"): "ship", ("processed", "shipped"): "ship", ("frozen", "shipped"): "ship",
    ("void", "pending"): "open_again", ("void", "processed"): "open_again", ("void", "shipped"): "shipped_though_void",
}


def wanted(state, pulled):
    """The entry of the table for our state and a PulledOrder, or None."""
    theirs = "frozen" if pulled.fulfilled_by_platform and pulled.state in ("pending", "processed") else pulled.state
    return TABLE.get((state, theirs))


def prelock(order_ids):
    """Lock what hangs on these orders before the orders themselves are locked (order of the house)."""
    Attached(order_ids)


def follow(changes):
    """`changes`: (stored values as a mapping, PulledOrder, new values) of updated orders, already locked."""
    moves = {old["id"]: (wanted(old["state"], pulled), pulled) for old, pulled, _new in changes}
    moves = {order_id: todo for order_id, todo in moves.items() if todo[0]}
    unmasked = {old["id"] for old, _pulled, new in changes if old["masked"] and not new["masked"] and old["outbound_no"]}
    if not moves and not unmasked:
        return
    orders, hanging = take_orders([*moves, *unmasked.difference(moves)])
    for order in orders:
        if order.id in unmasked:
            _unmask(order, hanging.outbound(order))
        if order.id in moves:
            _do(order, hanging, *moves[order.id])


def _do(order, hanging, action, pulled):
    if action == "cancel":
        states.cancel_by_platform(order, hanging)
    elif action == "freeze":
        states.freeze_one(order, hanging, "platform", code="order.platform_hold", note=pulled.platform_status)
    elif action == "thaw":
        _thaw(order, hanging)
    elif action == "ship":
        move(order, "platform_shipped", note=pulled.platform_status)
        order.frozen_by = ""
    else:
        _tell(order, f"order.{action}")


def _thaw(order, hanging):
    if order.frozen_by != "platform":
        return          # people froze it, people thaw it
    try:
        states.thaw_one(order, hanging)
    except Failure as failure:      # the stock went to another order meanwhile
        order.problem_code, order.problem_params = failure.code, dict(failure.params)


def _tell(order, code):
    """The platform and we disagree and no move mends it: say so on the row, once."""
    if order.problem_code != code:
        order.problem_code, order.problem_params = code, {}
        add_event("platform_order", order, "differs", code=code)


def _unmask(order, outbound):
    """The platform shows the address at last: an outbound order that has only asterisks, and was not edited, gets it."""
    if outbound is None or not outbound.masked or outbound.state not in ("draft", "audited", "problem"):
        return
    for name in ("recipient", "phone", "country", "province", "city", "district", "town", "street", "postcode", "masked"):
        setattr(outbound, name, getattr(order, name))
    add_event("outbound_order", outbound, "edit", code="order.unmasked")
