"""Checks the JSON Web Token that a client makes for each request."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping

from flask import request

from .. import faults
from ..core import world
from .base import SERVICE, Refusal, accounts

NONCES_KEPT = 50_000
HEADER = {"alg": "HS256", "typ": "JWT"}


def read_token(token: str, secrets: Mapping[str, str]) -> dict | None:
    """Claims of a valid token, or None.

    Valid: header exactly HS256/JWT; `iat` a whole number, `jti` and `sub` texts; HMAC-SHA256 with the secret of `sub`
    over «header.payload» (carrier's documentation). `secrets` maps API key to secret key.
    """
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        header, claims = json.loads(_decode(parts[0])), json.loads(_decode(parts[1]))
    except (ValueError, binascii.Error):
        return None
    if header != HEADER or not isinstance(claims, dict) or not _complete(claims):
        return None
    secret = secrets.get(claims["sub"])
    if secret is None:
        return None
    digest = hmac.new(secret.encode(), f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256).digest()
    # Compared as text: the last letter of base64 has unused bits, so several texts decode to one signature.
    good = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return claims if hmac.compare_digest(good, parts[2].encode("utf-8", "replace")) else None


def _decode(part: str) -> bytes:
    if "=" in part or "+" in part or "/" in part:
        raise ValueError("base64url without padding expected")
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _complete(claims: dict) -> bool:
    iat, jti, sub = claims.get("iat"), claims.get("jti"), claims.get("sub")
    return type(iat) is int and isinstance(jti, str) and bool(jti) and isinstance(sub, str) and bool(sub)


def caller() -> dict:
    """The account that signed this request; refuses (401) a bad token and a nonce that was used before."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    here = world()
    with here.lock:
        book = accounts()
        claims = read_token(token, {key: row["secret"] for key, row in book.items()}) if scheme == "Bearer" else None
        if claims is None or faults.active(SERVICE, "expired_token"):
            raise Refusal(401)
        used, nonce = here.books("gogoxpress.nonces"), f"{claims['sub']}:{claims['jti']}"
        if nonce in used:
            raise Refusal(401)
        used[nonce] = claims["iat"]
        while len(used) > NONCES_KEPT:
            del used[next(iter(used))]
        here.touch()
        return book[claims["sub"]]
