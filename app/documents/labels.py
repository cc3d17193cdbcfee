"""Draws one label: top strip, sender and receiver, tracking barcode, customs declaration, pick strip.

Warning codes and their parameters: `label.glyph_missing` (characters), `label.text_cut` (field), `label.items_merged` (count),
`label.pick_list_page` (lines), `label.currencies_mixed` (currencies),
`label.tracking_no_missing`, `label.code_not_ascii`, `label.code_too_wide` (symbols).
"""

from collections.abc import Mapping

from app.documents.codes import DOT, QUIET, NotEncodable, code128_path, label_fits, qr_path
from app.documents.declaration import Note, draw_declaration, money
from app.documents.fonts import width_of
from app.documents.label_data import LabelData
from app.documents.layout import EDGE, ELLIPSIS, LEADING, MM, PAD, SMALLEST, THICK, Line, Pen, block_lines, draw_lines, fit_block, wrap
from app.documents.templates import Layout

_SPLIT = 36 * MM  # sender | receiver
_SORT, _COUNTRY = 43 * MM, 64 * MM


def draw_label(pen: Pen, label: LabelData, words: Mapping[str, str], at: Layout) -> tuple[list[Note], bool]:
    """Draws one label; gives its notes (code, params), and whether the pick text needs a page of its own."""
    notes: list[Note] = []
    _draw_strip(pen, label, words, at)
    _draw_sender(pen, label, words, at)
    _draw_receiver(pen, label, words, at)
    _draw_tracking(pen, label, words, at, notes)
    if label.items:
        draw_declaration(pen, label, words, at, notes)
    overflow = _draw_foot(pen, label, words, at, notes)
    if overflow:
        notes.append(("label.pick_list_page", {"lines": len(label.pick_lines)}))
    return notes, overflow


def draw_frame(pen: Pen, words: Mapping[str, str], at: Layout) -> None:
    """What every label of a template has in common; drawn once a document."""
    left, right = EDGE, at.width - EDGE
    pen.box(left, EDGE, right - left, at.height - 2 * EDGE)
    for top in (at.strip, at.parties, at.declaration, at.foot):
        pen.rule(left, top, right, top)
    pen.rule(_SPLIT, at.strip, _SPLIT, at.parties)
    pen.box(_COUNTRY + THICK / 2, EDGE + THICK / 2, right - _COUNTRY - THICK, at.strip - EDGE - THICK, THICK)
    pen.text(_SPLIT + PAD + 1, at.strip + 8.5, pen.clean(words["ship_to"]), 7, True)


def _draw_strip(pen: Pen, label: LabelData, words: Mapping[str, str], at: Layout) -> None:
    depth, right = at.strip - EDGE, at.width - EDGE
    room = (_SORT if label.sort_code else _COUNTRY) - EDGE - 2 * PAD
    channel = pen.fit(label.channel_name, room, (12, 10, 9, 8, 7), "channel_name", True)
    pen.text(EDGE + PAD, EDGE + depth * 0.46, channel.text, channel.size, True)
    kind = pen.fit(" · ".join(filter(None, (label.carrier, label.service))), room, (8, 7, 6.5, SMALLEST), "service")
    pen.text(EDGE + PAD, EDGE + depth * 0.84, kind.text, kind.size)
    if label.sort_code:
        pen.box(_SORT, EDGE, _COUNTRY - _SORT, depth)
        pen.text(_SORT + PAD, EDGE + 7.5, pen.clean(words["sort"]), SMALLEST)
        code = pen.fit(label.sort_code, _COUNTRY - _SORT - 2 * PAD, (17, 14, 12, 10, 8), "sort_code", True)
        pen.centre((_SORT + _COUNTRY) / 2, EDGE + depth * 0.8, code.text, code.size, True)
    _draw_country(pen, label, words, depth, right)


