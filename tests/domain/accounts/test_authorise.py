"""Authorise: signed, single-use, this user's; one authorisation may bring several shops; a shop has one merchant."""
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from app.domain.accounts import authorise, tokens
from app.extensions import db
from app.failures import Failure
from app.models import Job, ShopAccount
from app.tenancy import as_tenant
from tests.integration_flow import support


def begin(tenant, alias="shop", user="clerk", account=None):
    with as_tenant(tenant, user) as session:
        row = session.get(ShopAccount, account) if account else None
        url, nonce = authorise.start("shopee", alias, "PH", {}, account=row)
        session.commit()
        return url, nonce, parse_qs(urlsplit(url).query)["state"][0]


def refused(tenant, query, state, nonce, user="clerk", platform="shopee"):
    with as_tenant(tenant, user), pytest.raises(Failure) as caught:
        authorise.finish(platform, query, state, nonce)
    return caught.value.code


def test_authorising_fills_the_account_and_starts_a_pull(world, sandbox):
    (account,) = support.authorise_shop(sandbox, world.a, sandbox.shop())
    with as_tenant(world.a) as session:
        row = session.get(ShopAccount, account)
        assert (row.state, row.shop_name, row.region) == ("active", "Demo PH", "PH") and row.authorised_at and row.expires_at
        assert tokens.read(row).access_token and session.scalar(sa.select(Job.dedupe)) == f"pull:{account}"


def test_forged_stale_foreign_and_used_states_are_refused(world, sandbox, monkeypatch):
    url, nonce, state = begin(world.a)
    query = support.browse(url, shop_id=sandbox.shop())
    query.pop("state")
    assert refused(world.a, query, state[:-3] + "abc", nonce) == "authorise.bad_state"
    assert refused(world.a, query, "", nonce) == "authorise.bad_state"
    assert refused(world.a, query, state, "other nonce") == "authorise.bad_state"
    assert refused(world.a, query, state, None) == "authorise.bad_state"
    assert refused(world.a, query, state, nonce, user="somebody") == "authorise.bad_state"
    assert refused(world.b, query, state, nonce) == "authorise.bad_state"
    assert refused(world.a, query, state, nonce, platform="lazada") == "authorise.bad_state"
    later = authorise.utcnow() + timedelta(seconds=authorise.STATE_AGE_S + 5)
    with monkeypatch.context() as clock:
        clock.setattr(authorise, "utcnow", lambda: later)
        assert refused(world.a, query, state, nonce) == "authorise.too_late"
    with as_tenant(world.a, "clerk"):
        assert [a.state for a in authorise.finish("shopee", query, state, nonce)] == ["active"]
    assert refused(world.a, query, state, nonce) == "authorise.bad_state"


def test_a_main_account_brings_all_its_shops(world, sandbox):
    for name in ("One", "Two"):
        sandbox.post("/control/shopee/shops", region="PH", name=name, main_account=1800777)
    ids = support.authorise_shop(sandbox, world.a, None, "main", main_account_id=1800777)
    names = [support.one(world.a, ShopAccount, i, "alias", "shop_name", "state") for i in ids]
    assert sorted(names) == [("main", "One", "active"), ("main Two", "Two", "active")]
    for account in ids:
        with as_tenant(world.a, "clerk") as session:
            row = session.get(ShopAccount, account)
            assert authorise.verify(row).name in ("One", "Two")


def test_a_shop_has_one_merchant_until_it_is_revoked(world, sandbox):
    shop_id = sandbox.shop()
    (mine,) = support.authorise_shop(sandbox, world.a, shop_id)
    with pytest.raises(Failure) as caught:
        support.authorise_shop(sandbox, world.b, shop_id)
    assert caught.value.code == "authorise.shop_taken"
    with as_tenant(world.a, "clerk") as session:
        url = authorise.revoke(session.get(ShopAccount, mine))
        session.commit()
    assert "cancel_auth" in url and support.one(world.a, ShopAccount, mine, "state", "secrets") == ("revoked", "")
    assert len(support.authorise_shop(sandbox, world.b, shop_id)) == 1


def test_authorising_again_updates_the_same_account(world, sandbox):
    shop_id = sandbox.shop()
    (first,) = support.authorise_shop(sandbox, world.a, shop_id)
    assert support.authorise_shop(sandbox, world.a, shop_id, alias="other name") == [first]
    with as_tenant(world.a) as session:
        assert session.scalars(sa.select(ShopAccount.alias)).all() == ["shop"]
    url, nonce, state = begin(world.a, account=first)
    query = support.browse(url, shop_id=sandbox.shop())
    query.pop("state")
    assert refused(world.a, query, state, nonce) == "authorise.other_shop"
    assert support.one(world.a, ShopAccount, first, "state", "shop_id") == ("active", str(shop_id))


def test_verify_tells_name_clock_and_an_ended_authorisation(world, sandbox):
    shop_id = sandbox.shop()
    (account,) = support.authorise_shop(sandbox, world.a, shop_id)
    result = support.steps(world.a, "verify", account)
    assert (result.state, result.params["name"], abs(result.params["skew"]) <= 2) == ("done", "Demo PH", True)
    sandbox.post(f"/control/shopee/shops/{shop_id}/revoke")
    assert support.steps(world.a, "verify", account).state == "failed"
    assert support.one(world.a, ShopAccount, account, "state") == "expired"
    assert support.authorise_shop(sandbox, world.a, shop_id) == [account]
    assert support.one(world.a, ShopAccount, account, "state", "last_error_code") == ("active", "")


def test_alias_pause_and_options(world, sandbox):
    (account,) = support.authorise_shop(sandbox, world.a, sandbox.shop())
    with as_tenant(world.a, "clerk") as session:
        with pytest.raises(Failure) as caught:
            authorise.start("shopee", "shop")
        assert caught.value.code == "authorise.alias_taken"
        with pytest.raises(Failure):
            authorise.start("lazada", "x")
        db.session.rollback()
        row = session.get(ShopAccount, account)
        authorise.pause(row)
        with pytest.raises(Failure):
            authorise.pause(row)
        authorise.resume(row)
        authorise.change_options(row, {"stock_share": 50, "own_carrier_channels": None})
        assert row.options == {"stock_share": 50}
        session.commit()
