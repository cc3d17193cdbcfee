"""The Shopee connector against the stand-in server over real HTTP: the whole job, and what can go wrong on the way."""
import threading
from datetime import UTC, datetime, timedelta
from io import BytesIO
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from pypdf import PdfReader

from app.failures import Failure, Retry
from app.integrations.auth import MemoryKeeper, utc_now
from app.integrations.types import Parcel, PulledOrder, StockLine, Unreadable
from app.sandbox import create_sandbox, serve_in_thread
from tests.integrations.shopee_bench import BACK, PARTNER, Bench, Receiver


@pytest.fixture(scope="module")
def served():
    url, stop = serve_in_thread(create_sandbox())
    yield Bench(url)
    stop()


@pytest.fixture
def bench(served):
    served.reset()
    return served


def span():
    return utc_now() - timedelta(days=2), utc_now() + timedelta(seconds=2)


def pulled(shop):
    return [order for page in shop.pull(*span()) for order in page.orders]


def refusal(call):
    with pytest.raises(Failure) as caught:
        call()
    return caught.value


def test_the_whole_job_on_an_integrated_channel(bench):
    shop_id = bench.shop(name="Demo PH")
    numbers = bench.orders(shop_id, 250, carrier_kind="integrated")
    shop = bench.authorised(shop_id)
    info = shop.verify()
    assert (info.shop_id, info.name, info.region, info.status) == (shop_id, "Demo PH", "PH", "NORMAL") and abs(info.clock_skew_s) < 2

    pages = list(shop.pull(*span()))
    assert [len(p.orders) for p in pages] == [100, 100, 50] and [p.upto is None for p in pages] == [True, True, False]
    orders = {o.number: o for p in pages for o in p.orders}
    assert set(orders) == set(numbers) and all(isinstance(o, PulledOrder) for o in orders.values())
    one = orders[numbers[0]]
    assert (one.state, one.ship_method, one.currency) == ("pending", "GoGo Xpress", "PHP") and one.lines and not one.address.masked

    parcel = Parcel(one.number, package_number=one.packages[0].number)
    assert shop.arranged(parcel) is None
    done = shop.arrange(parcel)
    assert (done.state, done.already) == ("processed", False)
    parcel.tracking_no = done.tracking_no or next(n for n in (shop.tracking_number(parcel) for _ in range(9)) if n)
    assert shop.arrange(parcel).already
    assert shop.arranged(parcel).tracking_no == parcel.tracking_no

    label = shop.fetch_label(parcel)
    assert label.content_type == "application/pdf" and len(PdfReader(BytesIO(label.content)).pages) == 1
    seen = bench.control("GET", f"/shopee/orders/{one.number}")
    assert seen["tracking_numbers"] == [parcel.tracking_no] and seen["order_status"] == "PROCESSED"


def test_writing_our_own_number_back(bench):
    shop_id = bench.shop("VN")
    first, second = bench.orders(shop_id, 2, carrier_kind="non_integrated", status="READY_TO_SHIP")
    shop = bench.authorised(shop_id, options={"own_carrier_channels": "Người Bán Tự Vận Chuyển\nOther"})
    assert all(order.own_carrier for order in pulled(shop))
    assert not shop.write_back(Parcel(first, "GX1")).already
    assert shop.write_back(Parcel(first, "GX1")).already
    assert refusal(lambda: shop.write_back(Parcel(first, "GX2"))).code == "ship.other_number"
    assert refusal(lambda: shop.write_back(Parcel(second, "GX1"))).code == "ship.number_used"
    [page] = shop.pull_numbers([first])
    assert page.orders[0].state == "shipped"
    assert refusal(lambda: shop.fetch_label(Parcel(first, "GX1"))).code == "label.not_printable"


def test_an_integrated_order_does_not_take_our_number(bench):
    shop_id = bench.shop()
    [number] = bench.orders(shop_id, carrier_kind="integrated")
    shop = bench.authorised(shop_id)
    assert refusal(lambda: shop.write_back(Parcel(number, "GX1"))).code == "ship.own_number_refused"
    assert bench.control("GET", f"/shopee/orders/{number}")["ship_calls"] == 0


def test_a_lost_answer_is_found_out_and_ships_once(bench):
    shop_id = bench.shop()
    [number] = bench.orders(shop_id, carrier_kind="non_integrated")
    shop = bench.authorised(shop_id)
    bench.fault("drop", "/api/v2/logistics/ship_order", times=1, after_effect=True)
    assert refusal(lambda: shop.write_back(Parcel(number, "GX7"))).retry == Retry.UNKNOWN
    found = shop.arranged(Parcel(number, "GX7"))
    assert (found.tracking_no, found.state) == ("GX7", "shipped")
    assert bench.control("GET", f"/shopee/orders/{number}")["ship_calls"] == 1


