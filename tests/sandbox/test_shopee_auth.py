"""Authorise pages, codes, tokens and their rotation."""

from urllib.parse import parse_qs, urlsplit

import pytest

from app.sandbox import create_sandbox

from .shopee_desk import PARTNER, SHOP, Desk, fresh

BACK = "https://erp.example.com/oauth/shopee/callback"
FORM_A = {"partner_id": PARTNER, "auth_type": "seller", "redirect_uri": BACK, "response_type": "code", "state": "a b&c=d/ü"}
REUSED = ("error_shop_refresh_token", "Your refresh token is error ,please check refresh token or shopid.")


@pytest.fixture
def desk():
    return Desk(fresh())


def agree(desk, who=SHOP, **more):
    """The seller's click; answers the parameters of the redirect."""
    answer = desk.web.post("/shopee/auth", query_string={**FORM_A, **more}, data={"who": who, "days": 90})
    assert answer.status_code == 302, answer.text
    assert answer.location.startswith(BACK + "?")
    return {key: values[0] for key, values in parse_qs(urlsplit(answer.location).query).items()}


def exchange(desk, code, **owner):
    return desk.public("POST", "/auth/token/get", {"code": code, "partner_id": PARTNER, **(owner or {"shop_id": SHOP})})


def refresh(desk, token, **owner):
    return desk.public("POST", "/auth/access_token/get", {"refresh_token": token, "partner_id": PARTNER, **(owner or {"shop_id": SHOP})})


def test_page_shows_shops_durations_and_keeps_state(desk):
    desk.shop("VN", 700123999, name="Cửa hàng <b>")
    page = desk.web.get("/shopee/auth", query_string=FORM_A).text
    assert "Demo PH" in page and "Cửa hàng &lt;b&gt;" in page and "Agree / 同意授权" in page
    assert all(f">{days}</option>" in page for days in (7, 30, 90, 180, 365))
    given = agree(desk)
    assert set(given) == {"code", "shop_id", "state"} and given["shop_id"] == str(SHOP) and given["state"] == FORM_A["state"]


def test_headless_walk_only_when_asked(desk):
    assert desk.web.get("/shopee/auth", query_string={**FORM_A, "shop_id": SHOP}).status_code == 200
    answer = desk.web.get("/shopee/auth", query_string={**FORM_A, "shop_id": SHOP, "auto": 1})
    assert answer.status_code == 302 and "code=" in answer.location


@pytest.mark.parametrize("target", ["https://evil.example.org/cb", "https://erp.example.com.evil.org/cb", "javascript:alert(1)", "", "/cb"])
def test_foreign_redirect_domain_is_refused(desk, target):
    answer = desk.web.get("/shopee/auth", query_string={**FORM_A, "redirect_uri": target})
    assert answer.status_code == 400 and answer.json == {
        "code": 1, "error": "error_param", "debug_message": "",
        "msg": "The domain of redirect_uri is not consistent with the Redirect URL Domain declared in console."}


@pytest.mark.parametrize("change", [{"partner_id": 5}, {"partner_id": "x"}, {"auth_type": "admin"}, {"response_type": "token"}])
def test_bad_form_a(desk, change):
    assert desk.web.get("/shopee/auth", query_string={**FORM_A, **change}).json["code"] == 1


def test_choice_of_shop_and_duration_is_checked(desk):
    for choice in ({"who": "123"}, {}, {"who": SHOP, "days": 366}, {"who": SHOP, "days": 0}, {"who": "account:9"}):
        assert desk.web.post("/shopee/auth", query_string=FORM_A, data=choice).status_code == 400


