"""Reading a sheet that somebody sent: .xlsx, .xls, .ods by calamine, .csv as UTF-8, UTF-16 or GBK (Excel in China).

Formulas are never evaluated: the value that Excel stored comes in, and a text that looks like a formula stays a text.
"""
import csv
import io
import re
import zipfile
from dataclasses import dataclass

import python_calamine

from app.domain.sheets import limits
from app.failures import Failure

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCODINGS = ("utf-8-sig", "gb18030")
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")    # a stray one is an error of its cell, many are no text at all


class Fault:
    """A cell whose formula ended in an error (#REF!, #DIV/0! …)."""

    def __str__(self):
        return "#ERROR"


FAULT = Fault()


@dataclass(slots=True)
class Sheet:
    """One sheet; `rows()` may be called again and again and yields lists of cells, the first is row 1 of the file."""
    name: str
    open: object

    def rows(self):
        return self.open()


def read(content):
    """All visible sheets of a file. Raises Failure: sheet.not_a_sheet, sheet.password, sheet.too_large, sheet.empty."""
    kind = kind_of(content)
    if kind == "csv":
        return [_csv(content)]
    faults = limits.check_xlsx(content) if kind == "xlsx" else {}
    if kind == "ods":
        limits.check_ods(content)
    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
    except python_calamine.PasswordError:
        raise Failure("sheet.password") from None
    except python_calamine.CalamineError:
        raise Failure("sheet.not_a_sheet") from None
    visible = [m.name for m in book.sheets_metadata
               if m.visible == python_calamine.SheetVisibleEnum.Visible and m.typ == python_calamine.SheetTypeEnum.WorkSheet]
    places = _places(content, faults) if any(faults.values()) else {}
    return [_worksheet(book, name, places.get(name, ())) for name in visible[:limits.MAX_SHEETS]]


def kind_of(content):
    """xlsx, ods, xls or csv by the file's first bytes, whatever its name says."""
    if not content.strip():
        raise Failure("sheet.empty")
    if len(content) > limits.MAX_BYTES or (content.startswith(OLE) and len(content) > limits.MAX_XLS_BYTES):
        raise Failure("sheet.too_large", limit=limits.MAX_CELLS)
    if content.startswith(OLE):
        return "xls"
    if content.startswith(b"PK"):
        return _zip_kind(content)
    if content.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf")) or content.lstrip()[:1] == b"<":
        raise Failure("sheet.not_a_sheet")
    return "csv"


def _zip_kind(content):
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except zipfile.BadZipFile:
        raise Failure("sheet.not_a_sheet") from None
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names and "mimetype" in names:
        return "ods"
    raise Failure("sheet.not_a_sheet")


def _places(content, faults):
    """{sheet name: error cells} by the workbook's own list of sheets and files."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        try:
            listing = book.read("xl/workbook.xml").decode("utf-8", "replace")
            links = book.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
        except KeyError:
            return {}
    targets = {}
    for tag in re.findall(r"<Relationship\b[^>]*>", links):
        values = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        targets[values.get("Id")] = "xl/" + values.get("Target", "").removeprefix("/xl/").removeprefix("xl/")
    found = {}
    for tag in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", listing):
        values = dict(re.findall(r'([\w:]+)="([^"]*)"', tag))
        found[values.get("name")] = faults.get(targets.get(values.get("r:id")), set())
    return found


def _worksheet(book, name, faults):
    broken = {}
    for row, column in faults:
        broken.setdefault(row, []).append(column)

    def rows():
        try:
            sheet = book.get_sheet_by_name(name)
        except python_calamine.CalamineError:
            raise Failure("sheet.not_a_sheet") from None
        if sheet.start is None:
            return
        # iter_rows leaves out empty columns on the left, but not empty rows on top.
        pad = [""] * sheet.start[1]
        for n, cells in enumerate(sheet.iter_rows()):
            cells = pad + cells
            for column in broken.get(n, ()):
                cells[column:column + 1] = [FAULT]
            yield cells
    return Sheet(name, rows)


def _csv(content):
    text = _decode(content)
    if text.count("\n") > limits.MAX_ROWS + 1_000:
        raise Failure("sheet.too_many_rows", rows=text.count("\n"), limit=limits.MAX_ROWS)
    start = text[:4_000]
    if len(_BINARY.findall(start)) * 10 > len(start):
        raise Failure("sheet.not_a_sheet")
    head = text.split("\n", 1)[0]
    mark = max(",;\t", key=head.count)

    def rows():
        try:
            yield from csv.reader(io.StringIO(text, newline=""), delimiter=mark)
        except csv.Error:
            raise Failure("sheet.not_a_sheet") from None
    return Sheet("csv", rows)


def _decode(content):
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        order = ("utf-16",)
    else:
        order = ENCODINGS
    for encoding in order:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Failure("sheet.not_a_sheet")
