"""A short transaction of its own, committed at the end: for the few steps that must be on disk before a call goes out."""
from contextlib import contextmanager

from flask import g

from app.failures import Failure
from app.models import ShopAccount
from app.tenancy import as_tenant


@contextmanager
def short(tenant_id, actor=None):
    """Yields the session of this tenant (or `SYSTEM`); commits when the block ends well, rolls back when it raises."""
    with as_tenant(tenant_id, actor) as session:
        g.writing = True    # the call-back of an authorisation is a GET that writes
        yield session
        session.commit()


def account_of(session, account_id):
    """The tenant's account. Raises Failure("account.gone")."""
    account = session.get(ShopAccount, account_id)
    if account is None:
        raise Failure("account.gone")
    return account
