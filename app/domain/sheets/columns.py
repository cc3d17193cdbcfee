"""The declarations of sheets, and finding their columns in a sheet that somebody made."""
import re
import unicodedata
from dataclasses import dataclass, field

from flask_babel import force_locale

from app.failures import Failure

HEADING_WITHIN = 10         # rows in which the heading is looked for; people put titles above it
ERRORS = "错误 / Errors"     # the extra column of a sheet that comes back, the same in both languages
SAVED = "已导入 / Saved"     # in that column: this row went in


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column. `title` is lazy text; `also` are further headings that are accepted (the seed's words, other systems').

    `parse`: raw cell -> value, raises CellError; without it the column is for export only. `blank`: value of an empty cell.
    `must`: the column has to be there and filled. `style`, `width`: see documents.sheets.Column.
    """
    name: str
    title: object
    parse: object = None
    must: bool = False
    blank: object = ""
    also: tuple = ()
    style: str = "text"
    width: int = 16
    example: str = ""
    help: object = ""
    choices: object = None


@dataclass(frozen=True, slots=True)
class SheetKind:
    """One kind of sheet. `model`: of the exported rows; `fetch(ids, clock)` gives {id: values in the order of the columns};

    `importer(task)` makes the object that saves rows (see importing.py). `either`: columns of which one must be there.
    `once`: rows that were saved must not be taken again from a sheet that came back (changes, as opposed to states).
    """
    key: str
    title: object
    columns: tuple
    model: object = None
    fetch: object = None
    importer: object = None
    either: tuple = ()
    once: bool = False

    @property
    def entry(self):
        """The columns that can be filled in."""
        return tuple(c for c in self.columns if c.parse)


@dataclass(slots=True)
class Layout:
    """Where the columns are in one sheet: `at` {column name: index}, `head` the row number of the heading (0-based)."""
    head: int
    headings: list
    at: dict
    ignored: list = field(default_factory=list)
    errors: int | None = None


def bare(heading):
    """A heading reduced to its letters and digits: "*平台 SKU：" is "平台sku"."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", str(heading or "")).casefold())


def words_of(kind):
    """{bare heading: column name} in both languages, code names and the further names."""
    words = {}
    for column in kind.entry:
        names = [column.name, *column.also]
        for locale in ("en", "zh"):
            with force_locale(locale):
                names.append(str(column.title))
        for name in names:
            words.setdefault(bare(name), column.name)
    return words


def find_layout(kind, sheets):
    """(sheet, Layout) of the first sheet with all needed columns. Raises Failure(sheet.columns | sheet.empty)."""
    words, best = words_of(kind), None
    for sheet in sheets:
        for n, row in enumerate(sheet.rows()):
            if n >= HEADING_WITHIN:
                break
            layout = _layout(words, n, row)
            if not layout.at and best:
                continue
            if not missing(kind, layout):
                return sheet, layout
            if any(str(c).strip() for c in row) and (best is None or len(layout.at) > len(best.at)):
                best = layout
    if best is None:
        raise Failure("sheet.empty")
    raise Failure("sheet.columns", missing=missing(kind, best), found=[h for h in best.headings if h][:20])


def _layout(words, n, row):
    headings = [" ".join(str(c).split())[:80] for c in row]
    layout = Layout(n, headings, {})
    for index, heading in enumerate(headings):
        name = words.get(bare(heading))
        if bare(heading) == bare(ERRORS):
            layout.errors = index
        elif name and name not in layout.at:
            layout.at[name] = index
        elif heading:
            layout.ignored.append(heading)
    return layout


def missing(kind, layout):
    """Titles of the needed columns that a layout lacks."""
    lacking = [str(c.title) for c in kind.entry if c.must and c.name not in layout.at]
    if kind.either and not any(name in layout.at for name in kind.either):
        lacking.append(" / ".join(str(c.title) for c in kind.entry if c.name in kind.either))
    return lacking
