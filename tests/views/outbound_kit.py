"""Rows for the tests of outbound, waybill and stock screens, and reading what a click left behind."""
import itertools
from types import SimpleNamespace

import sqlalchemy as sa

from app.extensions import db
from app.models import LabelBlob, OutboundLine, OutboundOrder, Waybill
from app.models.base import utcnow
from app.tenancy import as_tenant
from tests import factory

_serial = itertools.count(1)
LANGUAGES = ("zh", "en")


def base(world, tenant=None, on_hand=10):
    """Account, product CCD007, number pool channel and stock of a merchant."""
    tenant = tenant or world.a
    sku = factory.product(tenant, "CCD007", name="Phone case black")
    return SimpleNamespace(tenant=tenant, warehouse=world.warehouse, account=factory.account(tenant), product=sku, channel=factory.channel(tenant, name="Pool line"),
                           level=factory.stock(tenant, world.warehouse, sku, on_hand))


def outbound(kit, quantity=1, **values):
    """An outbound order of one line with its platform order; a PH address that every check accepts. Gives its id."""
    n = next(_serial)
    number = f"HMKJ-261121-{n:05d}"
    state = {"draft": "processed", "cancelled": "pending"}.get(values.get("state", "draft"), "processed")
    order_id = factory.order(kit.tenant, kit.account, state=state, outbound_no=number)
    row = OutboundOrder(**{
        "number": number, "platform_order_id": order_id, "order_no": f"2611210000{n:04d}X", "warehouse_id": kit.warehouse, "state": "draft",
        "channel_id": kit.channel, "recipient": "Junjun dy", "phone": "639325122495", "country": "PH", "province": "Pangasinan", "city": "Mangaldan",
        "district": "Poblacion", "street": "12 Mabini St", "postcode": "2432", "currency": "PHP", **values})
    row.lines = [OutboundLine(tenant_id=kit.tenant, product_id=kit.product, quantity=quantity, platform_skus="CCD007", price=100)]
    return factory.add(kit.tenant, row)


def waybill(kit, outbound_id=None, **values):
    """A waybill of an outbound order (a fresh audited one when none is given). Gives its id."""
    n = next(_serial)
    outbound_id = outbound_id or outbound(kit, state="forecast" if values.get("state") != "unconfirmed" else "audited")
    order = read(kit.tenant, OutboundOrder, outbound_id)
    return factory.add(kit.tenant, Waybill(**{
        "outbound_id": outbound_id, "channel_id": kit.channel, "carrier": "number_pool", "state": "forecast", "push_step": "done", "reference": f"OD{n:010d}",
        "order_no": order.order_no, "outbound_no": order.number, "tracking_no": f"WB{n:09d}PH", "recipient": order.recipient, "country": order.country,
        "pushed_at": utcnow(), **values}))


def unconfirmed(kit, outbound_id=None, **values):
    return waybill(kit, outbound_id, **{"state": "unconfirmed", "push_step": "idle", "tracking_no": "", "pushed_at": None, **values})


def label_file(kit, waybill_id, content=b"%PDF-1.4 carrier", content_type="application/pdf"):
    """The carrier's file of a waybill."""
    with factory._current["app"].app_context(), as_tenant(kit.tenant, "test"):
        db.session.add(LabelBlob(waybill_id=waybill_id, content_type=content_type, content=content, stored_at=utcnow()))
        db.session.commit()


def read(tenant, model, row_id):
    """All plain columns of a row, as they are on disk now."""
    with factory._current["app"].app_context(), as_tenant(tenant, "test"):
        row = db.session.get(model, row_id)
        return None if row is None else SimpleNamespace(**{c.key: getattr(row, c.key) for c in sa.inspect(model).column_attrs})


def rows(tenant, model, *conditions):
    with factory._current["app"].app_context(), as_tenant(tenant, "test"):
        found = db.session.scalars(sa.select(model).where(*conditions).order_by(model.id)).all()
        return [SimpleNamespace(**{c.key: getattr(row, c.key) for c in sa.inspect(model).column_attrs}) for row in found]


def page(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code, answer.text[:600])
    return answer.text


def act(client, view, name, ids, follow=True, **values):
    """Press a batch action of a list."""
    return client.post(f"/{view.lower()}/action_post", data={"action": name, "rowid": [str(i) for i in ids], "back": f"/{view.lower()}/list/", **values}, follow_redirects=follow)
