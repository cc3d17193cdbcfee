"""Platform menu: lists, search, tabs, actions on chosen rows and on everything that matches, forms, language."""
import re

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.models import PlatformOrder, Run, SkuMapping
from app.tenancy import as_tenant
from tests import factory


@pytest.fixture
def shop(world):
    world.shop = factory.account(world.a, alias="acacc", shop_name="Demo PH")
    world.product = factory.product(world.a, "CCD007")
    factory.mapping(world.a, "P1", world.product)
    factory.stock(world.a, world.warehouse, world.product, 100)
    return world


def orders(shop, count, **values):
    return [factory.order(shop.a, shop.shop, [("P1", 1)], **values) for _ in range(count)]


def states(shop):
    with shop.app.app_context(), as_tenant(shop.a):
        return dict(db.session.execute(sa.select(PlatformOrder.state, sa.func.count()).group_by(PlatformOrder.state)).all())


def test_an_action_on_everything_that_matches_the_search(shop):
    orders(shop, 3, recipient="Lily")
    orders(shop, 4, recipient="Tom")
    clerk = factory.login(shop.app, "clerk_a")
    answer = clerk.post("/platformorderview/action_post", data={"action": "void", "scope": "all", "search": "tab=pending&recipient=lily", "p_note": "test"})
    assert answer.status_code == 302
    assert states(shop) == {"void": 3, "pending": 4}


def test_convert_the_ticked_rows_and_name_the_failed_one(shop):
    good = orders(shop, 2)
    bad = factory.order(shop.a, shop.shop, [("UNKNOWN-1", 1)])
    clerk = factory.login(shop.app, "clerk_a")
    page = clerk.post("/platformorderview/action_post", data={"action": "convert", "rowid": [*map(str, good), str(bad)], "back": "/platformorderview/list/"},
                      follow_redirects=True).get_data(as_text=True)
    assert "2 done" in page and "1 failed" in page and "UNKNOWN-1" in page
    assert states(shop) == {"processed": 2, "pending": 1}


def test_a_viewer_may_look_but_not_act(shop):
    order = orders(shop, 1)[0]
    viewer = factory.login(shop.app, "viewer_a")
    assert viewer.get("/platformorderview/list/").status_code == 200
    assert viewer.post("/platformorderview/action_post", data={"action": "void", "rowid": order, "p_note": "x"}).status_code == 403
    assert states(shop) == {"pending": 1}


def test_provider_acts_for_several_merchants_at_once(shop):
    factory.order(shop.b, factory.account(shop.b), [("P1", 1)])
    orders(shop, 1)
    boss = factory.login(shop.app, "service")
    page = boss.get("/platformorderview/list/").get_data(as_text=True)
    assert "HMKJ" in page and "BETA" in page
    boss.post("/platformorderview/action_post", data={"action": "freeze", "scope": "all", "search": "tab=pending", "p_keep_stock": "1"})
    with shop.app.app_context():
        for tenant in (shop.a, shop.b):
            with as_tenant(tenant):
                assert db.session.scalars(sa.select(PlatformOrder.state)).all() == ["frozen"]
                assert db.session.scalar(sa.select(sa.func.count()).select_from(Run).where(Run.kind == "freeze")) == 1


@pytest.mark.parametrize(("query", "found"), [
    ("number=26X1", 1), ("numbers=26X1%0A26X2%2C nothing", 2), ("country=ph", 3), ("phone=99887", 1), ("recipient=100%25", 1), ("recipient=%25", 1),
    ("recipient=_", 0), ("recipient=王伟", 1), ("sku=P9", 1), ("pulled_from=2020-01-01&pulled_to=2020-01-02", 0), ("account=x", 0), ("tab=void", 0),
])
def test_search(shop, query, found):
    factory.order(shop.a, shop.shop, order_no="26X1", recipient="100% Lily")
    factory.order(shop.a, shop.shop, order_no="26X2", recipient="王伟明", phone="63998871")
    factory.order(shop.a, shop.shop, [("P9", 1)], order_no="26X3")
    page = factory.login(shop.app, "clerk_a").get(f"/platformorderview/list/?{query}").get_data(as_text=True)
    assert len(set(re.findall(r'name="rowid" value="(\d+)"', page))) == found


def test_pages_by_key_neither_lose_nor_repeat_a_row(shop):
    wanted = set(map(str, orders(shop, 60)))
    clerk = factory.login(shop.app, "clerk_a")
    seen, url = [], "/platformorderview/list/"
    while url:
        page = clerk.get(url).get_data(as_text=True)
        seen += re.findall(r'name="rowid" value="(\d+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        url = following and following[1].replace("&amp;", "&")
    assert sorted(seen, key=int) == sorted(wanted, key=int)


def test_mapping_form_keeps_what_was_typed_when_refused(shop):
    clerk = factory.login(shop.app, "clerk_a")
    page = clerk.post("/skumappingview/add", data={"platform_sku": "TYPED-1", "sku": "NO-SUCH", "quantity": "2", "account_id": "", "platform": ""}).get_data(as_text=True)
    assert "TYPED-1" in page and "NO-SUCH" in page and "There is no OMS SKU" in page
    clerk.post("/skumappingview/add", data={"platform_sku": "TYPED-1", "sku": "CCD007", "quantity": "2", "account_id": "", "platform": ""})
    with shop.app.app_context(), as_tenant(shop.a):
        assert db.session.scalar(sa.select(SkuMapping.quantity).where(SkuMapping.platform_sku == "TYPED-1")) == 2


def test_a_confirmed_suggestion_completes_the_waiting_orders(shop):
    factory.order(shop.a, shop.shop, [("CCD-007-NEW", 1)], unmatched=1)
    clerk = factory.login(shop.app, "clerk_a")
    assert "CCD007" in clerk.get("/unmatchedview/list/").get_data(as_text=True)
    clerk.post("/unmatchedview/match", data={"platform_sku": "CCD-007-NEW", "sku": "CCD007"})
    with shop.app.app_context(), as_tenant(shop.a):
        assert db.session.scalar(sa.select(PlatformOrder.unmatched)) == 0


def test_raw_body_is_for_provider_staff_only(shop):
    order = orders(shop, 1)[0]
    assert "Raw data" not in factory.login(shop.app, "clerk_a").get(f"/platformorderview/show/{order}").get_data(as_text=True)
    assert "Raw data" in factory.login(shop.app, "service").get(f"/platformorderview/show/{order}").get_data(as_text=True)


def test_the_language_switch_keeps_the_page(shop):
    clerk = factory.login(shop.app, "clerk_a")
    clerk.get("/platformorderview/list/?tab=frozen")
    answer = clerk.get("/lang/zh")
    assert answer.headers["Location"].endswith("/platformorderview/list/?tab=frozen")
    assert "平台订单管理" in clerk.get("/platformorderview/list/").get_data(as_text=True)
