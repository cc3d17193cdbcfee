"""出库订单 > 订单列表: list, search, audit, edit, details."""
import pytest

from app.models import Event, OutboundLine, OutboundOrder, Run, StockLevel
from tests import factory
from tests.views import outbound_kit as kit

LIST = "/outboundorderview/list/"


@pytest.fixture
def shop(world):
    return kit.base(world)


def test_list_renders(world, shop):
    kit.outbound(shop, quantity=3, findings=[{"code": "phone.missing", "params": {}, "fatal": True, "fix": "outbound"}])
    for who in ("clerk_a", "viewer_a", "boss"):
        for locale in kit.LANGUAGES:
            text = kit.page(factory.login(world.app, who, locale), LIST)
            assert "CCD007*3" in text and "Junjun dy" in text
            assert ('name="tenant"' in text) == (who == "boss")
            assert ('data-action="audit"' in text) == (who != "viewer_a")


def test_finding_is_a_sentence_with_its_fix(world, shop):
    order = kit.outbound(shop, findings=[{"code": "declaration.name_missing", "params": {"sku": "CCD007"}, "fatal": True, "fix": "sku"},
                                         {"code": "phone.missing", "params": {}, "fatal": True, "fix": "outbound"}])
    text = kit.page(factory.login(world.app, "clerk_a"), LIST)
    assert "declared English name of SKU CCD007 is empty" in text
    assert "/productview/list/?sku=CCD007" in text and f"/outboundorderview/edit/{order}" in text


SEARCHES = {
    "number=HMKJ": 2, "recipient=gina": 1, "phone=0918": 1, "country=vn": 1, "sku=CCD007": 2, "sku=NONE": 0, "held=yes": 1, "created_from=2099-01-01": 0,
    "numbers=WBFIND1%0Anothing": 1, "number=WBFIND1": 1, "channel=x": 0, "fulfilment=direct": 0, "recipient=%25": 0, "warehouse=%C2%B2": 0, "channel=99999999999999999999": 0}


def test_search(world, shop):
    first = kit.outbound(shop, recipient="Gina Tran", phone="09181112222", country="VN", reserved=True)
    kit.outbound(shop)
    kit.waybill(shop, first, tracking_no="WBFIND1")
    client = factory.login(world.app, "clerk_a")
    found = {query: kit.page(client, f"{LIST}?tab=all&{query}").count('name="rowid"') for query in SEARCHES}
    assert found == SEARCHES


def test_waybill_number_stands_in_the_list(world, shop):
    bill = kit.waybill(shop, kit.outbound(shop), tracking_no="WBSEEN1")
    text = kit.page(factory.login(world.app, "clerk_a"), LIST)
    assert "WBSEEN1" in text and f"/pushedwaybillview/show/{bill}" in text


def test_audit_reserves_and_says_so(world, shop):
    order = kit.outbound(shop, quantity=2)
    answer = kit.act(factory.login(world.app, "clerk_a"), "OutboundOrderView", "audit", [order])
    assert "1 done" in answer.text
    assert kit.read(shop.tenant, OutboundOrder, order).state == "audited"
    assert kit.read(shop.tenant, StockLevel, shop.level).reserved == 2
    assert [r.kind for r in kit.rows(shop.tenant, Run)] == ["audit"]


def test_audit_refuses_with_findings(world, shop):
    order = kit.outbound(shop, quantity=99)
    client = factory.login(world.app, "clerk_a")
    assert "1 failed" in kit.act(client, "OutboundOrderView", "audit", [order]).text
    text = kit.page(client, LIST)
    assert 'class="findings"' in text and "/stocklevelview/list/?sku=CCD007" in text


def test_set_channel_cancel_and_export(world, shop):
    other, order, client = factory.channel(shop.tenant), kit.outbound(shop), factory.login(world.app, "clerk_a")
    kit.act(client, "OutboundOrderView", "set_channel_outbound", [order], p_channel_id=str(other))
    assert kit.read(shop.tenant, OutboundOrder, order).channel_id == other
    assert "choose one of the list" in kit.act(client, "OutboundOrderView", "set_channel_outbound", [order], p_channel_id="99999").text
    kit.act(client, "OutboundOrderView", "cancel_outbound", [order], p_note="double")
    assert kit.read(shop.tenant, OutboundOrder, order).state == "cancelled"
    assert "/runview/show/" in kit.act(client, "OutboundOrderView", "export_outbound", [order], follow=False).location


def test_push_starts_a_run(world, shop):
    order = kit.outbound(shop, state="audited")
    answer = kit.act(factory.login(world.app, "clerk_a"), "OutboundOrderView", "push", [order], follow=False)
    assert "/runview/show/" in answer.location
    assert [(r.kind, r.total) for r in kit.rows(shop.tenant, Run)] == [("push", 1)]


def form(**values):
    return {"recipient": "Junjun dy", "phone": "639325122495", "country": "PH", "province": "Pangasinan", "city": "Mangaldan", "district": "Poblacion",
            "town": "", "street": "12 Mabini St", "postcode": "2432", "remark": "", "sku": ["CCD007"], "quantity": ["1"], **values}


