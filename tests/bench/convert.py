"""Convert, audit and reserve by the product's own verbs, against hand-written batches of 500 on lean tables."""
import random

import sqlalchemy as sa

from app.domain import runs
from app.domain.orders import audit, convert  # noqa: F401  registers the verbs
from app.extensions import db
from app.models import OrderItem, OutboundOrder, PlatformOrder
from app.tenancy import as_tenant
from tests.bench import data, floors
from tests.bench.table import Row, clock_of, quiet, rate, seconds

BATCH = 500
FIRST_ID = 10_000_000      # beyond whatever the sequences gave out


def measure(w, database, *, orders=20_000, repeat=5):
    """Rows of the table for the world `w`, its app's database being `database`: `orders` in `repeat` parts, the median part."""
    clock, times = clock_of(database), {name: [] for name in ("floor", "convert", "audit", "both")}
    with w.app.app_context():
        engine = db.engine
        floors.create(engine)
        with engine.begin() as connection:
            floors.put(connection, floors.MAPPING, [(f"SKU-{n:05d}", product_id, 1) for n, product_id in enumerate(w.products)])
            floors.put(connection, floors.STOCK, [(product_id, data.PLENTY, 0) for product_id in w.products])
        _seed(w, engine, FIRST_ID, orders)
        part = orders // repeat
        for first in range(FIRST_ID, FIRST_ID + part * repeat, part):
            times["floor"].append(seconds(lambda first=first: by_hand(engine, first, first + part), clock))
            spent = [_run(w, kind, query, clock) for kind, query in _selections(first, first + part)]
            for name, value in zip(("convert", "audit", "both"), (*spent, sum(spent)), strict=True):
                times[name].append(value)
        floors.drop(engine)
    figure = {name: rate(part, taken) for name, taken in times.items()}
    note = f"convert {figure['convert']:,.0f}/s, audit {figure['audit']:,.0f}/s, as runs; floor: batches of {BATCH} by hand"
    work = f"convert + audit + reserve, {orders:,} orders in {repeat} parts"
    return [Row(work, database, figure["both"], figure["floor"], "orders/s", 0.12, 0.3, note)]


def _selections(first, last):
    ours = sa.and_(PlatformOrder.id >= first, PlatformOrder.id < last)
    return (("convert", sa.select(PlatformOrder.id).where(ours)),
            ("audit", sa.select(OutboundOrder.id).where(OutboundOrder.platform_order_id >= first, OutboundOrder.platform_order_id < last)))


def _run(w, kind, query, clock):
    """Seconds of a whole run over the selection, made, done and committed as the job engine does it."""
    with as_tenant(w.a, "bench"), quiet():
        start = clock()
        known, run = runs.VERBS[kind], runs.start(kind, query=query)
        runs.begin(run)
        db.session.commit()
        while rows := runs.waiting(run.id, known.chunk):
            runs.do_batch(run, known, rows)
            db.session.commit()
        runs.finish(run)
        db.session.commit()
        spent = clock() - start
        if run.done != run.total or not run.total:
            raise RuntimeError(f"{kind}: {run.done} of {run.total} done")
    return spent


def _seed(w, engine, first, count):
    """The same orders for both sides."""
    rng, orders, items = random.Random(first), [], []
    plain = {**floors.defaults(PlatformOrder), "tenant_id": w.a}
    for order_id in range(first, first + count):
        orders.append({**plain, **data.pending_order(rng, order_id, w.account, w.channel), "id": order_id})
        items += [{**floors.defaults(OrderItem), "tenant_id": w.a, "id": order_id * 2 + n, "order_id": order_id, "line": n, "quantity": 1,
                   "price": 150,
                   "platform_sku": f"SKU-{rng.randrange(w.skus):05d}", "name": "Phone case"} for n in range(2)]
    with engine.begin() as connection:
        floors.load(connection, PlatformOrder, orders)
        floors.load(connection, OrderItem, items)
        floors.put(connection, floors.ORDER, [(o["id"], w.a, w.account, o["order_no"], "pending", "", 0, 0, "PHP", 35000, "", "", "",
                                               b"") for o in orders])
        floors.put(connection, floors.ITEM, [(i["id"], i["order_id"], i["platform_sku"], i["name"], "", i["quantity"],
                                              15000) for i in items])


