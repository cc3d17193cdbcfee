"""Measuring and printing: rounds that alternate between us and the floor, medians, one Markdown table.

Only ratios mean something: the wall clock of a shared machine swings by a factor of two, but it swings for both sides.
SQLite works inside this process, so CPU seconds tell all of it; PostgreSQL is another process, so the wall clock has to.
"""
import gc
import statistics
import time
from contextlib import contextmanager
from dataclasses import dataclass

HEAD = ("work", "database", "ours", "floor", "ratio", "must", "aim", "note")


@dataclass(slots=True)
class Row:
    """One line. `unit` orders/s, labels/CPU s: higher is better and ratio = ours / floor; `ms`: lower is better, same quotient.

    `must`, `aim`: the bars of the issue for the ratio, None where it sets none.
    """
    work: str
    database: str
    ours: float
    floor: float | None
    unit: str
    must: float | None = None
    aim: float | None = None
    note: str = ""

    @property
    def ratio(self):
        return self.ours / self.floor if self.floor else None

    def verdict(self):
        """aim, must, below; "" where there is no bar."""
        if self.ratio is None or self.must is None:
            return ""
        better = (lambda bar: self.ratio <= bar) if self.unit == "ms" else (lambda bar: self.ratio >= bar)
        return "aim met" if better(self.aim) else "must met" if better(self.must) else "BELOW"


@contextmanager
def quiet():
    """No garbage collection for what the bench itself holds: only what the measured work makes is collected."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def seconds(work, clock=time.perf_counter):
    """How long one call takes, by wall clock unless `clock` says otherwise."""
    with quiet():
        start = clock()
        work()
        return clock() - start


def rounds(count, *works, clock=time.perf_counter):
    """Call the works in turn, `count` times, each with the number of the round: a list of seconds per work."""
    taken = [[] for _ in works]
    for n in range(count):
        for times, work in zip(taken, works, strict=True):
            times.append(seconds(lambda work=work: work(n), clock))
    return taken


def clock_of(database):
    """The clock for work on a database (see the head of this file)."""
    return time.process_time if database == "sqlite" else time.perf_counter


median = statistics.median


def rate(count, times):
    """Things a second from the seconds of several rounds."""
    return count / median(times)


def milliseconds(times):
    return 1000 * median(times)


def markdown(rows):
    """The table as text."""
    cells = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(HEAD))]
    lines = [" | ".join(text.ljust(width) for text, width in zip(row, widths)) for row in cells]
    lines.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in lines)


def _cells(row):
    sign = "≤" if row.unit == "ms" else "≥"
    bar = lambda value: f"{sign} {value:g}" if value is not None else ""     # noqa: E731
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}" + (f" {row.verdict()}" if row.verdict() else "")
    return (row.work, row.database, _figure(row.ours, row.unit), _figure(row.floor, row.unit) if row.floor else "", ratio, bar(row.must),
            bar(row.aim), row.note)


def _figure(value, unit):
    return f"{value:,.2f} {unit}" if value < 10 else f"{value:,.1f} {unit}" if value < 100 else f"{value:,.0f} {unit}"
