"""Barcodes as PDF drawing operators: Code 128 from our own table, QR through zxing-cpp, each one path.

reportlab's QR widget takes 94 % of a label's time (validated shape objects, mask search in Python); one path is ten times faster.
Sizes are whole dots of a 203 dpi thermal printer, so no bar is ever rounded to a different width than its neighbour.
"""

from collections.abc import Iterable
from functools import lru_cache
import re

import zxingcpp

DOT = 72 / 203  # points
QUIET = 10  # modules of white on each side of a Code 128 (ISO/IEC 15417)
WIDEST = 84 / 25.4 * 72  # points: beyond it 3-dot bars no longer leave their quiet zone on a 100 mm label

# Bar and space widths of values 0..106 (ISO/IEC 15417 table 1); 106 is the stop pattern with its closing bar.
_PATTERNS = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122 123221 "
    "223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 "
    "112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 "
    "311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 "
    "122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 "
    "214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112"
).split()
_START_B, _START_C, _TO_B, _TO_C, _STOP = 104, 105, 100, 99, 106
_SYMBOL = 11  # modules of every symbol but the stop, which has 13
_DIGITS = re.compile(r"[0-9]{4,}")
_DARK = re.compile(rb"\x00+")
_QR_BORDER = 4  # modules of white that ISO/IEC 18004 asks for, and that zxing-cpp draws


class NotEncodable(ValueError):
    """The text holds a character that the symbology does not have, or is empty."""


def code128_values(text: str) -> list[int]:
    """Symbol values from start to stop, check symbol included: the fewest symbols that sets B and C allow.

    Set C pays (two digits a symbol, one symbol to change over) from 4 digits at either end and from 6 in the middle.
    Raises NotEncodable for an empty text or one with anything but printable ASCII.
    """
    if not (text and text.isascii() and text.isprintable()):
        raise NotEncodable
    values: list[int] = []
    end = 0
    for first, last in _digit_runs(text):
        odd = (last - first) % 2
        if first == 0:  # an odd digit goes behind the pairs, so that the symbol can start in C
            last -= odd
            values.append(_START_C)
        else:
            first += odd
            _append_b(values, text[end:first])
            values.append(_TO_C)
        values += [int(text[at:at + 2]) for at in range(first, last, 2)]
        end = last
    if end < len(text):
        _append_b(values, text[end:])
    check = values[0] + sum([place * value for place, value in enumerate(values)])
    values += (check % 103, _STOP)
    return values


def _digit_runs(text: str) -> list[tuple[int, int]]:
    if len(text) == 2 and text.isdigit():
        return [(0, 2)]
    spans = [run.span() for run in _DIGITS.finditer(text)]
    return [(first, last) for first, last in spans if first == 0 or last == len(text) or last - first >= 6]


def _append_b(values: list[int], text: str) -> None:
    values.append(_TO_B if values else _START_B)
    values += [code - 32 for code in text.encode("ascii")]


@lru_cache(maxsize=4096)
def code128_modules(text: str) -> list[int]:
    """Widths in modules, bar first, then space, bar … without quiet zones. Treat the cached list as read-only."""
    return [int(width) for value in code128_values(text) for width in _PATTERNS[value]]


def code128_width(text: str) -> int:
    """Modules from the first bar to the last, quiet zones left out."""
    return _SYMBOL * len(code128_values(text)) + 2


def label_fits(text: str, widest: float = WIDEST) -> int:
    """Dots a module: 3 where the code stays within `widest` points (84 mm), else 2; 0 when even 2 dots pass it."""
    width = code128_width(text) * DOT
    return 3 if 3 * width <= widest else 2 if 2 * width <= widest else 0


@lru_cache(maxsize=8192)
def _symbol_path(place: int, value: int) -> str:
    """The bars of one symbol at its place; the few thousand combinations there are get written once a process."""
    at, path = place * _SYMBOL, []
    for position, width in enumerate(map(int, _PATTERNS[value])):
        if position % 2 == 0:
            path.append(f"{at} 0 {width} 1 re ")
        at += width
    return "".join(path)


@lru_cache(maxsize=4096)
def code128_path(text: str) -> tuple[str, int]:
    """(path in units of one module, one unit high, width in modules). Raises NotEncodable."""
    values = code128_values(text)
    return "".join([_symbol_path(place, value) for place, value in enumerate(values)]), _SYMBOL * len(values) + 2


@lru_cache(maxsize=8)
def _grid(size: int) -> tuple[list[str], list[str]]:
    """For a QR of `size` modules inside its border: «x y» of each byte of the picture, and the end of a run by its length."""
    row = size + 2 * _QR_BORDER
    corners = [f"{at % row - _QR_BORDER} {size - 1 + _QR_BORDER - at // row}" for at in range(row * row)]
    return corners, [f" {length} 1 re " for length in range(size + 1)]


@lru_cache(maxsize=4096)
def qr_path(text: str) -> tuple[str, int]:
    """(path in units of one module, modules a side), error correction M (15 %). Raises NotEncodable for an empty text."""
    if not text:
        raise NotEncodable
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    # The white border keeps runs of two rows apart, so one search over all bytes finds every run.
    picture = zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=True)
    size = picture.shape[0] - 2 * _QR_BORDER
    corners, ends = _grid(size)
    spans = [run.span() for run in _DARK.finditer(bytes(picture))]
    return "".join([corners[first] + ends[last - first] for first, last in spans]), size


def snap(points: float) -> float:
    """The nearest whole dot, in points."""
    return round(points / DOT) * DOT


def place_code(path: str, left: float, bottom: float, dots: int, height: float) -> str:
    """Operators that fill a path whose unit is `dots` wide and `height` points high, its left edge on a whole dot."""
    return f"q {dots * DOT:.5f} 0 0 {height:.5f} {snap(left):.4f} {bottom:.4f} cm {path}f Q"


def floor_codes(texts: Iterable[str]) -> bytes:
    """Code 128 and QR of every text as bare operators, no document around them: the bench's floor for a label."""
    out = []
    for text in texts:
        bars, _ = code128_path(text)
        square, _ = qr_path(text)
        out += (place_code(bars, 20, 100, 3, 36), place_code(square, 220, 20, 4, 4 * DOT))
    return "\n".join(out).encode("ascii")
