"""Listings and stock of Shopee."""
from decimal import Decimal

import pytest

from app.failures import Failure
from app.integrations.http import FakeTransport, Reply
from app.integrations.types import StockLine
from tests.integrations.shopee_kit import connector, no, ok

PLAIN = {"item_id": 1, "item_name": "Cup", "item_sku": "CUP", "item_status": "NORMAL", "has_model": False,
         "image": {"image_url_list": ["u"]}, "price_info": [{"currency": "PHP", "current_price": 99.5}],
         "stock_info_v2": {"summary_info": {"total_available_stock": 7}}}
VARIED = {"item_id": 2, "item_name": "Shirt", "item_sku": "SH", "item_status": "UNLIST", "has_model": True}
MODELS = {"tier_variation": [{"name": "Colour", "option_list": [{"option": "Blue"}, {"option": "Red"}]},
                             {"name": "Size", "option_list": [{"option": "M"}]}],
          "model": [{"model_id": 21, "model_sku": "SH-R-M", "tier_index": [1, 0]}, {"model_id": 22, "model_sku": "", "tier_index": [0, 9]}]}


def test_items_pages_base_info_and_models():
    def answer(sent):
        if sent.path.endswith("get_item_list"):
            first = sent.query["offset"] == "0"
            assert sent.query["item_status"] == ["NORMAL", "UNLIST"]
            return ok({"item": [{"item_id": i} for i in (range(1, 101) if first else [101])], "has_next_page": first, "next_offset": 100})
        if sent.path.endswith("get_item_base_info"):
            ids = [int(i) for i in sent.query["item_id_list"].split(",")]
            assert len(ids) <= 50
            return ok({"item_list": [VARIED if i == 2 else {**PLAIN, "item_id": i} for i in ids]})
        return ok(MODELS)

    transport = FakeTransport(answer)
    pages = list(connector(transport).listings())
    assert [len(p) for p in pages] == [101, 1]
    plain, red = pages[0][0], pages[0][1]
    assert (plain.item_id, plain.model_id, plain.sku, plain.stock) == ("1", "0", "CUP", 7)
    assert (plain.price, plain.currency) == (Decimal("99.5"), "PHP")
    assert (red.model_id, red.sku, red.variation, red.status) == ("21", "SH-R-M", "Red,M", "UNLIST")
    assert (pages[0][2].sku, pages[0][2].variation) == ("SH", "Blue")
    assert transport.paths().count("/api/v2/product/get_model_list") == 1


def test_a_list_that_does_not_move_on_is_noticed():
    answer = ok({"item": [], "has_next_page": True, "next_offset": 0})
    with pytest.raises(Failure) as caught:
        list(connector(FakeTransport([answer, answer])).listings())
    assert caught.value.code == "platform.paging_loop"


def test_stock_goes_by_item_in_fifties_and_refusals_are_read():
    def answer(sent):
        refused = [{"model_id": 3, "failed_reason": "reserved"}] if sent.json()["item_id"] == 1 else []
        return ok({"success_list": [], "failure_list": refused})

    transport = FakeTransport(answer)
    lines = [StockLine("1", str(i), i) for i in range(60)] + [StockLine("2", "", 5)]
    results = connector(transport).push_stock(lines)
    assert [len(s.json()["stock_list"]) for s in transport.sent] == [50, 10, 1]
    assert [(r.item_id, r.model_id) for r in results] == [(line.item_id, line.model_id) for line in lines]
    assert [(r.model_id, r.code, r.raw) for r in results if not r.ok] == [("3", "stock.push_refused", "reserved")]


def test_an_item_that_is_refused_does_not_stop_the_others():
    answers = [no("product.error_busi_update_stock_failed"), ok({"success_list": []})]
    results = connector(FakeTransport(answers)).push_stock([StockLine("1", "0", 1), StockLine("2", "0", 2)])
    assert [(r.ok, r.code) for r in results] == [(False, "stock.push_refused"), (True, "")]


def test_a_fault_stops_the_rest_but_keeps_what_was_done():
    transport = FakeTransport(lambda sent: ok({}) if sent.json()["item_id"] == 1 else Reply(503))
    results = connector(transport).push_stock([StockLine(str(i), "0", 1) for i in (1, 2, 3)])
    assert [r.code for r in results] == ["", "http.server_error", "http.server_error"]
    assert {s.json()["item_id"] for s in transport.sent} == {1, 2}
    with pytest.raises(Failure):
        connector(transport).push_stock([StockLine("9", "0", 1)])