def _draw_country(pen: Pen, label: LabelData, words: Mapping[str, str], depth: float, right: float) -> None:
    left = _COUNTRY + PAD + 1
    iso = pen.fit(label.country_iso, 11 * MM, (18, 14), "country", True)
    pen.text(left, EDGE + depth * 0.56, iso.text, iso.size, True)
    beside = right - left - PAD - 4 - width_of(iso.text, iso.size)
    chinese = pen.fit(label.country_zh, beside, (14, 12, 10, 8, 7, SMALLEST), "", True)
    pen.right(right - PAD - 1, EDGE + depth * 0.54, chinese.text, chinese.size, True)
    zone = pen.fit(f"{words['zone']} {label.zone}" if label.zone else "", 14 * MM, (8, 7, SMALLEST), "zone", True)
    pen.right(right - PAD - 1, EDGE + depth * 0.88, zone.text, zone.size, True)
    english = pen.fit(label.country_en, right - left - PAD - 4 - width_of(zone.text, zone.size), (8, 7, SMALLEST), "")
    pen.text(left, EDGE + depth * 0.88, english.text, english.size)


def _draw_sender(pen: Pen, label: LabelData, words: Mapping[str, str], at: Layout) -> None:
    left, width = EDGE + PAD, _SPLIT - EDGE - 2 * PAD
    bottom = at.parties
    if label.cod_amount is not None:
        bottom -= 10.5 * MM
        pen.box(EDGE + 1, bottom, _SPLIT - EDGE - 2, at.parties - bottom - 1, THICK)
        pen.text(left + 1, bottom + 9.5, pen.clean(words["cod"]), 8, True)
        amount = pen.fit(money(label.cod_amount, label.cod_currency), width - 2, (13, 11, 9.5, 8, 7), "cod", True)
        pen.centre((EDGE + _SPLIT) / 2, at.parties - 6.5, amount.text, amount.size, True)
    sender = [(words["from"], True), *((line, False) for line in label.sender_lines)] if label.sender_lines else []
    returns = [(words["return_to"], True), *((line, False) for line in label.return_lines)] if label.return_lines else []
    room = bottom - at.strip - 3
    lines = block_lines(pen, sender + returns, width, room, (7, 6.5, SMALLEST))
    if lines is None:  # too much for both: neither may push the other off
        share = room / 2 if returns else room
        lines = fit_block(pen, sender, width, share, (SMALLEST,), "sender")
        lines += fit_block(pen, returns, width, room - len(lines) * SMALLEST * LEADING, (SMALLEST,), "return")
    draw_lines(pen, lines, left, at.strip + 2)


def _draw_receiver(pen: Pen, label: LabelData, words: Mapping[str, str], at: Layout) -> None:
    left, right = _SPLIT + PAD + 1, at.width - EDGE - PAD
    phone = f"{words['tel']} {label.receiver_phone}" if label.receiver_phone else ""
    country = " ".join(filter(None, (label.postcode, label.country_en.upper() or label.country_iso)))
    paragraphs = [
        (label.receiver_name, True), (phone, True), *((line, False) for line in label.address_lines),
        (", ".join(filter(None, (label.city, label.state))), True), (country, True),
    ]
    top = at.strip + 10
    lines = fit_block(pen, paragraphs, right - left, at.parties - top - 2, at.text_sizes, "address")
    draw_lines(pen, lines, left, top)


