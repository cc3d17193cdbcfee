"""Tokens: sealed, rotated once whoever races, never lost by a crash."""
import threading
from datetime import timedelta

import pytest

from app.domain.accounts import apps, tokens
from app.domain.accounts.short import account_of, short
from app.failures import Blame, Failure, Retry
from app.integrations.types import Tokens
from app.models import ShopAccount
from app.models.base import utcnow
from tests import factory
from tests.integration_flow import support


def given(tenant, **values):
    """An account with tokens A/R: its id."""
    account = factory.account(tenant)
    with short(tenant) as session:
        tokens.store(account_of(session, account), Tokens("A", "R", utcnow() + timedelta(hours=4), extra={"shop_id": "7"}, **values))
    return account


@pytest.fixture(autouse=True)
def context(world):
    with world.app.app_context():
        yield


def test_tokens_are_sealed_and_come_back_whole(world):
    ends = utcnow() + timedelta(days=300)
    account = given(world.a, authorised_until=ends)
    assert '"A"' not in support.one(world.a, ShopAccount, account, "secrets")
    found = tokens.DbTokenKeeper(world.a, account).current()
    assert (found.access_token, found.refresh_token, found.authorised_until, found.extra) == ("A", "R", ends, {"shop_id": "7"})
    assert support.one(world.a, ShopAccount, account, "expires_at") == ends
    with pytest.raises(Failure):
        tokens.DbTokenKeeper(world.b, account).current()


def test_two_threads_rotate_once(world):
    account, calls, gate, got = given(world.a), [], threading.Barrier(2), []

    def fetch(old):
        calls.append(old.access_token)
        threading.Event().wait(0.3)
        return Tokens("A2", "R2")

    def work():
        with world.app.app_context():
            gate.wait()
            got.append(tokens.DbTokenKeeper(world.a, account).rotate("A", fetch).access_token)

    threads = [threading.Thread(target=work) for _ in range(2)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert got == ["A2", "A2"] and calls == ["A"]
    assert support.one(world.a, ShopAccount, account, "token_version", "refresh_lock_by") == (2, "")


def test_a_dead_worker_loses_its_claim(world):
    account = given(world.a)
    support.change(world.a, ShopAccount, account, refresh_lock_until=utcnow() - timedelta(seconds=1), refresh_lock_by="dead")
    assert tokens.DbTokenKeeper(world.a, account).rotate("A", lambda old: Tokens("A2", "R2")).access_token == "A2"


def test_a_refused_refresh_gives_the_claim_back(world):
    account, keeper = given(world.a), None

    def refuse(old):
        raise Failure("shop.authorisation_expired", retry=Retry.REAUTHORISE, blame=Blame.MERCHANT)

    keeper = tokens.DbTokenKeeper(world.a, account)
    with pytest.raises(Failure):
        keeper.rotate("A", refuse)
    assert support.one(world.a, ShopAccount, account, "refresh_lock_until") is None
    assert keeper.rotate("A", lambda old: Tokens("A3", "R3")).access_token == "A3"


def test_revoked_while_refreshing_stays_revoked(world):
    account = given(world.a)

    def fetch(old):
        with short(world.a) as session:
            tokens.forget(account_of(session, account))
        return Tokens("A2", "R2")

    with pytest.raises(Failure) as caught:
        tokens.DbTokenKeeper(world.a, account).rotate("A", fetch)
    assert caught.value.code == "shop.not_authorised" and support.one(world.a, ShopAccount, account, "secrets") == ""


def test_the_clock_refreshes_what_ends_soon(world, sandbox):
    shop_id = sandbox.shop()
    (account,) = support.authorise_shop(sandbox, world.a, shop_id)
    assert tokens.refresh_due() == []
    before = support.one(world.a, ShopAccount, account, "token_version")
    assert tokens.refresh_due(margin_s=5 * 3600) == [(account, "")]
    assert support.one(world.a, ShopAccount, account, "token_version") == before + 1
    sandbox.post(f"/control/shopee/shops/{shop_id}/revoke")
    ((_id, code),) = tokens.refresh_due(margin_s=5 * 3600)
    assert code and support.one(world.a, ShopAccount, account, "state", "last_error_code") == ("expired", code)


def test_two_workers_with_an_ending_token_burn_only_one_refresh(world, sandbox):
    (account,) = support.authorise_shop(sandbox, world.a, sandbox.shop())
    with short(world.a) as session:
        row = account_of(session, account)
        ending = tokens.read(row)
        ending.access_expires_at = utcnow() + timedelta(minutes=5)
        tokens.store(row, ending)
        version = row.token_version
    gate, names = threading.Barrier(2), []

    def work():
        with world.app.app_context():
            with short(world.a) as session:
                connector = apps.connector(account_of(session, account))
            gate.wait()
            names.append(connector.verify().name)

    threads = [threading.Thread(target=work) for _ in range(2)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert names == ["Demo PH", "Demo PH"] and support.one(world.a, ShopAccount, account, "token_version") == version + 1
    calls = sandbox.get("/control/log?service=shopee&path=/api/v2/auth/access_token/get")["calls"]
    assert [c["status"] for c in calls] == [200]
