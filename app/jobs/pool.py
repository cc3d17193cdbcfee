"""The embedded engine: threads of one worker process that claim rows of the `job` table."""
import logging
import os
import socket
import threading
import time
import uuid

from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from app.extensions import db
from app.failures import Blame, Failure, Retry
from app.jobs import engine, tasks
from app.tenancy import as_system, as_tenant

log = logging.getLogger(__name__)
IDLE_S, RECOVER_S, GRACE_S = 0.4, 5, 20
SETTLE_TRIES, KEEP_S = 4, 0.5


class Pool:
    """`start()` threads, `stop()` gracefully: finish within GRACE_S seconds or hand back."""

    def __init__(self, app, threads=None):
        self.app = app
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self.size = threads or app.config["WORKERS"]
        self.stopping, self.wake = threading.Event(), threading.Event()
        self.running, self.lock, self.threads = {}, threading.Lock(), []
        self.claiming, self.empty_at, self.gone = threading.Lock(), 0.0, False

    def start(self):
        for number in range(self.size):
            self._thread(self._work, f"worker-{number}")
        self._thread(self._keep, "keeper")
        return self

    def _thread(self, target, name):
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self.threads.append(thread)

    def stop(self, grace=GRACE_S):
        """Claim nothing new, wait, then hand the rest back. Gives the number of jobs handed back."""
        self.stopping.set()
        self.wake.set()
        with self.claiming, self.lock:
            for job in self.running.values():
                job["halt"].set()
        end = time.monotonic() + grace
        while self.running and time.monotonic() < end:
            time.sleep(0.05)
        with self.lock:
            left = list(self.running.values())
        self.gone = True
        if left:
            self._each(lambda: [engine.give_back(job, self.name) for job in left])
        return len(left)

    def _work(self):
        while not self.stopping.is_set():
            try:
                job = self._claim()
            except Exception:
                # A database that is down or locked must not end the thread; it is asked again.
                log.exception("claiming failed")
                self.stopping.wait(2)
                continue
            if job is None:
                self.wake.wait(IDLE_S)
                continue
            try:
                self.do(job)
            except Exception:
                # Its end could not be written down: the lease runs out and the job is taken up again.
                log.exception("job %s could not be settled", job["id"])
            finally:
                with self.lock:
                    self.running.pop((job["id"], job["attempts"]), None)
            self.wake.set()     # another job of the same account may be due now

    def _claim(self):
        """The next job, or None. Idle threads share one look at the table: polling costs one short statement per pause."""
        with self.claiming:
            if self.stopping.is_set() or (time.monotonic() - self.empty_at < IDLE_S and not self.wake.is_set()):
                return None
            self.wake.clear()
            job = self._take()
            if job is None:
                self.empty_at = time.monotonic()
                return None
            with self.lock:
                self.running[job["id"], job["attempts"]] = job
            return job

    def _take(self):
        with self.app.app_context(), as_system(self.name):
            try:
                job = engine.claim(self.name)
                db.session.commit()
            except IntegrityError:
                db.session.rollback()       # another worker took a job of the same account at this moment
                return None
        if job is not None:
            job["halt"] = threading.Event()
        return job

    def do(self, job):
        """Run one job and write down its end. An unexpected error is logged and retried a few times, then parked."""
        failure = None
        try:
            with self.app.app_context(), as_tenant(job["tenant_id"], job["actor"]):
                tasks.do(job)
        except engine.HandBack:
            return self._end(lambda: engine.give_back(job, self.name))
        except Failure as caught:
            failure = caught
        except Exception as error:
            log.exception("job %s (%s) crashed", job["id"], job["kind"])
            failure = Failure("job.crashed", retry=Retry.LATER, blame=Blame.US, kind=type(error).__name__)
        self._end(lambda: engine.settle(job, self.name, failure))

    def _end(self, work):
        """Write down how a job ended; a database that is busy or away for a moment is asked again."""
        for attempt in range(1, SETTLE_TRIES + 1):
            try:
                return self._each(work)
            except (OperationalError, InterfaceError):
                if attempt == SETTLE_TRIES:
                    raise
                time.sleep(attempt)

    def _keep(self):
        """Renew the leases of running jobs, also while stopping; take up what dead workers left."""
        renew_every = max(1.0, self.app.config["JOB_LEASE_SECONDS"] / 3)
        renewed = recovered = 0.0
        while not self.gone:
            time.sleep(KEEP_S)
            now = time.monotonic()
            try:
                if self.running and now - renewed > renew_every:
                    renewed = now
                    self._renew()
                if now - recovered > RECOVER_S and not self.stopping.is_set():
                    recovered = now
                    self._each(engine.recover)
            except Exception:
                log.exception("keeper failed")

    def _renew(self):
        with self.lock:
            jobs = list(self.running.values())
        with self.app.app_context(), as_system(self.name):
            held = engine.renew(self.name, [job["id"] for job in jobs])
            db.session.commit()
        for job in jobs:
            if (job["id"], job["attempts"]) not in held:
                job["halt"].set()       # somebody else has it now, or it is settled at this moment

    def _each(self, work):
        with self.app.app_context(), as_system(self.name):
            work()
            db.session.commit()


def drain(app, limit=1000):
    """Do all due jobs now, in this thread: for tests and the demo walk. Gives the number done."""
    pool, done = Pool(app, threads=1), 0
    while done < limit and (job := pool._take()):
        pool.do(job)
        done += 1
    with app.app_context():
        tasks.deliver_outbox()
    return done
