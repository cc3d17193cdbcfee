"""The styled .xlsx writer behind every sheet that leaves the house. Knows neither models nor languages: titles come in.

Texts are written as strings, never as formulas: a buyer's name "=1+1" or "@cmd" stays a name. Rows go straight to a
temporary file (`constant_memory`), so 100,000 rows take no more memory than one.
"""
import io
import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import xlsxwriter

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST = 32_767                # characters Excel keeps in a cell; the library drops longer texts silently
CHOICES_LONGEST = 255           # characters of a drop-down list
FORMATS = {"text": {"num_format": "@"}, "number": {"num_format": "0"}, "money": {"num_format": "0.00##"},
           "time": {"num_format": "yyyy-mm-dd hh:mm"}, "wrap": {"num_format": "@", "text_wrap": True}, "plain": {}}
DATES = {datetime: "yyyy-mm-dd hh:mm", date: "yyyy-mm-dd", time: "hh:mm:ss", timedelta: "[h]:mm:ss"}
HEADING = {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F4E79", "border": 1, "border_color": "#BFBFBF", "valign": "vcenter",
           "text_wrap": True}
REQUIRED = {**HEADING, "bg_color": "#9C2A10"}
MARK = {"bg_color": "#FFD9D2", "font_color": "#9C0006"}
FAULT = {"font_color": "#9C0006", "text_wrap": True, "valign": "top"}


@dataclass(frozen=True, slots=True)
class Column:
    """`width` in characters; `style` is a key of FORMATS; `choices` become a drop-down list below the heading."""
    title: str
    width: int = 14
    style: str = "text"
    comment: str = ""
    required: bool = False
    choices: tuple = ()


class SheetWriter:
    """Writes one sheet row by row, top to bottom; further `page()`s may follow. `finish()` gives the file's bytes.

    With `heading=False` only widths and formats are taken from the columns and the caller writes every row.
    """

    def __init__(self, title, columns, heading=True):
        self._sink = io.BytesIO()
        self._book = xlsxwriter.Workbook(self._sink, {"constant_memory": True, "default_date_format": DATES[datetime]})
        self._formats = {}
        self.page(title, columns, heading)

    def page(self, title, columns, heading=True):
        """Begin the next sheet of the workbook; the one before it is complete."""
        self._sheet = self._book.add_worksheet(_sheet_name(title))
        self._styles = [c.style for c in columns]
        self._row = 0
        for n, column in enumerate(columns):
            # The text format reaches below the last row: what is typed there keeps its leading zeros.
            self._sheet.set_column(n, n, column.width, self._format(column.style))
        if heading:
            self._head(columns)

    def _head(self, columns):
        self._sheet.set_row(0, 30)
        for n, column in enumerate(columns):
            self._sheet.write_string(0, n, _text(column.title), self._format("required" if column.required else "heading"))
            if column.comment:
                self._sheet.write_comment(0, n, column.comment, {"x_scale": 2, "author": "Waybridge"})
            if column.choices and len(",".join(column.choices)) <= CHOICES_LONGEST:
                self._sheet.data_validation(1, n, 10_000, n, {"validate": "list", "source": list(column.choices), "error_type": "warning"})
        self._sheet.freeze_panes(1, 0)
        self._row = 1

    def add(self, cells, marks=(), faults=()):
        """Write the next row. `marks`: indices of cells to colour; `faults`: indices of cells that hold an error text."""
        for n, cell in enumerate(cells):
            style = self._styles[n] if n < len(self._styles) else "plain"
            name = "fault" if n in faults else style
            self._write(n, cell, name, n in marks)
        self._row += 1

    def _write(self, n, cell, style, marked):
        if cell is None or cell == "":
            if marked:
                self._sheet.write_blank(self._row, n, None, self._format("mark", style))
            return
        kind = type(cell)
        wear = ("mark", style) if marked else (style,)
        if kind is str:
            self._sheet.write_string(self._row, n, _text(cell), self._format(*wear))
        elif kind is bool:
            self._sheet.write_boolean(self._row, n, cell, self._format(*wear))
        elif kind in DATES:
            self._sheet.write_datetime(self._row, n, cell, self._format(*wear, date=DATES[kind]))
        elif kind in (int, float, Decimal) and math.isfinite(cell):
            self._sheet.write_number(self._row, n, cell, self._format(*wear))
        else:
            self._sheet.write_string(self._row, n, _text(str(cell)), self._format(*wear))

    def _format(self, *names, date=None):
        key = (*names, date)
        if key not in self._formats:
            looks = {"heading": HEADING, "required": REQUIRED, "mark": MARK, "fault": FAULT, **FORMATS}
            values = {k: v for name in reversed(names) for k, v in looks[name].items()}
            self._formats[key] = self._book.add_format({**values, **({"num_format": date} if date else {})})
        return self._formats[key]

    def filter(self):
        """Give the heading of the present sheet filter buttons over all rows written so far."""
        if self._row > 1:
            self._sheet.autofilter(0, 0, self._row - 1, len(self._styles) - 1)

    def finish(self):
        self._book.close()
        return self._sink.getvalue()


def _text(text):
    return text if len(text) <= LONGEST else text[:LONGEST - 1] + "…"


def _sheet_name(title):
    """Excel allows 31 characters and none of []:*?/\\ in a sheet's name."""
    return "".join(c for c in str(title) if c not in "[]:*?/\\'")[:31] or "Sheet1"