def test_form_b_signed_link(desk):
    path = "/shop/auth_partner"
    query = {**desk.query(path, "public"), "redirect": BACK + "/t/9?x=1"}
    assert "Agree" in desk.web.get("/shopee/api/v2" + path, query_string=query).text
    answer = desk.web.post("/shopee/api/v2" + path, query_string=query, data={"who": SHOP})
    given = parse_qs(urlsplit(answer.location).query)
    assert set(given) == {"x", "code", "shop_id"} and "/t/9?" in answer.location
    assert exchange(desk, given["code"][0])["error"] == ""
    assert desk.web.get("/shopee/api/v2" + path, query_string={**query, "sign": "0" * 64}).json["error"] == "error_sign"
    desk.control("POST", "/clock", offset=301)
    assert desk.web.get("/shopee/api/v2" + path, query_string=query).json["message"] == "Timestamp is expired"


def test_token_answer_has_no_response_wrapper(desk):
    pair = exchange(desk, agree(desk)["code"])
    assert set(pair) == {"access_token", "refresh_token", "expire_in", "request_id", "error", "message"} and pair["expire_in"] == 14_400
    desk.token = pair["access_token"]
    info = desk.get("/shop/get_shop_info")
    assert "response" not in info and info["region"] == "PH" and info["expire_time"] - info["auth_time"] == 90 * 86_400
    listed = desk.public("GET", "/public/get_shops_by_partner", page_size=100, page_no=1)
    assert [row["shop_id"] for row in listed["authed_shop_list"]] == [SHOP] and listed["more"] is False


def test_code_is_single_use_short_lived_and_bound_to_the_shop(desk):
    desk.shop(shop_id=700123457)
    code = agree(desk)["code"]
    assert exchange(desk, code, shop_id=700123457)["error"] == "invalid_shop_id"
    assert exchange(desk, code, main_account_id=1)["error"] == "invalid_main_acount_id"
    assert exchange(desk, code)["error"] == ""
    used = exchange(desk, code)
    assert (used["error"], used["message"]) == ("invalid_code", "The code is expired or used or invalid, please check the code.")
    late = agree(desk)["code"]
    desk.control("POST", "/clock", offset=601)
    assert exchange(desk, late)["error"] == "invalid_code"


@pytest.mark.parametrize("body", [{}, {"shop_id": SHOP, "main_account_id": 1}, {"shop_id": "abc"}, {"shop_id": SHOP, "partner_id": 5}])
def test_bad_exchange_body(desk, body):
    answer = desk.public("POST", "/auth/token/get", {"code": "x", "partner_id": PARTNER, **body})
    assert answer["error"] == "error_param" and "access_token" not in answer


def test_refresh_rotates_and_old_access_lives_five_minutes(desk):
    pair = exchange(desk, agree(desk)["code"])
    new = refresh(desk, pair["refresh_token"])
    assert new["partner_id"] == PARTNER and new["shop_id"] == SHOP and new["refresh_token"] != pair["refresh_token"]
    desk.token = pair["access_token"]
    assert desk.get("/shop/get_shop_info")["error"] == ""
    desk.control("POST", "/clock", offset=310)
    assert desk.get("/shop/get_shop_info")["error"] == "invalid_acceess_token"
    desk.token = new["access_token"]
    assert desk.get("/shop/get_shop_info")["error"] == ""
    again = refresh(desk, pair["refresh_token"])
    assert (again["error"], again["message"]) == REUSED
    assert refresh(desk, new["refresh_token"])["error"] == ""  # the chain itself is alive


def test_refresh_of_wrong_shop_or_garbage(desk):
    pair = exchange(desk, agree(desk)["code"])
    assert refresh(desk, pair["refresh_token"], shop_id=1)["error"] == REUSED[0]
    assert refresh(desk, "nope")["error"] == REUSED[0]
    assert refresh(desk, pair["refresh_token"], merchant_id=1)["error"] == "error_merchant_refresh_token"
    assert refresh(desk, pair["refresh_token"])["error"] == ""  # wrong tries do not burn it


