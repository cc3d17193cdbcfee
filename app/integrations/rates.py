"""How often the outside may be called: token buckets by key, shared by all clients of a process."""
import threading
import time
from dataclasses import dataclass
from typing import Protocol

from app.failures import Blame, Failure, Retry

LONGEST_WAIT = 60.0     # seconds a caller may be held before the job is better put back into its queue


@dataclass(slots=True, frozen=True)
class Rate:
    """`calls` per `per` seconds; that many may also come at once after a pause."""
    calls: float
    per: float = 1.0


class Limiter(Protocol):
    """What a limiter can do. The in-process one is below; one over a database serves several machines."""

    def wait(self, key: str, rate: Rate) -> float:
        """Sleep until one call is allowed under `key`; seconds slept. Failure http.rate_limited when it takes too long."""

    def hold(self, key: str, seconds: float) -> None:
        """Let nobody call under `key` for so many seconds (the other side said: slow down)."""


class LocalLimiter:
    """Token buckets in memory. Callers book their turn under the lock and sleep outside of it, first come first served."""

    def __init__(self, now=time.monotonic, sleep=time.sleep, longest=LONGEST_WAIT):
        self.now, self.sleep, self.longest = now, sleep, longest
        self._lock = threading.Lock()
        self._buckets = {}      # key -> (tokens left, as of when)
        self._held = {}         # key -> closed until

    def wait(self, key, rate):
        with self._lock:
            pause = self._book(key, rate)
        if pause > 0:
            self.sleep(pause)
        return pause

    def hold(self, key, seconds):
        with self._lock:
            self._held[key] = max(self._held.get(key, 0), self.now() + seconds)

    def _book(self, key, rate):
        now = self.now()
        closed = max(0.0, self._held.get(key, 0) - now)
        tokens, at = self._buckets.get(key, (rate.calls, now))
        tokens = min(rate.calls, tokens + (now - at) * rate.calls / rate.per) - 1
        pause = max(closed, -tokens * rate.per / rate.calls if tokens < 0 else 0.0)
        if pause > self.longest:
            raise Failure("http.rate_limited", retry=Retry.LATER, blame=Blame.US, wait=pause, name=key)
        self._buckets[key] = (tokens, now)
        return pause


_shared = LocalLimiter()


def shared():
    """The limiter that all clients of this process use unless given another."""
    return _shared


def use(limiter):
    """Put another limiter behind all clients made from now on; returns the one before."""
    global _shared
    before, _shared = _shared, limiter
    return before
