"""Who is talking to a carrier about a waybill right now, and how it shows that he is gone.

The claim is on disk before the call goes out. It is lost when its process died, when its thread left it behind, or when it is
older than STALE_S; a lost claim is taken over, and whoever takes it over asks the carrier by reference before anything else.
"""
import os
import socket
import threading
import uuid
from datetime import timedelta
from pathlib import Path

from app.models.base import utcnow

STALE_S = 300           # longer than the slowest push: place lists, rate limit, the call itself
_busy = set()           # waybill ids that this process is pushing
_lock = threading.Lock()


def _stat(pid):
    """(state, start) of a process as the kernel counts: its number may be given to another one later. ("", "") where it can't be known."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return fields[0], fields[19]
    except (OSError, IndexError):
        return "", ""


def _born(pid):
    return _stat(pid)[1]


def _host():
    return socket.gethostname()[:20].replace("/", "-")


def new_claim():
    """Text for `claimed_by`: host/process/start/nonce, at most 64 characters."""
    return f"{_host()}/{os.getpid()}/{_born(os.getpid())}/{uuid.uuid4().hex[:12]}"[:64]


def take(waybill_id):
    with _lock:
        _busy.add(waybill_id)


def leave(waybill_id):
    with _lock:
        _busy.discard(waybill_id)


def is_lost(waybill_id, claimed_by, claimed_at):
    """True when nobody can be working under this claim any more."""
    if claimed_at is None or utcnow() - claimed_at > timedelta(seconds=STALE_S):
        return True
    host, pid, born = (claimed_by.split("/") + ["", "", ""])[:3]
    if host != _host() or not pid.isdigit():
        return False
    if int(pid) == os.getpid() and born in ("", _born(os.getpid())):
        with _lock:
            return waybill_id not in _busy
    return not _alive(int(pid), born)


def _alive(pid, born):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    state, start = _stat(pid)
    return state != "Z" and start in ("", born)