# --- the floor ------------------------------------------------------------------------------------------------------------------


def by_hand(engine, first, last):
    """Claim, map, lock the stock in SKU order, allocate in memory, write in bulk: one transaction a batch."""
    while True:
        with engine.begin() as connection:
            ids = _claim(connection, first, last)
            if not ids:
                return
            items = _select(connection, "SELECT order_id, sku, quantity FROM floor_item WHERE order_id IN", ids)
            parts = {sku: (product, n) for sku, product, n in _select(
                connection, "SELECT sku, product_id, quantity FROM floor_mapping WHERE sku IN", list({sku for _, sku, _ in items}))}
            products = sorted({product for product, _ in parts.values()})
            stock = {product: [on_hand, reserved] for product, on_hand, reserved in _select(
                connection, "SELECT product_id, on_hand, reserved FROM floor_stock WHERE product_id IN", products, "ORDER BY product_id",
                lock=True)}
            done, lines = _allocate(ids, items, parts, stock)
            _write(connection, done, lines, stock)
            first = ids[-1] + 1


def _claim(connection, first, last):
    cursor = connection.connection.cursor()
    mark, skip = ("?", "") if floors.is_sqlite(connection) else ("%s", "FOR UPDATE SKIP LOCKED")
    cursor.execute(f"SELECT id FROM floor_order WHERE id >= {mark} AND id < {mark} AND state = 'pending' ORDER BY id LIMIT {BATCH} {skip}",
                   (first, last))
    return [row[0] for row in cursor.fetchall()]


def _select(connection, head, values, tail="", lock=False):
    cursor = connection.connection.cursor()
    if floors.is_sqlite(connection):
        cursor.execute(f"{head} ({', '.join('?' * len(values))}) {tail}", values)
    else:
        cursor.execute(f"{head.removesuffix('IN')} = ANY(%s) {tail} {'FOR UPDATE' if lock else ''}", (values,))
    return cursor.fetchall()


def _allocate(ids, items, parts, stock):
    """All or nothing per order: ids that got their stock, and (order, product, pieces) of their lines."""
    wanted, lines, done = {order_id: [] for order_id in ids}, [], []
    for order_id, sku, quantity in items:
        product, pieces = parts[sku]
        wanted[order_id].append((product, pieces * quantity))
    for order_id, pairs in wanted.items():
        if all(stock[product][0] - stock[product][1] >= n for product, n in pairs):
            for product, n in pairs:
                stock[product][1] += n
                lines.append((order_id, product, n))
            done.append(order_id)
    return done, lines


def _write(connection, done, lines, stock):
    floors.put(connection, floors.OUTBOUND, [(order_id, order_id, f"HMKJ-261121-{order_id}", "audited") for order_id in done])
    floors.put(connection, floors.LINE, [(lines_id, *line) for lines_id, line in enumerate(lines, done[0] * 4)])
    cursor = connection.connection.cursor()
    if floors.is_sqlite(connection):
        cursor.executemany("UPDATE floor_stock SET reserved = ? WHERE product_id = ?", [(r, p) for p, (_, r) in stock.items()])
        cursor.executemany("UPDATE floor_order SET state = 'processed' WHERE id = ?", [(i,) for i in done])
        return
    cursor.execute("UPDATE floor_stock s SET reserved = n.reserved FROM unnest(%s::bigint[], %s::bigint[]) AS n(product_id, reserved) "
                   "WHERE s.product_id = n.product_id", (list(stock), [reserved for _, reserved in stock.values()]))
    cursor.execute("UPDATE floor_order SET state = 'processed' WHERE id = ANY(%s)", (done,))
