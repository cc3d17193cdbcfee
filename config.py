"""Settings, read from the environment. In production a default secret stops the start."""
import os
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent
DEFAULT_SECRET = "waybridge-demo-secret-not-for-production"
DEFAULT_CREDENTIAL_KEY = "d2F5YnJpZGdlLWRlbW8tY3JlZGVudGlhbC1rZXktMDE="   # a valid Fernet key, known to everybody


def flag(name, default="0"):
    return os.environ.get(name, default).lower() in ("1", "true", "yes", "on")


def database_url():
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{ROOT / 'var' / 'waybridge.db'}"
    for old in ("postgresql://", "postgres://"):
        if url.startswith(old):
            return "postgresql+psycopg://" + url[len(old):]
    return url


class Config:
    PRODUCTION = os.environ.get("WAYBRIDGE_ENV", "demo") == "production"
    SECRET_KEY = os.environ.get("SECRET_KEY", DEFAULT_SECRET)
    # Newest first: the first encrypts, all decrypt, so that a key can be rotated.
    CREDENTIAL_KEYS = [k for k in os.environ.get("CREDENTIAL_KEYS", DEFAULT_CREDENTIAL_KEY).split(",") if k]
    PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8080").rstrip("/")
    SANDBOX_URL = os.environ.get("SANDBOX_URL", "http://127.0.0.1:9090").rstrip("/")

    SQLALCHEMY_DATABASE_URI = database_url()
    # Error texts carry no rows: they may hold addresses.
    SQLALCHEMY_ENGINE_OPTIONS = {"pool_pre_ping": True, "hide_parameters": True}

    # Tables come from migrations and permissions from `run.py upgrade`, never from merely starting the app.
    FAB_CREATE_DB = False
    FAB_UPDATE_PERMS = False
    FAB_ADD_SECURITY_VIEWS = True
    FAB_ADD_SECURITY_PERMISSION_VIEW = False
    FAB_ADD_SECURITY_VIEW_MENU_VIEW = False
    FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW = False
    FAB_API_KEY_ENABLED = True
    FAB_BASE_TEMPLATE = "waybridge/base.html"
    FAB_INDEX_VIEW = "app.views.home.HomeView"
    FAB_SECURITY_MANAGER_CLASS = "app.security.WaybridgeSecurityManager"
    FAB_PASSWORD_COMPLEXITY_ENABLED = True
    FAB_API_MAX_PAGE_SIZE = 100
    AUTH_RATE_LIMITED = True
    RATELIMIT_ENABLED = flag("RATELIMIT_ENABLED", "1")
    RATELIMIT_STORAGE_URI = os.environ.get("RATELIMIT_STORAGE_URI", "memory://")
    AUTH_RATE_LIMIT = os.environ.get("AUTH_RATE_LIMIT", "10 per minute")
    APP_NAME = "Waybridge"

    WTF_CSRF_TIME_LIMIT = None
    SESSION_COOKIE_SAMESITE = "Lax"
    SESSION_COOKIE_HTTPONLY = True
    SESSION_COOKIE_SECURE = flag("SESSION_COOKIE_SECURE", "1" if PRODUCTION else "0")
    PERMANENT_SESSION_LIFETIME = timedelta(hours=12)
    MAX_CONTENT_LENGTH = 32 * 1024 * 1024
    TRUSTED_PROXIES = int(os.environ.get("TRUSTED_PROXIES", "0"))

    LANGUAGES = {"zh": {"flag": "cn", "name": "简体中文"}, "en": {"flag": "us", "name": "English"}}
    BABEL_DEFAULT_LOCALE = os.environ.get("DEFAULT_LOCALE", "zh")
    BABEL_TRANSLATION_DIRECTORIES = str(ROOT / "translations")

    WORKERS = int(os.environ.get("WORKERS", "6"))           # threads of the embedded engine
    JOB_LEASE_SECONDS = int(os.environ.get("JOB_LEASE_SECONDS", "60"))


def check(config):
    """Refuse to serve real merchants with secrets that stand in the source."""
    if not config["PRODUCTION"]:
        return
    if config["SECRET_KEY"] == DEFAULT_SECRET or DEFAULT_CREDENTIAL_KEY in config["CREDENTIAL_KEYS"]:
        raise SystemExit("WAYBRIDGE_ENV=production needs its own SECRET_KEY and CREDENTIAL_KEYS (see README, Configuration).")
