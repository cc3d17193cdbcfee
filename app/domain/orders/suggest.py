"""Which of our products could a platform SKU be? Likely ones first, for a person to confirm."""
import re
from dataclasses import dataclass
from difflib import SequenceMatcher

import sqlalchemy as sa

from app.domain.orders.normalise import fold
from app.extensions import db
from app.models import Product

SCANNED = 5000      # products compared in one suggestion, at most
LEAST = 0.35        # below this a suggestion is noise


@dataclass(slots=True, frozen=True)
class Suggestion:
    """`score`: 1.0 for the same SKU or barcode, else the likeness of the names."""
    product_id: int
    sku: str
    name: str
    score: float


def suggest(platform_sku, name="", limit=5):
    """The likeliest products of a platform SKU, best first: list of Suggestion. The same SKU or barcode always leads."""
    wanted_sku, wanted_name = _bare(platform_sku), fold(name)
    scored = []
    matchers = SequenceMatcher(b=wanted_sku, autojunk=False), SequenceMatcher(b=wanted_name, autojunk=False)
    for product in _candidates(platform_sku, name):
        score = _score(product, wanted_sku, matchers)
        if score >= LEAST:
            scored.append(Suggestion(product.id, product.sku, product.name, round(score, 3)))
    return sorted(scored, key=lambda s: (-s.score, s.sku))[:limit]


def _score(product, wanted_sku, matchers):
    if wanted_sku and wanted_sku in (_bare(product.sku), _bare(product.barcode)):
        return 1.0
    by_sku = _likeness(matchers[0], _bare(product.sku))
    by_name = _likeness(matchers[1], fold(product.name or product.sku))
    # One strong sign is enough; both together beat one.
    return min(0.99, max(by_sku, by_name) * 0.85 + min(by_sku, by_name) * 0.15)


def _likeness(matcher, text):
    """difflib's ratio, after its two cheap upper bounds."""
    if not text or not matcher.b:
        return 0.0
    matcher.set_seq1(text)
    return matcher.ratio() if matcher.real_quick_ratio() >= LEAST and matcher.quick_ratio() >= LEAST else 0.0


def _bare(text):
    return re.sub(r"[\W_]+", "", fold(text))


def _candidates(platform_sku, name):
    """Products that share a word with the SKU or the name; when none does, the newest ones."""
    columns = sa.select(Product.id, Product.sku, Product.name, Product.barcode).where(Product.active)
    words = {w for w in re.findall(r"\w{2,}", f"{platform_sku} {name}".casefold())}
    words |= {w[:6] for w in words if len(w) > 8}          # ABC12345-RED and ABC123 share a beginning
    tests = [sa.func.lower(column).contains(word, autoescape=True) for word in sorted(words)[:12] for column in (Product.sku, Product.name)]
    tests.append(Product.barcode == (platform_sku or "-"))
    rows = db.session.execute(columns.where(sa.or_(*tests)).order_by(Product.id.desc()).limit(SCANNED)).all()
    return rows or db.session.execute(columns.order_by(Product.id.desc()).limit(SCANNED)).all()
