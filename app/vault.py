"""Secrets at rest: Fernet with keys from the environment; the newest key encrypts, all keys decrypt."""
import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app

from app.failures import Blame, Failure


def _box():
    return MultiFernet([Fernet(k) for k in current_app.config["CREDENTIAL_KEYS"]])


def seal(values):
    """dict of JSON values -> text for a `secrets` column; {} gives ""."""
    return _box().encrypt(json.dumps(values).encode()).decode() if values else ""


def unseal(text):
    """The dict that was sealed. Raises Failure("vault.wrong_key") when no key of the environment fits."""
    if not text:
        return {}
    try:
        return json.loads(_box().decrypt(text.encode()))
    except InvalidToken:
        raise Failure("vault.wrong_key", blame=Blame.US) from None


def reseal(text):
    """The same secrets under the newest key (run.py rotate-keys)."""
    return _box().rotate(text.encode()).decode() if text else ""
