"""The session guard: what is seen and written by a tenant, by provider staff and by nobody."""
import pytest
import sqlalchemy as sa

from app.extensions import db
from app.failures import NotYours
from app.models import PlatformOrder, Product, ShopAccount, SkuMapping
from app.tenancy import as_system, as_tenant
from tests import factory


def test_each_sees_its_own_rows_and_nobody_sees_none(world):
    a, b = factory.account(world.a, alias="mine"), factory.account(world.b, alias="theirs")
    with world.app.app_context():
        with as_tenant(world.a):
            assert [s.alias for s in db.session.scalars(sa.select(ShopAccount))] == ["mine"]
            assert db.session.get(ShopAccount, b) is None
            assert db.session.scalar(sa.select(sa.func.count()).select_from(ShopAccount)) == 1
        with as_system():
            assert db.session.scalar(sa.select(sa.func.count()).select_from(ShopAccount)) == 2
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ShopAccount)) == 0
        assert db.session.get(ShopAccount, a) is None


def test_writing_without_a_tenant_is_refused(world):
    with world.app.app_context():
        db.session.add(Product(sku="X"))
        with pytest.raises(NotYours):
            db.session.flush()
        db.session.rollback()


def test_a_foreign_tenant_id_and_a_moved_row_are_refused(world):
    mine = factory.product(world.a, "A1")
    with world.app.app_context():
        with pytest.raises(NotYours), as_tenant(world.a):
            db.session.add(Product(sku="X", tenant_id=world.b))
            db.session.flush()
        with pytest.raises(NotYours), as_tenant(world.a):
            db.session.get(Product, mine).tenant_id = world.b
            db.session.flush()


def test_a_foreign_parent_is_refused_by_the_database(world):
    theirs = factory.product(world.b, "B1")
    with world.app.app_context(), pytest.raises(sa.exc.IntegrityError), as_tenant(world.a):
        db.session.add(SkuMapping(platform_sku="P", product_id=theirs))
        db.session.flush()


def test_bulk_update_touches_own_rows_only(world):
    factory.account(world.a)
    theirs = factory.account(world.b, alias="theirs")
    with world.app.app_context():
        with as_tenant(world.a):
            db.session.execute(sa.update(ShopAccount).values(alias=ShopAccount.alias + "!"))
            db.session.commit()
        with as_tenant(world.b):
            assert db.session.get(ShopAccount, theirs).alias == "theirs"


def test_orders_keep_their_items_and_audit_leaves_a_trail(world):
    shop = factory.account(world.a)
    order = factory.order(world.a, shop, [("P1", 2), ("P2", 1)])
    with world.app.app_context():
        with as_tenant(world.a, "lily"):
            row = db.session.get(PlatformOrder, order)
            assert [i.platform_sku for i in row.items] == ["P1", "P2"]
            row.remark = "ask first"
            db.session.commit()
        with as_system():
            from app.models import AuditEntry
            entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.table == "platform_order", AuditEntry.action == "update")).one()
            assert (entry.by, entry.before["remark"], entry.after["remark"]) == ("lily", "", "ask first")
