"""Pieces that all token platforms share: when a token ends, when to renew it, and the one-refresh rule."""
import threading
from datetime import UTC, datetime, timedelta

from app.failures import Blame, Failure, Retry
from app.integrations.types import Tokens

MARGIN_S = 1800             # renew when less than half an hour remains
ABSOLUTE = 10 ** 9          # a life time above this many seconds is a point in time


class TokenRefused(Failure):
    """The platform did not take the access token; one refresh may cure it."""

    def __init__(self, **options):
        super().__init__("shop.token_refused", retry=Retry.REAUTHORISE, **options)


def utc_now():
    return datetime.now(UTC)


def ends_at(expires_in, now):
    """End of a token from its life in seconds, or from an absolute epoch that some answers hold; None when not told."""
    seconds = int(expires_in or 0)
    if seconds <= 0:
        return None
    return datetime.fromtimestamp(seconds, UTC) if seconds > ABSOLUTE else now + timedelta(seconds=seconds)


def is_due(tokens, now, margin_s=MARGIN_S):
    """True when the access token ends within `margin_s`. One whose end is unknown is used until it is refused."""
    return tokens.access_expires_at is not None and tokens.access_expires_at - now < timedelta(seconds=margin_s)


def fresh(keeper, refresh, now, margin_s=MARGIN_S):
    """Tokens good for a call now, renewed ahead of time through the keeper. `refresh(tokens)` -> Tokens."""
    tokens = current(keeper)
    if not is_due(tokens, now, margin_s):
        return tokens
    try:
        return keeper.rotate(tokens.access_token, refresh)
    except Failure as failure:
        # A passing fault must not stop work while the old token still lives.
        if failure.retry == Retry.LATER and not is_due(tokens, now, 60):
            return tokens
        raise


def current(keeper):
    """The stored tokens. Failure shop.not_authorised when there are none."""
    tokens = keeper.current() if keeper else None
    if not tokens or not (tokens.access_token or tokens.refresh_token):
        raise Failure("shop.not_authorised", retry=Retry.REAUTHORISE)
    return tokens


def call_with_tokens(keeper, refresh, call, now, margin_s=MARGIN_S):
    """`call(tokens)`; when the platform refuses the token, one refresh and one more try, then shop.authorisation_expired."""
    tokens = fresh(keeper, refresh, now, margin_s)
    try:
        return call(tokens)
    except TokenRefused:
        tokens = keeper.rotate(tokens.access_token, refresh)
    try:
        return call(tokens)
    except TokenRefused as refused:
        raise expired(refused) from None


def expired(failure):
    """The authorisation has ended: only the merchant can renew it."""
    return Failure("shop.authorisation_expired", retry=Retry.REAUTHORISE, blame=Blame.MERCHANT, raw=failure.raw)


class MemoryKeeper:
    """A TokenKeeper in memory, with the same promise as the stored one: one refresh at a time, saved before it is used."""

    def __init__(self, tokens=None):
        self.tokens = tokens or Tokens()
        self.rotations = 0
        self._lock = threading.Lock()

    def current(self):
        return self.tokens

    def rotate(self, stale, fetch):
        with self._lock:
            if self.tokens.access_token == stale:
                self.tokens = fetch(self.tokens)
                self.rotations += 1
            return self.tokens
