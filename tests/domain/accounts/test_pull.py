"""Pull: saved page by page, the cursor never ahead of what is saved, failures visible."""
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.domain.accounts import health, pull, stockpush
from app.failures import Failure
from app.models import Job, Listing, PlatformOrder, Run, ShopAccount
from app.models.base import utcnow
from app.tenancy import as_tenant
from tests import factory
from tests.integration_flow import support


@pytest.fixture
def shop(sandbox, world):
    """(shop id, account id)."""
    shop_id = sandbox.shop()
    return shop_id, support.authorise_shop(sandbox, world.a, shop_id)[0]


def orders(tenant):
    with as_tenant(tenant) as session:
        return set(session.scalars(sa.select(PlatformOrder.order_no)))


def test_all_orders_come_once_and_the_cursor_moves(world, sandbox, shop):
    shop_id, account = shop
    made = sandbox.orders(shop_id, count=130)
    _run, rows = support.whole(world.a, "pull", account_id=account)
    assert orders(world.a) == set(made) and sum(r.state == "done" for r in rows) == 130
    cursor, ok, failed = support.one(world.a, ShopAccount, account, "cursor_at", "last_ok_at", "failed_pulls")
    assert cursor and ok and failed == 0 and utcnow() - cursor < timedelta(minutes=1)
    more = sandbox.orders(shop_id, count=1)
    _run, rows = support.whole(world.a, "pull", account_id=account)
    assert orders(world.a) == {*made, *more}


def test_a_failure_half_way_keeps_saved_pages_and_not_the_cursor(world, sandbox, shop):
    shop_id, account = shop
    made = sandbox.orders(shop_id, count=130)
    sandbox.fault("shopee", "not_json", "/api/v2/order/get_order_detail", params={"after": 2})
    with pytest.raises(Failure):
        support.whole(world.a, "pull", account_id=account)
    assert len(orders(world.a)) == 100
    shown = support.one(world.a, ShopAccount, account, "cursor_at", "failed_pulls", "state", "last_error_code")
    assert shown == (None, 1, "active", "http.not_json")
    sandbox.calm()
    support.whole(world.a, "pull", account_id=account)
    assert orders(world.a) == set(made) and support.one(world.a, ShopAccount, account, "failed_pulls", "last_error_code") == (0, "")


def test_repeated_and_shuffled_pages_are_harmless(world, sandbox, shop):
    shop_id, account = shop
    made = sandbox.orders(shop_id, count=30)
    sandbox.fault("shopee", "duplicate_page", "/api/v2/order/get_order_list", times=1)
    sandbox.fault("shopee", "reordered_page", "/api/v2/order/get_order_list")
    support.whole(world.a, "pull", account_id=account)
    assert orders(world.a) == set(made)


def test_an_ended_authorisation_stops_the_account(world, sandbox, shop):
    shop_id, account = shop
    sandbox.post(f"/control/shopee/shops/{shop_id}/revoke")
    with pytest.raises(Failure):
        support.whole(world.a, "pull", account_id=account)
    assert support.one(world.a, ShopAccount, account, "state") == "expired"
    support.change(world.a, ShopAccount, account, next_pull_at=None)
    assert pull.start_due() == 0


def test_numbers_and_back_fill_leave_the_cursor(world, sandbox, shop):
    shop_id, account = shop
    first, second = sandbox.orders(shop_id, count=2)
    _run, rows = support.whole(world.a, "pull", account_id=account, numbers=[first, "NOSUCH"])
    assert orders(world.a) == {first} and {r.ref: r.state for r in rows} == {first: "done", "NOSUCH": "failed"}
    since = (utcnow() - timedelta(days=3)).isoformat()
    support.whole(world.a, "pull", account_id=account, since=since)
    assert orders(world.a) == {first, second} and support.one(world.a, ShopAccount, account, "cursor_at") is None


