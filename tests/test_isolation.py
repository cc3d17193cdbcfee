"""Tenant B, with every right a merchant can have, walks every registered route over tenant A's ids.

The routes are read from the application itself, so a new view, action, export or API is covered on the day it is added.
"""
import re

import pytest
import sqlalchemy as sa

from app.extensions import appbuilder, db
from app.models.base import TenantMixin
from app.tenancy import as_system
from tests import factory
from tests.isolation_rows import MARK, furnish

SKIP = {"/logout/", "/usercentre/sign_out"}     # would end the attacker's session


@pytest.fixture
def two(world):
    """A's rows, each with a marker in its texts, and an attacker logged in as B's administrator."""
    world.rows = furnish(world)
    world.attacker = factory.login(world.app, "admin_b")
    return world


def snapshot(world):
    """Every tenant-owned row of A, as plain values."""
    with world.app.app_context(), as_system():
        found = {}
        for mapper in db.Model.registry.mappers:
            model = mapper.class_
            if issubclass(model, TenantMixin):
                table = model.__table__
                rows = db.session.connection().execute(sa.select(table).where(table.c.tenant_id == world.a).order_by(*table.primary_key)).all()
                found[table.name] = [tuple(map(str, r)) for r in rows]
        return found


def ids_of(world):
    return sorted({i for rows in world.rows.values() for i in rows})


def values(rule, pk, world):
    """Arguments for a route: A's id wherever a number or key is asked for."""
    return {a: {"name": "edit", "slug": "faq", "locale": "en", "platform": "shopee", "carrier": "vnpost", "filename": "waybridge.css", "key": "x",
                "state": "x", "file_id": pk, "hook_token": "x"}.get(a, pk) for a in rule.arguments}


def routes(app):
    return [r for r in app.url_map.iter_rules() if not r.rule.startswith("/static") and r.rule not in SKIP and "sign_out" not in r.rule]


def test_no_route_shows_or_changes_a_row_of_another_merchant(two):
    before = snapshot(two)
    adapter = two.app.url_map.bind("localhost")
    leaks, crashes, walked = [], [], 0
    for rule in routes(two.app):
        for pk in ids_of(two)[:3] if rule.arguments else [1]:
            url = adapter.build(rule.endpoint, values(rule, pk, two), method=sorted(rule.methods - {"HEAD", "OPTIONS"})[0])
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                answer = call(two.attacker, method, url, pk)
                walked += 1
                if MARK.encode() in answer.data:
                    leaks.append(f"{method} {url}")
                if answer.status_code >= 500:
                    crashes.append(f"{method} {url}: {answer.status_code}")
    assert not leaks
    assert not crashes
    assert walked > 150
    assert snapshot(two) == before


def call(client, method, url, pk):
    if method == "GET":
        return client.get(url)
    body = {"rowid": pk, "id": pk, "account": pk, "account_id": pk, "product_id": pk, "channel_id": pk, "p_channel_id": pk, "action": "x", "for_tenant": "1"}
    if url.startswith("/api/"):
        return client.open(url, method=method, json=body)
    return client.open(url, method=method, data=body)


def test_no_action_takes_a_foreign_row(two):
    """Each action of each screen, single and batch, with A's id, with a mixed list, and with a forged «everything»."""
    before = snapshot(two)
    tried = 0
    for view in appbuilder.baseviews:
        for name in getattr(view, "actions", None) or {}:
            rows = two.rows.get(view.datamodel.obj.__tablename__, [1])
            base = f"/{view.endpoint.lower()}" if not view.route_base else view.route_base
            for answer in (two.attacker.post(f"{base}/action/{name}/{rows[0]}", data={"p_reason": "x"}),
                           two.attacker.post(f"{base}/action_post", data={"action": name, "rowid": [str(r) for r in rows], "p_reason": "x"})):
                assert answer.status_code in (404, 403), (view.endpoint, name, answer.status_code)
            answer = two.attacker.post(f"{base}/action_post", data={"action": name, "scope": "all", "search": f"tenant={two.a}", "p_reason": "x", "p_channel_id": "1"})
            assert answer.status_code in (200, 302, 403, 404), (view.endpoint, name, answer.status_code)
            tried += 1
    assert tried > 20
    assert snapshot(two) == before


def test_unknown_action_and_get_are_refused(two):
    for view in appbuilder.baseviews:
        if getattr(view, "actions", None):
            base = view.route_base
            assert two.attacker.post(f"{base}/action_post", data={"action": "no_such"}).status_code == 404, view.endpoint
            name = next(iter(view.actions))
            assert two.attacker.get(f"{base}/action/{name}/1").status_code == 405


def test_lists_ignore_forged_paging_and_order(two):
    for view in appbuilder.baseviews:
        if hasattr(view, "columns") and getattr(view, "route_base", None):
            answer = two.attacker.get(f"{view.route_base}/list/?size=100000&page=abc&order=secrets&after=x&before=y&tenant={two.a}&state='")
            assert answer.status_code in (200, 302, 403, 404), view.endpoint
            assert MARK.encode() not in answer.data


def test_api_by_token(two):
    """JWT of B: lists, rows, filters, related values of `_info`, writes with foreign related ids."""
    client = two.app.test_client()
    token = client.post("/api/v1/security/login", json={"username": "admin_b", "password": factory.PASSWORD, "provider": "db"}).json["access_token"]
    head = {"Authorization": f"Bearer {token}"}
    before = snapshot(two)
    for view in [v for v in appbuilder.baseviews if getattr(v, "resource_name", None) and hasattr(v, "datamodel")]:
        base = f"/api/v1/{view.resource_name}"
        assert client.get(f"{base}/", headers=head).json["count"] == 0
        assert MARK.encode() not in client.get(f"{base}/_info", headers=head).data
        for pk in two.rows.get(view.datamodel.obj.__tablename__, []):
            assert client.get(f"{base}/{pk}", headers=head).status_code == 404
            assert client.put(f"{base}/{pk}", headers=head, json={"name": "taken"}).status_code in (404, 405)
            assert client.delete(f"{base}/{pk}", headers=head).status_code in (404, 405)
    answer = client.post("/api/v1/sku_mappings/", headers=head, json={"platform_sku": "X", "product": two.rows["product"][0], "quantity": 1})
    assert answer.status_code == 422
    answer = client.post("/api/v1/sku_mappings/", headers=head, json={"platform_sku": "X", "product": 987654321, "quantity": 1})
    assert answer.status_code == 422
    assert snapshot(two) == before


def test_a_cookie_alone_never_writes_by_api(two):
    answer = two.attacker.post("/api/v1/products/", json={"sku": "BY-COOKIE"})
    assert answer.status_code == 401


def test_anonymous_sees_nothing(two):
    client = two.app.test_client()
    adapter = two.app.url_map.bind("localhost")
    for rule in routes(two.app):
        if "GET" in rule.methods:
            answer = client.get(adapter.build(rule.endpoint, values(rule, 1, two)))
            assert MARK.encode() not in answer.data
            assert answer.status_code < 500, rule.rule
            open_pages = re.match(r"/(login|lang|healthz|readyz|metrics|back|static|api|$)", rule.rule)
            assert open_pages or answer.status_code in (302, 401, 403, 404, 405), (rule.rule, answer.status_code)
