"""Platform SKUs to products: scope, spelling, combos, the queue, suggestions, matching again, collecting."""
from types import SimpleNamespace

from app.domain.orders import collect, matching, suggest
from app.domain.orders.matching import Mappings
from app.models import OrderItem, PlatformOrder, Product, SkuMapping
from app.tenancy import as_tenant
from tests import factory
from tests.domain.orders.makers import counted, one, order_row, pulled, read, run, shop_with, take, together


def within(world, function, *args):
    with world.app.app_context(), as_tenant(world.a):
        return function(*args)


def test_the_narrowest_scope_wins_and_several_rows_are_components():
    rows = [(1, "S", None, "", 1, 1), (2, "S", None, "shopee", 2, 1), (3, "S", None, "shopee", 3, 2), (4, "S", 7, "", 4, 5),
            (5, "s", 8, "", 9, 1)]
    mappings = Mappings(rows)
    assert mappings.find(7, "shopee", "S") == [(4, 5)]
    assert mappings.find(1, "shopee", "S") == [(2, 1), (3, 2)]
    assert mappings.find(1, "lazada", "S") == [(1, 1)]
    assert mappings.find(1, "lazada", "T") == []
    # Exact spelling in a wide scope comes before another spelling in a narrow one; other spellings are no components.
    assert mappings.find(8, "lazada", "S") == [(1, 1)]
    assert mappings.find(8, "shopee", "s") == [(9, 1)]
    assert Mappings([(1, "Ab", 1, "", 1, 1), (2, "aB", 1, "", 2, 1)]).find(1, "", "AB") == [(1, 1)]


def test_a_batch_is_matched_by_one_query_and_one_more_for_other_spellings(world):
    account, product, _ = shop_with(world)
    items = [SimpleNamespace(platform_sku=s) for s in ("CCD007", "ccd007", "nothing")]
    with world.app.app_context(), as_tenant(world.a), counted() as sent:
        found = matching.match_items(items, account, "shopee")
    assert found == {"CCD007": [(product, 1)], "ccd007": [(product, 1)], "nothing": []}
    assert len([s for s in sent if s.startswith("SELECT")]) == 2


def test_mappings_of_another_merchant_do_not_count(world):
    account = factory.account(world.a)
    factory.mapping(world.b, "CCD007", factory.product(world.b, "CCD007"))
    take(world, account, pulled())
    assert order_row(world).unmatched == 1


def test_the_queue_names_what_keeps_orders_waiting(world):
    account, *_ = shop_with(world)
    second = factory.account(world.a)
    take(world, account, pulled("1", [("CCD007", 1), ("NEW", 1)]), pulled("2", [("NEW", 1), ("NEW", 2)]), pulled("3", [("RARE", 1)]),
         pulled("4", [("NEW", 1)], state="void"))
    take(world, second, pulled("5", [("NEW", 1)]))
    queue = within(world, matching.unmatched_queue)
    assert [(u.platform_sku, u.orders, u.names, u.accounts) for u in queue] == [
        ("NEW", 3, ["Item NEW"], {account, second}), ("RARE", 1, ["Item RARE"], {account})]
    with world.app.app_context(), as_tenant(world.a):
        from app.extensions import db
        assert len(db.session.scalars(matching.waiting_unmatched()).all()) == 4


def test_matching_again_after_a_mapping_was_made(world):
    account, product, _ = shop_with(world)
    order = factory.order(world.a, account, [("NEW", 1), ("OTHER", 1)], unmatched=2, problem_code="order.unmatched",
                          problem_params={"skus": ["NEW", "OTHER"]})
    factory.mapping(world.a, "new", product, platform="shopee")
    result = run(world, matching.rematch, [order])[order]
    assert (result.state, result.code, result.params) == ("failed", "order.unmatched", {"skus": ["OTHER"]})
    assert (one(world, PlatformOrder).unmatched, one(world, PlatformOrder).problem_params) == (1, {"skus": ["OTHER"]})
    factory.mapping(world.a, "OTHER", product, account_id=account)
    assert run(world, matching.rematch, [order])[order].code == "order.matched"
    assert (one(world, PlatformOrder).unmatched, one(world, PlatformOrder).problem_code) == (0, "")


def test_suggestions_lead_with_the_same_sku_and_are_few(world):
    ids = {sku: factory.product(world.a, sku, name=name, barcode=code) for sku, name, code in (
        ("CASE-14-RED", "iPhone 14 silicone case red", ""), ("CASE-14-BLUE", "iPhone 14 silicone case blue", ""),
        ("CASE-15-RED", "iPhone 15 silicone case red", ""), ("LAMP", "Desk lamp", "6901234567892"), ("手机壳", "手机壳 红色", ""),
        ("OFF-CASE", "iPhone 14 silicone case red", ""))}
    factory.product(world.b, "CASE-14-RED-B", name="iPhone 14 silicone case red")
    found = within(world, suggest.suggest, "case_14 red", "Silicone Case for iPhone 14, red", 3)
    assert (found[0].product_id, found[0].score, len(found)) == (ids["CASE-14-RED"], 1.0, 3)
    assert {s.product_id for s in found} <= set(ids.values())
    assert within(world, suggest.suggest, "6901234567892")[0].sku == "LAMP"
    assert within(world, suggest.suggest, "x", "手机壳 红")[0].sku == "手机壳"
    assert within(world, suggest.suggest, "zzzzqqqq", "%_%") == []


def test_collecting_makes_products_and_mappings_once(world):
    account, product, _ = shop_with(world)
    exists = factory.product(world.a, "B")
    results = take(world, account, pulled("1", [("CCD007", 1), ("NEW", 1), ("B", 1)]), pulled("2", [("NEW", 2), ("L" * 70, 1)]),
                   pulled("3"))
    ids = [r.subject_id for r in results]
    answers = together(lambda: run(world, collect.collect_skus, ids), lambda: run(world, collect.collect_skus, ids))
    assert all(isinstance(a, dict) for a in answers), answers
    assert {tuple(a[i].code for i in ids) for a in answers} == {("sku.collected", "sku.too_long", "sku.nothing_new"),
                                                              ("sku.nothing_new", "sku.too_long", "sku.nothing_new")}
    made = one(world, Product, Product.sku == "NEW")
    assert made.name == "Item NEW" and len(read(world, Product)) == 3
    assert {(m.platform_sku, m.product_id, m.account_id) for m in read(world, SkuMapping, SkuMapping.account_id.is_not(None))} == {
        ("NEW", made.id, account), ("B", exists, account)}
    assert [o.unmatched for o in read(world, PlatformOrder)] == [0, 1, 0] and len(read(world, OrderItem)) == 6
