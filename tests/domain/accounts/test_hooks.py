"""Webhooks over real HTTP calls to the app: signature, replay, size, unknown shops."""
import hmac
import json
from hashlib import sha256

import pytest
import sqlalchemy as sa

from app.domain.accounts import hooks
from app.models import HookNote, Job, Run, ShopAccount
from app.tenancy import as_system
from tests.integration_flow import support

URL = "http://127.0.0.1:8080/api/v1/push/shopee"


def push(world, message, key=support.KEY, raw=None):
    raw = raw if raw is not None else json.dumps(message).encode()
    signature = hmac.new(key.encode(), URL.encode() + b"|" + raw, sha256).hexdigest()
    return world.app.test_client().post("/api/v1/push/shopee", data=raw, headers={"Authorization": signature})


def notes():
    with as_system() as session:
        return [(n.kind, n.state) for n in session.scalars(sa.select(HookNote).order_by(HookNote.id))]


@pytest.fixture
def shop(sandbox, world):
    shop_id = sandbox.shop()
    return shop_id, support.authorise_shop(sandbox, world.a, shop_id)[0]


def changed(shop_id, number, stamp=1790000000):
    return {"code": 3, "shop_id": shop_id, "timestamp": stamp, "data": {"ordersn": number, "status": "READY_TO_SHIP"}}


def test_a_push_is_kept_once_and_becomes_a_pull(world, sandbox, shop):
    shop_id, account = shop
    for message in (changed(shop_id, "A1"), changed(shop_id, "A1"), changed(shop_id, "A2")):
        answer = push(world, message)
        assert (answer.status_code, answer.data) == (200, b"")
    assert notes() == [("order", "waiting")] * 2
    assert hooks.work_off() == 2 and notes() == [("order", "done")] * 2
    with as_system() as session:
        (run,) = [r for r in session.scalars(sa.select(Run)) if r.params.get("numbers")]
        assert run.params["numbers"] == ["A1", "A2"] and session.scalar(sa.select(Job.account_id).where(Job.run_id == run.id)) == account


def test_strangers_learn_nothing(world, sandbox, shop):
    shop_id, _account = shop
    client = world.app.test_client()
    answers = [push(world, changed(shop_id, "A1"), key="wrong")]
    answers += [client.post(f"/api/v1/push/{name}", data=b"{}") for name in ("shopee", "nobody", "lazada")]
    assert [(a.status_code, a.data) for a in answers] == [(403, b"")] * 4 and notes() == []
    assert push(world, None, raw=b"[not json").status_code == 400
    assert push(world, None, raw=b"x" * 600_000).status_code == 413


def test_an_unknown_shop_is_ignored(world, sandbox, shop):
    assert push(world, changed(987, "A1")).status_code == 200
    hooks.work_off()
    assert notes() == [("order", "ignored")]


def test_revoked_and_expiring(world, sandbox, shop):
    shop_id, account = shop
    assert push(world, {"code": 12, "timestamp": 1, "data": {"shop_expire_soon": [shop_id], "expire_before": 9}}).status_code == 200
    hooks.work_off()
    assert support.one(world.a, ShopAccount, account, "state", "last_error_code") == ("active", "account.expiring")
    assert push(world, {"code": 2, "timestamp": 2, "shop_id": shop_id, "data": {"shop_id": shop_id, "success": 1}}).status_code == 200
    hooks.work_off()
    assert support.one(world.a, ShopAccount, account, "state", "secrets") == ("revoked", "")
