"""What single characters become: normal form, printable or not, plain instead of typographic, ASCII instead of accented."""
import re
import unicodedata

# Full-width letters, digits and those signs that Chinese text does not use as its own punctuation, the ideographic blank,
# and the mathematical letters that people paste into names.
_WIDE = re.compile("[\uff03-\uff07\uff0a\uff0b\uff0d-\uff19\uff1c-\uff1e\uff20-\uff5d\uff5e\u3000\U0001d400-\U0001d7ff]+")

_BLANKS = dict.fromkeys([*map(ord, "\t\n\r\v\f\u0085\u00a0\u1680\u2028\u2029\u202f\u205f"), *range(0x2000, 0x200B)], " ")
# Arrows to dingbats without the enclosed letters, variation selectors, key cap marks, specials, the emoji planes.
_SYMBOLS = ((0x20D0, 0x20FF), (0x2190, 0x245F), (0x2500, 0x2BFF), (0xFE00, 0xFE0F), (0xFFF0, 0xFFFF), (0x1F000, 0x1FAFF),
            (0xE0000, 0xE01EF))

_PLAIN = str.maketrans({
    **dict.fromkeys("’‘‚‛ʼʻʹ′`´＇", "'"), **dict.fromkeys("“”„‟″＂", '"'), **dict.fromkeys("–—−‐‑‒―", "-"),
    "…": "...", "№": "No ", "，": ",", "；": ";", "（": "(", "）": ")",
})
_LETTERS = str.maketrans({
    "đ": "d", "Đ": "D", "ß": "ss", "ẞ": "SS", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L",
    "ı": "i", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D", "ħ": "h", "Ħ": "H", "ŋ": "n", "Ŋ": "N", "ŧ": "t", "Ŧ": "T", "ĸ": "k",
    "、": ",", "。": ".", "！": "!", "？": "?", "：": ":", "·": " ", "×": "x",
})


def normalise(text):
    """NFC, because decomposed Vietnamese doubles the length and prints broken; NFKC for full-width forms only."""
    return unicodedata.normalize("NFC", _WIDE.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text))


def printable(text):
    """Without control, zero-width, private-use characters and emoji; tabs, line ends and odd blanks become a blank."""
    return "".join(c for c in text.translate(_BLANKS) if not _hidden(c))


def plain(text):
    """Typographic quotes, dashes and Chinese commas as their plain sisters."""
    return text.translate(_PLAIN)


def fold(text):
    """Latin letters without accents, digits of other scripts as 0–9, foreign signs as blanks. Thai, Chinese, Cyrillic stay."""
    return "".join(map(_folded, text.translate(_LETTERS)))


def _folded(c):
    if ord(c) < 127:
        return c
    if unicodedata.category(c) == "Nd":
        return str(unicodedata.digit(c))
    bare = "".join(p for p in unicodedata.normalize("NFKD", c) if not unicodedata.combining(p)).translate(_LETTERS)
    if "\u0300" <= c <= "\u036f":
        return ""           # an accent on a letter that has no ready-made form with it
    if bare and bare.isascii():
        return bare
    return " " if unicodedata.category(c)[0] in "PSZ" else c


def _hidden(c):
    code = ord(c)
    if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs"):
        return True
    return code > 0x20CF and any(low <= code <= high for low, high in _SYMBOLS)
