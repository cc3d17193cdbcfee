"""The main job over real HTTP: authorise, pull, convert, audit, push, print, write back, deliver; Philippines and Viet Nam."""
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.models import LabelBlob, OutboundOrder, PlatformOrder, RunFile, ShopAccount, Waybill
from app.tenancy import as_tenant
from tests.integration_flow import support

COUNTRIES = [("PH", "gogoxpress"), ("VN", "vnpost")]


def ready(sandbox, tenant, region, carrier, count=2):
    """A shop with pulled, converted and audited orders on a channel of the carrier: [(platform order id, outbound id)]."""
    shop_id = sandbox.shop(region)
    sandbox.orders(shop_id, count=count, seed=5, items=[{"sku": "CUP-BL-500", "quantity": 1, "price": 150000 if region == "VN" else 150}])
    support.with_product(tenant, "CUP", ["CUP-BL-500"])
    channel = support.carrier_channel(sandbox, tenant, carrier)
    (account,) = support.authorise_shop(sandbox, tenant, shop_id)
    _run, results = support.whole(tenant, "pull", account_id=account)
    assert [r.state for r in results] == ["done"] * count
    with as_tenant(tenant, "test") as session:
        for order in session.scalars(sa.select(PlatformOrder)):
            order.channel_id = channel
        session.commit()
    converted = support.batch(tenant, "convert", [r.subject_id for r in results])
    assert [r.state for r in converted] == ["done"] * count, converted
    with as_tenant(tenant, "test") as session:
        pairs = session.execute(sa.select(OutboundOrder.platform_order_id, OutboundOrder.id).order_by(OutboundOrder.id)).all()
    audited = support.batch(tenant, "audit", [o for _p, o in pairs])
    assert [r.state for r in audited] == ["done"] * count, audited
    return account, [tuple(p) for p in pairs]


@pytest.mark.parametrize("region,carrier", COUNTRIES)
def test_from_authorisation_to_delivery(world, sandbox, region, carrier):
    account, pairs = ready(sandbox, world.a, region, carrier)
    assert support.one(world.a, ShopAccount, account, "state", "region") == ("active", region)
    for _order, outbound in pairs:
        result = support.steps(world.a, "push", outbound)
        assert (result.state, result.code) == ("done", "waybill.pushed"), (result, support.waybills(world.a)[0].error_raw)
    waybills = support.waybills(world.a)
    assert [w.state for w in waybills] == ["forecast"] * 2 and all(w.tracking_no for w in waybills)
    assert sorted(w.tracking_no.replace("-", "") for w in waybills) == sorted(
        p["tracking_number"].replace("-", "") for p in sandbox.parcels(carrier))
    run, _results = support.whole(world.a, "print", ids=[w.id for w in waybills])
    with as_tenant(world.a, "test") as session:
        pdf = session.scalar(sa.select(RunFile.content).where(RunFile.run_id == run))
        blobs = session.scalar(sa.select(sa.func.count()).select_from(LabelBlob))
    assert pdf.startswith(b"%PDF") and blobs == (2 if carrier == "gogoxpress" else 0)
    assert [(row.state, row.code) for row in support.rows_of(world.a, run)] == [("done", "print.printed")] * 2
    for order, _outbound in pairs:
        result = support.steps(world.a, "write_back", order)
        assert (result.state, result.code) == ("done", "write_back.done"), result
        state, number, order_no = support.one(world.a, PlatformOrder, order, "state", "tracking_no", "order_no")
        theirs = sandbox.get(f"/control/shopee/orders/{order_no}")
        assert state == "shipped" and theirs["tracking_numbers"] == [number] and theirs["ship_calls"] == 1
    assert {support.one(world.a, OutboundOrder, o, "state") for _p, o in pairs} == {"dispatched"}
    for number in [p["tracking_number"] for p in sandbox.parcels(carrier)]:
        sandbox.post(f"/{carrier}/_control/shipments/{number}/status", status="delivered" if carrier == "gogoxpress" else 14)
    support.whole(world.a, "track")
    assert [w.state for w in support.waybills(world.a)] == ["delivered"] * 2


def test_many_at_once_through_the_engine(world, sandbox):
    """Push and write back as runs of the engine, calls side by side, with a carrier and a platform that lose some answers."""
    account, pairs = ready(sandbox, world.a, "PH", "gogoxpress", count=8)
    sandbox.fault("gogoxpress", "drop", "/v2/orders$", rate=0.3, after_effect=True, params={"seed": 4})
    sandbox.fault("shopee", "drop", "/api/v2/logistics/ship_order", rate=0.3, after_effect=True)
    for _turn in range(6):
        run, rows = support.whole(world.a, "push", ids=[o for _p, o in pairs])
        if all(r.state in ("done", "skipped") for r in rows):
            break
        push_again_at_once(world.a)
    assert all(r.state in ("done", "skipped") for r in rows), rows
    theirs, ours = sandbox.parcels("gogoxpress"), support.waybills(world.a)
    assert len(theirs) == len(ours) == 8 and {p["tracking_number"] for p in theirs} == {w.tracking_no for w in ours}
    for _turn in range(4):
        _run, rows = support.whole(world.a, "write_back", ids=[p for p, _o in pairs])
        if all(r.state in ("done", "skipped") for r in rows):
            break
    numbers = {w.order_no: w.tracking_no for w in ours}
    for order_no, number in numbers.items():
        shown = sandbox.get(f"/control/shopee/orders/{order_no}")
        assert (shown["tracking_numbers"], shown["ship_calls"]) == ([number], 1)
    assert {support.one(world.a, PlatformOrder, p, "state") for p, _o in pairs} == {"shipped"}


def push_again_at_once(tenant):
    """As if a minute had passed: lost calls are over for sure."""
    with as_tenant(tenant, "test") as session:
        for waybill in session.scalars(sa.select(Waybill).where(Waybill.push_step == "unknown")):
            waybill.claimed_at -= timedelta(minutes=1)
        session.commit()
