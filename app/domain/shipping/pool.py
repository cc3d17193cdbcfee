"""Tracking numbers of lines without an API: each is handed out once."""
import sqlalchemy as sa

from app.extensions import db
from app.failures import Failure
from app.models import PoolNumber
from app.models.base import utcnow
from app.web import skip_locked


def claim(channel_id, reference):
    """A free number for this waybill, or the one it holds already. Raises Failure("pool.empty")."""
    mine = sa.select(PoolNumber).where(PoolNumber.channel_id == channel_id, PoolNumber.reference == reference)
    row = db.session.scalar(mine)
    if row is None:
        free = sa.select(PoolNumber).where(PoolNumber.channel_id == channel_id, PoolNumber.reference == "").order_by(PoolNumber.id).limit(1)
        row = db.session.scalar(skip_locked(free).execution_options(populate_existing=True))
    if row is None:
        raise Failure("pool.empty")
    row.reference, row.used_at = reference, utcnow()
    db.session.flush()      # the next parcel of this transaction must not see it as free
    return row.number


def release(reference, tracking_no):
    """Give back the number of a push that failed; one that became a waybill's number is never used again."""
    if tracking_no:
        return
    db.session.execute(sa.update(PoolNumber).where(PoolNumber.reference == reference).values(reference="", used_at=None))
