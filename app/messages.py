"""Every code that a person may see: its zh/en sentence, and the page that mends it. The seed's FAQ is its first part.

An entry is (English sentence, fix). The sentence is a gettext message id with %(name)s parameters; `fix` names a page
of `FIXES` or a help page ("help:<slug>").
"""
from flask_babel import gettext

from app.message_catalogue import CATALOGUE
from app.message_catalogue.words import FIELDS, MOVES, SIDES, STATES

# Parameters that are words of ours, not data: field and side names are translated inside their sentence.
WORDS = {"field": FIELDS, "side": SIDES, "state": STATES, "move": MOVES}

__all__ = ["CATALOGUE", "sentence", "fix_of"]


def sentence(code, params=None):
    """The sentence of a code in the current language. An unknown code is shown as itself: never nothing."""
    if not code:
        return ""
    entry = CATALOGUE.get(code)
    if entry is None:
        return gettext("Error %(code)s", code=code)
    values = _Spaces({k: _shown(k, v) for k, v in (params or {}).items()})
    return gettext(entry[0]) % values


def fix_of(code):
    """Name of the page that mends it, or None."""
    entry = CATALOGUE.get(code)
    return entry[1] if entry else None


class _Spaces(dict):
    def __missing__(self, key):
        return ""


def _shown(name, value):
    if isinstance(value, (list, tuple)):
        return ", ".join(str(_shown(name.removesuffix("s"), v)) for v in value)
    if name in WORDS and isinstance(value, str) and value:
        return gettext(WORDS[name].get(value, value))
    return value
