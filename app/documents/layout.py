"""Drawing on one label-sized cell: a pen that writes PDF operators, and text that fits its place.

Lengths are points, x from the left edge, y from the TOP edge of the cell, because labels are read and described from the top.
"""

from collections.abc import Sequence
from functools import lru_cache
import re
from typing import NamedTuple

from app.documents.codes import DOT, place_code, snap
from app.documents.fonts import Inks, clean, width_of

MM = 72 / 25.4
THIN, THICK = 0.6, 1.6  # a 203 dpi head prints nothing reliable below 0.5 pt
SMALLEST = 6.0
EDGE = 2 * MM  # what a thermal printer may lose at each side
PAD = 1.2 * MM
LEADING = 1.22  # Noto Sans SC: lines closer than this touch in Chinese, and Thai tone marks reach into the line above
ELLIPSIS = "…"
# A word, a Chinese character with its closing punctuation, or a Thai cluster (leading vowel, consonant, marks); blanks stay behind.
_PIECE = re.compile(
    "(?:[\u0e40-\u0e44]?[\u0e01-\u0e30\u0e32-\u0e33\u0e45-\u0e46\u0e50-\u0e5b]"
    "[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]*[\u0e30\u0e32\u0e33]?"
    "|[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef][，。、；：！？）」』】》]*"
    "|[^\\s\u0e01-\u0e5b\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+"
    "|\\S)\\s*"
)


class Line(NamedTuple):
    """One line that fits: text, font size in points, bold."""

    text: str
    size: float
    bold: bool


class Pen:
    """Collects the operators of one cell; `lost` and `cut` gather what could not be printed as asked."""

    def __init__(self, inks: Inks, width: float, height: float) -> None:
        self.inks, self.width, self.height = inks, width, height
        self.lost: set[str] = set()
        self.cut: list[str] = []
        self._shapes: list[str] = []
        self._texts: list[str] = []

    def clean(self, text: str) -> str:
        """Printable form of a text; remembers the characters no font has."""
        text, lost = clean(text)
        if lost:
            self.lost.update(lost)
        return text

    def text(self, left: float, base: float, text: str, size: float, bold: bool = False) -> None:
        """Cleaned text with its baseline at `base`."""
        if text:
            self._texts.append(f"1 0 0 1 {left:.2f} {self.height - base:.2f} Tm {self.inks.fragment(text, size, bold)}")

    def right(self, right: float, base: float, text: str, size: float, bold: bool = False) -> None:
        """Cleaned text that ends at `right`."""
        self.text(right - width_of(text, size), base, text, size, bold)

    def centre(self, middle: float, base: float, text: str, size: float, bold: bool = False) -> None:
        """Cleaned text centred on `middle`."""
        self.text(middle - width_of(text, size) / 2, base, text, size, bold)

    def fit(self, text: str, width: float, sizes: Sequence[float], field: str, bold: bool = False) -> Line:
        """The largest of `sizes` in which the text takes one line of `width`; at the last one it is cut with «…» and noted
        under `field` (empty: not worth a warning, the text stands elsewhere in full)."""
        text = self.clean(text)
        wide = width_of(text, 1)
        for size in sizes:
            if wide * size <= width:
                return Line(text, size, bold)
        if field:
            self.cut.append(field)
        return Line(shorten(text, width, sizes[-1]), sizes[-1], bold)

    def rule(self, left: float, top: float, right: float, bottom: float, weight: float = THIN) -> None:
        """A straight line."""
        self._shapes.append(f"{weight} w {left:.2f} {self.height - top:.2f} m {right:.2f} {self.height - bottom:.2f} l S")

    def box(self, left: float, top: float, width: float, height: float, weight: float = THIN) -> None:
        """An empty rectangle."""
        self._shapes.append(f"{weight} w {left:.2f} {self.height - top - height:.2f} {width:.2f} {height:.2f} re S")

    def block(self, left: float, top: float, width: float, height: float) -> None:
        """A filled black rectangle."""
        self._shapes.append(f"{left:.2f} {self.height - top - height:.2f} {width:.2f} {height:.2f} re f")

    def code(self, path: str, left: float, top: float, dots: int, height: float) -> None:
        """A barcode path whose unit is `dots` wide and `height` points high in all (a square code gives modules × unit)."""
        bottom = self.height - snap(top) - height
        self._shapes.append(place_code(path, left, bottom, dots, height))

    def square(self, path: str, modules: int, left: float, top: float, dots: int) -> None:
        """A QR path, `dots` a module, with its top left corner on whole dots."""
        bottom = self.height - snap(top) - modules * dots * DOT
        self._shapes.append(place_code(path, left, bottom, dots, dots * DOT))

    def operators(self) -> str:
        """Everything drawn so far: black on white, shapes first, then one text object."""
        return "\n".join(["0 g 0 G", *self._shapes, "BT 0.3 w", *self._texts, "ET"])


