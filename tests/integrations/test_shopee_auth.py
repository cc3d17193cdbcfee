"""Authorising, exchanging, refreshing: one refresh token is never spent twice."""
import threading
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app.failures import Failure, Retry
from app.integrations.auth import MemoryKeeper, ends_at
from app.integrations.http import FakeTransport, Reply, drop
from app.integrations.platforms.base import AppSettings
from tests.integrations.shopee_kit import ACCESS, BASE, NOW, REFRESH, SHOP, VECTORS, Shopee, app_settings, connector, listed, no, ok, tokens

TOKEN, RENEW, INFO = "/api/v2/auth/token/get", "/api/v2/auth/access_token/get", "/api/v2/shop/get_shop_info"
BACK = "https://erp.example.com/oauth/shopee/callback"
NEW = ok(access_token="new-access", refresh_token="new-refresh", expire_in=14400)
EXPIRED = Reply(403, no("invalid_acceess_token", "Invalid access_token, please have a check."))


def query_of(url):
    return {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}


def refusal(call):
    with pytest.raises(Failure) as caught:
        call()
    return caught.value


def test_current_links_carry_the_state():
    shop = connector(FakeTransport())
    url = shop.authorise_url("st/1", BACK)
    assert url.startswith("https://open.example.test/auth?")
    assert query_of(url) == {"partner_id": "2099001", "auth_type": "seller", "redirect_uri": BACK, "response_type": "code", "state": "st/1"}
    assert shop.revoke_url("st", BACK).startswith("https://open.example.test/cancel_auth?")


@pytest.mark.parametrize("verb,case", [("authorise_url", "legacy_signed_authorize_link"), ("revoke_url", "legacy_signed_cancel_link")])
def test_legacy_links_are_signed_and_keep_the_state_in_the_path(verb, case):
    shop = connector(FakeTransport(), app=app_settings(legacy_auth_link="yes"))
    url, given = getattr(shop, verb)("st/1", BACK), VECTORS[case]
    assert url.startswith(BASE + given["inputs"]["api_path"] + "?")
    assert query_of(url) == {"partner_id": "2099001", "timestamp": "1790000000", "sign": given["expected"], "redirect": BACK + "/st%2F1"}


def test_exchange_of_a_shop_account():
    transport = FakeTransport([NEW, ok(shop_name="Demo PH", region="PH", status="NORMAL", expire_time=1811535999)])
    [(info, got)] = connector(transport).exchange({"code": "c0de", "shop_id": SHOP, "state": "s"})
    assert transport.sent[0].json() == {"code": "c0de", "shop_id": int(SHOP), "partner_id": 2099001}
    assert (info.shop_id, info.name, info.region) == (SHOP, "Demo PH", "PH")
    assert (got.access_token, got.refresh_token, got.access_expires_at) == ("new-access", "new-refresh", NOW + timedelta(hours=4))
    assert got.refresh_expires_at == NOW + timedelta(days=30) and got.authorised_until == info.expires_at
    assert transport.sent[1].query["access_token"] == "new-access"


def test_a_main_account_gives_every_shop_a_chain_of_its_own():
    def answer(sent):
        if sent.path == TOKEN:
            return NEW | {"shop_id_list": [1, 2], "merchant_id_list": [9]}
        if sent.path == RENEW:
            shop_id = sent.json()["shop_id"]
            return ok(access_token=f"a{shop_id}", refresh_token=f"r{shop_id}", expire_in=14400)
        return ok(shop_name=f"Shop {sent.query['shop_id']}", region="PH")

    transport = FakeTransport(answer)
    found = connector(transport).exchange({"code": "c", "main_account_id": "1800777"})
    assert transport.sent[0].json()["main_account_id"] == 1800777
    assert [(i.shop_id, i.name, t.access_token, t.refresh_token, t.extra["merchant_id"]) for i, t in found] == [
        ("1", "Shop 1", "a1", "r1", "9"), ("2", "Shop 2", "a2", "r2", "9")]
    assert [s.json()["refresh_token"] for s in transport.sent if s.path == RENEW] == ["new-refresh"] * 2


def test_tokens_survive_when_the_shop_cannot_be_asked_for_its_name():
    transport = FakeTransport([NEW, drop(), drop(), drop()])
    [(info, got)] = connector(transport).exchange({"code": "c", "shop_id": SHOP})
    assert (info.shop_id, info.name, got.refresh_token) == (SHOP, "", "new-refresh")


@pytest.mark.parametrize("query,answers,code", [
    ({}, [], "shop.code_missing"), ({"code": "c"}, [], "shop.code_missing"), ({"code": "c", "shop_id": "../1"}, [], "shop.code_missing"),
    ({"code": "c", "shop_id": "1"}, [no("invalid_code")], "shop.code_refused"),
    ({"code": "c", "shop_id": "1"}, [no("invalid_shop_id")], "shop.wrong_shop"),
    ({"code": "c", "main_account_id": "1"}, [NEW | {"shop_id_list": []}], "shop.none_authorised"),
    ({"code": "c", "shop_id": "1"}, [ok()], "platform.unexpected_answer"),
])
def test_exchange_refusals(query, answers, code):
    assert refusal(lambda: connector(FakeTransport(answers)).exchange(query)).code == code