def _draw_tracking(pen: Pen, label: LabelData, words: Mapping[str, str], at: Layout, notes: list[Note]) -> None:
    middle, top = at.width / 2, at.parties + 0.8 * MM
    base = at.declaration - 1.1 * MM
    try:
        path, modules = code128_path(label.tracking_no)
        dots = label_fits(label.tracking_no)
    except NotEncodable:
        notes.append(("label.code_not_ascii", {}) if label.tracking_no else ("label.tracking_no_missing", {}))
        path, modules, dots = "", 0, 3
    if not dots:
        # One dot a module is beyond what scanners read from a thermal print, but two may still leave a narrow quiet zone.
        notes.append(("label.code_too_wide", {"symbols": modules // 11}))
        dots = 2 if (modules + QUIET) * 2 * DOT <= at.width else 0
    if path and dots:
        pen.code(path, middle - modules * dots * DOT / 2, top, dots, at.bar_height)
    number = pen.fit(_grouped(label.tracking_no) or words["no_tracking"], at.width * 0.62, (10, 9, 8, 7), "tracking_no", True)
    pen.centre(middle, base, number.text, number.size, True)
    pen.text(EDGE + PAD, base, f"{label.sequence}/{label.sequence_total}", 8, True)
    if label.battery:
        mark = pen.fit(words["battery"], 13 * MM, (8, 7, SMALLEST), "battery", True)
        pen.box(at.width - EDGE - 15 * MM, base - 8, 14 * MM, 10, THICK)
        pen.centre(at.width - EDGE - 8 * MM, base - 0.2, mark.text, mark.size, True)


def _grouped(number: str) -> str:
    """S10 numbers are read in groups, RR 473 124 829 CN; the code itself holds no blanks."""
    if len(number) == 13 and number[:2].isalpha() and number[2:11].isdigit() and number[11:].isalpha():
        return f"{number[:2]} {number[2:5]} {number[5:8]} {number[8:11]} {number[11:]}"
    return number


def _draw_foot(pen: Pen, label: LabelData, words: Mapping[str, str], at: Layout, notes: list[Note]) -> bool:
    path, modules = qr_path(label.our_no)
    side = modules * at.qr_dots * DOT
    qr_left = at.width - EDGE - side - 4 * at.qr_dots * DOT
    qr_top = (at.foot + at.height - EDGE - side) / 2
    pen.square(path, modules, qr_left, qr_top, at.qr_dots)
    left, width = EDGE + PAD, qr_left - EDGE - 2 * PAD - 2 * at.qr_dots * DOT
    overflow = _draw_pick(pen, label, words, at, left, width)
    base = at.height - EDGE - 2.5
    for fields in _foot_rows(label, words):
        text, bold = fields
        line = pen.fit(text, width, (7.5, 7, 6.5, SMALLEST) if bold else (6.5, SMALLEST), "order_no", bold)
        pen.text(left, base, line.text, line.size, bold)
        base -= 8.3
    return overflow


def _foot_rows(label: LabelData, words: Mapping[str, str]) -> list[tuple[str, bool]]:
    """From the bottom up: printed and reference, numbers, remark."""
    printed = f"{words['printed']} {label.printed_at:%Y-%m-%d %H:%M}" if label.printed_at else ""
    reference = f"{words['reference']} {label.reference}" if label.reference else ""
    order = f"{words['order_no']} {label.order_no}" if label.order_no else ""
    rows = [("   ".join(filter(None, (reference, printed))), False), ("   ".join(filter(None, (label.our_no, order))), True)]
    if label.remark:
        rows.append((f"{words['remark']}: {label.remark}", False))
    return [row for row in rows if row[0]]


def _draw_pick(pen: Pen, label: LabelData, words: Mapping[str, str], at: Layout, left: float, width: float) -> bool:
    """«SKU*2 red [A-01]; …»; True when it takes more rows than there are: then the second page holds all of it."""
    if not label.pick_lines:
        return False
    parts = []
    for line in label.pick_lines:
        info = f" {line.pick_info}" if line.pick_info else ""
        parts.append(f"{line.sku}*{line.quantity}{info}" + (f" [{line.bin}]" if line.bin else ""))
    size = at.pick_size
    text = pen.clean(f"{words['pick_info']}: {'; '.join(parts)}")
    rows = wrap(text, width, size)
    overflow = len(rows) > at.pick_rows
    if overflow:
        pieces = sum(line.quantity for line in label.pick_lines)
        more = f"{ELLIPSIS} {len(label.pick_lines)} {words['sku']}, {pieces} {words['pieces']}: {words['see_pick_list']}"
        rows = (*rows[:at.pick_rows - 1], pen.clean(more))
    draw_lines(pen, [Line(row, size, False) for row in rows], left, at.foot + 1.5)
    return overflow



