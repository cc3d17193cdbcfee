"""Exports of orders, outbound orders and waybills; the failures of a run."""
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from app.domain import runs, sheets
from app.extensions import db
from app.models import OutboundLine, OutboundOrder, PlatformOrder, Run, RunRow, Waybill
from app.tenancy import as_tenant
from tests import factory
from tests.domain.sheets.conftest import cells, drive, outcome


def shipped_order(desk):
    """One order of merchant a that went all the way to a waybill; gives the ids."""
    tenant = desk.world.a
    shop = factory.account(tenant, alias="acacc")
    order = factory.order(tenant, shop, [("CCD007", 1), ("CCD008", 2)], recipient="=HYPERLINK(\"x\")", order_no="2012204TH7K8TW",
                          outbound_no="HMKJ-1")
    channel = factory.channel(tenant, name="GoGo")
    product = factory.product(tenant, "4551")
    out = factory.add(tenant, OutboundOrder(
        number="HMKJ-1", platform_order_id=order, order_no="2012204TH7K8TW", channel_id=channel, warehouse_id=desk.world.warehouse,
        recipient="Junjun",
        total=Decimal("350.5"), lines=[OutboundLine(tenant_id=tenant, product_id=product, quantity=3)],
        findings=[{"code": "tenant.foreign_row", "params": {}}]))
    bill = factory.add(tenant,
                       Waybill(outbound_id=out, channel_id=channel, carrier="gogoxpress", reference="OD1", tracking_no="GGX1",
                               error_code="no.such"))
    return order, out, bill


def test_orders_with_every_column_of_the_screen(desk):
    shipped_order(desk)
    factory.order(desk.world.b, factory.account(desk.world.b), recipient="not yours")
    run = desk.give("orders")
    assert (run.state, run.done, run.total, [r.state for r in run.rows]) == ("done", 1, 1, ["done"])
    head, row = cells(run.files["result"].content)
    said = dict(zip(head, row, strict=True))
    assert said["Platform order no."] == "2012204TH7K8TW" and said["Goods"] == "CCD007*1; CCD008*2" and said["Status"] == "Pending"
    assert said["Recipient"] == '=HYPERLINK("x")' and said["Total"] == 350 and said["Reference no."] == "OD1" and said["Shop account"] == "acacc"
    assert said["Ordered at (Asia/Shanghai)"] == datetime(2026, 11, 21, 16, 0) and said["Paid at (Asia/Shanghai)"] == ""
    assert run.files["result"].name.endswith(".xlsx")


def test_outbound_orders_and_waybills(desk):
    shipped_order(desk)
    head, row = cells(desk.give("outbound").files["result"].content)
    said = dict(zip(head, row, strict=True))
    assert (said["Goods"], said["Pieces"], said["Tracking no."], said["Warehouse"], said["Total"]) == ("4551*3", 3, "GGX1", "SZ", 350.5)
    assert said["Findings"].startswith("This row does not exist")
    head, row = cells(desk.give("waybills").files["result"].content)
    said = dict(zip(head, row, strict=True))
    assert (said["Reference no."], said["Outbound order no."], said["Shipping channel"], said["Error"]) == ("OD1", "", "GoGo",
                                                                                                            "Error no.such")


def test_forged_ids_fall_out_and_deleted_rows_are_named(desk):
    mine, gone = (factory.product(desk.world.a, sku) for sku in ("MINE", "GONE"))
    theirs = factory.product(desk.world.b, "THEIRS")
    with desk.world.app.app_context(), as_tenant(desk.world.a, "clerk"):
        run = runs.start("export_products", ids=[mine, gone, theirs])
        run.locale, run_id = "en", run.id
        assert run.total == 2
        db.session.execute(sa.delete(runs.VERBS["export_products"].model).where(runs.VERBS["export_products"].model.sku == "GONE"))
        db.session.commit()
        drive(run_id)
        left = outcome(run_id)
    assert (left.done, left.skipped, left.codes) == (1, 1, ["", "sheet.row_gone"])
    assert [r[0] for r in cells(left.files["result"].content)] == ["OMS SKU", "MINE"]


def test_more_than_one_chunk_in_the_order_of_the_rows(desk):
    from app.models import Product, bulk
    with desk.world.app.app_context(), as_tenant(desk.world.a):
        bulk.insert_rows(Product, [{"sku": f"S{n}"} for n in range(2_345)])
        db.session.commit()
    run = desk.give("products")
    assert [r[0] for r in cells(run.files["result"].content)[1:]] == [f"S{n}" for n in range(2_345)] and run.done == 2_345


def test_failures_of_any_run_as_a_sheet(desk):
    order = shipped_order(desk)[0]
    with desk.world.app.app_context(), as_tenant(desk.world.a, "clerk"):
        run = runs.start("export_orders", ids=[order])
        db.session.flush()
        db.session.execute(sa.update(RunRow).where(RunRow.run_id == run.id).values(state="failed", code="tenant.foreign_row", raw="answer"))
        name, content = sheets.failures_sheet(run.id)
        plain, full = cells(content), cells(sheets.failures_sheet(run.id, raw=True)[1])
        db.session.rollback()
    assert name.endswith(".xlsx") and len(plain) == 2 and plain[1][0] == "2012204TH7K8TW" and "answer" not in plain[1] and full[1][4] == "answer"
    assert desk.ask(sa.select(sa.func.count(Run.id)))[0][0] == 0 and desk.ask(sa.select(PlatformOrder.state)) == [("pending",)]
