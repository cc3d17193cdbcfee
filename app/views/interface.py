"""The one query interface of all screens: keyset pages, capped counts, id-first loading (handbook 6.3)."""
from dataclasses import dataclass

import sqlalchemy as sa
from flask_appbuilder.models.sqla.interface import SQLAInterface

from app.extensions import db

COUNT_CAP = 10_000


@dataclass(slots=True)
class Count:
    """A row count that stops at COUNT_CAP. Not an int: `10000+` is a label, not a number."""
    number: int

    @property
    def label(self):
        return f"{COUNT_CAP}+" if self.number > COUNT_CAP else str(self.number)


@dataclass(slots=True)
class Page:
    rows: list
    count: Count
    first: object = None        # keyset marks of the neighbouring pages, None where there is none
    last: object = None
    number: int = 1


class Interface(SQLAInterface):
    """FAB's interface on the guarded session; `page()` is what the lists use."""

    def count(self, conditions):
        inner = sa.select(self.obj.id).where(*conditions).limit(COUNT_CAP + 1).subquery()
        return Count(db.session.scalar(sa.select(sa.func.count()).select_from(inner)))

    def ids(self, conditions):
        """Select of the ids of everything that matches, for batch actions."""
        return sa.select(self.obj.id).where(*conditions)

    def page(self, conditions, *, size, after=None, before=None, order=None, offset=0, load=()):
        """One page, newest first by id (keyset), or by `order` (a column expression) with an offset."""
        key = self.obj.id
        statement = sa.select(key).where(*conditions)
        if order is not None:
            ids = db.session.scalars(statement.order_by(order, key.desc()).limit(size + 1).offset(offset)).all()
            return self._loaded(ids[:size], load, more=len(ids) > size, fewer=offset > 0)
        if before is not None:
            ids = db.session.scalars(statement.where(key > before).order_by(key.asc()).limit(size + 1)).all()
            return self._loaded(ids[:size][::-1], load, more=True, fewer=len(ids) > size)
        if after is not None:
            statement = statement.where(key < after)
        ids = db.session.scalars(statement.order_by(key.desc()).limit(size + 1)).all()
        return self._loaded(ids[:size], load, more=len(ids) > size, fewer=after is not None)

    def _loaded(self, ids, load, more, fewer):
        rows = {r.id: r for r in db.session.scalars(sa.select(self.obj).where(self.obj.id.in_(ids)).options(*load))} if ids else {}
        rows = [rows[i] for i in ids if i in rows]
        return Page(rows, Count(0), first=ids[0] if ids and fewer else None, last=ids[-1] if ids and more else None)
