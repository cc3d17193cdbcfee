"""From a cell to a value. A parser takes the raw cell (text, number, date, truth) and gives a value or raises CellError.

Excel's own accidents are named instead of swallowed: rounded long numbers, dates made of SKUs, lost leading zeros.
"""
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from app.domain.sheets.reader import Fault

SHOWN = 80                              # characters of a value that an error repeats
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ROUNDED = re.compile(r"\d\.\d+E\+\d{2,}", re.I)
_EDGES = " \t\r\n\u3000\u00a0\ufeff\u200b"
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
YES = {"yes", "y", "true", "1", "是", "有", "√", "✓"}
NO = {"no", "n", "false", "0", "否", "无", "没有", "×"}


class CellError(Exception):
    """What is wrong with one cell: a message code and its parameters."""

    def __init__(self, code, **params):
        super().__init__(code)
        self.code, self.params = code, params


def blank(cell):
    return cell is None or (isinstance(cell, str) and not cell.strip(_EDGES))


def shown(cell):
    """The cell as an error repeats it: one line, not too long, without control characters."""
    text = _CONTROL.sub("?", " ".join(str(_number(cell) if isinstance(cell, float) else cell).split()))
    return text if len(text) <= SHOWN else text[:SHOWN - 1] + "…"


def plain(cell):
    """Text of a cell: 123.0 is "123"; dates and rounded numbers are refused, since the typed text is lost."""
    if isinstance(cell, Fault):
        raise CellError("sheet.formula_error")
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, float)):
        if abs(cell) >= 1e15:
            raise CellError("sheet.digits_lost")
        return _number(cell)
    if isinstance(cell, (datetime, date, time, timedelta)):
        raise CellError("sheet.date_for_text")
    text = cell.strip(_EDGES)
    if _CONTROL.search(text):
        raise CellError("sheet.control_character")
    if _ROUNDED.fullmatch(text):
        raise CellError("sheet.digits_lost")
    return text


def _number(value):
    return str(int(value)) if value == int(value) else format(Decimal(repr(value)), "f")


def text(longest, pattern=None, code="sheet.text_form"):
    """Parser of one-line text of at most `longest` characters; `pattern` must match the whole."""
    form = re.compile(pattern) if pattern else None

    def parse(cell):
        value = " ".join(plain(cell).splitlines())
        if len(value) > longest:
            raise CellError("sheet.too_long", max=longest, length=len(value))
        if form and not form.fullmatch(value):
            raise CellError(code)
        return value
    return parse


def whole(low, high):
    """Parser of a whole number within limits."""
    def parse(cell):
        number = _decimal(cell)
        if number is None or number != number.to_integral_value() or not low <= number <= high:
            raise CellError("sheet.whole_number", low=low, high=high)
        return int(number)
    return parse


def amount(high=Decimal("99999999")):
    """Parser of money: a Decimal from 0 with at most four places."""
    def parse(cell):
        number = _decimal(cell)
        if number is None or not 0 <= number <= high or number != round(number, 4):
            raise CellError("sheet.amount", high=int(high))
        return number
    return parse


def _decimal(cell):
    """Decimal of a number or of its text, None for anything else."""
    if isinstance(cell, Fault):
        raise CellError("sheet.formula_error")
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str)):
        return None
    word = (cell if isinstance(cell, str) else repr(cell)).strip(_EDGES)
    if _THOUSANDS.fullmatch(word):
        word = word.replace(",", "")
    if not re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,15})?([eE][+-]?\d{1,2})?", word):
        return None
    try:
        return Decimal(word)
    except InvalidOperation:
        return None


def flag(cell):
    """Parser of yes and no, 是 and 否."""
    word = plain(cell).casefold()
    if word in YES or word in NO:
        return word in YES
    raise CellError("sheet.yes_no")


def one_of(codes):
    """Parser of a short code out of a set known when the cell is read (`codes` is a function)."""
    def parse(cell):
        value = plain(cell).upper()
        if value not in codes():
            raise CellError("sheet.unknown_code")
        return value
    return parse
