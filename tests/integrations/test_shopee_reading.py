"""Shopee orders in all their shapes -> our orders."""
from decimal import Decimal

import pytest

from app.integrations.platforms.shopee.reading import PACKAGE_STATES, STATES, read_order
from app.integrations.types import PulledOrder, Unreadable
from tests.integrations.shopee_kit import ITEM, PACKAGE, order


def packages(*states):
    return [{**PACKAGE, "package_number": f"OFG{i}", "logistics_status": s} for i, s in enumerate(states)]


@pytest.mark.parametrize("status,ours", [*STATES.items(), ("SOMETHING_NEW", "frozen")])
def test_states(status, ours):
    read = read_order(order(order_status=status))
    assert (read.state, read.platform_status) == (ours, status)


@pytest.mark.parametrize("changes", [{"pending_terms": ["KYC_PENDING"]}, {"advance_package": True}, {"booking_sn": "B1"}])
def test_held_orders_are_frozen(changes):
    read = read_order(order(**changes))
    assert (read.state, read.packages[0].state) == ("frozen", "frozen")


@pytest.mark.parametrize("status,ours", [*PACKAGE_STATES.items(), ("LOGISTICS_TELEPORTED", "frozen")])
def test_package_states(status, ours):
    assert read_order(order(package_list=packages(status))).packages[0].state == ours


@pytest.mark.parametrize("states,ours", [
    (("LOGISTICS_READY", "LOGISTICS_PICKUP_DONE"), "pending"), (("LOGISTICS_REQUEST_CREATED", "LOGISTICS_PICKUP_DONE"), "processed"),
    (("LOGISTICS_LOST", "LOGISTICS_REQUEST_CREATED"), "processed"), (("LOGISTICS_LOST", "LOGISTICS_INVALID"), "shipped"),
])
def test_a_split_order_is_as_far_as_its_slowest_live_package(states, ours):
    assert read_order(order(order_status="SHIPPED", package_list=packages(*states))).state == ours


def test_a_line_in_two_packages_becomes_two_lines():
    two = packages("LOGISTICS_READY", "LOGISTICS_READY")
    two = [{**p, "item_list": [{**PACKAGE["item_list"][0], "model_quantity": n}]} for p, n in zip(two, (1, 3), strict=True)]
    read = read_order(order(item_list=[{**ITEM, "model_quantity_purchased": 5}], package_list=two))
    assert [(line.package_number, line.quantity) for line in read.lines] == [("OFG0", 1), ("OFG1", 3), ("", 1)]


def test_own_channels_are_told_by_name_or_id():
    assert read_order(order(), frozenset({"vnpost tiết kiệm"})).own_carrier
    assert read_order(order(), frozenset({"50021"})).own_carrier
    assert not read_order(order(), frozenset({"spx"})).own_carrier


def test_clear_addresses_are_not_called_masked():
    clear = {"name": "Ana *Star*", "phone": "0917", "region": "PH", "full_address": "1 St"}
    assert not read_order(order(recipient_address=clear)).address.masked
    assert read_order(order(recipient_address={"name": "****"})).address.masked


def test_the_platform_warehouse_and_missing_parts():
    raw = order(fulfillment_flag="fulfilled_by_shopee", recipient_address=None, package_list=None, item_list=None, total_amount=None,
                note=None, pay_time=0, days_to_ship="?", a_new_field={"x": [1]})
    read = read_order(raw)
    assert read.fulfilled_by_platform and read.lines == [] and read.packages == [] and read.total is None and read.paid_at is None


def test_sizes_do_not_matter():
    read = read_order(order(item_list=[{**ITEM, "model_id": i} for i in range(500)], message_to_seller="😀" * 4000))
    assert len(read.lines) == 500 and len({line.line_id for line in read.lines}) == 500 and len(read.buyer_note) == 4000


def test_money_keeps_its_cents():
    read = read_order(order(currency="PHP", total_amount=1234.1, item_list=[{**ITEM, "model_discounted_price": 0.1}]))
    assert (read.total, read.lines[0].price) == (Decimal("1234.1"), Decimal("0.1"))


@pytest.mark.parametrize("changes,field", [
    ({"update_time": None}, "update_time"), ({"create_time": "soon"}, "create_time"), ({"currency": "₫₫"}, "currency"),
    ({"order_status": ""}, "order_status"), ({"total_amount": "a lot"}, "total_amount"), ({"item_list": {"a": 1}}, "item_list"),
    ({"item_list": [{**ITEM, "model_quantity_purchased": -1}]}, "model_quantity_purchased"), ({"update_time": 10 ** 18}, "update_time"),
    ({"item_list": [{**ITEM, "model_quantity_purchased": 1.5}]}, "model_quantity_purchased"),
    ({"recipient_address": "here"}, "recipient_address"),
    ({"item_list": [{**ITEM, "model_quantity_purchased": True}]}, "model_quantity_purchased"),
    ({"total_amount": float("nan")}, "total_amount"), ({"buyer_username": ["x"]}, "buyer_username"), ({"order_sn": ""}, "order_sn"),
])
def test_an_unreadable_order_is_kept_with_the_field_named_and_people_masked(changes, field):
    lost = read_order(order(**changes) | {"dropshipper_phone": "0917123456789"})
    assert isinstance(lost, Unreadable)
    assert (lost.code, lost.params) == ("order.field_unreadable", {"field": field})
    assert "0917123456789" not in lost.raw and "demo_buyer" not in lost.raw


@pytest.mark.parametrize("raw", [None, [], "x", 7])
def test_what_is_no_order_at_all(raw):
    assert isinstance(read_order(raw), Unreadable)


def test_a_good_order_beside_them_is_still_read():
    assert isinstance(read_order(order()), PulledOrder)
