"""The customs declaration on a label, after the UPU's CN22: quantity, description, tariff number and origin, weight, value."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from app.documents.fonts import clean, width_of
from app.documents.label_data import DeclaredItem, LabelData
from app.documents.layout import EDGE, MM, PAD, SMALLEST, Pen, draw_lines, fit_block
from app.documents.templates import Layout

_DESCRIPTION, _TARIFF, _WEIGHT, _VALUE = 9 * MM, 50 * MM, 77 * MM, 97 * MM  # columns; the last two end there
_WITHOUT_CENTS = frozenset({"VND", "JPY", "KRW"})
_ROOM = _TARIFF - _DESCRIPTION - 3
Note = tuple[str, dict[str, object]]


def money(amount: Decimal, currency: str) -> str:
    """«PHP 1,299.00», «VND 250,000»: the code, because ₱ is in no font of ours. Never rounds a fraction away."""
    digits = 0 if currency in _WITHOUT_CENTS and amount == amount.to_integral_value() else 2
    short = amount.quantize(Decimal(1).scaleb(-digits))
    return f"{currency} {short if short == amount else amount.normalize():,f}".strip()


def draw_declaration(pen: Pen, label: LabelData, words: Mapping[str, str], at: Layout, notes: list[Note]) -> None:
    """Rows and sums into the form that draw_declaration_form has drawn."""
    left, size = EDGE + PAD, 6.5
    base = at.declaration + 3.3 * MM
    for item, quantity, grams, value in _declared_rows(label, words, at.rows, notes):
        base += at.row_height
        pen.text(left, base, str(quantity), size)
        name = pen.fit(_name(item), _ROOM, (size, SMALLEST), "declaration")
        pen.text(_DESCRIPTION, base, name.text, name.size)
        tariff = pen.fit(" / ".join(filter(None, (item.hs_code, item.origin))), 20 * MM, (size, SMALLEST), "hs_code")
        pen.text(_TARIFF, base, tariff.text, tariff.size)
        pen.right(_WEIGHT, base, f"{grams / 1000:.3f}", size)
        amount = pen.fit(value, _VALUE - _WEIGHT - 3, (size, SMALLEST), "declaration")
        pen.right(_VALUE, base, amount.text, amount.size)
    if len({item.currency for item in label.items}) > 1:
        notes.append(("label.currencies_mixed", {"currencies": ", ".join(sorted({item.currency for item in label.items}))}))
    base = _total_base(at)
    pen.text(EDGE + PAD, base, str(sum([item.quantity for item in label.items])), 6.5, True)
    grams = label.weight_g or sum([item.weight_g * item.quantity for item in label.items])
    pen.right(_WEIGHT, base, f"{grams / 1000:.3f}", 6.5, True)
    value = pen.fit(_total(label.items), _VALUE - _WEIGHT - 3, (6.5, SMALLEST), "declaration", True)
    pen.right(_VALUE, base, value.text, value.size, True)


def _declared_rows(
    label: LabelData, words: Mapping[str, str], rows: int, notes: list[Note]
) -> list[tuple[DeclaredItem, int, int, str]]:
    """(item, quantity, grams, value of the line); lines beyond `rows` become one line, whose items then belong on a CN23."""
    items = label.items if len(label.items) <= rows else label.items[:rows - 1]
    out = [(item, item.quantity, item.weight_g * item.quantity, _total([item])) for item in items]
    rest = label.items[len(items):]
    if rest:
        merged = DeclaredItem(name_en=f"+ {len(rest)} {words['more_items']}", origin="")
        out.append((merged, sum(i.quantity for i in rest), sum(i.weight_g * i.quantity for i in rest), _total(rest)))
        notes.append(("label.items_merged", {"count": len(rest)}))
    return out


def _name(item: DeclaredItem) -> str:
    """English and Chinese, English alone where both do not fit: the customs of the destination read that one."""
    both = clean(f"{item.name_en} {item.name_zh}")[0]
    return both if width_of(both, SMALLEST) <= _ROOM or not item.name_en else item.name_en


def _total(items: Sequence[DeclaredItem]) -> str:
    """The sum of the lines; nothing where they are in different currencies, because that sum would be wrong."""
    currency = items[0].currency
    if any([item.currency != currency for item in items]):
        return ""
    return money(sum([item.value * item.quantity for item in items], Decimal(0)), currency)


def _total_base(at: Layout) -> float:
    return at.foot - (8.5 * MM if at.sentence else 0) - 1 * MM


def draw_declaration_form(pen: Pen, words: Mapping[str, str], at: Layout) -> None:
    """Headings, total row and sentence of the declaration; drawn once a document, used by labels that declare something."""
    left, base = EDGE + PAD, at.declaration + 2.5 * MM
    for word, x in (("quantity", left), ("description", _DESCRIPTION), ("hs_origin", _TARIFF)):
        pen.text(x, base, pen.clean(words[word]), SMALLEST, True)
    pen.right(_WEIGHT, base, pen.clean(words["weight"]), SMALLEST, True)
    pen.right(_VALUE, base, pen.clean(words["value"]), SMALLEST, True)
    pen.rule(EDGE, base + 2.2, at.width - EDGE, base + 2.2)
    base = _total_base(at)
    bottom = base + 1 * MM
    pen.rule(EDGE, bottom - at.row_height - 0.3 * MM, at.width - EDGE, bottom - at.row_height - 0.3 * MM)
    heading = " · ".join((words["total"], words["declaration"], words["sale_of_goods"]))
    title = pen.fit(heading, _WEIGHT - _DESCRIPTION - 9 * MM, (6.5, SMALLEST), "", True)
    pen.text(_DESCRIPTION, base, title.text, title.size, True)
    if at.sentence:
        pen.rule(EDGE, bottom, at.width - EDGE, bottom)
        sentence = fit_block(pen, [(words["declaration_sentence"], False)], 58 * MM, at.foot - bottom - 2, (6.5, SMALLEST), "sentence")
        draw_lines(pen, sentence, EDGE + PAD, bottom + 1.5)
        pen.text(64 * MM, at.foot - 2.5, pen.clean(words["signature"]), SMALLEST)
        pen.rule(64 * MM, at.foot - 9.5, _VALUE, at.foot - 9.5)
