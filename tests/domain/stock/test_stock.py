"""The ledger: never negative, sums equal levels, two at once, reservations of orders."""
import random

import pytest
import sqlalchemy as sa

from app.domain.orders import audit, cancel, states
from app.domain.orders.attached import locked
from app.domain.stock import ledger, reservation
from app.extensions import db
from app.failures import Failure
from app.models import OutboundOrder, StockLevel, StockMove
from app.tenancy import as_tenant
from tests import factory
from tests.domain.orders.makers import audited, converted, one, read, run, shop_with, together
from tests.domain.orders.test_repull import level


def adjust(world, product, delta, reason="count", tenant=None):
    with world.app.app_context(), as_tenant(tenant or world.a, "lily"):
        after = ledger.adjust(world.warehouse, product, delta, reason, "SHEET-1")
        db.session.commit()
        return after.on_hand, after.reserved


def on_orders(world, function, *ids, **values):
    with world.app.app_context(), as_tenant(world.a):
        answer = function(locked(OutboundOrder, OutboundOrder.id.in_(ids)), **values)
        db.session.commit()
        return answer


def check_ledger(world):
    """The signed changes of each product add up to its level, and the last row's after-values are the level."""
    for row in read(world, StockLevel):
        moves = read(world, StockMove, StockMove.product_id == row.product_id)
        assert (sum(m.on_hand for m in moves), sum(m.reserved for m in moves)) == (row.on_hand, row.reserved)
        assert (moves[-1].on_hand_after, moves[-1].reserved_after) == (row.on_hand, row.reserved)


def test_an_adjustment_makes_the_level_and_a_ledger_row(world):
    product = factory.product(world.a, "A")
    assert adjust(world, product, 7) == (7, 0)
    assert adjust(world, product, -3, "broken") == (4, 0)
    row = read(world, StockMove)[1]
    assert (row.kind, row.on_hand, row.on_hand_after, row.reason, row.document, row.by) == ("adjust", -3, 4, "broken", "SHEET-1", "lily")
    check_ledger(world)


def test_never_below_what_is_reserved(world):
    account, product, _ = shop_with(world, on_hand=5)
    audited(world, account, "1", skus=[("CCD007", 3)])
    with pytest.raises(Failure) as caught:
        adjust(world, product, -3)
    assert (caught.value.code, caught.value.params) == ("stock.negative",
                                                        {"sku": "CCD007", "on_hand": 5, "reserved": 3, "available": 2, "delta": -3})
    assert level(world, product) == (5, 3) and adjust(world, product, -2) == (3, 3)


@pytest.mark.parametrize("delta, reason, code", [(0, "x", "stock.nothing_to_do"), (1, "  ", "stock.no_reason"),
                                                 (3 * 10 ** 9, "x", "stock.negative")])
def test_refused_adjustments_leave_nothing(world, delta, reason, code):
    product = factory.product(world.a, "A")
    with pytest.raises(Failure) as caught:
        adjust(world, product, delta, reason)
    assert caught.value.code == code and not read(world, StockMove) and not read(world, StockLevel)


def test_another_merchants_product_is_refused(world):
    product = factory.product(world.b, "B")
    with pytest.raises(Failure) as caught:
        adjust(world, product, 1)
    assert caught.value.code == "stock.no_product"


def test_many_are_all_or_nothing(world):
    a, b = factory.product(world.a, "A"), factory.product(world.a, "B")
    adjust(world, a, 1)
    with world.app.app_context(), as_tenant(world.a), pytest.raises(Failure):
        ledger.adjust_many([(world.warehouse, b, 5), (world.warehouse, a, -2)], "sheet")
    assert level(world, a) == (1, 0) and not read(world, StockLevel, StockLevel.product_id == b)


def test_two_people_create_and_change_the_same_level(world):
    product = factory.product(world.a, "A")
    answers = together(*(lambda: adjust(world, product, 5) for _ in range(4)))
    assert sorted(answers) == [(5, 0), (10, 0), (15, 0), (20, 0)], answers
    answers = together(*(lambda: adjust(world, product, -8) for _ in range(4)))
    assert sum(isinstance(a, Failure) for a in answers) == 2 and level(world, product) == (4, 0)
    check_ledger(world)


def test_an_order_through_its_life(world):
    account, product, _ = shop_with(world)
    adjust(world, product, 10)
    [(_, outbound)] = audited(world, account, "1", skus=[("CCD007", 4)])
    assert level(world, product) == (10, 4)
    on_orders(world, reservation.dispatch, outbound)
    assert (level(world, product), one(world, OutboundOrder).reserved) == ((6, 0), False)
    with pytest.raises(Failure) as caught:
        on_orders(world, reservation.dispatch, outbound)
    assert caught.value.code == "stock.not_reserved"
    on_orders(world, reservation.recall, outbound)
    assert (level(world, product), one(world, OutboundOrder).reserved) == ((10, 4), True)
    on_orders(world, reservation.release, outbound)
    on_orders(world, reservation.release, outbound)
    assert level(world, product) == (10, 0)
    assert [(m.kind, m.document != "") for m in read(world, StockMove)] == [
        ("adjust", True), ("reserve", True), ("dispatch", True), ("recall", True), ("release", True)]
    check_ledger(world)


def test_direct_orders_do_not_touch_stock(world):
    account, product, _ = shop_with(world)
    [(_, outbound)] = audited(world, account, "1")
    on_orders(world, reservation.dispatch, outbound)
    assert not read(world, StockMove) and not read(world, StockLevel)


def test_shortages_are_named_and_reserving_twice_is_harmless(world):
    account, product, _ = shop_with(world, on_hand=5)
    [(_, a), (_, b)] = converted(world, account, "1", "2", skus=[("CCD007", 3)])
    short = on_orders(world, reservation.reserve, a, b)
    assert {k: [(s.sku, s.wanted, s.available) for s in v] for k, v in short.items()} == {b: [("CCD007", 3, 2)]}
    assert on_orders(world, reservation.reserve, a) == {} and level(world, product) == (5, 3)
    assert on_orders(world, reservation.reserve, b, check_only={b}) != {}


def test_the_ledger_adds_up_after_a_busy_day(world):
    """Audits, freezes, thaws, voids, cancels and counts from four threads at once."""
    account, product, _ = shop_with(world)
    adjust(world, product, 12)
    pairs = converted(world, account, *(str(n) for n in range(12)), skus=[("CCD007", 2)])
    dice = random.Random(7)

    def work(seed):
        rng = random.Random(seed)
        for order, outbound in rng.sample(pairs, 6):
            run(world, audit.audit, [outbound])
            run(world, rng.choice((states.freeze, states.void, states.thaw)), [order], {"keep_stock": rng.random() < 0.5})
            run(world, rng.choice((cancel.cancel_outbound, audit.audit)), [outbound])
        return "done"
    answers = together(*(lambda seed=dice.random(): work(seed) for _ in range(4)), lambda: adjust(world, product, 3))
    assert [a for a in answers if isinstance(a, Exception)] == []
    check_ledger(world)
    held = [o.id for o in read(world, OutboundOrder, OutboundOrder.reserved)]
    assert level(world, product) == (15, 2 * len(held))
    with world.app.app_context(), as_tenant(world.a):
        assert db.session.scalar(sa.select(sa.func.min(StockMove.on_hand_after - StockMove.reserved_after))) >= 0
