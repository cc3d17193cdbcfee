"""Rows of tenant A for the isolation test: at least one of every tenant-owned table, with a marker in its texts."""
import sqlalchemy as sa

from app import models
from app.models.base import TenantMixin, utcnow
from app.extensions import db
from app.tenancy import as_system, as_tenant
from tests import factory

MARK = "ZQXSECRETZQX"


def furnish(world):
    """{table: [ids]} of what A owns."""
    a = world.a
    shop = factory.account(a, alias=f"{MARK} shop", shop_name=MARK)
    product = factory.product(a, f"{MARK}-1", name=MARK)
    factory.mapping(a, f"{MARK}-P", product, account_id=shop)
    factory.stock(a, world.warehouse, product, 7)
    channel = factory.channel(a, name=f"{MARK} line")
    order = factory.order(a, shop, [(f"{MARK}-P", 1)], recipient=f"{MARK} man", remark=MARK, order_no="ZQXSECRETZQX01")
    outbound = factory.add(a, models.OutboundOrder(number=f"{MARK}-0001", platform_order_id=order, order_no="ZQXSECRETZQX01", recipient=MARK,
                                                   country="PH", warehouse_id=world.warehouse, channel_id=channel))
    factory.add(a, models.OutboundLine(outbound_id=outbound, product_id=product, quantity=1))
    waybill = factory.add(a, models.Waybill(outbound_id=outbound, channel_id=channel, carrier="number_pool", reference=f"OD{MARK}", recipient=MARK,
                                            tracking_no=f"{MARK}T", state="forecast", sent={"name": MARK}))
    factory.add(a, models.CarrierAccount(carrier="gogoxpress", alias=f"{MARK} account", sender={"name": MARK}))
    factory.add(a, models.PoolNumber(channel_id=channel, number=f"{MARK}N"))
    factory.add(a, models.Listing(account_id=shop, item_id="1", platform_sku=f"{MARK}-P", title=MARK))
    run = factory.add(a, models.Run(kind="convert", created_by=MARK))
    factory.add(a, models.RunRow(run_id=run, ref=MARK, raw=MARK))
    factory.add(a, models.RunFile(run_id=run, kind="result", filename=f"{MARK}.pdf", content_type="application/pdf", content=MARK.encode()))
    factory.add(a, models.Job(kind="run", run_id=run, state="failed", actor=MARK))
    factory.add(a, models.StockMove(warehouse_id=world.warehouse, product_id=product, kind="adjust", on_hand=7, on_hand_after=7, reserved_after=0,
                                    reason=MARK, by="test"))
    factory.add(a, models.Event(subject="platform_order", subject_id=order, move="edited", note=MARK, by="test"))
    with world.app.app_context(), as_tenant(a, "test"):
        db.session.add(models.LabelBlob(waybill_id=waybill, content_type="application/pdf", content=MARK.encode(), stored_at=utcnow()))
        db.session.add(models.OrderRaw(order_id=order, body=f'{{"x": "{MARK}"}}'))
        db.session.add(models.Outbox(kind="x", payload={"x": MARK}, state="done"))
        db.session.add(models.Counter(name=MARK))
        db.session.commit()
    return _ids(world)


def _ids(world):
    found = {}
    with world.app.app_context(), as_system():
        for mapper in db.Model.registry.mappers:
            table = mapper.class_.__table__
            if issubclass(mapper.class_, TenantMixin):
                key = list(table.primary_key)[0]
                found[table.name] = db.session.connection().execute(sa.select(key).where(table.c.tenant_id == world.a)).scalars().all()
                assert found[table.name], f"no row of {table.name}: add one above"
    return found
