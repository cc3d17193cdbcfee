"""Place names as people write them against the lists of a carrier: accents, abbreviations and kind words folded away."""
import re
import unicodedata

ALIASES = {
    "ncr": "metromanila", "nationalcapitalregion": "metromanila", "manilametro": "metromanila", "metromanilancr": "metromanila",
    "hcm": "hochiminh", "hcmc": "hochiminh", "tphcm": "hochiminh", "saigon": "hochiminh",
}
SHORT = {"sta": "santa", "sto": "santo", "gen": "general", "mt": "mount"}
# Words that say what kind of place it is, before or after the name (Vietnamese ones already without accents).
_BEFORE = re.compile(
    r"^(?:(?:city|municipality|province) of|thanh pho|tp|tinh|quan|huyen|thi xa|thi tran|phuong|xa|dac khu|[qphx]|t[tx]"
    r"|district|ward|commune|province|brgy|barangay) ")
_AFTER = re.compile(r" (?:city|province|district|ward|commune|town)$")


def fold(text: str) -> str:
    """Lower case words without accents and signs: «Q.5», «Parañaque» -> "q 5", "paranaque". Leading zeros of numbers go."""
    bare = unicodedata.normalize("NFD", (text or "").casefold().replace("đ", "d"))
    words = re.findall(r"\d+|[^\W\d_]+", "".join(c for c in bare if not unicodedata.combining(c)))
    return " ".join(SHORT.get(w, w.lstrip("0") or "0" if w.isdigit() else w) for w in words)


def whole(text: str) -> str:
    """The folded name without blanks, kind words kept, so that "Hanoi" is "Hà Nội"."""
    key = fold(text).replace(" ", "")
    return ALIASES.get(key, key)


def bare(text: str) -> str:
    """The folded name without its kind word: «Quận 5», «District 5», «Q5» are all "5"."""
    key = _AFTER.sub("", _BEFORE.sub("", fold(text))).replace(" ", "")
    return ALIASES.get(key, key)


def find(name: str, rows, label):
    """The one row that `name` means, or None when none or several fit. `label(row)` is its name in the list.

    Three tries, strict first: with «Phường Hòa» and «Phường Quan Hoa» in the list, "Quan Hoa" must not lose its first word.
    """
    if not fold(name):
        return None
    rows = list(rows)
    for theirs, ours in ((whole, whole), (bare, whole), (bare, bare)):
        fitting = [row for row in rows if theirs(label(row)) == ours(name)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            return None
    return None
