"""The demo: seeding is repeatable, and the walk does the whole job."""
import sqlalchemy as sa

from app.demo import data
from app.models import PlatformOrder, ShopAccount, SkuMapping, Tenant
from app.tenancy import as_system


def test_the_walk_does_the_whole_job(database, capsys):
    from app.demo.walk import main
    assert main(["--own", "--database", database]) == 0, capsys.readouterr().err
    told = capsys.readouterr().out
    assert told.count("The platform shows SHIPPED and our number") == 2
    assert told.count("barcodes read: ") == 2
    assert "declared English name" in told


def test_the_walk_says_why_it_failed(database, capsys, monkeypatch):
    from app import sandbox
    from app.demo.walk import main
    create = sandbox.create_sandbox

    def refusing(*args):
        """A sandbox whose GoGo Xpress knows no key."""
        made = create(*args)
        made.test_client().post("/control/faults", json={"service": "gogoxpress", "kind": "expired_token", "path": "/v2/orders"})
        return made
    monkeypatch.setattr(sandbox, "create_sandbox", refusing)
    assert main(["--own", "--database", database]) == 1
    assert "FAILED: push: " in capsys.readouterr().err


def test_seeding_works_without_a_sandbox_and_twice(app):
    from app.demo.seed import seed_demo
    with app.app_context():
        before = _counts()
        seed_demo("http://127.0.0.1:9")
        seed_demo("http://127.0.0.1:9")
        after = _counts()
    assert before["tenants"] in (0, len(data.MERCHANTS))
    assert after["tenants"] == len(data.MERCHANTS)
    assert after["accounts"] >= len(data.SHOPS)
    assert after["mappings"] >= sum(map(len, data.MAPPINGS.values()))


def test_production_is_never_filled_with_demo_people(app):
    from app.demo.seed import seed_demo
    with app.app_context():
        with as_system("test") as session:
            codes = set(session.scalars(sa.select(Tenant.code)))
        app.config["PRODUCTION"] = True
        try:
            seed_demo("http://127.0.0.1:9")
        finally:
            app.config["PRODUCTION"] = False
        with as_system("test") as session:
            assert set(session.scalars(sa.select(Tenant.code))) == codes


def _counts():
    with as_system("test") as session:
        return {name: session.scalar(sa.select(sa.func.count()).select_from(model)) for name, model in
                (("tenants", Tenant), ("accounts", ShopAccount), ("orders", PlatformOrder), ("mappings", SkuMapping))}
