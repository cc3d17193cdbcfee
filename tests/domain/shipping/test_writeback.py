"""Write back: the platform knows each number once, and our order is shipped when it does."""
import pytest
import sqlalchemy as sa

from app.models import OutboundOrder, PlatformOrder, ShopAccount, StockLevel, Waybill
from app.tenancy import as_tenant
from tests import factory
from tests.integration_flow import support


@pytest.fixture
def ready(sandbox, world):
    return prepare(sandbox, world)


def prepare(sandbox, world, **spec):
    """(platform order id, order number, outbound id, account id): pulled from an authorised shop and pushed to a number pool."""
    shop_id = sandbox.shop()
    (number,) = sandbox.orders(shop_id, items=[{"sku": "CUP-BL-500", "quantity": 1}], **spec)
    (account,) = support.authorise_shop(sandbox, world.a, shop_id)
    _run, (pulled,) = support.whole(world.a, "pull", account_id=account, numbers=[number])
    channel = support.carrier_channel(sandbox, world.a, "gogoxpress")
    support.change(world.a, PlatformOrder, pulled.subject_id, state="processed")
    outbound = support.outbound(world.a, channel, order=pulled.subject_id, order_no=number)
    assert support.steps(world.a, "push", outbound).state == "done"
    return pulled.subject_id, number, outbound, account


def theirs(sandbox, number):
    found = sandbox.get(f"/control/shopee/orders/{number}")
    return found["tracking_numbers"], found["ship_calls"]


def test_twice_is_once(world, sandbox, ready):
    order, number, outbound, _account = ready
    assert support.steps(world.a, "write_back", order).state == "done"
    again = support.steps(world.a, "write_back", order)
    assert (again.state, again.code) == ("skipped", "write_back.already")
    (waybill,) = support.waybills(world.a)
    assert theirs(sandbox, number) == ([waybill.tracking_no], 1)
    assert waybill.state == "dispatched" and waybill.written_back_at
    assert support.one(world.a, OutboundOrder, outbound, "state") == "dispatched"


def test_the_same_number_already_there_is_success(world, sandbox, ready):
    order, number, _outbound, _account = ready
    assert support.steps(world.a, "write_back", order).state == "done"
    with as_tenant(world.a, "test") as session:      # as after a restore of our database
        row, (waybill,) = session.get(PlatformOrder, order), session.scalars(sa.select(Waybill)).all()
        row.state, row.written_back_at = "processed", None
        waybill.state, waybill.written_back_at, waybill.outbound.state = "forecast", None, "forecast"
        session.commit()
    assert support.steps(world.a, "write_back", order).state == "done"
    assert theirs(sandbox, number)[1] <= 2 and support.one(world.a, PlatformOrder, order, "state") == "shipped"


@pytest.mark.parametrize("kind", ["timeout", "drop"])
def test_a_lost_answer_is_asked_for(world, sandbox, ready, kind):
    order, number, _outbound, _account = ready
    sandbox.fault("shopee", kind, "/api/v2/logistics/ship_order", times=1, after_effect=True)
    assert support.steps(world.a, "write_back", order).state == "done"
    assert theirs(sandbox, number)[1] == 1 and support.one(world.a, PlatformOrder, order, "state") == "shipped"


def test_a_request_that_never_arrived_can_be_repeated(world, sandbox, ready):
    order, number, _outbound, _account = ready
    sandbox.fault("shopee", "drop", "/api/v2/logistics/ship_order", times=1)
    result = support.steps(world.a, "write_back", order)
    assert (result.state, result.code) == ("failed", "http.connection_closed")
    assert support.one(world.a, PlatformOrder, order, "state", "problem_code") == ("processed", "http.connection_closed")
    assert support.steps(world.a, "write_back", order).state == "done" and theirs(sandbox, number)[1] == 1
    assert support.one(world.a, PlatformOrder, order, "problem_code") == ""


def test_an_order_of_an_integrated_channel_refuses_our_number(world, sandbox):
    order, _number, _outbound, _account = prepare(sandbox, world, carrier_kind="integrated")
    result = support.steps(world.a, "write_back", order)
    assert (result.state, result.code) == ("failed", "ship.own_number_refused")
    assert support.one(world.a, PlatformOrder, order, "state", "problem_code") == ("processed", "ship.own_number_refused")


def test_by_waybill_and_stock_goes_out(world, sandbox, ready):
    order, number, outbound, _account = ready
    level = factory.stock(world.a, world.warehouse, support.with_product(world.a, "CUP"), 5)
    support.change(world.a, StockLevel, level, reserved=2)
    support.change(world.a, OutboundOrder, outbound, fulfilment="warehouse", warehouse_id=world.warehouse, reserved=True)
    (waybill,) = support.waybills(world.a)
    result = support.steps(world.a, "write_back_waybill", waybill.id)
    assert (result.state, result.subject_id) == ("done", waybill.id)
    assert support.one(world.a, StockLevel, level, "on_hand", "reserved") == (3, 0)
    assert support.steps(world.a, "write_back_waybill", waybill.id).state == "skipped"
    assert support.steps(world.b, "write_back_waybill", waybill.id).code == "waybill.gone"


def test_without_a_number_nothing_is_told(world, sandbox, ready):
    order, number, outbound, _account = ready
    (waybill,) = support.waybills(world.a)
    assert support.steps(world.a, "reset", waybill.id).state == "done"
    assert support.steps(world.a, "write_back", order).code == "write_back.no_number"
    support.change(world.a, PlatformOrder, order, state="frozen")
    assert support.steps(world.a, "write_back", order).code == "write_back.wrong_state"
    assert theirs(sandbox, number) == ([], 0)


def test_an_ended_authorisation_is_shown_on_the_account(world, sandbox, ready):
    order, _number, _outbound, account = ready
    sandbox.post(f"/control/shopee/shops/{support.one(world.a, ShopAccount, account, 'shop_id')}/revoke")
    result = support.steps(world.a, "write_back", order)
    assert result.state == "failed" and support.one(world.a, PlatformOrder, order, "problem_code") == result.code
    assert support.one(world.a, ShopAccount, account, "state", "last_error_code") == ("expired", result.code)
