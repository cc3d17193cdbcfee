"""What a file may hold, found out before the reader unfolds it: a cell in XFD1048576 alone would take all memory.

.xlsx: worksheets are scanned as text for the outermost cell. .ods: repeated cells and rows are counted. .xls ends at
65,536 x 256 cells a sheet by its format; only the size of the file is checked (a crafted one may take some 0.5 GB).
"""
import io
import re
import zipfile

from app.failures import Failure

MAX_BYTES = 32 * 1024 * 1024
MAX_XLS_BYTES = 16 * 1024 * 1024
MAX_UNPACKED = 400 * 1024 * 1024
MAX_CELLS = 2_000_000
MAX_ROWS = 60_000
MAX_SHEETS = 20

_CELL = re.compile(rb'<(?:\w+:)?c\b([^>]*)>')
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_ODS = re.compile(rb'<(/?)table:(table-row|table-cell|covered-table-cell|table)\b([^>]*)>')
_REPEAT = re.compile(rb'number-(?:columns|rows)-repeated="(\d+)"')


def check_xlsx(content):
    """Raise Failure(sheet.too_large) for more cells than MAX_CELLS; give {worksheet file: {(row, column) of error cells}}, 0-based."""
    faults = {}
    with _open(content) as book:
        sheets = [n for n in book.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", n)]
        for name in sheets[:MAX_SHEETS]:
            faults[name] = _scan(book.read(name))
    return faults


def _scan(xml):
    """Area from A1 to the outermost cell, and the cells whose formula ended in an error (`t="e"`): the reader shows them empty."""
    high = wide = count = 0
    faults = set()
    for match in _CELL.finditer(xml):
        count += 1
        place = _PLACE.search(match[1])
        if place is None:
            continue
        row, column = int(place[2]), _column(place[1])
        high, wide = max(high, row), max(wide, column)
        if b't="e"' in match[1]:
            faults.add((row - 1, column - 1))
    _refuse_above(max(high * wide, count))
    return faults


def check_ods(content):
    """The same for OpenDocument: only cells with a value weigh, as often as they are repeated."""
    with _open(content) as book:
        xml = book.read("content.xml")
    cells = wide = repeat = sheets = 0
    for close, tag, attributes in _ODS.findall(xml):
        times = _REPEAT.search(attributes)
        n = int(times[1]) if times else 1
        if tag == b"table" and not close:
            sheets += 1
        elif tag == b"table-row" and not close:
            wide, repeat = 0, n
        elif tag == b"table-row":
            cells += wide * repeat
            _refuse_above(cells)
        elif not close and b"value-type=" in attributes:
            wide += n
    if sheets > MAX_SHEETS:
        raise Failure("sheet.not_a_sheet")


def _open(content):
    """A zip whose contents stay small enough; the sizes come from its directory, and reading stops there too."""
    try:
        book = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile:
        raise Failure("sheet.not_a_sheet") from None
    if sum(i.file_size for i in book.infolist()) > MAX_UNPACKED:
        raise Failure("sheet.too_large", limit=MAX_CELLS)
    return book


def _column(letters):
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _refuse_above(cells):
    if cells > MAX_CELLS:
        raise Failure("sheet.too_large", limit=MAX_CELLS)


def refuse_rows(rows):
    """Raise when a sheet has more data rows than one import takes."""
    if rows > MAX_ROWS:
        raise Failure("sheet.too_many_rows", rows=rows, limit=MAX_ROWS)
