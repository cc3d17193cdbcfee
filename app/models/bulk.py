"""Set-based writes: the only module that may use Core on tenant-owned tables, because it stamps the tenant itself."""
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.extensions import db
from app.failures import NotYours
from app.tenancy import current_tenant


def _stamped(model, rows):
    tenant = current_tenant()
    for row in rows:
        if row.setdefault("tenant_id", tenant) != tenant:
            raise NotYours(model.__name__)
    return rows


def insert_rows(model, rows):
    """Insert dicts in one go, column defaults applied; nothing is returned."""
    if rows:
        db.session.connection().execute(sa.insert(model.__table__), _stamped(model, rows))


def insert_returning(model, rows, *columns):
    """Insert dicts and give the named columns of the new rows, in the order of `rows`."""
    if not rows:
        return []
    table = model.__table__
    statement = sa.insert(table).returning(*(table.c[c] for c in columns), sort_by_parameter_order=True)
    return db.session.connection().execute(statement, _stamped(model, rows)).all()


def upsert_rows(model, rows, key, change):
    """Insert dicts; where the unique columns `key` exist already, set the columns `change` from the new row."""
    if not rows:
        return
    dialect = sqlite if db.session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(model.__table__)
    statement = statement.on_conflict_do_update(index_elements=list(key), set_={c: statement.excluded[c] for c in change})
    db.session.connection().execute(statement, _stamped(model, rows))


def insert_missing(model, rows):
    """Insert dicts, silently leaving out those whose unique key exists already; gives the number inserted."""
    if not rows:
        return 0
    dialect = sqlite if db.session.get_bind().dialect.name == "sqlite" else postgresql
    # The drivers' row counts differ for many rows at once, so the new ids are counted.
    statement = dialect.insert(model.__table__).on_conflict_do_nothing().returning(model.__table__.c.id)
    return len(db.session.connection().execute(statement, _stamped(model, rows)).all())


def insert_uncounted(model, rows):
    """`insert_missing` without counting, for thousands of rows: PostgreSQL takes them six times faster when no ids come back."""
    if rows:
        dialect = sqlite if db.session.get_bind().dialect.name == "sqlite" else postgresql
        db.session.connection().execute(dialect.insert(model.__table__).on_conflict_do_nothing(), _stamped(model, rows))


def update_rows(model, rows, columns):
    """Update by primary key: each dict has `id` and the named `columns`."""
    if not rows:
        return
    table, tenant = model.__table__, current_tenant()
    statement = (sa.update(table).where(table.c.id == sa.bindparam("b_id"), table.c.tenant_id == tenant)
                 .values({c: sa.bindparam(f"b_{c}", type_=table.c[c].type) for c in columns}))
    db.session.connection().execute(statement, [{f"b_{c}": row[c] for c in ("id", *columns)} for row in rows])


def insert_new(model, rows, *columns):
    """Insert dicts whose unique key is still free and give the named columns of exactly those that went in, in any order.

    What another transaction inserted first is missing from the answer (it is committed by then), never doubled.
    """
    if not rows:
        return []
    dialect = sqlite if db.session.get_bind().dialect.name == "sqlite" else postgresql
    table = model.__table__
    statement = dialect.insert(table).on_conflict_do_nothing().returning(*(table.c[c] for c in columns))
    return db.session.connection().execute(statement, _stamped(model, rows)).all()


def take_numbers(model, name, count):
    """Advance the tenant's sequence `name` by `count` in one statement, which also locks it; gives the first number taken."""
    dialect = sqlite if db.session.get_bind().dialect.name == "sqlite" else postgresql
    table = model.__table__
    statement = dialect.insert(table).values(tenant_id=current_tenant(), name=name, value=count)
    statement = statement.on_conflict_do_update(index_elements=["tenant_id", "name"], set_={"value": table.c.value + count})
    return db.session.connection().execute(statement.returning(table.c.value)).scalar_one() - count + 1
