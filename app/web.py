"""Start-up steps of the web side: settings that need code, database pragmas, headers, CSRF, error pages."""
import logging
import secrets
from pathlib import Path

import sqlalchemy as sa
from flask import g, has_request_context, render_template, request
from flask_babel import gettext as _
from sqlalchemy import event
from sqlalchemy.engine import Engine
from werkzeug.middleware.proxy_fix import ProxyFix

from app.extensions import csrf, db, migrate
from app.failures import Failure, NotYours

log = logging.getLogger(__name__)


def init_config(app):
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    if url.startswith("sqlite:///") and ":memory:" not in url:
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    if url.startswith("postgresql"):
        # psycopg would keep the plan it made while a table was small: 37 s instead of 1 s on a look-up over 30,000 rows.
        options = dict(app.config["SQLALCHEMY_ENGINE_OPTIONS"])
        options["connect_args"] = {"prepare_threshold": None, **options.get("connect_args", {})}
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    compile_catalogues(Path(app.config["BABEL_TRANSLATION_DIRECTORIES"]))


def compile_catalogues(folder):
    """Make the .mo files from the .po files when they are missing or older: a plain clone has Chinese too."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po
    for po in folder.glob("*/LC_MESSAGES/messages.po"):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        with po.open("rb") as source:
            catalogue = read_po(source, locale=po.parent.parent.name)
        scratch = mo.with_suffix(f".{secrets.token_hex(4)}")
        with scratch.open("wb") as target:
            write_mo(target, catalogue)
        scratch.replace(mo)     # several processes may start at once


def init_database(app):
    from app import models  # noqa: F401  fills the metadata
    db.init_app(app)
    migrate.init_app(app, db, directory=str(Path(__file__).parent / "migrations"), render_as_batch=True,
                     compare_type=True, include_object=_ours, render_item=_plain_types)


def _ours(_object, name, kind, _reflected, _compare_to):
    return not (kind == "table" and name.startswith("procrastinate_"))


def _plain_types(kind, item, context):
    """Migrations name database types, not our classes, so that old ones keep working when a class changes."""
    from app.models.base import Amount, UtcDateTime
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Amount):
        return "sa.Numeric(18, 4).with_variant(sa.BigInteger(), 'sqlite')"
    if isinstance(item, sa.BigInteger):
        return "sa.BigInteger().with_variant(sa.Integer(), 'sqlite')"
    return False


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection, _record):
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None       # we say BEGIN ourselves, see below
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "busy_timeout=15000", "foreign_keys=ON", "synchronous=NORMAL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection):
    """A transaction that may write takes the write lock at once: upgrading a read lock fails without waiting."""
    if connection.dialect.name == "sqlite":
        reading = has_request_context() and request.method in ("GET", "HEAD", "OPTIONS") and not g.get("writing")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def init_web(app):
    csrf.init_app(app)
    if app.config["TRUSTED_PROXIES"]:
        n = app.config["TRUSTED_PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)
    app.jinja_env.globals.update(csp_nonce=csp_nonce, asset_version=asset_version(app))
    app.after_request(add_headers)
    app.register_error_handler(Failure, show_failure)
    app.register_error_handler(404, lambda e: (page(_("Not found"), _("This page or row does not exist, or is not yours.")), 404))
    app.register_error_handler(403, lambda e: (page(_("No permission"), _("Your role does not allow this. Ask your administrator.")), 403))
    app.register_error_handler(413, lambda e: (page(_("File too large"), _("A file may have at most 32 MB. Split the sheet.")), 413))
    from flask_wtf.csrf import CSRFError
    app.register_error_handler(CSRFError, lambda e: (page(_("Page expired"), _("Reload the page and do it again.")), 400))
    from app.cli import register
    register(app)


def asset_version(app):
    """Changes when our style sheet or script changes, so that browsers may keep them for long."""
    files = [Path(app.static_folder) / name for name in ("waybridge.css", "waybridge.js")]
    return f"{max(int(f.stat().st_mtime) for f in files):x}"


def csp_nonce():
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return g.csp_nonce


def add_headers(response):
    nonce = g.get("csp_nonce") or "none"
    # select2 and bootstrap set style attributes from script, hence inline styles; scripts need the nonce.
    response.headers.setdefault("Content-Security-Policy", (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; "
        "font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"))
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
    if not request.path.startswith("/static"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def page(title, text):
    if request.path.startswith("/api/"):
        return {"message": str(text)}
    from app.extensions import appbuilder
    return render_template("waybridge/message.html", title=title, text=text, appbuilder=appbuilder)


def show_failure(failure):
    """A failure that no view caught: its own sentence, with the right status."""
    from app.messages import sentence
    db.session.rollback()
    status = 404 if isinstance(failure, NotYours) else 409 if failure.code.startswith("state.") else 422
    if isinstance(failure, NotYours):
        log.warning("refused: %s", failure.params.get("what"))
    return page(_("This did not work"), sentence(failure.code, failure.params)), status


def is_sqlite():
    return db.session.get_bind().dialect.name == "sqlite"


def lock_rows(statement):
    """SELECT … FOR UPDATE where the database has it; SQLite's BEGIN IMMEDIATE already excludes other writers."""
    return statement if is_sqlite() else statement.with_for_update()


def skip_locked(statement):
    return statement if is_sqlite() else statement.with_for_update(skip_locked=True)


def refresh_statistics():
    """Tell SQLite's planner how the tables look now: without it, it scans a merchant's items for a page of 25 orders.

    PostgreSQL does this by itself.
    """
    if is_sqlite():
        connection = db.session.connection()
        connection.exec_driver_sql("PRAGMA analysis_limit=1000")
        connection.exec_driver_sql("ANALYZE")