def shorten(text: str, width: float, size: float) -> str:
    """The longest beginning of a text that leaves room for «…» in `width`; never ends between a letter and its mark."""
    room = width - width_of(ELLIPSIS, size)
    kept = ""
    for piece in _PIECE.findall(text):
        if width_of(kept + piece.rstrip(), size) > room:
            # A single word or number wider than the place is cut inside.
            return (kept.rstrip() or _head(piece, room, size)) + ELLIPSIS
        kept += piece
    return kept


def _head(piece: str, room: float, size: float) -> str:
    count = len(piece)
    while count and width_of(piece[:count], size) > room:
        count -= 1
    return piece[:count]


@lru_cache(maxsize=8192)
def wrap(text: str, width: float, size: float) -> tuple[str, ...]:
    """Lines of a cleaned text, broken at blanks, between Chinese characters and between Thai clusters; long words break anywhere."""
    if width_of(text, size) <= width:
        return (text,) if text else ()
    lines: list[str] = []
    line = ""
    for piece in _PIECE.findall(text):
        if line and width_of(line + piece.rstrip(), size) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
        while width_of(line.rstrip(), size) > width:
            head = _head(line, width, size) or line[0]
            lines.append(head)
            line = line[len(head):]
    return (*lines, line.rstrip()) if line.strip() else tuple(lines)


def fit_block(
    pen: Pen, paragraphs: Sequence[tuple[str, bool]], width: float, height: float, sizes: Sequence[float], field: str
) -> list[Line]:
    """Lines of (text, bold) paragraphs in the largest size whose lines fill no more than `height`.

    At the last size the ordinary paragraphs lose their end: bold ones (name, postcode and country) are what gets a parcel
    sorted, so room is kept for them.
    """
    lines = block_lines(pen, paragraphs, width, height, sizes)
    if lines is not None:
        return lines
    pen.cut.append(field)
    size = sizes[-1]
    return _trim(_wrapped(pen, paragraphs, width, size), max(1, int(height / (size * LEADING))), width)


def block_lines(
    pen: Pen, paragraphs: Sequence[tuple[str, bool]], width: float, height: float, sizes: Sequence[float]
) -> list[Line] | None:
    """Lines in the largest size that fits, None when none does."""
    for size in sizes:
        lines = _wrapped(pen, paragraphs, width, size)
        if len(lines) * size * LEADING <= height:
            return lines
    return None


def _wrapped(pen: Pen, paragraphs: Sequence[tuple[str, bool]], width: float, size: float) -> list[Line]:
    return [Line(line, size, bold) for text, bold in paragraphs for line in wrap(pen.clean(text), width, size)]


def _trim(lines: list[Line], room: int, width: float) -> list[Line]:
    lines = list(lines)
    while len(lines) > room:
        plain = [place for place, line in enumerate(lines) if not line.bold]
        if len(plain) < 2:
            last = lines[room - 1]
            return [*lines[:room - 1], _dotted(last, width)]
        del lines[plain[-1]]
        lines[plain[-2]] = _dotted(lines[plain[-2]], width)
    return lines


def _dotted(line: Line, width: float) -> Line:
    if line.text.endswith(ELLIPSIS):
        return line
    text = line.text + ELLIPSIS
    return line._replace(text=text if width_of(text, line.size) <= width else shorten(text, width, line.size))


def draw_lines(pen: Pen, lines: Sequence[Line], left: float, top: float) -> float:
    """Draws lines one below the other from `top`; gives the y below the last."""
    for line in lines:
        pen.text(left, top + line.size * 0.93, line.text, line.size, line.bold)
        top += line.size * LEADING
    return top
