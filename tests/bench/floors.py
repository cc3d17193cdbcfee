"""The least work that still does the job: bare driver calls on lean tables, no model, no session, no rule."""
from hashlib import blake2b

import orjson
import sqlalchemy as sa

lean = sa.MetaData()

_id = lambda name="id": sa.Column(name, sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)      # noqa: E731
_int = lambda name, **more: sa.Column(name, sa.BigInteger, nullable=False, **more)      # noqa: E731
_text = lambda name, **more: sa.Column(name, sa.Text, nullable=False, **more)      # noqa: E731

ORDER = sa.Table("floor_order", lean, _id(), _int("tenant_id"), _int("account_id"), _text("order_no"), _text("state"),
                 _text("platform_status"),
                 _int("ordered_at"), _int("updated_at"), _text("currency"), _int("total"), _text("buyer"), _text("note"),
                 _text("ship_method"),
                 sa.Column("content_hash", sa.LargeBinary, nullable=False), sa.UniqueConstraint("account_id", "order_no"))
ITEM = sa.Table("floor_item", lean, _id(), _int("order_id", index=True), _text("sku"), _text("name"), _text("variation"),
                _int("quantity"), _int("price"))
ADDRESS = sa.Table("floor_address", lean, _int("order_id", primary_key=True, autoincrement=False), _text("name"), _text("phone"),
                   _text("country"),
                   _text("state"), _text("city"), _text("district"), _text("town"), _text("street"), _text("postcode"))

MAPPING = sa.Table("floor_mapping", lean, _text("sku", primary_key=True), _int("product_id"), _int("quantity"))
STOCK = sa.Table("floor_stock", lean, _int("product_id", primary_key=True, autoincrement=False), _int("on_hand"), _int("reserved"))
OUTBOUND = sa.Table("floor_outbound", lean, _id(), _int("order_id", unique=True), _text("number"), _text("state"))
LINE = sa.Table("floor_line", lean, _id(), _int("outbound_id", index=True), _int("product_id"), _int("quantity"))


def create(engine):
    lean.create_all(engine)


def drop(engine):
    lean.drop_all(engine)


def is_sqlite(connection):
    return connection.dialect.name == "sqlite"


def put(connection, table, rows):
    """Insert tuples of all columns of `table`, values as the driver takes them: executemany on SQLite, COPY on PostgreSQL."""
    names = ", ".join(column.name for column in table.columns)
    cursor = connection.connection.cursor()
    if is_sqlite(connection):
        cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(table.columns))})", rows)
        return
    with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def load(connection, model, rows):
    """Insert dicts into a table of the product, past its session: column types and plain defaults applied, tenant given by the row."""
    table, names = model.__table__, list(rows[0])
    encode = [table.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect) or _same for name in names]
    part = sa.Table(table.name, sa.MetaData(), *(sa.Column(name) for name in names))
    put(connection, part, ([code(row[name]) for code, name in zip(encode, names)] for row in rows))


def _same(value):
    return value


def defaults(model):
    """{column: value} of the plain (not called) defaults of a model."""
    return {c.name: c.default.arg for c in model.__table__.columns if c.default is not None and c.default.is_scalar}


# --- intake ---------------------------------------------------------------------------------------------------------------------


def hash_page(body):
    """Parse, normalise, hash a page of Shopee's order details: [(content, hash)]. What no second pull can do without."""
    found = []
    for raw in orjson.loads(body)["response"]["order_list"]:
        to, package = raw["recipient_address"], raw["package_list"][0]
        content = (raw["order_sn"], raw["order_status"], raw["update_time"], raw["create_time"], raw["currency"], raw["total_amount"],
                   raw["cod"],
                   raw["pay_time"], raw["ship_by_date"], raw["buyer_username"], raw["message_to_seller"], raw["note"],
                   package["shipping_carrier"],
                   package["package_number"], to["name"], to["phone"], to["region"], to["state"], to["city"], to["district"], to["town"],
                   to["full_address"], to["zipcode"],
                   [(i["model_sku"] or i["item_sku"], i["item_name"], i["model_name"], i["model_quantity_purchased"],
                     i["model_discounted_price"])
                    for i in raw["item_list"]])
        found.append((content, blake2b(orjson.dumps(content), digest_size=20).digest()))
    return found


def intake_rows(bodies, tenant, account_id, first_id):
    """Rows of ORDER, ITEM and ADDRESS for the pages, ids known; in blocks of ten pages."""
    blocks, order_id = [], first_id
    for start in range(0, len(bodies), 10):
        orders, items, addresses = [], [], []
        for body in bodies[start:start + 10]:
            for content, digest in hash_page(body):
                order_id += 1
                (number, status, updated, created, currency, total, _cod, _paid, _ship_by, buyer, note, _own, method, _package,
                 *to, lines) = content
                orders.append((order_id, tenant, account_id, number, "pending", status, created, updated, currency, int(total * 100),
                               buyer, note,
                               method, digest))
                items += [(order_id * 2 + n, order_id, sku, name, variation, quantity, int(price * 100))
                          for n, (sku, name, variation, quantity, price) in enumerate(lines)]
                addresses.append((order_id, *to))
        blocks.append((orders, items, addresses))
    return blocks


def insert_only(engine, blocks):
    """One transaction per block of a thousand orders."""
    for orders, items, addresses in blocks:
        with engine.begin() as connection:
            put(connection, ORDER, orders)
            put(connection, ITEM, items)
            put(connection, ADDRESS, addresses)
