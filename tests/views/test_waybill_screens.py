"""出库订单 > 运单管理: 未确认, 已预报, 已推送; edit of the carrier copy, printing, label files."""
from io import BytesIO

import pytest
from pypdf import PdfReader

from app.models import Event, Run, RunRow, Waybill
from tests import factory
from tests.views import outbound_kit as kit

VIEWS = {"unconfirmedwaybillview": "unconfirmed", "forecastwaybillview": "forecast", "pushedwaybillview": "forecast"}


@pytest.fixture
def shop(world):
    return kit.base(world)


def test_lists_render_for_everybody(world, shop):
    kit.waybill(shop, tracking_no="WBLIST01")
    kit.unconfirmed(shop, reference="OD7777777777", error_code="carrier.not_served", error_params={"place": "PH"})
    for who in ("clerk_a", "viewer_a", "boss"):
        for locale in kit.LANGUAGES:
            client = factory.login(world.app, who, locale)
            for view, state in VIEWS.items():
                text = kit.page(client, f"/{view}/list/")
                assert ("OD7777777777" in text, "WBLIST01" in text) == (state == "unconfirmed", state == "forecast"), (view, who)
                assert ("class=\"btn btn-default act\"" in text) == (who != "viewer_a")


SEARCHES = {"number=WBFIND1": 1, "numbers=WBFIND1,OD": 1, "country=ph": 2, "country=VN": 0, "recipient=gina": 1, "printed=yes": 1, "sku=CCD007": 2, "sku=x": 0,
            "carrier=number_pool": 2, "channel=0": 0, "pushed_from=2099-01-01": 0}


def test_search(world, shop):
    kit.waybill(shop, tracking_no="WBFIND1", recipient="Gina Tran", printed_at=factory.NOW, print_count=1)
    kit.waybill(shop)
    client = factory.login(world.app, "clerk_a")
    assert {query: kit.page(client, f"/forecastwaybillview/list/?{query}").count('name="rowid"') for query in SEARCHES} == SEARCHES


def test_tabs_of_pushed(world, shop):
    for state in ("forecast", "dispatched", "in_transit", "delivered", "exception", "voided"):
        kit.waybill(shop, state=state, tracking_no=f"WB{state}")
    kit.unconfirmed(shop)
    client = factory.login(world.app, "clerk_a")
    assert "WBforecast" in kit.page(client, "/pushedwaybillview/list/")
    assert kit.page(client, "/pushedwaybillview/list/?tab=dispatched").count('name="rowid"') == 1
    assert kit.page(client, "/pushedwaybillview/list/?tab=all").count('name="rowid"') == 6


def test_tracking_link_is_the_channels_and_never_a_script(world, shop):
    good, bad = factory.channel(shop.tenant, tracking_url="https://track.example/?n={number}"), factory.channel(shop.tenant, tracking_url="javascript:alert('{number}')")
    kit.waybill(shop, tracking_no="WB 1/2", channel_id=good)
    kit.waybill(shop, tracking_no="WBBAD", channel_id=bad)
    text = kit.page(factory.login(world.app, "clerk_a"), "/forecastwaybillview/list/")
    assert 'href="https://track.example/?n=WB%201%2F2"' in text and "javascript:" not in text


def test_unconfirmed_marks_offending_characters(world, shop):
    order = kit.outbound(shop, state="audited", recipient="Maria O'Neil", street="12 “Mabini” <St>")
    strict = factory.channel(shop.tenant, charset="strict")
    bill = kit.unconfirmed(shop, order, channel_id=strict, error_code="http.connection_closed",
                           changes=[{"field": "recipient.name", "before": "Maria O'Neil", "after": "Maria ONeil", "reason": "forbidden"}])
    set_channel(shop, order, strict)
    text = kit.page(factory.login(world.app, "clerk_a"), "/unconfirmedwaybillview/list/")
    assert 'title="U+0027"' in text and 'title="U+003C">&lt;</mark>' in text and "Maria ONeil" in text
    assert "The connection was closed unexpectedly" in text and f"/unconfirmedwaybillview/edit/{bill}" in text


