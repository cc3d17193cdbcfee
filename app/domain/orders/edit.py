"""修改: what staff change by hand on orders. Each change is remembered in `staff_changed`, so that no re-pull undoes it silently."""
import sqlalchemy as sa

from app.domain.orders import matching
from app.domain.orders.attached import is_live, stage, take_orders, take_outbounds
from app.domain.orders.lifecycle import add_event, move
from app.domain.orders.normalise import MOST_PIECES, printable
from app.domain.shipping.contact import country_code, is_masked, is_masked_phone
from app.domain.stock import reservation
from app.extensions import db
from app.failures import Failure, IllegalMove
from app.models import OrderItem, OutboundLine, Product, ShippingChannel, Warehouse

GROUP = {"recipient": "recipient", "phone": "recipient", "country": "address", "province": "address", "city": "address",
         "district": "address",
         "town": "address", "street": "address", "postcode": "address", "channel_id": "channel"}
TEXTS = ("recipient", "phone", "country", "province", "city", "district", "town", "street", "postcode", "remark")
MOST_LINES = 1000


def edit_outbound(outbound_id, values, lines=None):
    """Change an outbound order; an audited one goes back to draft and frees its stock. Gives the OutboundOrder.

    `values`: any of recipient, phone, country, province, city, district, town, street, postcode, remark, channel_id, warehouse_id,
    fulfilment. `lines`: [(product id, pieces)] replaces all lines. Raises Failure outbound.gone, outbound.has_waybill,
    state.illegal_move, order.bad_value, outbound.no_lines, order.bad_quantity, product.gone, channel.gone, stock.no_warehouse.
    """
    outbounds, waybills, orders = take_outbounds([outbound_id])
    if not outbounds:
        raise Failure("outbound.gone")
    outbound = outbounds[0]
    refuse_locked(outbound, waybills.get(outbound.id, []))
    changed = _differing(outbound, _clean(outbound, values, (*TEXTS, "channel_id", "warehouse_id", "fulfilment")))
    new_lines = _lines(lines) if lines is not None else None
    if new_lines is not None and new_lines == reservation.pieces([outbound])[outbound.id]:
        new_lines = None
    if not changed and new_lines is None:
        return outbound
    if set(changed) - {"remark"} or new_lines is not None:
        back_to_draft(outbound)
    _assign(outbound, changed)
    if new_lines is not None:
        _replace_lines(outbound, new_lines)
    _remember(orders.get(outbound.platform_order_id), changed, new_lines is not None)
    add_event("outbound_order", outbound, "edit", code="order.edited",
              params={"fields": sorted(changed) + (["items"] if new_lines is not None else [])})
    db.session.flush()
    return outbound


def refuse_locked(outbound, waybills):
    """Raises Failure outbound.has_waybill when the carrier knows it or may know it, IllegalMove when it is past changing."""
    if any(is_live(w) for w in waybills):
        raise Failure("outbound.has_waybill", number=outbound.number)
    if stage(outbound) not in ("draft", "audited"):
        raise IllegalMove("outbound_order", "reopen", outbound.state)


def back_to_draft(outbound):
    """An audited order that changes has to be audited again; its stock is free meanwhile. One stopped by a freeze stays stopped."""
    reservation.release([outbound], "edited")
    outbound.findings = []
    if outbound.state == "audited":
        move(outbound, "reopen", code="order.edited")
    elif outbound.state == "problem":
        outbound.resume_to = "draft"


def edit_order(order_id, values):
    """Change recipient, address, remark or channel of a platform order before its conversion. Gives the PlatformOrder.

    Raises Failure order.gone, order.converted_already, order.bad_value, channel.gone.
    """
    order = _open_order(order_id)
    changed = _differing(order, _clean(order, values, (*TEXTS, "channel_id")))
    if changed:
        _assign(order, changed)
        mark(order, {GROUP[name] for name in changed if name in GROUP})
        add_event("platform_order", order, "edit", code="order.edited", params={"fields": sorted(changed)})
        db.session.flush()
    return order


