"""Shared fixtures. Every test that touches the database runs on SQLite and PostgreSQL (`--db` narrows it)."""
import os
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("RATELIMIT_ENABLED", "0")

from tests import databases  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--db", default="sqlite,postgresql", help="comma list of databases to run the database tests on")


def pytest_generate_tests(metafunc):
    if "database" in metafunc.fixturenames:
        metafunc.parametrize("database", metafunc.config.getoption("--db").split(","), indirect=True, scope="module")


@pytest.fixture(scope="module")
def database(request, tmp_path_factory):
    """URL of a fresh, migrated database for one test module; the template is migrated once per session."""
    with databases.fresh(request.param, tmp_path_factory.mktemp("db")) as url:
        yield url


@pytest.fixture(scope="module")
def app(database):
    """The application on `database`, with sandbox addresses that nothing listens on."""
    from app import create_app
    app = create_app(SQLALCHEMY_DATABASE_URI=database, TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False,
                     SANDBOX_URL="http://127.0.0.1:9", FAB_PASSWORD_HASH_METHOD="pbkdf2:sha256:1")
    yield app
    from app.extensions import db
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def clean(app):
    """Empty the business tables before a test (roles stay)."""
    from app.extensions import db
    with app.app_context():
        keep = {"alembic_version", "ab_role"}
        with db.engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
                for table in reversed(db.metadata.sorted_tables):
                    if table.name not in keep:
                        connection.execute(sa.delete(table))
            else:
                names = ", ".join(t.name for t in db.metadata.sorted_tables if t.name not in keep)
                connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    return app


@pytest.fixture
def world(clean):
    """Two merchants, their people and provider staff: `world.a`, `world.b` are tenant ids."""
    from tests import factory
    return factory.world(clean)