def set_channel(shop, order, channel):
    from app.extensions import db
    from app.models import OutboundOrder
    from app.tenancy import as_tenant
    with factory._current["app"].app_context(), as_tenant(shop.tenant, "test"):
        db.session.get(OutboundOrder, order).channel_id = channel
        db.session.commit()


def test_clean_save_and_push(world, shop):
    strict = factory.channel(shop.tenant, charset="strict")
    order = kit.outbound(shop, state="audited", recipient="Maria O'Neil", channel_id=strict)
    bill, client = kit.unconfirmed(shop, order, channel_id=strict), factory.login(world.app, "clerk_a")
    path = f"/unconfirmedwaybillview/edit/{bill}"
    assert "What Clean would change" in kit.page(client, path)
    typed = {"name": "Maria O'Neil", "phone": "639325122495", "street": "12 Mabini St", "city": "Mangaldan", "state": "Pangasinan", "district": "Poblacion", "town": "", "postcode": "2432"}
    cleaned = client.post(path, data={**typed, "do": "clean"}).text
    assert 'value="Maria ONeil"' in cleaned and kit.read(shop.tenant, Waybill, bill).edited == {}
    assert client.post(path, data={**typed, "name": "Maria ONeil", "do": "save"}).status_code == 302
    assert kit.read(shop.tenant, Waybill, bill).edited == {"name": "Maria ONeil"}
    answer = client.post(path, data={**typed, "name": "Maria ONeil", "street": "14 Mabini St", "do": "push"})
    assert "/runview/show/" in answer.location
    assert kit.read(shop.tenant, Waybill, bill).edited == {"name": "Maria ONeil", "street": "14 Mabini St"}
    assert [(r.kind, r.total) for r in kit.rows(shop.tenant, Run)] == [("push", 1)]
    assert [r.subject_id for r in kit.rows(shop.tenant, RunRow)] == [order]


def test_edit_refused_after_the_push_keeps_the_text(world, shop):
    bill = kit.waybill(shop)
    answer = factory.login(world.app, "boss").post(f"/unconfirmedwaybillview/edit/{bill}", data={"name": "Too late", "do": "save"})
    assert answer.status_code == 422 and "Too late" in answer.text
    assert kit.read(shop.tenant, Waybill, bill).edited == {}


@pytest.mark.parametrize("who", ["clerk_a", "boss"])
def test_print_answers_the_pdf(world, shop, who):
    bills = [kit.waybill(shop, tracking_no=f"WBPDF00{n}PH") for n in range(2)]
    answer = kit.act(factory.login(world.app, who), "ForecastWaybillView", "print", bills, p_template="a4", p_start_cell="2")
    assert answer.status_code == 200 and answer.mimetype == "application/pdf" and len(PdfReader(BytesIO(answer.data)).pages) == 1
    assert [(w.print_count, w.printed_at is not None) for w in kit.rows(shop.tenant, Waybill)] == [(1, True), (1, True)]
    assert [e.by for e in kit.rows(shop.tenant, Event, Event.move == "print")] == [who, who]


def test_print_that_needs_the_carrier_is_a_run(world, shop):
    bill = kit.waybill(shop, carrier="gogoxpress")
    client = factory.login(world.app, "clerk_a")
    assert "/runview/show/" in kit.act(client, "ForecastWaybillView", "print", [bill], follow=False).location
    assert [(r.kind, r.total) for r in kit.rows(shop.tenant, Run)] == [("print", 1)]
    assert kit.act(client, "ForecastWaybillView", "print", [bill], p_template="../etc").status_code == 200
    assert len(kit.rows(shop.tenant, Run)) == 1


