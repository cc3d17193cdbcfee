"""The label templates: page, cells on it, and where each block of a label lies. Millimetres in here, points outside."""

from dataclasses import dataclass

from app.documents.codes import snap
from app.documents.layout import MM


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the blocks of one label lie, in points from the top (heights in points, `rows` and `dots` counted)."""

    width: float
    height: float
    strip: float  # bottom of the top strip
    parties: float  # bottom of sender and receiver
    bar_height: float
    declaration: float  # top of the declaration
    rows: int  # declared lines before they are merged
    row_height: float
    foot: float  # top of the pick strip
    pick_rows: int
    qr_dots: int
    text_sizes: tuple[float, ...]
    pick_size: float
    sentence: bool  # room for the CN22 sentence and a signature


@dataclass(frozen=True, slots=True)
class Cell:
    """Left and top edge of a label on its page, in points; `turned` labels lie on their left side."""

    left: float = 0
    top: float = 0
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A page size in points and the cells that labels are put in, first to last."""

    key: str
    page: tuple[float, float]
    layout: Layout
    cells: tuple[Cell, ...] = (Cell(),)


_SQUARE = Layout(
    width=100 * MM, height=100 * MM, strip=13.5 * MM, parties=42 * MM, bar_height=13 * MM, declaration=60.6 * MM, rows=4,
    row_height=2.7 * MM, foot=78.4 * MM, pick_rows=3, qr_dots=5, text_sizes=(9, 8, 7, 6.5), pick_size=7, sentence=False,
)
_TALL = Layout(
    width=100 * MM, height=150 * MM, strip=16 * MM, parties=55 * MM, bar_height=16 * MM, declaration=78.5 * MM, rows=6,
    row_height=3.3 * MM, foot=114 * MM, pick_rows=5, qr_dots=6, text_sizes=(11, 10, 9, 8, 7, 6.5), pick_size=8, sentence=True,
)
A4 = (210 * MM, 297 * MM)


def _cell(left: float, top: float, turned: bool = False) -> Cell:
    # On whole dots, so that bars keep their widths inside a cell as they do on a page of their own.
    return Cell(snap(left * MM), snap(top * MM), turned)


TEMPLATES: dict[str, Template] = {
    template.key: template
    for template in (
        Template("100x100", (100 * MM, 100 * MM), _SQUARE),
        Template("100x150", (100 * MM, 150 * MM), _TALL),
        Template("a4", A4, _SQUARE, tuple(_cell(left, top) for top in (48.5, 148.5) for left in (5, 105))),
        Template("a4-100x150", A4, _TALL, tuple(_cell(30, top, turned=True) for top in (24.25, 172.75))),
    )
}