@pytest.mark.parametrize("who", ["clerk_a", "service"])
def test_edit_saves_and_reopens(world, shop, who):
    case = factory.product(shop.tenant, "CASE-2")
    order, client = kit.outbound(shop), factory.login(world.app, who)
    kit.act(client, "OutboundOrderView", "audit", [order])
    assert "has to be audited again" in kit.page(client, f"/outboundorderview/edit/{order}")
    answer = client.post(f"/outboundorderview/edit/{order}", data=form(recipient="Gina O'Neil", remark="ring twice", channel_id=str(shop.channel),
                                                                     sku=["CCD007", "CASE-2", ""], quantity=["0", "4", "1"]), follow_redirects=True)
    assert answer.status_code == 200 and "Saved: audit the order again." in answer.text
    row = kit.read(shop.tenant, OutboundOrder, order)
    assert (row.state, row.recipient, row.remark, row.reserved) == ("draft", "Gina O'Neil", "ring twice", False)
    assert [(line.product_id, line.quantity) for line in kit.rows(shop.tenant, OutboundLine)] == [(case, 4)]
    assert "edit" in [e.move for e in kit.rows(shop.tenant, Event, Event.subject == "outbound_order")]


def test_edit_keeps_what_was_typed(world, shop):
    order, client = kit.outbound(shop), factory.login(world.app, "clerk_a")
    answer = client.post(f"/outboundorderview/edit/{order}", data=form(recipient="Somebody new", sku=["NOPE", "CCD007"], quantity=["2", "two"]))
    assert answer.status_code == 422
    assert "no OMS SKU «NOPE»" in answer.text and 'value="NOPE"' in answer.text and 'value="two"' in answer.text and "Somebody new" in answer.text
    assert kit.read(shop.tenant, OutboundOrder, order).recipient == "Junjun dy"
    answer = client.post(f"/outboundorderview/edit/{order}", data=form(country="ZZ", recipient="Kept <b>"))
    assert answer.status_code == 422 and "Kept &lt;b&gt;" in answer.text and 'id="error-country"' in answer.text
    answer = client.post(f"/outboundorderview/edit/{order}", data=form(sku=["CCD007"], quantity=["0"]))
    assert answer.status_code == 422 and 'id="error-lines"' in answer.text


def test_edit_refuses_foreign_sku_and_channel(world, shop):
    other = kit.base(world, world.b)
    factory.product(world.b, "FOREIGN")
    order, client = kit.outbound(shop), factory.login(world.app, "boss")
    answer = client.post(f"/outboundorderview/edit/{order}", data=form(sku=["FOREIGN"], channel_id=str(other.channel)))
    assert answer.status_code == 422 and "no OMS SKU «FOREIGN»" in answer.text
    answer = client.post(f"/outboundorderview/edit/{order}", data=form(channel_id=str(other.channel)))
    assert answer.status_code == 422
    assert kit.read(shop.tenant, OutboundOrder, order).channel_id == shop.channel


def test_order_with_a_waybill_is_not_edited(world, shop):
    order = kit.outbound(shop, state="forecast")
    kit.waybill(shop, order)
    answer = factory.login(world.app, "clerk_a").post(f"/outboundorderview/edit/{order}", data=form(recipient="Too late"))
    assert answer.status_code == 422 and "Too late" in answer.text
    assert kit.read(shop.tenant, OutboundOrder, order).recipient == "Junjun dy"


def test_details(world, shop):
    order = kit.outbound(shop, remark="<i>fragile</i>")
    kit.waybill(shop, order, tracking_no="WBDETAIL")
    for who, locale in (("viewer_a", "en"), ("boss", "zh")):
        text = kit.page(factory.login(world.app, who, locale), f"/outboundorderview/show/{order}")
        assert "WBDETAIL" in text and "&lt;i&gt;fragile" in text and "Phone case black" in text
        assert (f"/outboundorderview/edit/{order}" in text) == (who == "boss")


def test_forged_ids_and_rights(world, shop):
    mine, theirs = kit.outbound(shop), kit.outbound(kit.base(world, world.b))
    clerk, viewer = factory.login(world.app, "clerk_a"), factory.login(world.app, "viewer_a")
    for path in (f"show/{theirs}", f"edit/{theirs}", "show/x", "edit/x"):
        kit.page(clerk, f"/outboundorderview/{path}", 404)
    for name in ("audit", "push", "cancel_outbound", "export_outbound"):
        assert kit.act(clerk, "OutboundOrderView", name, [mine, theirs]).status_code == 404
        assert kit.act(viewer, "OutboundOrderView", name, [mine]).status_code == 403
    assert clerk.post(f"/outboundorderview/edit/{theirs}", data=form()).status_code == 404
    assert viewer.post(f"/outboundorderview/edit/{mine}", data=form()).status_code in (302, 403)
    assert kit.read(shop.tenant, OutboundOrder, mine).recipient == "Junjun dy"
    for path in ("add", f"delete/{mine}"):
        assert clerk.post(f"/outboundorderview/{path}").status_code == 404
    assert kit.read(world.b, OutboundOrder, theirs).state == "draft"
