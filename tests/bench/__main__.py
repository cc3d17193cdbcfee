"""`python -m tests.bench [--quick] [--db sqlite,postgresql] [--only intake,convert,lists,labels]`: one Markdown table.

Works on temporary databases that are gone afterwards; needs no network but the loopback.
"""
import argparse
import atexit
import os
import platform
import shutil
import sys
import tempfile
import time

# Labels first: their memory is only seen while the process has not been large yet.
SIZES = {"labels": {"labels": 1000, "repeat": 5}, "intake": {"orders": 20_000, "repeat": 5}, "convert": {"orders": 20_000, "repeat": 5},
         "lists": {"orders": 100_000, "repeat": 15}}
QUICK = {"labels": {"labels": 300, "repeat": 3}, "intake": {"orders": 2_000, "repeat": 3}, "convert": {"orders": 3_000, "repeat": 3},
         "lists": {"orders": 20_000, "repeat": 7}}


def main():
    wish = arguments()
    home = tempfile.mkdtemp(prefix="waybridge-bench-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)    # registered first, so it runs after the server has stopped
    tempfile.tempdir = home                                     # the database templates and the server's files go there too
    os.environ["RATELIMIT_ENABLED"] = "0"
    started = time.monotonic()
    rows = [row for part in SIZES if part in wish.only for row in measure(part, wish, home)]
    from tests.bench.table import markdown
    print(markdown(rows))
    print(f"\n{heading(wish)} Took {time.monotonic() - started:.0f} s.")
    if crowded():
        print("\n**The machine was busy with other work: PostgreSQL's rows are wall clock; neither they nor their ratios can be trusted.**")


def arguments():
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, medians of 3")
    parser.add_argument("--db", type=chosen(("sqlite", "postgresql")), default=["sqlite", "postgresql"])
    parser.add_argument("--only", type=chosen(tuple(SIZES)), default=list(SIZES))
    return parser.parse_args()


def chosen(known):
    def split(text):
        names = text.split(",")
        if odd := set(names) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(odd))}: not one of {', '.join(known)}")
        return names
    return split


def measure(part, wish, home):
    from tests.bench import convert, intake, labels, lists
    sizes = (QUICK if wish.quick else SIZES)[part]
    if part == "labels":
        return say(labels.measure(**sizes))
    work = {"intake": intake, "convert": convert, "lists": lists}[part].measure
    return [row for database in wish.db for row in say(with_world(work, database, home, sizes))]


def with_world(work, database, home, sizes):
    """Do one part in a fresh database of its own."""
    from app import create_app
    from app.extensions import db
    from tests import databases
    from tests.bench import data
    folder = tempfile.mkdtemp(dir=home)
    if database == "postgresql":
        durable(databases.server())
    with databases.fresh(database, folder) as url:
        app = create_app(SQLALCHEMY_DATABASE_URI=url, TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
        try:
            return work(data.world(app), database, **sizes)
        finally:
            with app.app_context():
                db.engine.dispose()


def durable(server):
    """The tests run without fsync; figures for commits mean nothing without it."""
    server.psql("ALTER SYSTEM SET fsync = on;")
    server.psql("SELECT pg_reload_conf();")


def say(rows):
    """A sign of life on the error stream: the table comes at the end."""
    for row in rows:
        print(f"{row.work}, {row.database}: {row.ours:,.1f} {row.unit}, floor {row.floor:,.1f}", file=sys.stderr, flush=True)
    return rows


def crowded():
    """More runnable processes than the bench and its database make by themselves."""
    return hasattr(os, "getloadavg") and os.getloadavg()[1] > max(2, os.cpu_count() or 1) + 0.5


def heading(wish):
    import sqlite3

    import sqlalchemy
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    versions = f"Python {platform.python_version()}, SQLAlchemy {sqlalchemy.__version__}, SQLite {sqlite3.sqlite_version}"
    return (f"Medians{' of 3, quick sizes' if wish.quick else ' of 5'} (lists: p50); {versions}, {os.cpu_count()} cores{load}. "
            "SQLite and labels by CPU seconds, PostgreSQL by wall clock. Only the ratios compare between machines.")


if __name__ == "__main__":
    main()
