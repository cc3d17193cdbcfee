"""Runs: every long action as an object with a row per result."""
import sqlalchemy as sa
from flask_appbuilder import Model

from app.models.base import BigId, Json, StampMixin, TenantMixin, UtcDateTime, owned, owner


class Run(Model, TenantMixin, StampMixin):
    """State: queued, running, done, failed, cancelled. `kind` names the verb in domain.runs."""
    __tablename__ = "run"
    id = sa.Column(BigId, primary_key=True)
    kind = sa.Column(sa.String(40), nullable=False)
    state = sa.Column(sa.String(10), nullable=False, default="queued")
    params = sa.Column(Json, nullable=False, default=dict)
    selection = sa.Column(Json, nullable=False, default=dict)   # {"ids": […]} or {"filter": {…}, "view": name}
    account_id = sa.Column(BigId, nullable=True)
    locale = sa.Column(sa.String(8), nullable=False, default="zh")
    total = sa.Column(sa.Integer, nullable=False, default=0)
    done = sa.Column(sa.Integer, nullable=False, default=0)
    failed = sa.Column(sa.Integer, nullable=False, default=0)
    skipped = sa.Column(sa.Integer, nullable=False, default=0)
    error_code = sa.Column(sa.String(60), nullable=False, default="")
    error_params = sa.Column(Json, nullable=False, default=dict)
    started_at = sa.Column(UtcDateTime)
    finished_at = sa.Column(UtcDateTime)
    retry_of = sa.Column(BigId, nullable=True)
    __table_args__ = owned("run", owner("account_id", "shop_account", "run"),
                           sa.Index("ix_run_tenant", "tenant_id", "kind", "id"))

    def __repr__(self):
        return f"#{self.id}"


class RunRow(Model, TenantMixin):
    """State: waiting, done, failed, skipped. `subject_id` is the row worked on, `ref` its number for people."""
    __tablename__ = "run_row"
    id = sa.Column(BigId, primary_key=True)
    run_id = sa.Column(BigId, nullable=False)
    seq = sa.Column(sa.Integer, nullable=False, default=0)
    subject_id = sa.Column(BigId, nullable=True)
    ref = sa.Column(sa.String(100), nullable=False, default="")
    state = sa.Column(sa.String(8), nullable=False, default="waiting")
    code = sa.Column(sa.String(60), nullable=False, default="")
    params = sa.Column(Json, nullable=False, default=dict)
    raw = sa.Column(sa.Text, nullable=False, default="")       # the other side's answer or the body that could not be read
    __table_args__ = owned("run_row", owner("run_id", "run", "run_row", ondelete="CASCADE"),
                           sa.Index("ix_run_row_run", "run_id", "state", "seq"))


class RunFile(Model, TenantMixin, StampMixin):
    """A file that belongs to a run: the sheet that came in, the PDF or sheet that came out. Served by row look-up only."""
    __tablename__ = "run_file"
    id = sa.Column(BigId, primary_key=True)
    run_id = sa.Column(BigId, nullable=False)
    kind = sa.Column(sa.String(12), nullable=False)            # input | result | errors
    filename = sa.Column(sa.String(160), nullable=False)
    content_type = sa.Column(sa.String(100), nullable=False)
    content = sa.orm.deferred(sa.Column(sa.LargeBinary, nullable=False))
    __table_args__ = owned("run_file", owner("run_id", "run", "run_file", ondelete="CASCADE"), sa.Index("ix_run_file_run", "run_id"))

    def __repr__(self):
        return self.filename or ""
