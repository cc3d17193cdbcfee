"""The world behind the stand-in servers: time, books, settings, call log, delayed work."""

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable

from flask import current_app

from .store import Snapshotter, Store

LOG_SIZE = 2000
DEFAULTS: dict[str, dict] = {}
PANELS: list[dict] = []


def defaults(service: str, values: dict) -> None:
    """Declare a service's settings with their values at start; call it when the module is imported."""
    DEFAULTS.setdefault(service, {}).update(values)


def register_panel(title: str, rows: Callable[[], list[dict]], actions: list[tuple[str, str]] = ()) -> None:
    """Show a table on the control page.

    `rows()` gives dicts column -> text, newest first; the key `_id` is not shown and fills `{id}` in actions.
    `actions` are (button text, URL template such as "/gogoxpress/_control/{id}/deliver"); a click POSTs an empty JSON object there.
    """
    PANELS[:] = [panel for panel in PANELS if panel["title"] != title]
    PANELS.append({"title": title, "rows": rows, "actions": list(actions)})


def world() -> "World":
    """The world of the current app."""
    return current_app.extensions["world"]


class World:
    """All state of one sandbox. Hold `.lock` for every change and call `.touch()` after it."""

    def __init__(self, app, state_file: str | None = None, speed: float = 1.0):
        self.app, self.lock = app, threading.RLock()
        self.store = Store(state_file)
        self.calls: deque = deque(maxlen=LOG_SIZE)
        self.scratch: dict = {}  # indexes and the like; never saved
        self.settings = self._settings(speed)
        self.snapshots = Snapshotter(self.store, self.lock)
        self.timer = Timer(self)

    def _settings(self, speed: float) -> dict:
        saved = self.store.data["settings"]
        for service, values in DEFAULTS.items():
            saved[service] = {**values, **saved.get(service, {})}
        saved["speed"] = float(speed)
        return saved

    def now(self) -> float:
        """Epoch seconds: real time plus the offset set by the control API."""
        return time.time() + self.store.data["offset"]

    def set_offset(self, seconds: float) -> None:
        with self.lock:
            self.store.data["offset"] = float(seconds)
            self.touch()

    def books(self, name: str) -> dict:
        """A persistent dict: text keys, plain JSON values."""
        with self.lock:
            return self.store.book(name)

    def next_id(self, name: str) -> int:
        """1, 2, 3 … for each name, also after a restart."""
        with self.lock:
            counters = self.store.data["counters"]
            counters[name] = counters.get(name, 0) + 1
            return counters[name]

    def touch(self) -> None:
        self.snapshots.dirty.set()

    def log(self, service: str, method: str, path: str, status: int, note: str = "") -> None:
        """Keep one call for the control page. Never pass query strings or bodies: they hold tokens and addresses."""
        self.calls.append({"at": round(self.now(), 3), "service": service, "method": method, "path": path, "status": status, "note": note})

    def call_soon(self, seconds: float, fn: Callable[[], None]) -> None:
        """Run `fn` inside the app context after `seconds` divided by settings["speed"]. Not kept over a restart."""
        self.timer.add(seconds / max(self.settings["speed"], 0.001), fn)

    def reset(self) -> None:
        """Forget everything except the speed."""
        with self.lock:
            speed = self.settings["speed"]
            for part in ("books", "counters", "settings"):
                self.store.data[part].clear()
            self.store.data["offset"] = 0.0
            self.calls.clear()
            self.scratch.clear()
            self._settings(speed)
            self.timer.clear()
            self.touch()

    def close(self) -> None:
        """Stop the threads and save; deliveries that wait are dropped."""
        self.timer.close()
        if pool := self.app.extensions.pop("hook_pool", None):
            pool.shutdown(wait=False, cancel_futures=True)
        self.snapshots.close()


class Timer:
    """One thread that starts delayed work in order of time."""

    def __init__(self, owner: World):
        self.owner, self.heap, self.order = owner, [], itertools.count()
        self.wake, self.closed = threading.Condition(), False
        threading.Thread(target=self._run, daemon=True, name="sandbox-timer").start()

    def add(self, seconds: float, fn: Callable[[], None]) -> None:
        with self.wake:
            heapq.heappush(self.heap, (time.monotonic() + seconds, next(self.order), fn))
            self.wake.notify()

    def clear(self) -> None:
        with self.wake:
            self.heap.clear()

    def close(self) -> None:
        with self.wake:
            self.closed = True
            self.wake.notify()

    def _run(self) -> None:
        while True:
            with self.wake:
                while not self.closed and (not self.heap or self.heap[0][0] > time.monotonic()):
                    self.wake.wait(self.heap[0][0] - time.monotonic() if self.heap else None)
                if self.closed:
                    return
                fn = heapq.heappop(self.heap)[2]
            self._call(fn)

    def _call(self, fn: Callable[[], None]) -> None:
        try:
            with self.owner.app.app_context():
                fn()
        except Exception as error:  # one broken task must not end the timer; the control page shows it
            self.owner.log("sandbox", "TIMER", getattr(fn, "__qualname__", "?"), 500, type(error).__name__)
            self.owner.app.logger.exception("delayed work failed")
