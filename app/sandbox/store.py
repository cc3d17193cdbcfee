"""The memory of the sandbox: plain JSON values by book, snapshotted to one file."""

import json
import os
import tempfile
import threading
import time

import orjson

PAUSE = 2.0  # seconds between two snapshots at the least


class Store:
    """Books of plain values. Keys must be text, because JSON has no other kind and a restart must find them again."""

    def __init__(self, path: str | None):
        self.path = path
        self.data: dict = {"books": {}, "counters": {}, "settings": {}, "offset": 0.0}
        if path and os.path.exists(path):
            with open(path, "rb") as handle:
                self.data.update(json.loads(handle.read()))

    def book(self, name: str) -> dict:
        return self.data["books"].setdefault(name, {})

    def save(self, lock) -> float:
        """Write one snapshot by atomic rename; answer the seconds for which `lock` was held."""
        with lock:
            started = time.monotonic()
            raw = dump(self.data)
            held = time.monotonic() - started
        folder = os.path.dirname(os.path.abspath(self.path))
        os.makedirs(folder, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".sandbox-")
        with os.fdopen(handle, "wb") as out:
            out.write(raw)
        os.replace(name, self.path)
        return held


class Snapshotter:
    """Saves a touched store in the background, at most every PAUSE seconds."""

    def __init__(self, store: Store, lock):
        self.store, self.lock = store, lock
        self.dirty, self.closed = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True, name="sandbox-snapshots")
        if store.path:
            self.thread.start()

    def _run(self) -> None:
        pause = PAUSE
        while not self.closed.wait(pause):
            if self.dirty.is_set():
                self.dirty.clear()
                # A very large world is saved more rarely, so that calls are not held up by snapshots.
                pause = max(PAUSE, 20 * self.store.save(self.lock))

    def close(self) -> None:
        """Stop and write what is still unsaved; safe to call twice."""
        if self.closed.is_set():
            return
        self.closed.set()
        if self.store.path:
            self.thread.join(10)
            self.store.save(self.lock)


def dump(value) -> bytes:
    """JSON bytes; the slow encoder only for text that is not valid Unicode (a test may send lone surrogates)."""
    try:
        return orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        return json.dumps(value).encode()