def test_lifetimes(desk):
    pair = exchange(desk, agree(desk)["code"])
    desk.token = pair["access_token"]
    desk.control("POST", "/clock", offset=14_401)
    assert desk.get("/shop/get_shop_info")["error"] == "invalid_acceess_token"
    desk.control("POST", "/clock", offset=30 * 86_400 + 1)
    assert refresh(desk, pair["refresh_token"])["error"] == "refresh_token_expired"


def test_expired_authorisation(desk):
    agreed = desk.web.post("/shopee/auth", query_string=FORM_A, data={"who": SHOP, "days": 7}).location
    pair = exchange(desk, parse_qs(urlsplit(agreed).query)["code"][0])
    desk.control("POST", "/clock", offset=7 * 86_400 + 5)
    assert refresh(desk, pair["refresh_token"])["error"] == "shop_access_expired"


def test_main_account_shares_its_first_refresh_token_once_each(desk):
    for number in (1, 2):
        desk.shop("VN", 700200000 + number, main_account=1800777, merchant_id=1700555)
    given = agree(desk, "account:1800777")
    assert given["main_account_id"] == "1800777" and "shop_id" not in given
    pair = exchange(desk, given["code"], main_account_id=1800777)
    assert pair["shop_id_list"] == [700200001, 700200002] and pair["merchant_id_list"] == [1700555]
    first = pair["refresh_token"]
    one, two = refresh(desk, first, shop_id=700200001), refresh(desk, first, shop_id=700200002)
    merchant = refresh(desk, first, merchant_id=1700555)
    assert one["error"] == two["error"] == merchant["error"] == ""
    assert refresh(desk, first, shop_id=700200001)["error"] == REUSED[0]
    assert refresh(desk, one["refresh_token"], shop_id=700200002)["error"] == REUSED[0]  # own chains from now on
    assert refresh(desk, one["refresh_token"], shop_id=700200001)["error"] == ""
    assert desk.raw("GET", "/shop/get_shop_info", access_token=two["access_token"], shop_id=700200002).json["region"] == "VN"


def test_resend_code(desk):
    code = desk.control("POST", f"/shopee/shops/{SHOP}/resend_code", partner_id=PARTNER)["resend_code"]
    assert code.startswith("resend")
    pair = desk.public("POST", "/public/get_token_by_resend_code", {"resend_code": code})
    assert pair["shop_id_list"] == [SHOP] and pair["access_token"]
    assert desk.public("POST", "/public/get_token_by_resend_code", {"resend_code": code})["error"] == "invalid_code"


def test_cancel_pages_end_the_link(desk):
    assert "Demo PH" in desk.web.get("/shopee/cancel_auth", query_string=FORM_A).text
    answer = desk.web.post("/shopee/cancel_auth", query_string=FORM_A, data={"shop_id": SHOP})
    assert answer.status_code == 302 and f"shop_id={SHOP}" in answer.location
    assert desk.get("/shop/get_shop_info")["error"] == "shop_no_linked"
    pair = desk.authorise()
    path = "/shop/cancel_auth_partner"
    query = {**desk.query(path, "public"), "redirect": BACK}
    assert desk.web.post("/shopee/api/v2" + path, query_string=query, data={"shop_id": SHOP}).status_code == 302
    assert refresh(desk, pair["refresh_token"])["error"] == "shop_no_linked"
    assert desk.web.post("/shopee/api/v2" + path, query_string=query, data={"shop_id": SHOP}).status_code == 400


def test_tokens_survive_a_restart(tmp_path):
    file = str(tmp_path / "w.json")
    first = Desk(create_sandbox(file))
    pair, number = exchange(first, agree(first)["code"]), first.orders()[0]
    first.world.close()
    app = create_sandbox(file)
    second = Desk.__new__(Desk)
    second.app, second.web, second.token = app, app.test_client(), pair["access_token"]
    assert second.detail(number)["response"]["order_list"][0]["order_sn"] == number
    assert refresh(second, pair["refresh_token"])["error"] == ""
    second.world.close()
