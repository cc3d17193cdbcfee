from types import SimpleNamespace

import pytest

from app.models import Tenant, Warehouse
from app.tenancy import as_system
from tests import factory
from tests.integration_flow.support import Sandbox, set_up_app


@pytest.fixture
def world(clean):
    """Two merchants and a warehouse; no log-ins, whose password hashes would cost most of the time here."""
    factory._current["app"] = clean
    with clean.app_context(), as_system("test") as session:
        rows = [Tenant(code="HMKJ", name="Merchant HMKJ"), Tenant(code="BETA", name="Merchant BETA"), Warehouse(code="SZ", name="Shenzhen")]
        session.add_all(rows)
        session.commit()
        return SimpleNamespace(app=clean, a=rows[0].id, b=rows[1].id, warehouse=rows[2].id)


@pytest.fixture(scope="module")
def sandbox_server():
    from app.sandbox import create_sandbox, serve_in_thread
    url, stop = serve_in_thread(create_sandbox(speed=1000))
    yield Sandbox(url)
    stop()


@pytest.fixture
def sandbox(sandbox_server, world):
    """A fresh sandbox and an installation whose app is known to it; the app context is open."""
    sandbox_server.post("/control/reset")
    with world.app.app_context():
        set_up_app(sandbox_server)
        yield sandbox_server