def test_one_pull_of_an_account_at_a_time(world, sandbox, shop):
    _shop_id, account = shop
    with as_tenant(world.a, "clerk") as session:
        row = session.get(ShopAccount, account)
        assert pull.start_pull(row) is None     # the one of the authorisation waits still
        numbers = pull.start_pull(row, numbers=["X1"])
        assert numbers is not None and pull.start_pull(row, numbers=["X1"]) is None
        session.commit()
        assert [session.scalar(sa.select(sa.func.count()).select_from(model)) for model in (Job, Run)] == [2, 2]


def test_the_clock_starts_what_is_due(world, sandbox, shop):
    _shop_id, account = shop
    with as_tenant(world.a) as session:
        session.execute(sa.delete(Job))
        session.commit()
    assert pull.start_due() == 0        # its next time has not come
    support.change(world.a, ShopAccount, account, next_pull_at=utcnow() - timedelta(seconds=1))
    assert (pull.start_due(), pull.start_due()) == (1, 0)
    with as_tenant(world.a) as session:
        row = session.get(ShopAccount, account)
        assert health.health(row)["jobs"] == 1 and not health.is_stuck(row)
        row.last_ok_at = utcnow() - timedelta(hours=3)
        assert health.is_stuck(row)
        row.state = "paused"
        with pytest.raises(Failure):
            row.secrets = ""
            pull.start_pull(row)
        session.rollback()


def test_listings_and_stock(world, sandbox, shop):
    _shop_id, account = shop
    _run, rows = support.whole(world.a, "pull_listings", account_id=account)
    with as_tenant(world.a) as session:
        skus = set(session.scalars(sa.select(Listing.platform_sku)))
    assert {"CUP-BL-500", "BAG", "TEE-WH-M"} <= skus and len(rows) == len(skus)
    cup, box = support.with_product(world.a, "CUP", ["CUP-BL-500"]), support.with_product(world.a, "BOX", ["BAG"])
    factory.mapping(world.a, "CUP-WH-350", cup, 2)
    factory.mapping(world.a, "CUP-WH-350", box, 3)
    factory.stock(world.a, world.warehouse, cup, 21)
    factory.stock(world.a, world.warehouse, box, 14)
    support.change(world.a, ShopAccount, account, options={"stock_share": 50, "stock_buffer": 1})
    _run, rows = support.whole(world.a, "push_stock", account_id=account)
    pushed = {r.ref: r.params["quantity"] for r in rows if r.state == "done"}
    assert pushed == {"CUP-BL-500": 9, "BAG": 6, "CUP-WH-350": 1}
    assert {r.code for r in rows if r.state == "skipped"} == {"stock.not_matched"}
    assert [r for r in support.whole(world.a, "push_stock", account_id=account)[1] if r.state == "done"] == []


def test_one_bad_sku_does_not_stop_the_others(world, sandbox, shop):
    _shop_id, account = shop
    support.whole(world.a, "pull_listings", account_id=account)
    cup = support.with_product(world.a, "CUP", ["CUP-BL-500", "BAG", "MAT"])
    factory.stock(world.a, world.warehouse, cup, 5)
    with as_tenant(world.a) as session:
        session.scalar(sa.select(Listing).where(Listing.platform_sku == "BAG")).item_id = "1"
        session.commit()
    _run, rows = support.whole(world.a, "push_stock", account_id=account)
    assert {r.ref: r.state for r in rows if r.state != "skipped"} == {"BAG": "failed", "CUP-BL-500": "done", "MAT": "done"}


@pytest.mark.parametrize("units,options,expected", [
    (10, {}, 10), (10, {"stock_share": 33}, 3), (10, {"stock_buffer": 4}, 6), (2, {"stock_buffer": 4}, 0), (10, {"stock_cap": "3"}, 3),
    (3, {"stock_floor": 3}, 0), (4, {"stock_floor": 3}, 4), (10, {"stock_share": "", "stock_cap": None}, 10),
    (10, {"stock_share": "x"}, 10)])
def test_what_is_offered(units, options, expected):
    assert stockpush.offered(units, options) == expected
