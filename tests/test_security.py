"""Start-up, headers, CSRF, login limit, secrets at rest, and FAB's shared filter object."""
import sys
import threading

import pytest
import sqlalchemy as sa

from app import create_app
from app.extensions import appbuilder, db
from app.failures import Failure
from app.tenancy import as_system, as_tenant
from app.vault import reseal, seal, unseal
from cryptography.fernet import Fernet
from tests import factory


def test_starts_with_fabs_security_and_api_key_apis(database):
    """marshmallow 4 would crash here: the pins are part of the product."""
    app = create_app(SQLALCHEMY_DATABASE_URI=database, FAB_ADD_SECURITY_API=True, FAB_ADD_SECURITY_VIEWS=True, FAB_API_KEY_ENABLED=True)
    with app.app_context():
        from flask_appbuilder.security.sqla.apis import PermissionViewMenuApi, RoleApi, UserApi
        for api in (UserApi, RoleApi, PermissionViewMenuApi):
            appbuilder.add_api(api)
        from flask_appbuilder.security.sqla.apis.api_key.api import ApiKeyApi
        appbuilder.add_api(ApiKeyApi)
    assert any("api_keys" in r.rule for r in app.url_map.iter_rules())


def test_starting_creates_no_table(tmp_path):
    app = create_app(SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'x.db'}")
    with app.app_context():
        assert sa.inspect(db.engine).get_table_names() == []


def test_production_refuses_default_secrets():
    with pytest.raises(SystemExit, match="SECRET_KEY"):
        create_app(PRODUCTION=True)


def test_upgrade_is_repeatable_and_models_equal_migrations(app):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from app.cli import upgrade
    with app.app_context():
        upgrade()
        upgrade()
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            differences = [d for d in compare_metadata(context, db.metadata) if d[0] in ("add_table", "add_column", "remove_table", "remove_column")]
    assert differences == []


def test_headers(world):
    answer = factory.login(world.app, "clerk_a").get("/platformorderview/list/")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self' 'nonce-" in policy and "unsafe-eval" not in policy and "script-src 'self' 'unsafe-inline'" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY" and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert b"onclick=" not in answer.data and b"cdn" not in answer.data.lower()


def test_a_post_without_token_is_refused(database, world):
    app = create_app(SQLALCHEMY_DATABASE_URI=database, TESTING=True, RATELIMIT_ENABLED=False, WTF_CSRF_ENABLED=True)
    order = factory.order(world.a, factory.account(world.a))
    client = app.test_client()
    page = client.get("/login/").get_data(as_text=True)
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    assert client.post("/login/", data={"username": "clerk_a", "password": factory.PASSWORD, "csrf_token": token}).status_code == 302
    assert client.post("/platformorderview/action_post", data={"action": "void", "rowid": order, "p_reason": "x"}).status_code == 400
    assert client.get(f"/platformorderview/action/void/{order}").status_code == 405
    assert client.get(f"/platformorderview/delete/{order}").status_code in (404, 405)


def test_login_is_limited(database, world):
    app = create_app(SQLALCHEMY_DATABASE_URI=database, TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=True, AUTH_RATE_LIMITED=True, AUTH_RATE_LIMIT="3 per minute")
    client = app.test_client()
    codes = [client.post("/login/", data={"username": "clerk_a", "password": "wrong"}).status_code for _ in range(5)]
    assert codes[-1] == 429 and codes[0] != 429


def test_secrets_are_sealed_and_keys_rotate(app):
    with app.app_context():
        sealed = seal({"access_token": "abc"})
        assert "abc" not in sealed and unseal(sealed) == {"access_token": "abc"}
        old = app.config["CREDENTIAL_KEYS"]
        try:
            app.config["CREDENTIAL_KEYS"] = [Fernet.generate_key().decode(), *old]
            fresh = reseal(sealed)
            app.config["CREDENTIAL_KEYS"] = app.config["CREDENTIAL_KEYS"][:1]
            assert unseal(fresh) == {"access_token": "abc"}
            with pytest.raises(Failure, match="vault.wrong_key"):
                unseal(sealed)
        finally:
            app.config["CREDENTIAL_KEYS"] = old


def test_a_user_without_merchant_and_not_provider_sees_nothing(world):
    factory.account(world.a)
    with world.app.app_context():
        person = factory.user("nobody", "MerchantAdmin", tenant=world.a)
        with as_system():
            from app.models import Member
            db.session.get(Member, person).tenant_id = None
            db.session.commit()
    answer = factory.login(world.app, "nobody").get("/shopaccountview/list/")
    assert answer.status_code == 200 and b"acacc" not in answer.data and b"0 rows" in answer.data


def test_a_disabled_user_is_out_at_once(world):
    factory.account(world.a, alias="visible-shop")
    client = factory.login(world.app, "clerk_a")
    assert b"visible-shop" in client.get("/shopaccountview/list/").data
    with world.app.app_context(), as_system():
        from app.models import Member
        db.session.get(Member, world.clerk_a).active = False
        db.session.commit()
    assert b"visible-shop" not in client.get("/shopaccountview/list/").data


@pytest.mark.parametrize("kind", ["screen", "api"])
def test_filters_are_not_shared_between_threads(world, kind):
    """FAB refills one Filters object per process; six threads asking for different things must each get their own."""
    factory.account(world.a, alias="acc")
    with world.app.app_context(), as_tenant(world.a):
        shop = db.session.scalar(sa.text("select id from shop_account"))
    for n in range(6):
        factory.order(world.a, shop, order_no=f"ORDERNO{n}", state="pending")
    token = world.app.test_client().post("/api/v1/security/login", json={"username": "clerk_a", "password": factory.PASSWORD, "provider": "db"}).json["access_token"]
    clients = [factory.login(world.app, "clerk_a") if kind == "screen" else world.app.test_client() for _ in range(6)]
    wrong, old = [], sys.getswitchinterval()

    def ask(n):
        for _ in range(12):
            if kind == "screen":
                body = clients[n].get(f"/platformorderview/list/?number=ORDERNO{n}").get_data(as_text=True)
                others = [m for m in range(6) if m != n and f">ORDERNO{m}<" in body]
                good = f">ORDERNO{n}<" in body
            else:
                body = clients[n].get(f"/api/v1/orders/?q=(filters:!((col:order_no,opr:eq,value:ORDERNO{n})))", headers={"Authorization": f"Bearer {token}"}).json
                others = [r for r in body["result"] if r["order_no"] != f"ORDERNO{n}"]
                good = body["count"] == 1
            if others or not good:
                wrong.append((n, others))

    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
        [t.start() for t in threads]
        [t.join() for t in threads]
    finally:
        sys.setswitchinterval(old)
    assert wrong == []
