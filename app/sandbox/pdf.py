"""Waybills as real PDF files."""

import io
import unicodedata

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

MARGIN = 4 * mm


def waybill_pdf(lines: list[str], code: str, size_mm: tuple[int, int] = (100, 150)) -> bytes:
    """One page of `size_mm` (width, height) with `lines` and a Code128 of `code`.

    The stand-in prints Latin letters only (accents folded, the rest dropped); real carriers bring their own fonts.
    """
    return waybills_pdf([(lines, code)], size_mm)


def waybills_pdf(pages: list[tuple[list[str], str]], size_mm: tuple[int, int] = (100, 150)) -> bytes:
    """The same with one page for each (lines, code)."""
    width, height = size_mm[0] * mm, size_mm[1] * mm
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(width, height), invariant=1)
    for lines, code in pages:
        canvas.setTitle(latin(code))
        _page(canvas, lines, code, width, height)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _page(canvas: Canvas, lines: list[str], code: str, width: float, height: float) -> None:
    y = _barcode(canvas, latin(code), width, height)
    for number, line in enumerate(lines):
        size = 11 if number == 0 else 8
        for piece in _wrapped(canvas, latin(line), size, width - 2 * MARGIN):
            if y < MARGIN:
                break
            canvas.setFont("Helvetica-Bold" if number == 0 else "Helvetica", size)
            canvas.drawString(MARGIN, y, piece)
            y -= size * 1.3
    canvas.rect(MARGIN / 2, MARGIN / 2, width - MARGIN, height - MARGIN)


def latin(text: str) -> str:
    """What Helvetica can print: `lã văn việt` -> `lã van viêt`, Thai and emoji dropped, control characters too."""
    text = str(text).replace("Đ", "D").replace("đ", "d")
    kept = []
    for letter in unicodedata.normalize("NFC", text):
        if not _printable(letter):
            letter = "".join(part for part in unicodedata.normalize("NFKD", letter) if _printable(part))
        kept.append(letter)
    return "".join(kept)


def _printable(letter: str) -> bool:
    return " " <= letter <= "~" or "\xa1" <= letter <= "\xff"


def _barcode(canvas: Canvas, code: str, width: float, height: float) -> float:
    """Draw the code as wide as the page allows; answer the y below it."""
    thin = 0.6 * mm
    bars = Code128(code or "-", barHeight=18 * mm, barWidth=thin, quiet=False)
    room = width - 4 * MARGIN
    if bars.width > room:
        bars = Code128(code, barHeight=18 * mm, barWidth=thin * room / bars.width, quiet=False)
    y = height - MARGIN - 20 * mm
    bars.drawOn(canvas, (width - bars.width) / 2, y)
    canvas.setFont("Helvetica-Bold", 12)
    canvas.drawCentredString(width / 2, y - 14, code)
    return y - 34


def _wrapped(canvas: Canvas, text: str, size: float, room: float) -> list[str]:
    pieces, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and canvas.stringWidth(longer, "Helvetica-Bold", size) > room:
            pieces.append(line)
            longer = word
        line = longer
    return [*pieces, line]