def test_split_orders_ship_package_by_package(bench):
    shop_id = bench.shop()
    [number] = bench.orders(shop_id, carrier_kind="non_integrated", items=[{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 3}])
    shop = bench.authorised(shop_id)
    [page] = shop.pull_numbers([number])
    packages = shop.split(number, [[line] for line in page.orders[0].lines])
    [page] = shop.pull_numbers([number])
    assert [p.number for p in page.orders[0].packages] == packages
    assert {line.package_number for line in page.orders[0].lines} == set(packages)
    shop.unsplit(number)
    packages = shop.split(number, [[line] for line in page.orders[0].lines])
    shop.write_back(Parcel(number, "GX1", packages[0], split=True))
    [page] = shop.pull_numbers([number])
    assert page.orders[0].state == "pending" and [p.state for p in page.orders[0].packages] == ["shipped", "pending"]
    assert refusal(lambda: shop.write_back(Parcel(number, "GX2", packages[0], split=True))).code == "ship.other_number"
    shop.write_back(Parcel(number, "GX2", packages[1], split=True))
    assert refusal(lambda: shop.write_back(Parcel(number, "GX3"))).code == "ship.package_number"


def test_a_failed_pickup_is_arranged_anew(bench):
    shop_id = bench.shop()
    [number] = bench.orders(shop_id, carrier_kind="integrated")
    shop, parcel = bench.authorised(shop_id), Parcel(number)
    shop.arrange(parcel)
    before = next(n for n in (shop.tracking_number(parcel) for _ in range(9)) if n)
    bench.control("POST", f"/shopee/orders/{number}/retry_pickup")
    [page] = shop.pull_numbers([number])
    assert (page.orders[0].state, page.orders[0].platform_status) == ("pending", "RETRY_SHIP")
    assert shop.rearrange(parcel).tracking_no == before
    [page] = shop.pull_numbers([number])
    assert page.orders[0].state == "processed"


def test_cancelling_from_both_sides(bench):
    shop_id = bench.shop()
    first, second, third = bench.orders(shop_id, 3)
    shop = bench.authorised(shop_id)
    [page] = shop.pull_numbers([first])
    shop.cancel(first, "OUT_OF_STOCK", page.orders[0].lines)
    bench.control("POST", f"/shopee/orders/{second}/cancel", ask=True)
    shop.answer_cancel(second, True)
    assert refusal(lambda: shop.answer_cancel(third, True)).code == "order.cancel_wrong_state"
    states = {o.number: o.state for o in pulled(shop)}
    assert states == {first: "void", second: "void", third: "pending"}
    assert refusal(lambda: shop.arrange(Parcel(first))).code == "ship.order_cancelled"


def test_every_shop_of_a_main_account_refreshes_on_its_own(bench):
    ids = {bench.shop(main_account=1800777), bench.shop("VN", main_account=1800777)}
    found = bench.authorise(main_account_id=1800777)
    assert {info.shop_id for info, _ in found} == ids
    for info, tokens in found:
        keeper = MemoryKeeper(tokens)
        shop = bench.connector(keeper, info.shop_id)
        assert shop.verify().region in ("PH", "VN")
        keeper.rotate(tokens.access_token, shop.refresh)
        assert shop.verify().shop_id == info.shop_id


def test_legacy_links_work_too(bench):
    shop_id = bench.shop()
    url = bench.connector(legacy_auth_link="yes").authorise_url("st4te", BACK)
    answer = requests.post(url, data={"shop_id": shop_id}, allow_redirects=False)
    assert answer.headers["Location"].startswith(f"{BACK}/st4te?code=")


def test_a_used_code_and_lost_tokens(bench):
    shop_id = bench.shop()
    shop = bench.authorised(shop_id)
    answer = requests.post(shop.authorise_url("s", BACK), data={"shop_id": shop_id}, allow_redirects=False)
    query = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert len(shop.exchange(query)) == 1
    assert refusal(lambda: shop.exchange(query)).code == "shop.code_refused"
    code = bench.control("POST", f"/shopee/shops/{shop_id}/resend_code", partner_id=PARTNER)["resend_code"]
    [(info, _)] = shop.exchange_resend_code(code)
    assert info.shop_id == shop_id


def test_a_token_that_ends_in_the_middle_of_a_pull(bench):
    shop_id = bench.shop()
    numbers = bench.orders(shop_id, 210)
    shop = bench.authorised(shop_id)
    bench.fault("expired_token", "/api/v2/order/get_order_list", times=1, params={"after": 1})
    assert {o.number for o in pulled(shop)} == set(numbers)
    assert shop.tokens.rotations == 1


