"""The bench itself, with tiny sizes: it must not rot. Nothing here looks at a figure but for being one."""
import pytest

from tests.bench import convert, data, intake, labels, lists
from tests.bench.table import Row, markdown


@pytest.fixture
def bench_world(clean):
    return data.world(clean, skus=50)


def check(rows, database):
    assert rows and all(row.database == database and row.ours > 0 and row.floor > 0 for row in rows)
    assert markdown(rows).count("\n") == len(rows) + 1


def kind(app):
    return app.config["SQLALCHEMY_DATABASE_URI"].split(":")[0].split("+")[0]


def test_intake(bench_world):
    check(intake.measure(bench_world, kind(bench_world.app), orders=200, repeat=1), kind(bench_world.app))


def test_intake_refuses_a_figure_for_orders_that_were_not_kept(bench_world):
    bodies = data.bodies("X", 100, bench_world.skus, items=2)
    with bench_world.app.app_context(), pytest.raises(RuntimeError, match="order.new"):
        intake.pull(bench_world, bodies, "order.unchanged", lambda: 0)


def test_convert_and_audit(bench_world):
    check(convert.measure(bench_world, kind(bench_world.app), orders=200, repeat=1), kind(bench_world.app))


def test_lists(bench_world):
    check(lists.measure(bench_world, kind(bench_world.app), orders=200, repeat=1), kind(bench_world.app))


def test_labels():
    check(labels.measure(labels=5, repeat=1), "–")


def test_ratios_and_verdicts():
    fast, slow = Row("a", "sqlite", 40, 100, "orders/s", 0.2, 0.35), Row("b", "sqlite", 10, 100, "orders/s", 0.2, 0.35)
    assert (fast.ratio, fast.verdict(), slow.verdict()) == (0.4, "aim met", "BELOW")
    assert Row("c", "sqlite", 7, 1, "ms", 10, 4).verdict() == "must met"        # of a time less is better
    assert Row("d", "sqlite", 7, 1, "ms").verdict() == ""
    assert "| 0.40 aim met |" in markdown([fast])
