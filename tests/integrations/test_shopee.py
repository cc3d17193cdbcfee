"""The Shopee connector over FakeTransport: the four checks, and signatures against the golden vectors."""
from datetime import timedelta
from decimal import Decimal

import pytest

from app.failures import Blame, Failure, Retry
from app.integrations.http import FakeTransport, Reply, drop, time_out
from app.integrations.platforms.shopee.errors import TABLE, translate
from app.integrations.platforms.shopee.gate import signature
from app.integrations.types import Parcel, PulledLine, StockLine
from tests.integrations.platform_checks import Asked, Paged, PlatformChecks, Refused, Translated, consume
from tests.integrations.shopee_kit import ACCESS, NOW, SHOP, VECTORS, connector, detailed, listed, no, ok, order

N, M = "260921ABCD1234", "260921ABCD9999"
LIST, DETAIL = "/api/v2/order/get_order_list", "/api/v2/order/get_order_detail"
PARCEL = Parcel(N, "GX123456789PH")
LINE = PulledLine("CUP", 2, item_id="201", model_id="7", line_id="201:7:0")
DAY = timedelta(days=1)


def pull(shop, days=1, by="change"):
    return shop.pull(NOW - days * DAY, NOW, by)


def by_path(answers):
    """Answer each path from its own list; the last one goes on for ever."""
    def answer(sent):
        queue = answers[sent.path]
        return queue.pop(0) if isinstance(queue, list) and len(queue) > 1 else queue[0] if isinstance(queue, list) else queue
    return answer


@pytest.mark.parametrize("case", [name for name in VECTORS if "api_path" in VECTORS[name]["inputs"]])
def test_golden_signatures(case):
    given = VECTORS[case]["inputs"]
    subject = given.get("shop_id") or given.get("merchant_id")
    more = (given["access_token"], subject) if "access_token" in given else ()
    assert signature(given["partner_key"], given["partner_id"], given["api_path"], given["timestamp"], *more) == VECTORS[case]["expected"]


@pytest.mark.parametrize("case,call,answers", [
    ("shop_api_get_order_list", pull, [listed()]),
    ("shop_api_post_ship_order", lambda s: s.write_back(PARCEL), [ok({"info_needed": {"non_integrated": ["tracking_no"]}}), ok()]),
    ("public_api_token_get", lambda s: s.exchange({"code": "c", "shop_id": SHOP}), [no("invalid_code")]),
    ("public_api_token_refresh", lambda s: s.refresh(s.tokens.current()), [no("error_shop_refresh_token")]),
    ("shop_api_get_repeated_query_param", lambda s: s.listings(), [ok({"item": [], "has_next_page": False})]),
])
def test_requests_carry_the_golden_signatures(case, call, answers):
    transport = FakeTransport(answers)
    try:
        consume(call(connector(transport)))
    except Failure:
        assert answers[-1]["error"]
    sent, given = transport.sent[-1], VECTORS[case]["inputs"]
    assert (sent.method, sent.path, sent.query["sign"]) == (given["method"], given["api_path"], VECTORS[case]["expected"])
    common = {k: str(v) for k, v in given["query"] if k in ("partner_id", "timestamp", "access_token", "shop_id")}
    assert sent.query | common == sent.query


