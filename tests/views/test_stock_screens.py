"""库存管理: levels, adjusting, the ledger."""
import pytest

from app.models import Run, StockLevel, StockMove
from tests import factory
from tests.views import outbound_kit as kit

LIST, LEDGER = "/stocklevelview/list/", "/stockmoveview/list/"


@pytest.fixture
def shop(world):
    return kit.base(world)


def test_lists_render(world, shop):
    kit.outbound(shop, quantity=99)
    for who in ("clerk_a", "viewer_a", "boss"):
        for locale in kit.LANGUAGES:
            client = factory.login(world.app, who, locale)
            text = kit.page(client, LIST)
            assert "CCD007" in text and ">99</a>" in text
            assert (f"/stocklevelview/adjust/{shop.level}" in text) == (who != "viewer_a")
            kit.page(client, LEDGER)


def test_search_and_shortage(world, shop):
    zero = factory.stock(shop.tenant, world.warehouse, factory.product(shop.tenant, "EMPTY"), 0)
    kit.outbound(shop, quantity=11)
    client = factory.login(world.app, "clerk_a")
    wanted = {"sku=ccd": 1, "name=case": 1, "scarce=short": 1, "scarce=zero": 1, "scarce=low": 1, "scarce=forged": 0, f"warehouse={world.warehouse}": 2,
              "warehouse=x": 0, "numbers=EMPTY CCD007 NONE": 2}
    assert {q: kit.page(client, f"{LIST}?{q}").count('name="rowid"') for q in wanted} == wanted
    assert f'value="{zero}"' in kit.page(client, f"{LIST}?scarce=zero") and f'value="{shop.level}"' in kit.page(client, f"{LIST}?scarce=short")


def test_reserved_number_leads_to_the_orders(world, shop):
    order, client = kit.outbound(shop, quantity=2), factory.login(world.app, "clerk_a")
    kit.act(client, "OutboundOrderView", "audit", [order])
    kit.outbound(shop)
    link = f"/outboundorderview/list/?sku=CCD007&amp;warehouse={world.warehouse}&amp;tab=all&amp;held=yes"
    assert f'href="{link}">2</a>' in kit.page(client, LIST)
    assert kit.page(client, link.replace("&amp;", "&")).count('name="rowid"') == 1


@pytest.mark.parametrize("who", ["clerk_a", "service"])
def test_adjust_writes_the_ledger(world, shop, who):
    client, path = factory.login(world.app, who), f"/stocklevelview/adjust/{shop.level}"
    assert "13 on hand, 13 available" in client.post(path, data={"delta": "+3", "reason": "Goods received", "document": "GRN-1"}, follow_redirects=True).text
    client.post(path, data={"counted": "4", "reason": "Stock count"})
    client.post(path, data={"delta": "−1", "reason": "Damaged"})
    assert [(m.on_hand, m.on_hand_after, m.document, m.reason, m.by) for m in kit.rows(shop.tenant, StockMove)] == [
        (3, 13, "GRN-1", "Goods received", who), (-9, 4, "", "Stock count", who), (-1, 3, "", "Damaged", who)]
    text = kit.page(client, f"{LEDGER}?document=GRN&kind=adjust&sku=CCD007")
    assert "GRN-1" in text and "Damaged" not in text


def test_adjust_keeps_what_was_typed(world, shop):
    client, path = factory.login(world.app, "clerk_a"), f"/stocklevelview/adjust/{shop.level}"
    for data, said in (({"delta": "-99", "reason": "typed reason"}, "typed reason"), ({"delta": "2", "reason": " "}, 'value="2"'), ({"delta": "1.5", "reason": "x"}, 'value="1.5"'),
                       ({"delta": "1", "counted": "2", "reason": "x"}, "either the change"), ({"reason": "x"}, "either the change"), ({"counted": "-1", "reason": "x"}, "whole number")):
        answer = client.post(path, data=data)
        assert answer.status_code == 422 and said in answer.text and 'class="help-block error"' in answer.text, data
    assert kit.read(shop.tenant, StockLevel, shop.level).on_hand == 10 and not kit.rows(shop.tenant, StockMove)


def test_add_stock(world, shop):
    factory.product(shop.tenant, "NEW-1")
    data = {"warehouse_id": str(world.warehouse), "sku": "NEW-1", "delta": "7", "reason": "Goods received"}
    assert "NEW-1: 7 on hand" in factory.login(world.app, "clerk_a").post("/stocklevelview/add", data=data, follow_redirects=True).text
    boss = factory.login(world.app, "boss")
    assert boss.post("/stocklevelview/add", data=data).status_code == 422
    assert boss.post("/stocklevelview/add", data={**data, "for_tenant": str(shop.tenant)}).status_code == 302
    assert boss.post("/stocklevelview/add", data={**data, "for_tenant": str(world.b)}).status_code == 422      # the SKU is another merchant's
    assert boss.post("/stocklevelview/add", data={**data, "for_tenant": str(shop.tenant), "warehouse_id": "999"}).status_code == 422
    assert {level.on_hand for level in kit.rows(shop.tenant, StockLevel)} == {10, 14}


def test_export_and_template(world, shop):
    client = factory.login(world.app, "clerk_a")
    assert "/runview/show/" in kit.act(client, "StockLevelView", "export_stock", [shop.level], follow=False).location
    assert [(r.kind, r.total) for r in kit.rows(shop.tenant, Run)] == [("export_stock", 1)]
    assert client.get("/stocklevelview/import-template").data[:2] == b"PK"
    kit.page(client, "/stocklevelview/import")


def test_forged_ids_and_rights(world, shop):
    theirs = kit.base(world, world.b).level
    clerk, viewer = factory.login(world.app, "clerk_a"), factory.login(world.app, "viewer_a")
    assert clerk.post(f"/stocklevelview/adjust/{theirs}", data={"delta": "5", "reason": "x"}).status_code == 404
    assert kit.act(clerk, "StockLevelView", "export_stock", [shop.level, theirs]).status_code == 404
    assert kit.act(viewer, "StockLevelView", "export_stock", [shop.level]).status_code == 403
    for path in (f"adjust/{shop.level}", "add", "import"):
        assert viewer.post(f"/stocklevelview/{path}", data={"delta": "5", "reason": "x"}).status_code in (302, 403)
    for path in (f"stocklevelview/edit/{shop.level}", f"stocklevelview/delete/{shop.level}", "stockmoveview/add", "stockmoveview/edit/1", "stockmoveview/delete/1"):
        assert clerk.post(f"/{path}").status_code == 404
    assert kit.read(shop.tenant, StockLevel, shop.level).on_hand == 10