def test_a_lost_answer_to_the_single_use_code_is_an_unknown_outcome():
    assert refusal(lambda: connector(FakeTransport([drop()])).exchange({"code": "c", "shop_id": "1"})).retry == Retry.UNKNOWN


def test_resend_code_brings_lost_tokens_back():
    transport = FakeTransport([NEW | {"shop_id_list": [int(SHOP)]}, ok(region="PH")])
    [(info, got)] = connector(transport).exchange_resend_code(" resend0a1b ")
    assert transport.sent[0].path == "/api/v2/public/get_token_by_resend_code" and transport.sent[0].json() == {"resend_code": "resend0a1b"}
    assert (info.shop_id, got.access_token) == (SHOP, "new-access")


def test_refresh_rotates_both_tokens_and_keeps_the_rest():
    transport = FakeTransport([drop(), NEW])
    old = replace(tokens(), authorised_until=NOW + timedelta(days=300))
    new = connector(transport).refresh(old)
    assert transport.sent[-1].json() == {"refresh_token": REFRESH, "partner_id": 2099001, "shop_id": int(SHOP)}
    assert (new.access_token, new.refresh_token, new.authorised_until) == ("new-access", "new-refresh", old.authorised_until)
    assert new.extra["shop_id"] == SHOP


@pytest.mark.parametrize("error", ["error_shop_refresh_token", "refresh_token_expired", "shop_access_expired", "error_auth"])
def test_a_spent_refresh_token_asks_for_a_new_authorisation(error):
    failure = refusal(lambda: connector(FakeTransport([no(error)])).refresh(tokens()))
    assert (failure.code, failure.retry) == ("shop.authorisation_expired", Retry.REAUTHORISE)


def test_tokens_are_renewed_before_they_end():
    keeper = MemoryKeeper(tokens(minutes=29))
    transport = FakeTransport([NEW, listed()])
    list(connector(transport, keeper).pull(NOW - timedelta(days=1), NOW))
    assert transport.paths() == [RENEW, "/api/v2/order/get_order_list"]
    assert transport.sent[1].query["access_token"] == "new-access" and keeper.rotations == 1


def test_work_goes_on_with_a_living_token_when_the_renewal_fails_for_now():
    transport = FakeTransport(lambda sent: Reply(503) if sent.path == RENEW else listed())
    list(connector(transport, MemoryKeeper(tokens(minutes=20))).pull(NOW - timedelta(days=1), NOW))
    assert transport.sent[-1].query["access_token"] == ACCESS


def test_a_refused_token_is_renewed_once_in_the_middle_of_a_pull():
    transport = FakeTransport([listed(cursor="1"), EXPIRED, NEW, listed()])
    pages = list(connector(transport).pull(NOW - timedelta(days=1), NOW))
    assert len(pages) == 2 and transport.sent[-1].query["access_token"] == "new-access"
    assert transport.sent[-1].query["cursor"] == "1"


def test_a_shop_that_is_not_linked_is_not_refreshed():
    transport = FakeTransport([Reply(403, no("shop_no_linked"))])
    assert refusal(lambda: connector(transport).verify()).code == "shop.not_linked"
    assert transport.paths() == [INFO]


def test_without_tokens_there_is_a_clear_answer():
    assert refusal(lambda: connector(FakeTransport(), MemoryKeeper()).verify()).code == "shop.not_authorised"


def test_threads_that_meet_an_expired_token_together_spend_one_refresh_token():
    spent, lock = [], threading.Lock()

    def answer(sent):
        if sent.path == RENEW:
            with lock:
                given = sent.json()["refresh_token"]
                if given in spent:
                    return no("error_shop_refresh_token")
                spent.append(given)
            return NEW
        return ok(region="PH") if sent.query["access_token"] == "new-access" else EXPIRED

    keeper, problems = MemoryKeeper(tokens()), []

    def work():
        try:
            connector(FakeTransport(answer), keeper).verify()
        except Failure as failure:
            problems.append(failure)

    threads = [threading.Thread(target=work) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert (problems, spent, keeper.rotations) == ([], [REFRESH], 1)


@pytest.mark.parametrize("given,expected", [
    (14312, NOW + timedelta(seconds=14312)), (1790014400, NOW + timedelta(hours=4)), (0, None), (None, None)])
def test_life_times_in_seconds_or_as_a_point_in_time(given, expected):
    assert ends_at(given, NOW) == expected


def test_missing_app_settings_are_named():
    failure = refusal(lambda: Shopee(AppSettings(BASE, options={"partner_id": "1"})))
    assert (failure.code, failure.params["field"]) == ("app.field_missing", "Partner key")