class TestShopee(PlatformChecks):
    def make(self, transport, **more):
        return connector(transport, **more)

    ASKED = [
        Asked("list", pull, [listed()], "GET", LIST, {
            "time_range_field": "update_time", "time_from": "1789913600", "time_to": "1790000000", "page_size": "100", "cursor": "",
            "response_optional_fields": "order_status", "request_order_status_pending": "true", "access_token": ACCESS, "shop_id": SHOP}),
        Asked("list by creation", lambda s: pull(s, by="creation"), [listed()], "GET", LIST, {"time_range_field": "create_time"}),
        Asked("detail", lambda s: s.pull_numbers([N, M, N]), [detailed(order(), order(M))], "GET", DETAIL,
              {"order_sn_list": f"{N},{M}", "request_order_status_pending": "true"}),
        Asked("verify", lambda s: s.verify(), [ok(region="PH")], "GET", "/api/v2/shop/get_shop_info", {"shop_id": SHOP}),
        Asked("cancel", lambda s: s.cancel(N, "OUT_OF_STOCK", [LINE]), [ok({"update_time": 1})], "POST", "/api/v2/order/cancel_order",
              json={"order_sn": N, "cancel_reason": "OUT_OF_STOCK", "item_list": [{"item_id": 201, "model_id": 7}]}),
        Asked("answer cancel", lambda s: s.answer_cancel(N, False), [ok({})], "POST", "/api/v2/order/handle_buyer_cancellation",
              json={"order_sn": N, "operation": "REJECT"}),
        Asked("note", lambda s: s.set_note(N, "hi"), [ok({})], "POST", "/api/v2/order/set_note", json={"order_sn": N, "note": "hi"}),
        Asked("split", lambda s: s.split(N, [[LINE], [LINE]]), [ok({"package_list": [{"package_number": "A"}]})], "POST",
              "/api/v2/order/split_order", json={"order_sn": N, "package_list": [{"item_list": [{
                  "item_id": 201, "model_id": 7, "order_item_id": 201, "promotion_group_id": 0, "model_quantity": 2}]}] * 2}),
        Asked("unsplit", lambda s: s.unsplit(N), [ok()], "POST", "/api/v2/order/unsplit_order", json={"order_sn": N}),
        Asked("number", lambda s: s.tracking_number(Parcel(N, package_number="OFG1", split=True)), [ok({"tracking_number": "X1"})], "GET",
              "/api/v2/logistics/get_tracking_number", {"order_sn": N, "package_number": "OFG1"}),
        Asked("numbers", lambda s: s.tracking_numbers(["OFG1"]), [ok({"success_list": []})], "POST",
              "/api/v2/logistics/get_mass_tracking_number", json={"package_list": [{"package_number": "OFG1"}]}),
        Asked("stock", lambda s: s.push_stock([StockLine("9", "0", 12, "VN0001ABC")]), [ok({"success_list": []})], "POST",
              "/api/v2/product/update_stock", json={"item_id": 9, "stock_list": [{"model_id": 0, "seller_stock": [
                  {"location_id": "VN0001ABC", "stock": 12}]}]}),
        Asked("linked shops", lambda s: s.linked_shops(), [ok(authed_shop_list=[{"shop_id": 7, "region": "PH"}], more=True),
              ok(authed_shop_list=[], more=False)], "GET", "/api/v2/public/get_shops_by_partner", {"page_no": "2"}),
        Asked("channels", lambda s: s.channels(), [ok({"logistics_channel_list": []})], "GET", "/api/v2/logistics/get_channel_list"),
    ]

    PAGED = [
        Paged("cursor", pull, by_path({LIST: [listed(N, M, cursor="20"), listed("260921EEEE0001", cursor="x="), listed()],
                                       DETAIL: [detailed(order(N, update_time=1789999999), order(M, update_time=1789999998)),
                                                detailed(order("260921EEEE0001"))]}),
              LIST, [{"cursor": ""}, {"cursor": "20"}, {"cursor": "x="}], [[M, N], ["260921EEEE0001"], []]),
        Paged("windows of at most 15 days", lambda s: pull(s, days=40), by_path({LIST: [listed()]}), LIST, [
            {"time_from": "1786544000", "time_to": "1787840000"}, {"time_from": "1787840000", "time_to": "1789136000"},
            {"time_from": "1789136000", "time_to": "1790000000"}], [[], [], []]),
        Paged("the same row twice", pull, by_path({LIST: [listed(N, N, cursor="2"), listed(N)], DETAIL: [detailed(order())]}), LIST,
              [{}, {}], [[N], [N]]),
    ]

    TRANSLATED = [
        Translated("order", lambda s: next(s.pull_numbers([N])).orders[0], [detailed(order())], {
            "number": N, "state": "pending", "platform_status": "READY_TO_SHIP", "currency": "VND", "total": Decimal(152000), "cod": True,
            "buyer": "demo_buyer", "buyer_note": "Giao giờ hành chính", "seller_note": "fragile", "ship_method": "VNPost Tiết Kiệm",
            "ship_method_id": "50021", "own_carrier": False, "fulfilled_by_platform": False, "updated_at": NOW,
            "address.country": "VN", "address.street": "12******", "address.postcode": "700000", "address.masked": True,
            "lines.0.sku": "CUP-BL-500", "lines.0.quantity": 2, "lines.0.price": Decimal(67000), "lines.0.weight_g": 300,
            "lines.0.line_id": "20100000123:200000000456:0", "lines.0.package_number": "OFG100000000000123",
            "packages.0.number": "OFG100000000000123", "packages.0.state": "pending", "packages.0.carrier_id": "50021"}),
        Translated("shop", lambda s: s.verify(), [Reply(json=ok(shop_name="Demo PH", region="PH", status="NORMAL", auth_time=1780000000,
                   expire_time=1811535999), headers={"Date": "Mon, 21 Sep 2026 14:13:30 GMT"})], {
            "shop_id": SHOP, "name": "Demo PH", "region": "PH", "status": "NORMAL", "clock_skew_s": 10.0}),
    ]

    REFUSED = [
        Refused("token lost twice", pull, by_path({LIST: Reply(403, no("invalid_acceess_token")), "/api/v2/auth/access_token/get": ok(
            access_token="n", refresh_token="r", expire_in=14400)}), "shop.authorisation_expired", Retry.REAUTHORISE),
        Refused("cursor that comes again", pull, by_path({LIST: listed(cursor="7")}), "platform.paging_loop", Retry.LATER),
        Refused("more without a cursor", pull, [ok({"more": True, "next_cursor": "", "order_list": []})], "platform.paging_loop",
                Retry.LATER),
        Refused("no time", pull, [no("error_param", "Timestamp is expired")], "clock.skew"),
        Refused("HTML", pull, [b"<html>"] * 3, "http.not_json", Retry.LATER),
        Refused("an array", pull, [[]], "platform.unexpected_answer"),
        Refused("404 without an error", pull, [Reply(404, {"x": 1})], "platform.unexpected_answer"),
        Refused("busy", pull, [no("error_rate_limit")] * 3, "platform.rate_limited", Retry.LATER),
        Refused("429", pull, [Reply(429, no("error_rate_limit"))] * 3, "http.rate_limited", Retry.LATER),
        Refused("daily quota by 429", pull, [Reply(429, no("error_limit", "daily API call limit"))] * 3, "platform.daily_limit",
                Retry.LATER),
        Refused("500", pull, [Reply(500, no("error_server"))] * 3, "http.server_error", Retry.LATER),
        Refused("their fault while shipping", lambda s: s.cancel(N, "CUSTOMER_REQUEST"), [no("error_server")], "platform.fault",
                Retry.UNKNOWN),
        Refused("timeout while cancelling", lambda s: s.cancel(N, "CUSTOMER_REQUEST"), [time_out()], "http.timeout", Retry.UNKNOWN),
        Refused("dropped while shipping", lambda s: s.write_back(PARCEL), [ok({"info_needed": {"non_integrated": []}}), drop()],
                "http.connection_closed", Retry.UNKNOWN),
        Refused("no such reason", lambda s: s.cancel(N, "BORED"), [], "order.cancel_reason"),
        Refused("missing lines", lambda s: s.cancel(N, "OUT_OF_STOCK"), [], "order.cancel_lines"),
        Refused("too late", lambda s: s.cancel(N, "CUSTOMER_REQUEST"), [no("order.error_limit")], "order.cancel_too_late"),
        Refused("unknown error", lambda s: s.unsplit(N), [no("shop.something_new", "?")], "platform.refused"),
    ]


