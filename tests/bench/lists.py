"""List pages through the whole application with a signed-in clerk, against a bare table of 25 rows in an empty Flask view."""
import random

import sqlalchemy as sa
from flask import Flask
from jinja2 import Environment

from app.extensions import db
from app.models import OrderItem, OutboundLine, OutboundOrder, PlatformOrder
from app.tenancy import as_tenant
from tests import factory
from tests.bench import data, floors
from tests.bench.table import Row, clock_of, milliseconds, rounds

FIRST_ID = 20_000_000
STATES = {"pending": 20, "processed": 15, "shipped": 55, "frozen": 4, "void": 6}
SHARES = (("a", 0.6), ("b", 0.25), ("c", 0.15))
ADDRESS = "/platformorderview/list/"
SEARCHES = {"1 Chinese character": "伟", "2 Chinese characters": "王伟", "3 Chinese characters": "李建国", "4 Latin letters": "Ocam"}
SHOWN = ("order_no", "state", "platform_status", "recipient", "phone", "country", "city", "ship_method", "ordered_at")
FLOOR_PAGE = Environment(autoescape=True).from_string(
    "<!doctype html><table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>")


def measure(w, database, *, orders=100_000, repeat=15):
    """p50 in ms of each page, the same floor beside all of them."""
    marks = seed(w, orders)
    engine = sa.create_engine(w.app.config["SQLALCHEMY_DATABASE_URI"])      # of its own: the product's asks whether the line is alive
    floor = floor_app(engine, w.a).test_client()
    clerk, boss = factory.login(w.app, "clerk_a", "zh"), factory.login(w.app, "boss", "zh")
    pages = {name: (clerk, query) for name, query in queries(marks).items()}
    pages["first page, provider over all merchants"] = (boss, {})
    for name, (client, query) in pages.items():
        _check(w, client, name, query)
    works = [lambda n: _get(floor, "/", {}), *(lambda n, page=page: _get(page[0], ADDRESS, page[1]) for page in pages.values())]
    bare, *taken = rounds(repeat + 1, *works, clock=clock_of(database))
    engine.dispose()
    best = milliseconds(bare[1:])
    return [Row(f"list at {orders:,} orders: {name}", database, milliseconds(times[1:]), best, "ms", 10, 4, "floor: 25-row table by Core")
            for name, times in zip(pages, taken, strict=True)]


def queries(marks):
    """{what: arguments of the list}."""
    found = {"first page": {}, "deep page by keyset": {"tab": "shipped", "after": marks["deep"]}, "tab": {"tab": "processed"},
             "50 numbers": {"numbers": "\n".join(marks["numbers"])}}
    return found | {f"recipient contains {name}": {"recipient": text} for name, text in SEARCHES.items()}


def _get(client, address, query):
    answer = client.get(address, query_string=query)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return answer.data


def _check(w, client, name, query):
    """The page shows as many rows as there are: a fast wrong answer is no answer."""
    seen = _get(client, ADDRESS, query).count(b'name="rowid"')
    conditions = [PlatformOrder.state == query.get("tab", "pending")]
    if "after" in query:
        conditions.append(PlatformOrder.id < query["after"])
    if "numbers" in query:
        conditions.append(PlatformOrder.order_no.in_(query["numbers"].split()))
    if "recipient" in query:
        conditions.append(PlatformOrder.recipient.contains(query["recipient"]))
    with w.app.app_context(), as_tenant("system" if "provider" in name else w.a):
        there = db.session.scalar(sa.select(sa.func.count()).select_from(PlatformOrder).where(*conditions))
    if seen != min(there, 25):
        raise RuntimeError(f"{name}: {seen} rows shown, {there} match")


def floor_app(engine, tenant):
    """An application with one view and nothing else."""
    bare = Flask("floor")
    table = PlatformOrder.__table__
    statement = sa.select(*(table.c[name] for name in SHOWN)).where(table.c.tenant_id == tenant, table.c.state == "pending").order_by(
        table.c.id.desc()).limit(25)

    @bare.get("/")
    def page():
        with engine.connect() as connection:
            return FLOOR_PAGE.render(rows=connection.execute(statement).all())
    return bare


def seed(w, count):
    """`count` orders with two items over three merchants, outbound orders behind merchant a's converted ones: marks for the queries."""
    rng, first, marks = random.Random(count), FIRST_ID, {}
    states = random.Random(1).choices(list(STATES), list(STATES.values()), k=count)
    for key, share in SHARES:
        tenant, amount = getattr(w, key), int(count * share)
        with w.app.app_context(), as_tenant(tenant, "bench"):
            account = data.shop(tenant)
            db.session.add(account)
            db.session.commit()
            account_id, engine = account.id, db.engine
        rows = _merchant(rng, w, key, account_id, first, states[first - FIRST_ID:][:amount])
        with engine.begin() as connection:
            for model, found in rows.items():
                if found:
                    floors.load(connection, model, found)
        if key == "a":
            ids = [row["id"] for row in rows[PlatformOrder] if row["state"] == "shipped"]
            pending = [row["order_no"] for row in rows[PlatformOrder] if row["state"] == "pending"]
            marks = {"deep": ids[len(ids) // 2], "numbers": rng.sample(pending, min(50, len(pending)))}
        first += amount
    with engine.begin() as connection:
        if not floors.is_sqlite(connection):        # the autovacuum of a running installation has done it long ago
            connection.execute(sa.text("ANALYZE"))
    return marks


def _merchant(rng, w, key, account_id, first, states):
    tenant, channel, goods = getattr(w, key), w.channel if key == "a" else None, w.products if key == "a" else ()
    found = {PlatformOrder: [], OrderItem: [], OutboundOrder: [], OutboundLine: []}
    plain = {model: {**floors.defaults(model), "tenant_id": tenant} for model in found}
    for order_id, state in enumerate(states, first):
        row = {**plain[PlatformOrder], **data.pending_order(rng, order_id, account_id, channel, state), "id": order_id}
        found[PlatformOrder].append(row)
        found[OrderItem] += [{**plain[OrderItem], "id": order_id * 2 + n, "order_id": order_id, "line": n, "quantity": 1, "price": 150,
                              "platform_sku": f"SKU-{rng.randrange(w.skus):05d}", "name": "Phone case"} for n in range(2)]
        if goods and state in ("processed", "shipped"):
            row["outbound_no"] = f"HMKJ-261121-{order_id}"
            found[OutboundOrder].append(_outbound(plain[OutboundOrder], row, w.warehouse))
            found[OutboundLine] += [{**plain[OutboundLine], "id": order_id * 2 + n, "outbound_id": order_id,
                                     "product_id": rng.choice(goods), "quantity": 1}
                                    for n in range(2)]
    return found


def _outbound(plain, row, warehouse):
    copied = ("id", "channel_id", "order_no", "recipient", "phone", "country", "province", "city", "district", "street", "postcode",
              "currency",
              "created_at", "created_by", "changed_at", "changed_by")
    return {**plain, **{name: row[name] for name in copied}, "number": row["outbound_no"], "platform_order_id": row["id"],
            "warehouse_id": warehouse,
            "state": "audited" if row["state"] == "processed" else "dispatched", "findings": []}