def test_label_file_and_preview(world, shop):
    bill, other = kit.waybill(shop, tracking_no="WBFILE1"), kit.waybill(shop)
    kit.label_file(shop, bill, b"<script>alert(1)</script>", "text/html")
    viewer, stranger = factory.login(world.app, "viewer_a"), factory.login(world.app, "clerk_b")
    answer = viewer.get(f"/forecastwaybillview/label/{bill}")
    assert answer.mimetype == "application/octet-stream" and "attachment" in answer.headers["Content-Disposition"]
    kit.label_file(shop, other)
    assert viewer.get(f"/forecastwaybillview/label/{other}").data == b"%PDF-1.4 carrier"
    assert viewer.get(f"/forecastwaybillview/preview/{bill}").data[:5] == b"%PDF-"
    assert kit.read(shop.tenant, Waybill, bill).print_count == 0
    for path in ("label", "preview", "show"):
        kit.page(stranger, f"/forecastwaybillview/{path}/{bill}", 404)


def test_actions_start_runs(world, shop):
    bill, client = kit.waybill(shop), factory.login(world.app, "clerk_a")
    assert "must be filled in" in kit.act(client, "PushedWaybillView", "reset", [bill]).text
    for name, values in (("reset", {"p_reason": "wrong box"}), ("write_back_waybill", {}), ("track", {}), ("export_waybills", {})):
        assert "/runview/show/" in kit.act(client, "PushedWaybillView", name, [bill], follow=False, **values).location
    assert [r.kind for r in kit.rows(shop.tenant, Run)] == ["reset", "write_back_waybill", "track", "export_waybills"]
    assert kit.rows(shop.tenant, Run)[2].params == {"ids": [bill]}


def test_mark_shipped(world, shop):
    order = kit.outbound(shop, state="forecast", fulfilment="direct")
    bill = kit.waybill(shop, order)
    assert "1 done" in kit.act(factory.login(world.app, "boss"), "PushedWaybillView", "mark_dispatched", [bill]).text
    assert kit.read(shop.tenant, Waybill, bill).state == "dispatched"


def test_details(world, shop):
    bill = kit.waybill(shop, sent={"name": "Sent Name", "street": "Sent Street"}, error_raw="secret raw answer",
                       changes=[{"field": "item.CCD007", "before": "a<b", "after": "a b", "reason": "forbidden,tidy"}])
    assert "Sent Name" in kit.page(factory.login(world.app, "viewer_a"), f"/pushedwaybillview/show/{bill}")
    clerk, boss = (kit.page(factory.login(world.app, who, "en"), f"/pushedwaybillview/show/{bill}") for who in ("clerk_a", "boss"))
    assert "a&lt;b" in clerk and "characters this carrier refuses" in clerk
    assert ("secret raw answer" in clerk, "secret raw answer" in boss) == (False, True)


def test_forged_ids_and_rights(world, shop):
    theirs, mine = kit.unconfirmed(kit.base(world, world.b)), kit.waybill(shop)
    clerk, viewer = factory.login(world.app, "clerk_a"), factory.login(world.app, "viewer_a")
    for view, names in (("UnconfirmedWaybillView", ("push", "cancel_outbound", "export_waybills")), ("ForecastWaybillView", ("print", "track", "reset", "export_waybills")),
                        ("PushedWaybillView", ("write_back_waybill", "reset", "mark_dispatched", "print", "track", "export_waybills"))):
        for name in names:
            assert kit.act(clerk, view, name, [theirs], p_reason="x").status_code == 404, name
            assert kit.act(viewer, view, name, [mine]).status_code == 403, name
    assert kit.act(clerk, "UnconfirmedWaybillView", "push", [mine]).status_code == 404      # ours, but not of this screen
    assert clerk.post(f"/unconfirmedwaybillview/edit/{theirs}", data={"name": "X", "do": "save"}).status_code == 404
    assert viewer.get(f"/unconfirmedwaybillview/edit/{mine}").status_code in (302, 403)
    for path in ("forecastwaybillview/edit", "pushedwaybillview/edit", "pushedwaybillview/delete", "unconfirmedwaybillview/delete"):
        assert clerk.post(f"/{path}/{mine}").status_code == 404
    assert kit.read(shop.tenant, Waybill, mine).state == "forecast"
