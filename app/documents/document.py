"""One PDF of many labels: fonts embedded once, cells filled in order, pages counted."""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from app.documents.declaration import draw_declaration_form
from app.documents.fonts import MAIN, Inks, embedding
from app.documents.label_data import LABEL_TEXTS, LabelData, Rendered
from app.documents.labels import draw_frame, draw_label
from app.documents.layout import Pen
from app.documents.lists import pick_list_pages
from app.documents.templates import TEMPLATES, Cell, Layout, Template

WarningRow = tuple[str, str, dict[str, object]]


def words_of(texts: Mapping[str, str] | None) -> dict[str, str]:
    """The words on a label: the caller's where given, else English."""
    return {**LABEL_TEXTS, **(texts or {})}


class Document:
    """Pages under construction. Cells of a multi-up page are filled from `start_cell` (1 = first) on the first page only."""

    def __init__(self, template: str, texts: Mapping[str, str] | None = None, start_cell: int = 1) -> None:
        self.template: Template = TEMPLATES[template]
        if not 1 <= start_cell <= len(self.template.cells):
            raise ValueError(f"start cell {start_cell} is not on a page of {template}")
        self.words = words_of(texts)
        self.warnings: list[WarningRow] = []
        self.pages = 0
        self._buffer = BytesIO()
        self._canvas = Canvas(self._buffer, pagesize=self.template.page, pageCompression=1, initialFontName=MAIN)
        self._canvas.setTitle(self.words["labels"])
        self.inks = Inks(self._canvas._doc)
        self._next = start_cell - 1
        self._open = False
        self._form("frame", draw_frame)
        self._form("declaration", draw_declaration_form)

    def add_label(self, label: LabelData) -> None:
        """Draws a label in the next free cell, and its pick list behind it when the label cannot hold it."""
        layout = self.template.layout
        pen = Pen(self.inks, layout.width, layout.height)
        notes, overflow = draw_label(pen, label, self.words, layout)
        self._put(pen, ("frame", "declaration") if label.items else ("frame",))
        pens = [pen]
        if overflow:
            pens += pick_list_pages(self.inks, label, self.words, layout)
            for page in pens[1:]:
                self._put(page)
        self.warnings += [(label.our_no, code, params) for code, params in notes]
        self._warn(label.our_no, pens)

    def add_page(self, pen: Pen) -> None:
        """A page of its own, as large as the pen's area."""
        self.flush()
        self._canvas.setPageSize((pen.width, pen.height))
        self._canvas._code.append(pen.operators())
        self._show()
        self._canvas.setPageSize(self.template.page)

    def flush(self) -> None:
        """Ends a page that has labels on it; the next label starts a new one."""
        if self._open:
            self._show()
            self._next = 0

    def finish(self) -> Rendered:
        """The document. Raises ValueError when nothing was drawn."""
        self.flush()
        if not self.pages:
            raise ValueError("nothing to print")
        with embedding:
            self._canvas.save()
        return Rendered(self._buffer.getvalue(), self.pages, self.warnings)

    def _form(self, name: str, draw: Callable[[Pen, Mapping[str, str], Layout], None]) -> None:
        """Draws what labels have in common into a form (a drawing that the file holds once and pages refer to)."""
        layout, canvas = self.template.layout, self._canvas
        pen = Pen(self.inks, layout.width, layout.height)
        draw(pen, self.words, layout)
        canvas.beginForm(name, 0, 0, layout.width, layout.height)
        canvas._code.append(pen.operators())
        canvas.endForm()

    def _put(self, pen: Pen, forms: Sequence[str] = ()) -> None:
        code = self._canvas._code
        code.append(f"q {_matrix(self.template.cells[self._next], self.template)} cm")
        for form in forms:
            self._canvas.doForm(form)
        code += (pen.operators(), "Q")
        self._open = True
        self._next += 1
        if self._next == len(self.template.cells):
            self.flush()

    def _show(self) -> None:
        self._canvas.showPage()
        self.pages += 1
        self._open = False

    def _warn(self, our_no: str, pens: Sequence[Pen]) -> None:
        lost = "".join(sorted(set().union(*[pen.lost for pen in pens])))
        if lost:
            self.warnings.append((our_no, "label.glyph_missing", {"characters": lost}))
        for field in dict.fromkeys(field for pen in pens for field in pen.cut):
            self.warnings.append((our_no, "label.text_cut", {"field": field}))


def _matrix(cell: Cell, template: Template) -> str:
    """The transformation from a label's own coordinates to its cell's."""
    layout, (_, page_height) = template.layout, template.page
    if cell.turned:
        # A quarter turn to the left: the label's left edge comes to lie at the bottom.
        return f"0 1 -1 0 {cell.left + layout.height:.4f} {page_height - cell.top - layout.width:.4f}"
    return f"1 0 0 1 {cell.left:.4f} {page_height - cell.top - layout.height:.4f}"


def render(labels: Sequence[LabelData], template: str, texts: Mapping[str, str] | None = None, start_cell: int = 1) -> Rendered:
    """One document of all labels in the order given. Raises KeyError for an unknown template, ValueError for no labels."""
    document = Document(template, texts, start_cell)
    for label in labels:
        document.add_label(label)
    return document.finish()
