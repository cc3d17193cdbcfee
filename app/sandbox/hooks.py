"""Calls from the sandbox to its clients (push messages, carrier call-backs), with a retry ladder."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests

from .core import World, world

KEEP = 1000  # deliveries kept for the control page
LADDER = (300, 1800, 10800)  # seconds, Shopee's documented pace; divided by settings["speed"]


@dataclass
class Delivery:
    """One message on its way."""

    key: str
    service: str
    url: str
    body: bytes = field(repr=False)
    headers: dict = field(repr=False)
    ok: Callable[[int, bytes], bool] = field(repr=False)
    ladder: tuple = LADDER
    timeout: float = 3.0
    give_up: Callable[[], None] | None = field(default=None, repr=False)
    tries: int = 0


def success(status: int, body: bytes) -> bool:
    """What most services call delivered."""
    return 200 <= status < 300


def deliver(service: str, url: str, body: bytes, headers: dict, ok: Callable[[int, bytes], bool] = success,
            ladder: tuple = LADDER, *, label: str = "", timeout: float = 3.0, give_up: Callable[[], None] | None = None) -> str:
    """POST `body` to `url` in the background; after each failure wait for the next step of `ladder` and try again.

    Answers the key of the record in books("hooks.log"): url, label, done, attempts[{at, status, note}]. `give_up` is called in the
    app context after the last failure. Bodies are not kept: they may hold addresses.
    """
    here = world()
    with here.lock:
        log, key = here.books("hooks.log"), str(here.next_id("hook"))
        log[key] = {"id": key, "service": service, "url": url, "label": label, "done": False, "gave_up": False, "attempts": []}
        while len(log) > KEEP:
            del log[next(iter(log))]
        here.touch()
    _submit(here, Delivery(key, service, url, body, headers, ok, tuple(ladder), timeout, give_up))
    return key


def _pool(here: World) -> ThreadPoolExecutor:
    with here.lock:
        pool = here.app.extensions.get("hook_pool")
        if pool is None:
            pool = here.app.extensions["hook_pool"] = ThreadPoolExecutor(8, "sandbox-hooks")
        return pool


def _submit(here: World, job: Delivery) -> None:
    _pool(here).submit(_attempt, here, job)


def _attempt(here: World, job: Delivery) -> None:
    status, good, note = 0, False, ""
    try:
        answer = requests.post(job.url, data=job.body, headers=job.headers, timeout=job.timeout, allow_redirects=False)
        status, good = answer.status_code, bool(job.ok(answer.status_code, answer.content))
        note = "" if good else f"refused: {len(answer.content)} bytes"
    except requests.RequestException as error:
        note = type(error).__name__
    job.tries += 1
    last = not good and job.tries > len(job.ladder)
    with here.lock:
        record = here.books("hooks.log").get(job.key)
        if record is not None:
            record["attempts"].append({"at": round(here.now(), 3), "status": status, "note": note})
            record.update(done=good, gave_up=last)
        here.touch()
    if last and job.give_up:
        here.call_soon(0, job.give_up)
    elif not good and not last:
        here.call_soon(job.ladder[job.tries - 1], lambda: _submit(here, job))
