"""Waiting for what other threads and processes do."""
import time


def wait_until(condition, seconds=30):
    """Asks again and again; an AssertionError when it does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)
