"""Intake of pulled orders, page by page as the pull does it: new ones, then the same again unchanged."""
from app.domain.accounts.short import account_of
from app.domain.orders.intake import take_in
from app.extensions import db
from app.tenancy import as_tenant
from tests.bench import data, floors
from tests.bench.table import Row, clock_of, quiet, rate, seconds


def measure(w, database, *, orders=20_000, repeat=5):
    """Rows of the table for the world `w` (data.world), its app's database being `database`."""
    clock, times = clock_of(database), {name: [] for name in ("floor", "new", "read", "hash", "again")}
    with w.app.app_context():
        engine = db.engine
        floors.create(engine)
        # Read or made once a process: names of countries, compiled statements.
        pull(w, data.bodies("warm", data.PAGE, w.skus), "order.new", clock)
        for n in range(repeat):
            bodies = data.bodies(f"{n}A", orders, w.skus)
            blocks = floors.intake_rows(bodies, w.a, w.account, n * orders)
            times["floor"].append(seconds(lambda blocks=blocks: floors.insert_only(engine, blocks), clock))
            del blocks
            _one_round(w, bodies, times, clock)
        floors.drop(engine)
    return _rows(database, orders, times)


def _one_round(w, bodies, times, clock):
    """New, then hashed by the floor, then the same again."""
    with quiet():
        read, kept = pull(w, bodies, "order.new", clock)
    times["read"].append(read + kept)
    times["new"].append(kept)
    times["hash"].append(seconds(lambda: [floors.hash_page(body) for body in bodies], clock))
    with quiet():
        times["again"].append(sum(pull(w, bodies, "order.unchanged", clock)))


def pull(w, bodies, expected, clock):
    """Seconds spent reading the pages and seconds spent keeping them; every order must come out as `expected`."""
    read = kept = 0.0
    with as_tenant(w.a, "puller"):
        for body in bodies:
            start = clock()
            page = data.read_page(body)
            middle = clock()
            results = take_in(account_of(db.session, w.account), page)
            db.session.commit()
            end = clock()
            read, kept = read + middle - start, kept + end - middle
            odd = {result.code for result in results} - {expected}
            if odd or len(results) != len(page):
                raise RuntimeError(f"intake gave {odd or len(results)} instead of {expected}")
    return read, kept


def _rows(database, orders, times):
    figure = {name: rate(orders, taken) for name, taken in times.items()}
    size = f"{orders:,} orders × 2 items"
    return [
        Row(f"intake, {size}, new", database, figure["new"], figure["floor"], "orders/s", 0.2, 0.35, "floor: insert only, lean tables"),
        Row("… from the platform's JSON on", database, figure["read"], figure["floor"], "orders/s",
            note="parsed and translated by the connector too"),
        Row("the same again, unchanged", database, figure["again"], figure["hash"], "orders/s", 0.35, 0.6,
            "from JSON on; floor: parse, normalise, hash"),
    ]