def edit_items(order_id, lines):
    """修改SKU of a platform order before its conversion. `lines`: [{"id": item id or None, "platform_sku", "quantity"}]; items left out go.

    Gives the PlatformOrder with its unmatched lines counted again. Raises Failure order.gone, order.converted_already, order.no_items,
    order.bad_quantity, order.sku_missing, order.item_gone.
    """
    order = _open_order(order_id)
    if not lines or len(lines) > MOST_LINES:
        raise Failure("order.no_items")
    known = {item.id: item for item in order.items}
    kept = []
    for n, line in enumerate(lines):
        sku = printable(str(line["platform_sku"])).strip()[:100]
        if not sku:
            raise Failure("order.sku_missing")
        made = OrderItem(tenant_id=order.tenant_id, name=printable(line.get("name") or sku)[:300])
        item = known.get(line["id"]) if line.get("id") else made
        if item is None:
            raise Failure("order.item_gone")
        item.line, item.platform_sku, item.quantity = n, sku, pieces_of(line["quantity"], sku)
        kept.append(item)
    order.items = kept
    if order.problem_code in ("order.no_items", "order.unmatched"):
        order.problem_code, order.problem_params = "", {}
    mappings = matching.load(item.platform_sku for item in kept)
    order.unmatched = len(matching.missing_skus(mappings, order, kept))
    mark(order, {"items"})
    add_event("platform_order", order, "edit", code="order.edited", params={"fields": ["items"]})
    db.session.flush()
    return order


def _open_order(order_id):
    orders, hanging = take_orders([order_id])
    if not orders:
        raise Failure("order.gone")
    order = orders[0]
    if hanging.outbound(order) is not None:
        raise Failure("order.converted_already", number=order.outbound_no)
    if order.state not in ("pending", "frozen"):
        raise IllegalMove("platform_order", "edit", order.state)
    return order


def mark(order, groups):
    """Remember what staff changed; a new list, or the change of the JSON would not be seen."""
    order.staff_changed = sorted({*(order.staff_changed or ()), *groups})


def _remember(order, changed, lines):
    """The platform order shows what will be shipped, and a re-pull leaves it so."""
    if order is None:
        return
    for name in GROUP.keys() & changed.keys():
        setattr(order, name, changed[name])
    if order.masked and not _any_hidden(order):
        order.masked = False
    mark(order, {GROUP[name] for name in changed if name in GROUP} | ({"items"} if lines else set()))


def _assign(row, changed):
    for name, value in changed.items():
        setattr(row, name, value)
    if row.masked and GROUP.keys() & changed.keys():
        row.masked = _any_hidden(row)


def _any_hidden(row):
    return any((is_masked_phone if name == "phone" else is_masked)(getattr(row, name)) for name in TEXTS[:-1])


def _differing(row, values):
    return {name: value for name, value in values.items() if getattr(row, name) != value}


def _clean(row, values, allowed):
    """The given values, checked. Raises Failure order.bad_value (field), channel.gone, stock.no_warehouse."""
    found = {}
    for name, value in values.items():
        if name not in allowed:
            raise Failure("order.bad_value", field=name)
        if name in TEXTS:
            value = printable(str(value or "")).strip()
            limit = getattr(type(row), name).type.length
            if name == "country":
                value = country_code(value) if value else ""
            if limit and len(value) > limit or (name == "country" and values[name] and not value):
                raise Failure("order.bad_value", field=name)
        elif name == "channel_id":
            value = channel_of(value)
        elif name == "warehouse_id" and not db.session.scalar(sa.select(Warehouse.id).where(Warehouse.id == value, Warehouse.active)):
            raise Failure("stock.no_warehouse")
        elif name == "fulfilment" and value not in ("warehouse", "direct"):
            raise Failure("order.bad_value", field=name)
        found[name] = value
    return found


def channel_of(channel_id):
    """The id when it is an active channel of this merchant, None for none. Raises Failure channel.gone."""
    if channel_id in (None, "", 0):
        return None
    found = db.session.scalar(sa.select(ShippingChannel.id).where(ShippingChannel.id == int(channel_id), ShippingChannel.active))
    if found is None:
        raise Failure("channel.gone")
    return found


def pieces_of(value, sku):
    """A quantity typed by a person. Raises Failure order.bad_quantity."""
    text = str(value).strip()
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= MOST_PIECES:
        raise Failure("order.bad_quantity", sku=sku, quantity=text[:20], number="")
    return int(text)


def _lines(lines):
    """{product id: pieces}, the same product twice added up."""
    wanted = {}
    for product_id, quantity in lines:
        wanted[int(product_id)] = wanted.get(int(product_id), 0) + pieces_of(quantity, "")
    if not wanted:
        raise Failure("outbound.no_lines")
    if len(db.session.scalars(sa.select(Product.id).where(Product.id.in_(wanted))).all()) != len(wanted):
        raise Failure("product.gone")
    return wanted


def _replace_lines(outbound, wanted):
    known = {line.product_id: line for line in outbound.lines}
    for product_id, quantity in wanted.items():
        if product_id in known:
            known[product_id].quantity = quantity
    outbound.lines = [known.get(p) or OutboundLine(tenant_id=outbound.tenant_id, product_id=p, quantity=n) for p, n in wanted.items()]
