"""The clock: APScheduler in one leading process. It only enqueues and hands on; schedules are read from the rows at each tick."""
import logging

from apscheduler.schedulers.background import BackgroundScheduler
from flask_babel import force_locale

from app.domain.accounts import hooks, pull, tokens
from app.domain.shipping import tracking
from app.extensions import db
from app.jobs import cleaning, engine, tasks
from app.jobs.leader import Leader
from app.models.base import utcnow
from app.tenancy import as_system
from app.web import refresh_statistics

log = logging.getLogger(__name__)


def pulls():
    """Accounts whose time has come; a change of mode or interval on the screen is seen at the next tick."""
    pull.start_due()


def token_refresh():
    tokens.refresh_due()


def outbox():
    tasks.queue_outbox()


def pushes():
    hooks.work_off()


def tracks():
    tracking.start_tracking()


def recover():
    with as_system("clock"):
        engine.recover()
        db.session.commit()


def clean():
    """At night: what is old and finished goes."""
    with as_system("clock"):
        cleaning.clean()


def statistics():
    with as_system("clock"):
        refresh_statistics()
        db.session.commit()


TICKS = ((pulls, 2), (outbox, 2), (pushes, 2), (recover, 15), (token_refresh, 60), (tracks, 600), (statistics, 1800))


class Clock:
    """Ticks only while this process leads; a loser asks again every tick and so takes over after a crash."""

    def __init__(self, app):
        self.app = app
        with app.app_context():
            self.leader = Leader(db.engine)
        self.scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 300})

    def start(self):
        for tick, seconds in TICKS:
            self.scheduler.add_job(self.guarded, "interval", seconds=seconds, args=[tick], id=tick.__name__, next_run_time=utcnow())
        self.scheduler.add_job(self.guarded, "cron", hour=18, minute=30, jitter=600, args=[clean], id="clean")   # night in China
        self.scheduler.start()
        return self

    def stop(self):
        self.scheduler.shutdown(wait=False)
        self.stop_leading()

    def stop_leading(self):
        self.leader.release()

    def guarded(self, tick):
        if not self.leader.try_lead():
            return
        try:
            with self.app.app_context(), force_locale("zh"):
                tick()
        except Exception:
            # The next tick comes anyway; a fault in one must not stop the others.
            log.exception("tick %s failed", tick.__name__)
