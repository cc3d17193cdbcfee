"""A process for tests to kill: `python -m tests.jobs.child worker|leader DATABASE_URL FOLDER`. Says `ready` when it is."""
import os
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from app import create_app
from app.domain import runs
from app.extensions import db
from app.jobs import tasks
from app.models import Product


def note(folder, text):
    """One short line, appended whole: several processes write the same file."""
    with (Path(folder) / "notes").open("a") as file:
        file.write(text + "\n")


def register(folder, hang):
    """Job kind `mark` notes its number; verb `mark_products` writes a + behind each name and hangs after `hang` chunks."""
    chunks = []

    def mark(job):
        note(folder, f"{job['payload']['n']} {os.getpid()}")
        time.sleep(0.02)

    def mark_products(ids, params):
        db.session.execute(sa.update(Product).where(Product.id.in_(ids)).values(name=Product.name + "+").execution_options(synchronize_session=False))
        chunks.append(ids)
        if hang is not None and len(chunks) > hang:
            note(folder, "hangs")
            time.sleep(600)
        return [runs.Result(i) for i in ids]

    tasks.TASKS["mark"] = mark
    runs.VERBS["mark_products"] = runs.Verb("mark_products", "Mark", Product, "sku", batch=mark_products, chunk=2)


def main(role, url, folder):
    app = create_app(SQLALCHEMY_DATABASE_URI=url, JOB_LEASE_SECONDS=3)
    if role == "leader":
        from app.jobs.leader import Leader
        with app.app_context():
            leader = Leader(db.engine)      # kept: the lock goes with the object
            print("leads" if leader.try_lead() else "waits", flush=True)
            time.sleep(600)
    from app.jobs.pool import Pool
    register(folder, hang=1)
    pool = Pool(app, threads=2).start()
    print("ready", flush=True)
    time.sleep(600)
    return pool


if __name__ == "__main__":
    main(*sys.argv[1:])
