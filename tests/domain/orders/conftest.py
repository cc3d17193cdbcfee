"""Each test gets two fresh merchants in the module's database: nothing to empty, no people to make, so whole tables can be tried."""
import itertools
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.models import Tenant, Warehouse
from app.tenancy import as_system
from tests import factory

_serial = itertools.count(1)


@pytest.fixture
def world(app):
    factory._current["app"] = app
    with app.app_context(), as_system("test"):
        pair = [Tenant(code=f"T{next(_serial)}", name="Merchant") for _ in "ab"]
        warehouse = db.session.scalar(sa.select(Warehouse).where(Warehouse.code == "SZ")) or Warehouse(code="SZ", name="Shenzhen")
        db.session.add_all([*pair, warehouse])
        db.session.commit()
        return SimpleNamespace(app=app, a=pair[0].id, b=pair[1].id, code=pair[0].code, warehouse=warehouse.id)
