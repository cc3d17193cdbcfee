"""Pulled orders for tests, and the rows they become."""
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import event

from app.domain.orders import audit, convert, intake
from app.extensions import db
from app.integrations.types import Address, PulledLine, PulledOrder, PulledPackage
from app.models import AuditEntry, OutboundOrder, PlatformOrder, ShopAccount
from app.tenancy import as_system, as_tenant
from tests import factory

NOW = factory.NOW
CLEAR = Address(name="Junjun dy", phone="639325122495", country="PH", state="Pangasinan", city="Mangaldan", district="Poblacion",
                street="12 Mabini St", postcode="2432")
MASKED = Address(name="J****y", phone="****95", country="PH", state="****", city="****", district="****", street="****", postcode="2432",
                 masked=True)


def pulled(number="2611210001", skus=(("CCD007", 1),), minutes=0, **values):
    lines = [PulledLine(sku, n, name=f"Item {sku}", price=Decimal("100"), item_id=str(i), model_id="0")
             for i, (sku, n) in enumerate(skus, 1)]
    return PulledOrder(**{
        "number": number, "state": "pending", "platform_status": "READY_TO_SHIP", "updated_at": NOW + timedelta(minutes=minutes),
        "created_at": NOW, "currency": "PHP", "total": Decimal("350"), "paid_at": NOW, "ship_by": NOW + timedelta(days=2),
        "buyer": "junjun",
        "ship_method": "GoGo Xpress", "own_carrier": True, "address": replace(CLEAR), "lines": lines,
        "packages": [PulledPackage("P1", "pending", "LOGISTICS_READY")], "raw": {"order_sn": number}, **values})


def take(world, account_id, *orders, tenant=None):
    """Take in a page and commit; the results."""
    with world.app.app_context(), as_tenant(tenant or world.a, "puller"):
        results = intake.take_in(db.session.get(ShopAccount, account_id), list(orders))
        db.session.commit()
        return results


def run(world, verb, ids, params=None, tenant=None):
    """A batch verb in its own transaction; {subject id: result}."""
    with world.app.app_context(), as_tenant(tenant or world.a, "lily"):
        results = verb(ids, params or {})
        db.session.commit()
        return {r.subject_id: r for r in results}


def read(world, model, *conditions, tenant=None):
    with world.app.app_context(), as_tenant(tenant or world.a):
        rows = db.session.scalars(sa.select(model).where(*conditions).order_by(sa.inspect(model).primary_key[0])).all()
        for row in rows:
            sa.inspect(row).dict        # loaded; they outlive the session
        db.session.expunge_all()
        return rows


def one(world, model, *conditions):
    found = read(world, model, *conditions)
    assert len(found) == 1, found
    return found[0]


def order_row(world, number="2611210001"):
    return one(world, PlatformOrder, PlatformOrder.order_no == number)


def trail(world, table):
    """The one update that the audit trail has of a row of this table."""
    with world.app.app_context(), as_system():
        return db.session.query(AuditEntry).filter_by(tenant_id=world.a, table=table, action="update").one()


def shop_with(world, sku="CCD007", on_hand=None, **product):
    """A shop account, one product mapped to the SKU for it, a channel for GoGo Xpress: (account id, product id, channel id)."""
    account = factory.account(world.a)
    product_id = factory.product(world.a, sku, **product)
    factory.mapping(world.a, sku, product_id)
    if on_hand is not None:
        factory.stock(world.a, world.warehouse, product_id, on_hand)
    return account, product_id, factory.channel(world.a, ship_methods="GoGo Xpress, GOGO-XP")


def converted(world, account, *numbers, **values):
    """Take in and convert orders: [(platform order id, outbound id)]."""
    results = take(world, account, *(pulled(n, **values) for n in numbers))
    ids = [r.subject_id for r in results]
    done = run(world, convert.convert, ids)
    assert all(r.state == "done" for r in done.values()), done
    outbound = {o.platform_order_id: o.id for o in read(world, OutboundOrder, OutboundOrder.platform_order_id.in_(ids))}
    return [(i, outbound[i]) for i in ids]


def audited(world, account, *numbers, **values):
    pairs = converted(world, account, *numbers, **values)
    done = run(world, audit.audit, [o for _, o in pairs])
    assert all(r.state == "done" for r in done.values()), done
    return pairs


def together(*actions):
    """Run functions at the same moment in threads; their answers, an exception in its place."""
    answers, gate = [None] * len(actions), threading.Barrier(len(actions))

    def work(n, action):
        gate.wait()
        try:
            answers[n] = action()
        except Exception as error:
            answers[n] = error
    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@contextmanager
def counted():
    """Statements sent to the database inside the block."""
    sent = []

    def note(_connection, _cursor, statement, *_rest):
        sent.append(statement)
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
