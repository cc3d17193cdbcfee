"""The job table: the truth about background work under every engine."""
import sqlalchemy as sa
from flask_appbuilder import Model

from app.models.base import BigId, Json, TenantMixin, UtcDateTime, owned, owner, utcnow

OPEN = "state IN ('queued', 'running')"


class Job(Model, TenantMixin):
    """State: queued, running, done, failed (parked after `max_attempts`, retryable by hand), cancelled."""
    __tablename__ = "job"
    id = sa.Column(BigId, primary_key=True)
    kind = sa.Column(sa.String(40), nullable=False)
    account_id = sa.Column(BigId, nullable=True)
    run_id = sa.Column(BigId, nullable=True)
    dedupe = sa.Column(sa.String(80), nullable=True)            # at most one open job per key
    payload = sa.Column(Json, nullable=False, default=dict)
    state = sa.Column(sa.String(10), nullable=False, default="queued")
    progress = sa.Column(sa.Integer, nullable=False, default=0)
    attempts = sa.Column(sa.Integer, nullable=False, default=0)
    max_attempts = sa.Column(sa.Integer, nullable=False, default=5)
    priority = sa.Column(sa.Integer, nullable=False, default=0)
    run_after = sa.Column(UtcDateTime, nullable=False, default=utcnow)
    lease_until = sa.Column(UtcDateTime)
    worker = sa.Column(sa.String(80), nullable=False, default="")
    error_code = sa.Column(sa.String(60), nullable=False, default="")
    error_params = sa.Column(Json, nullable=False, default=dict)
    actor = sa.Column(sa.String(64), nullable=False, default="system")
    created_at = sa.Column(UtcDateTime, nullable=False, default=utcnow)
    started_at = sa.Column(UtcDateTime)
    finished_at = sa.Column(UtcDateTime)
    __table_args__ = owned(
        "job", owner("account_id", "shop_account", "job"), owner("run_id", "run", "job"),
        sa.Index("uq_job_open", "tenant_id", "dedupe", unique=True, sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN)),
        # Jobs of one account run one after the other, whatever the number of workers.
        sa.Index("uq_job_account_running", "account_id", unique=True, sqlite_where=sa.text("state = 'running'"),
                 postgresql_where=sa.text("state = 'running'")),
        sa.Index("ix_job_due", "state", "priority", "run_after"), sa.Index("ix_job_tenant", "tenant_id", "id"))

    def __repr__(self):
        return f"{self.kind} #{self.id}"



class Outbox(Model, TenantMixin):
    """What must reach the outside: committed with the change, done after it, repeatable without harm."""
    __tablename__ = "outbox"
    id = sa.Column(BigId, primary_key=True)
    kind = sa.Column(sa.String(40), nullable=False)             # write_back | cancel_waybill | push_stock | …
    dedupe = sa.Column(sa.String(80), nullable=True)
    payload = sa.Column(Json, nullable=False, default=dict)
    state = sa.Column(sa.String(8), nullable=False, default="waiting")     # waiting done failed
    attempts = sa.Column(sa.Integer, nullable=False, default=0)
    due_at = sa.Column(UtcDateTime, nullable=False, default=utcnow)
    error_code = sa.Column(sa.String(60), nullable=False, default="")
    error_params = sa.Column(Json, nullable=False, default=dict)
    created_at = sa.Column(UtcDateTime, nullable=False, default=utcnow)
    done_at = sa.Column(UtcDateTime)
    __table_args__ = owned(
        "outbox",
        sa.Index("uq_outbox_waiting", "tenant_id", "dedupe", unique=True,
                 sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'")),
        sa.Index("ix_outbox_due", "state", "due_at"))


class HookNote(Model):
    """A webhook as it came, stored and acknowledged at once, worked off by a job. Its tenant is found later."""
    __tablename__ = "hook_note"
    id = sa.Column(BigId, primary_key=True)
    source = sa.Column(sa.String(20), nullable=False)
    event_id = sa.Column(sa.String(80), nullable=False)         # the sender's id or a hash of the body: replays are dropped
    kind = sa.Column(sa.String(20), nullable=False, default="")
    shop_id = sa.Column(sa.String(64), nullable=False, default="")
    tenant_id = sa.Column(BigId, sa.ForeignKey("tenant.id"), nullable=True)
    account_id = sa.Column(BigId, nullable=True)
    payload = sa.Column(Json, nullable=False, default=dict)
    state = sa.Column(sa.String(8), nullable=False, default="waiting")     # waiting done ignored failed
    at = sa.Column(UtcDateTime, nullable=False, default=utcnow)
    __table_args__ = (sa.UniqueConstraint("source", "event_id", name="uq_hook_note"), sa.Index("ix_hook_note_state", "state", "id"))

    def __repr__(self):
        return f"{self.source} #{self.id}"
