"""Pages of rows: the pick list of one large parcel, and the first page of a batch (what is missing, what to pick)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.documents.codes import DOT, qr_path
from app.documents.fonts import Inks
from app.documents.label_data import LabelData, PickLine, natural
from app.documents.layout import LEADING, MM, THICK, Pen, wrap
from app.documents.templates import A4, Layout, Template

_SIZE = 8


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and rows of (left text, right text); the right column ends at the edge unless `columns` splits the width."""

    heading: str
    rows: Sequence[tuple[str, str]]
    share: float  # part of the width that the left text gets


def draw_sections(inks: Inks, width: float, height: float, title: str, sections: Sequence[Section], code: str = "") -> list[Pen]:
    """As many pages as the rows need; each repeats the title and says which page it is, so that a mixed pile can be sorted."""
    flow = _Flow(inks, width, height, title, code)
    for section in sections:
        if section.rows:
            flow.heading(section.heading)
            for left, right in section.rows:
                flow.row(left, right, section.share)
    return flow.done()


class _Flow:
    """Fills page after page from the top."""

    def __init__(self, inks: Inks, width: float, height: float, title: str, code: str) -> None:
        # A sheet-fed printer cannot reach the last millimetres of A4, a label printer does.
        self._edge = 10 * MM if (width, height) == A4 else 3 * MM
        self._inks, self._width, self._height, self._title, self._code = inks, width, height, title, code
        self._pens: list[Pen] = []
        self._turn()

    def _turn(self) -> None:
        pen = Pen(self._inks, self._width, self._height)
        self._pens.append(pen)
        self._top = self._edge + 15
        room = self._width - 2 * self._edge - 12 * MM
        if self._code:
            path, modules = qr_path(self._code)
            side = modules * 3 * DOT
            pen.square(path, modules, self._width - self._edge - side - 10 * MM, self._edge + 2, 3)
            room -= side + 2 * MM
            self._top = self._edge + side + 2 * MM
        line = pen.fit(self._title, room, (11, 10, 9, 8), "title", True)
        pen.text(self._edge, self._edge + 11, line.text, line.size, True)

    def heading(self, text: str) -> None:
        self._room(2 * _SIZE * LEADING + 8)
        pen = self._pens[-1]
        self._top += 4
        pen.text(self._edge, self._top + _SIZE, pen.clean(text), _SIZE, True)
        self._top += _SIZE * LEADING + 2
        pen.rule(self._edge, self._top, self._width - self._edge, self._top, THICK)
        self._top += 2

    def row(self, left: str, right: str, share: float) -> None:
        pen = self._pens[-1]
        inner = self._width - 2 * self._edge
        lefts = wrap(pen.clean(left), inner * share - 4, _SIZE)
        rights = wrap(pen.clean(right), inner * (1 - share), _SIZE)
        deep = max(len(lefts), len(rights)) * _SIZE * LEADING + 2.5
        self._room(deep)
        pen = self._pens[-1]
        for x, lines in ((self._edge, lefts), (self._edge + inner * share, rights)):
            for number, line in enumerate(lines):
                pen.text(x, self._top + _SIZE * (0.95 + number * LEADING), line, _SIZE)
        self._top += deep
        pen.rule(self._edge, self._top - 0.8, self._width - self._edge, self._top - 0.8, 0.5)

    def _room(self, deep: float) -> None:
        if self._top + deep > self._height - self._edge:
            lost, cut = self._pens[-1].lost, self._pens[-1].cut
            self._turn()
            self._pens[-1].lost |= lost
            self._pens[-1].cut += cut

    def done(self) -> list[Pen]:
        for number, pen in enumerate(self._pens, 1):
            pen.right(self._width - self._edge, self._edge + 9, f"{number}/{len(self._pens)}", 8, True)
        return self._pens


def _by_place(entry: tuple[tuple[str, str], int]) -> tuple[str, str]:
    (place, sku), _ = entry
    return natural(place), natural(sku)


def pick_list_pages(inks: Inks, label: LabelData, words: Mapping[str, str], at: Layout) -> list[Pen]:
    """All pick lines of one parcel on label-sized pages that carry its number in text and as a code."""
    rows = [(f"{line.quantity} × {line.sku}", "  ".join(filter(None, (line.bin and f"[{line.bin}]", line.pick_info))))
            for line in label.pick_lines]
    sections = [Section(f"{label.our_no}   {label.tracking_no}".strip(), rows, 0.45)]
    return draw_sections(inks, at.width, at.height, f"{words['pick_list']} · {label.our_no}", sections, label.our_no)


def missing_pages(inks: Inks, missing: Sequence[tuple[str, str]], picked: Iterable[PickLine], words: Mapping[str, str],
                  template: Template) -> list[Pen]:
    """What this batch does not hold and why, then the pieces to pick for what it does hold. A4 templates get an A4 page."""
    width, height = template.page if template.page == A4 else (template.layout.width, template.layout.height)
    sums: dict[tuple[str, str], int] = {}
    for line in picked:
        sums[line.bin, line.sku] = sums.get((line.bin, line.sku), 0) + line.quantity
    pieces = [(f"{count} × {sku}", f"[{place}]" if place else "") for (place, sku), count in sorted(sums.items(), key=_by_place)]
    total = f"{words['pick_list']}: {len(sums)} {words['sku']}, {sum(sums.values())} {words['pieces']}"
    sections = [Section(f"{words['our_no']} – {words['reason']}", missing, 0.38), Section(total, pieces, 0.7)]
    return draw_sections(inks, width, height, f"{words['missing']}: {len(missing)}", sections)
