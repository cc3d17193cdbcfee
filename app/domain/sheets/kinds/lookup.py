"""What rows of a sheet refer to, found for a whole chunk at once. The session guard keeps other merchants' rows out: they are unknown."""
import sqlalchemy as sa

from app.extensions import db
from app.integrations.platforms import ENGLISH, PLATFORMS
from app.domain.sheets.cells import CellError, plain
from app.domain.sheets.columns import bare
from app.models import Product, ShopAccount

PART = 5_000        # values of one IN list


def product_ids(skus):
    """{SKU: product id} of the wanted SKUs that exist."""
    skus, found = list(skus), {}
    for n in range(0, len(skus), PART):
        found.update(db.session.execute(sa.select(Product.sku, Product.id).where(Product.sku.in_(skus[n:n + PART]))).all())
    return found


def zero_padded(skus):
    """{SKU without its leading zeros: the one SKU that it can mean}: Excel turns 00123 into 123."""
    wanted = [s for s in skus if s.isdigit() and s.isascii() and not s.startswith("0")]
    if not wanted:
        return {}
    short = sa.func.ltrim(Product.sku, "0")
    found = {}
    for n in range(0, len(wanted), PART):
        for sku, key in db.session.execute(sa.select(Product.sku, short).where(short.in_(wanted[n:n + PART]), Product.sku.like("0%"))):
            found.setdefault(key, []).append(sku)
    return {key: skus[0] for key, skus in found.items() if len(skus) == 1}


def resolve_products(rows, column):
    """Put `product_id` into the rows, or an error; a SKU that lost its zeros is found and noted."""
    wanted = {r.values[column] for r in rows}
    known = product_ids(wanted)
    padded = zero_padded(wanted - known.keys())
    known.update(product_ids(padded.values()))
    for row in rows:
        sku = row.values[column]
        if sku not in known and sku in padded:
            row.params = {"typed": sku, "meant": padded[sku]}
            sku = row.values[column] = padded[sku]
        if sku in known:
            row.values["product_id"] = known[sku]
        else:
            row.refuse(column, "sheet.unknown_product", sku=sku)


def accounts():
    """{bare alias: [(id, platform)]} of the merchant's shops; two platforms may share a short name."""
    found = {}
    rows = db.session.execute(sa.select(ShopAccount.id, ShopAccount.alias, ShopAccount.platform).order_by(ShopAccount.id))
    for id_, alias, platform in rows:
        found.setdefault(alias.strip().casefold(), []).append((id_, platform))
    return found


_PLATFORM_WORDS = {bare(word): key for key, (label, _class) in PLATFORMS.items() for word in (key, label, ENGLISH.get(key, key))}


def platform_key(cell):
    """Parser: key, Chinese or English name of a platform -> its key."""
    key = _PLATFORM_WORDS.get(bare(plain(cell)))
    if key is None:
        raise CellError("sheet.unknown_platform")
    return key