@pytest.mark.parametrize("codes,part,ours,retry,blame", TABLE)
def test_every_row_of_the_error_table_is_reached(codes, part, ours, retry, blame):
    for code in codes.split():
        for spelled in (code, f" {code} ", code if "." in code else f"logistics.{code}"):
            failure = translate(spelled, f"Something {part} here")
            assert (failure.code, failure.retry, failure.blame) == (ours, retry, blame), spelled


def test_the_same_code_means_different_things_by_message():
    waiting = translate("logistics.error_param", "The order is being allocated, please wait until the allocate is completed.")
    assert (waiting.code, waiting.retry) == ("ship.being_allocated", Retry.LATER)
    assert translate("logistics.error_param", "The order status is not ready to ship.").code == "ship.wrong_state"
    assert translate("error_status", "The order has been cancelled.").code == "ship.order_cancelled"
    assert translate(" logistics.package_already_shipped", "…").code == "ship.already_arranged"
    assert translate("error_param", "There is no shop_id in query.").blame == Blame.US


def test_the_daily_quota_waits_for_midnight_in_singapore():
    failure = translate("error_limit", "You have reached the daily API call limit", now=NOW)
    assert failure.wait == 24 * 3600 - (22 * 3600 + 13 * 60 + 20)


def test_clock_skew_says_how_far_the_clock_is_off():
    reply = Reply(json=no("error_param", "Timestamp is expired"), headers={"Date": "Mon, 21 Sep 2026 14:25:20 GMT"})
    with pytest.raises(Failure) as caught:
        connector(FakeTransport([reply])).verify()
    assert (caught.value.code, caught.value.params["seconds"], caught.value.blame) == ("clock.skew", 720, Blame.US)


def test_details_are_asked_in_fifties_and_missing_ones_once_more():
    numbers = [f"260921AAAA{i:04}" for i in range(120)]

    def answer(sent):
        asked = sent.query["order_sn_list"].split(",")
        found = [order(n) for n in asked if not n.endswith("7")]
        return detailed(*found) if found else no("error_not_found", "Wrong parameters, detail: the order is not found.")

    transport = FakeTransport(answer)
    pages = list(connector(transport).pull_numbers(numbers))
    assert [len(s.query["order_sn_list"].split(",")) for s in transport.sent] == [50, 5, 50, 5, 20, 2]
    lost = [o for p in pages for o in p.orders if hasattr(o, "code")]
    assert len(lost) == 12 and {o.code for o in lost} == {"order.detail_missing"}


def test_upto_comes_only_when_a_window_is_complete():
    answers = by_path({LIST: [listed(N, cursor="1"), listed(N), listed()], DETAIL: detailed(order())})
    pages = list(pull(connector(FakeTransport(answers)), days=20))
    assert [p.upto for p in pages] == [None, NOW - 5 * DAY, NOW]


def test_a_page_that_comes_again_under_new_cursors_is_noticed():
    turn = iter(range(100))
    answers = by_path({DETAIL: detailed(order())})
    shop = connector(FakeTransport(lambda sent: listed(N, cursor=str(next(turn))) if sent.path == LIST else answers(sent)))
    with pytest.raises(Failure) as caught:
        list(pull(shop))
    assert caught.value.code == "platform.paging_loop" and next(turn) < 10
