"""Walking through lists of the outside: by cursor, by offset, by windows of time; a list that runs in circles is noticed."""
from datetime import timedelta

from app.failures import Blame, Failure, Retry

PATIENCE = 3        # the same page this many times more is a circle; once or twice happens and is harmless


def by_cursor(fetch, first=""):
    """Yield (rows, cursor, is_last). `fetch(cursor)` -> (rows, next cursor, more). Cursors are opaque text.

    Raises Failure platform.paging_loop when a cursor comes again, or when the same rows come under ever new cursors.
    """
    cursor, seen, before, again = first, {first}, None, 0
    while True:
        rows, following, more = fetch(cursor)
        again = again + 1 if rows and rows == before else 0
        if again == PATIENCE:
            raise looping(cursor)
        before = rows
        last = not more or following in (None, "")
        if more and last:
            # "More" without a way to get it: going on would skip orders and stopping would hide it.
            raise looping(cursor)
        if not last and following in seen:
            raise looping(following)
        yield rows, cursor, last
        if last:
            return
        seen.add(following)
        cursor = following


def by_offset(fetch, first=0):
    """Yield rows. `fetch(offset)` -> (rows, next offset or None at the end). Offsets must grow."""
    offset = first
    while offset is not None:
        rows, following = fetch(offset)
        if following is not None and following <= offset:
            raise looping(following)
        yield rows
        offset = following


def windows(since, until, longest: timedelta):
    """(start, end) pairs, oldest first, that cover since…until in pieces of at most `longest`; none when since >= until."""
    start = since
    while start < until:
        end = min(start + longest, until)
        yield start, end
        start = end


def chunks(things, size):
    """Lists of at most `size`, in order."""
    things = list(things)
    return [things[i:i + size] for i in range(0, len(things), size)]


def looping(cursor):
    return Failure("platform.paging_loop", retry=Retry.LATER, blame=Blame.PLATFORM, cursor=str(cursor)[:60])
