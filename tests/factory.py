"""Small builders of rows for tests. Each enters the tenant itself and returns ids, so that nothing hangs on a session."""
import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

from app.extensions import appbuilder, db
from app.models import (OrderItem, PlatformOrder, Product, ShippingChannel, ShopAccount, SkuMapping, StockLevel, Tenant, Warehouse)
from app.tenancy import as_system, as_tenant

PASSWORD = "Demo-Pass-2026!"
_serial = itertools.count(1)
_current = {}       # the app of the running test: a pushed context would leak `g` into test requests
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def world(app):
    """Tenants a (HMKJ) and b (BETA), one user per role: `clerk_a`, `admin_b`, … and provider staff `boss`, `service`."""
    _current["app"] = app
    with app.app_context():
        ids = {}
        with as_system("test"):
            for key, code in (("a", "HMKJ"), ("b", "BETA")):
                tenant = Tenant(code=code, name=f"Merchant {code}", contact_phone="+639170000001")
                db.session.add(tenant)
                db.session.flush()
                ids[key] = tenant.id
            warehouse = Warehouse(code="SZ", name="Shenzhen")
            db.session.add(warehouse)
            db.session.flush()
            ids["warehouse"] = warehouse.id
            db.session.commit()
        for key in "ab":
            for role in ("Admin", "Clerk", "Viewer"):
                ids[f"{role.lower()}_{key}"] = user(f"{role.lower()}_{key}", f"Merchant{role}", tenant=ids[key])
        ids["boss"] = user("boss", "ProviderAdmin")
        ids["service"] = user("service", "ProviderService")
    return SimpleNamespace(app=app, **ids)


def user(username, role, tenant=None):
    with as_system("test"):
        sm = appbuilder.sm
        person = sm.add_user(username, username, "Test", f"{username}@example.com", sm.find_role(role), PASSWORD)
        person.tenant_id, person.provider = tenant, tenant is None
        db.session.commit()
        return person.id


def login(app, username, locale="en"):
    client = app.test_client()
    answer = client.post("/login/", data={"username": username, "password": PASSWORD})
    assert answer.status_code == 302, answer.status_code
    client.get(f"/lang/{locale}")
    return client


def account(tenant, **values):
    n = next(_serial)
    return add(tenant, ShopAccount(**{"platform": "shopee", "alias": f"shop{n}", "region": "PH", "shop_id": str(700000000 + n),
                                      "state": "active", **values}))


def product(tenant, sku, **values):
    return add(tenant, Product(**{"sku": sku, "name": sku, "declared_en": "Phone case", "declared_zh": "手机壳",
                                  "declared_value": Decimal("2.50"), "weight_g": 120, **values}))


def mapping(tenant, platform_sku, product_id, quantity=1, **values):
    return add(tenant, SkuMapping(platform_sku=platform_sku, product_id=product_id, quantity=quantity, **values))


def channel(tenant, **values):
    n = next(_serial)
    return add(tenant, ShippingChannel(**{"code": f"CH{n}", "name": f"Channel {n}", "carrier": "number_pool", "countries": "PH", **values}))


def stock(tenant, warehouse, product_id, on_hand):
    return add(tenant, StockLevel(warehouse_id=warehouse, product_id=product_id, on_hand=on_hand))


def order(tenant, account_id, skus=(("CCD007", 1),), **values):
    """A pending platform order with the given (platform SKU, quantity) lines; a PH address that all checks accept."""
    n = next(_serial)
    row = PlatformOrder(**{
        "account_id": account_id, "platform": "shopee", "order_no": f"2611210000{n:04d}", "ordered_at": NOW, "platform_updated_at": NOW,
        "ship_by": NOW + timedelta(days=2), "currency": "PHP", "total": Decimal("350"), "recipient": "Junjun dy", "phone": "639325122495",
        "country": "PH", "province": "Pangasinan", "city": "Mangaldan", "district": "Poblacion", "street": "12 Mabini St", "postcode": "2432",
        "ship_method": "GoGo Xpress", "own_carrier": True, **values})
    row.items = [OrderItem(tenant_id=tenant, line=i, platform_sku=sku, name=f"Item {sku}", quantity=q, price=Decimal("100"), item_id=str(i + 1),
                           model_id="0") for i, (sku, q) in enumerate(skus)]
    return add(tenant, row)


def add(tenant, row):
    with _current["app"].app_context(), as_tenant(tenant, "test"):
        db.session.add(row)
        db.session.commit()
        return row.id