def test_two_threads_with_one_ended_token_burn_nothing(bench):
    shop_id = bench.shop()
    shop = bench.authorised(shop_id)
    bench.control("POST", "/clock", add=14_400 + 600)
    problems, start = [], threading.Barrier(6)

    def work():
        mine = bench.connector(shop.tokens, shop_id, clock=lambda: utc_now() + timedelta(seconds=15_000))
        start.wait()
        try:
            mine.verify()
        except Failure as failure:
            problems.append(failure.code)

    threads = [threading.Thread(target=work) for _ in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert (problems, shop.tokens.rotations) == ([], 1)
    assert len(bench.calls("access_token/get")) == 1


def test_the_end_of_an_authorisation(bench):
    shop_id = bench.shop()
    shop = bench.authorised(shop_id)
    requests.post(shop.revoke_url("s", BACK), data={"shop_id": shop_id}, allow_redirects=False)
    failure = refusal(lambda: pulled(shop))
    assert failure.code in ("shop.not_linked", "shop.authorisation_expired") and failure.retry == Retry.REAUTHORISE


def test_wrong_settings_have_clear_answers(bench):
    shop_id = bench.shop()
    shop = bench.authorised(shop_id)
    ahead = bench.connector(shop.tokens, shop_id, clock=lambda: utc_now() + timedelta(seconds=900))
    shop.tokens.tokens.access_expires_at = datetime(2100, 1, 1, tzinfo=UTC)
    failure = refusal(ahead.verify)
    assert failure.code == "clock.skew" and 895 <= failure.params["seconds"] <= 905
    shop.gate.key = "wrong"
    assert refusal(shop.verify).code == "app.wrong_key"
    shop.gate.partner_id = 1
    assert refusal(shop.verify).code == "app.wrong_id"
    bench.control("POST", "/shopee/apps", partner_id=PARTNER, ip_declared=False)
    assert refusal(lambda: list(bench.connector().linked_shops())).code == "app.ip_undeclared"
    bench.control("POST", "/shopee/apps", partner_id=PARTNER, ip_declared=True, key_expired=True)
    assert refusal(lambda: list(bench.connector().linked_shops())).code == "app.key_expired"


def test_linked_shops_prove_the_app(bench):
    shop_id = bench.shop("VN")
    bench.authorise(shop_id=shop_id)
    assert [(i.shop_id, i.region) for i in bench.connector().linked_shops()] == [(shop_id, "VN")]


@pytest.mark.parametrize("kind,more", [
    ("rate_limit", {}), ("server_error", {}), ("truncated", {}), ("not_json", {}), ("drop", {}), ("duplicate_page", {}),
    ("reordered_page", {}),
    ("rate_limit", {"params": {"status": 200}}),
])
def test_passing_faults_lose_no_order(bench, kind, more):
    shop_id = bench.shop()
    numbers = bench.orders(shop_id, 120)
    shop = bench.authorised(shop_id)
    bench.fault(kind, "/api/v2/order/", times=1, **more)
    assert {o.number for o in pulled(shop)} == set(numbers)


@pytest.mark.parametrize("kind,code", [
    ("rate_limit", "http.rate_limited"), ("server_error", "http.server_error"), ("truncated", "http.truncated"),
    ("not_json", "http.not_json"),
    ("drop", "http.connection_closed"), ("daily_limit", "platform.daily_limit"), ("duplicate_page", "platform.paging_loop"),
])
def test_lasting_faults_are_named_and_may_be_tried_later(bench, kind, code):
    shop_id = bench.shop()
    bench.orders(shop_id, 3)
    shop = bench.authorised(shop_id)
    bench.fault(kind, "/api/v2/order/get_order_list")
    failure = refusal(lambda: pulled(shop))
    assert (failure.code, failure.retry) == (code, Retry.LATER)


def test_strange_orders_come_through_or_are_kept_aside(bench):
    shop_id = bench.shop()
    numbers = bench.orders(shop_id, 9, weird="all")
    found = pulled(bench.authorised(shop_id))
    assert {o.number for o in found} == set(numbers)
    lost = [o for o in found if isinstance(o, Unreadable)]
    assert [o.params["field"] for o in lost] == ["model_quantity_purchased"]
    assert not any("\x00" in repr(o.raw) or "\\x00" in repr(o.raw) for o in found)
    assert max(len(o.lines) for o in found if isinstance(o, PulledOrder)) == 500


def test_masked_orders_are_told(bench):
    shop_id = bench.shop()
    bench.orders(shop_id, 2, masked=True)
    assert all(o.address.masked for o in pulled(bench.authorised(shop_id)))


def test_listings_and_stock(bench):
    shop_id = bench.shop()
    shop = bench.authorised(shop_id)
    found = [one for page in shop.listings() for one in page]
    assert found and all(one.sku and one.item_id for one in found)
    results = shop.push_stock([StockLine(one.item_id, one.model_id, 17) for one in found] + [StockLine("1", "0", 1)])
    assert [r.ok for r in results] == [True] * len(found) + [False]
    assert {one.stock for page in shop.listings() for one in page} == {17}
    assert shop.channels()


def test_unknown_orders_are_named(bench):
    shop = bench.authorised(bench.shop())
    [page] = shop.pull_numbers(["260921NOSUCH01"])
    assert [(o.number, o.code) for o in page.orders] == [("260921NOSUCH01", "order.detail_missing")]


def test_pushes_of_the_server_are_believed(bench):
    seen = []
    receiver = Receiver(seen)
    try:
        shop_id = bench.shop()
        shop = bench.authorised(shop_id)
        shop.app.push_url = receiver.url
        shop.subscribe(receiver.url)
        [number] = bench.orders(shop_id)
        receiver.wait(2)
        notes = [note for headers, body in seen for note in shop.read_push(headers, body)]
        assert ("other", "") in [(n.kind, n.order_no) for n in notes]
        assert ("order", number, shop_id) in [(n.kind, n.order_no, n.shop_id) for n in notes]
    finally:
        receiver.stop()
