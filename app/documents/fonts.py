"""The product's own fonts: which character is drawn by which of them, how wide it is, and its PDF operators.

Noto Sans SC draws Latin, Vietnamese and Chinese, Noto Sans Thai draws Thai. Both are static TrueType: reportlab cannot embed
OpenType-CFF (Noto CJK), and its built-in CID fonts are not embedded at all, so a printer without them leaves the line empty.
"""

from functools import lru_cache
from itertools import groupby
from pathlib import Path
import re
import threading
from unicodedata import is_normalized, normalize

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import ShapedStr, TTFont, makeToUnicodeCMap, shapeStr

FOLDER = Path(__file__).parent / "fonts"
MAIN, THAI = "WaybridgeSans", "WaybridgeThai"
BOX = "□"
# Text armour for seven-bit mail gateways: costs a quarter of the file's size and helps nobody who gets it by HTTP.
rl_config.useA85 = 0
# reportlab keeps its read position inside the font object while it cuts a subset: one document at a time.
embedding = threading.Lock()

# Full-width in Noto Sans SC (O’Neil came out as O’ Neil, a dot trio at half height); the Thai font has them in Latin shape.
_LATIN = frozenset("‘’“”…·–")
_THAI = re.compile("[\u0e01-\u0e3a\u0e40-\u0e5b]+")
_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_INVISIBLE = re.compile("[\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")


class _ThaiFont(TTFont):
    """Gives the shaped variants (small tone marks, letters without a foot) their real character for copying and searching."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name, path)
        self.variants: dict[int, int] = {}

    def addObjects(self, doc) -> None:  # noqa: N802 - reportlab's name
        subsets = self.state[doc].subsets
        super().addObjects(doc)
        for number, subset in enumerate(subsets):
            stream = doc.idToObject.get("toUnicodeCMap:" + doc.idToObject["BasicFonts"].dict[_inner(doc, self, number)].BaseFont)
            if stream is not None:
                stream.content = makeToUnicodeCMap(self.fontName, [self.variants.get(code, code) for code in subset])


def _inner(doc, font: TTFont, number: int) -> str:
    return f"{doc.fontMapping[font.fontName][1:]}+{number}"


main_font = TTFont(MAIN, str(FOLDER / "NotoSansSC-Regular.ttf"))
thai_font = _ThaiFont(THAI, str(FOLDER / "NotoSansThai-Regular.ttf"))
pdfmetrics.registerFont(main_font)
pdfmetrics.registerFont(thai_font)
COVERED = frozenset(chr(code) for code in main_font.face.charToGlyph if code >= 32) | {
    chr(code) for code in thai_font.face.charToGlyph if 0x0E01 <= code <= 0x0E5B
}


class _Widths(dict):
    """Character to advance in thousandths of the font size."""

    def __missing__(self, char: str) -> float:
        code = ord(char)
        face = thai_font.face if 0x0E01 <= code <= 0x0E5B or char in _LATIN else main_font.face
        self[char] = width = face.getCharWidth(code)
        return width


_advance = _Widths().__getitem__


def width_of(text: str, size: float) -> float:
    """Width of cleaned text in points. Thai marks have no advance of their own, so shaping does not change it."""
    return sum(map(_advance, text)) * size / 1000


@lru_cache(maxsize=8192)
def clean(text: str) -> tuple[str, str]:
    """(printable text, the characters that no font has). NFC first: decomposed Vietnamese accents are drawn beside their letter."""
    if not (text.isascii() and text.isprintable()):
        if not is_normalized("NFC", text):
            text = normalize("NFC", text)
        if not (text.isprintable() and COVERED.issuperset(text)):
            text = _BLANKS.sub(" ", _INVISIBLE.sub("", text))
            lost = "".join(sorted(set(text) - COVERED))
            return "".join(char if char in COVERED else BOX for char in text).strip(), lost
    return text.strip(), ""


@lru_cache(maxsize=4096)
def _shape(text: str) -> str:
    """Thai with its marks in place (tone above the upper vowel), as reportlab's ShapedStr when shaping changed anything."""
    shaped = shapeStr(text, THAI, 1000)
    if isinstance(shaped, ShapedStr):
        for char, place in zip(shaped, shaped.__shapeData__):
            if 0xE000 <= ord(char) <= 0xF8FF:
                thai_font.variants[ord(char)] = ord(text[place.cluster])
    return shaped


class Inks:
    """Text operators of one document: remembers which font subset holds each character, and every fragment drawn before."""

    def __init__(self, doc) -> None:
        self._doc = doc
        self._place: dict[str, tuple[str, str]] = {}
        self._parts: dict[str, list[tuple[str, str]]] = {}
        self._fragments: dict[tuple[str, float, bool], str] = {}
        main_font.splitString(" ", doc)
        self._ascii = main_font.getSubsetInternalName(0, doc)

    def fragment(self, text: str, size: float, bold: bool = False) -> str:
        """Operators that show `text` at the current text position. Bold is a stroked outline: the fonts have one weight."""
        key = (text, size, bold)
        known = self._fragments.get(key)
        if known is None:
            known = " ".join([f"{font} {size:g} Tf {show}" for font, show in self._split(text)])
            if bold:
                known = f"2 Tr {known} 0 Tr"
            self._fragments[key] = known
        return known

    def _split(self, text: str) -> list[tuple[str, str]]:
        parts = self._parts.get(text)
        if parts is None:
            if text.isascii():
                parts = [(self._ascii, "(" + text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") + ") Tj")]
            elif _THAI.search(text):
                parts = self._mixed(text)
            else:
                parts = self._plain(text)
            self._parts[text] = parts
        return parts

    def _plain(self, text: str) -> list[tuple[str, str]]:
        place = self._place
        placed = [place.get(char) or self._find(char) for char in text]
        return [(font, "<" + "".join([code for _, code in run]) + "> Tj") for font, run in groupby(placed, key=_first)]

    def _find(self, char: str) -> tuple[str, str]:
        font = thai_font if char in _LATIN else main_font
        subset, code = font.splitString(char, self._doc)[0]
        self._place[char] = found = (font.getSubsetInternalName(subset, self._doc), code.hex())
        return found

    def _mixed(self, text: str) -> list[tuple[str, str]]:
        parts: list[tuple[str, str]] = []
        end = 0
        for run in _THAI.finditer(text):
            if run.start() > end:
                parts += self._plain(text[end:run.start()])
            parts += self._thai(run.group())
            end = run.end()
        return parts + self._plain(text[end:]) if end < len(text) else parts

    def _thai(self, text: str) -> list[tuple[str, str]]:
        shaped = _shape(text)
        codes = [(thai_font.getSubsetInternalName(subset, self._doc), byte)
                 for subset, codes in thai_font.splitString(str(shaped), self._doc) for byte in codes]
        if not isinstance(shaped, ShapedStr):
            return [(font, "<" + "".join(f"{byte:02x}" for _, byte in run) + "> Tj") for font, run in groupby(codes, key=_first)]
        return [(font, _show(byte, place)) for (font, byte), place in zip(codes, shaped.__shapeData__)]


def _show(byte: int, place) -> str:
    """One shaped glyph: step to its offset, draw, step back to where the next one starts (units: thousandths)."""
    back = place.width - place.x_advance + place.x_offset
    move = f"[{-place.x_offset:g} <{byte:02x}> {back:g}] TJ" if place.x_offset or back else f"<{byte:02x}> Tj"
    return move


def _first(pair: tuple[str, object]) -> str:
    return pair[0]
