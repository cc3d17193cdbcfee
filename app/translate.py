"""`make translate`: brings the catalogues up to date with the sources and says what is still untranslated.

English msgids are the English texts, so the English catalogue repeats them; Chinese is written by hand in messages.po.
Labels of connectors stand in `integrations/`, which may not know gettext, so they are collected from the classes.
"""
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
METHODS = [("sandbox/**", "ignore"), ("migrations/**", "ignore"), ("**.py", "python"), ("**/templates/**.html", "jinja2")]
# What FAB shows and its own Chinese catalogue lacks.
FRAMEWORK = ("Add", "Edit", "Show", "Delete", "Database Error", "This field is required.", "Invalid login. Please try again.", "Access is Denied",
             "Not a valid integer value.", "Not a valid choice.", "Field cannot be longer than %(max)d characters.", "Not a valid choice")


def source_messages():
    """{msgid or (singular, plural)} of everything a person may see."""
    found = {}
    for _file, _line, message, _comments, _context in extract_from_dir(str(ROOT / "app"), METHODS, keywords=KEYWORDS, strip_comment_tags=True):
        key = message if isinstance(message, str) else tuple(message[:2])
        if key:
            found[key] = None
    for text in (*FRAMEWORK, *connector_texts()):
        found[text] = None
    return list(found)


def connector_texts():
    """Labels, help and choices of all connectors' forms, and carriers' services."""
    from app.documents import LABEL_TEXTS
    from app.integrations.carriers import all_carriers
    from app.integrations.platforms import PLATFORMS, platform_class
    classes = [*all_carriers().values(), *(c for c in map(platform_class, PLATFORMS) if c)]
    for cls in classes:
        for group in ("app_fields", "account_fields", "channel_fields"):
            for field in getattr(cls, group, ()):
                yield from (text for text in (field.label, field.help) if text)
                yield from (c[1] for c in field.choices if not isinstance(c, str) and any(ch.isalpha() for ch in str(c[1])))
        yield from (label for _code, label in getattr(cls, "services", ()))
        yield cls.label
    yield from LABEL_TEXTS.values()


def update(language):
    """Rewrite one catalogue: new messages added, vanished ones dropped; gives the untranslated msgids."""
    path = ROOT / "translations" / language / "LC_MESSAGES" / "messages.po"
    old = read_po(path.open("rb")) if path.exists() else Catalog()
    fresh = Catalog(locale=language, project="Waybridge", charset="utf-8", fuzzy=False)
    for key in sorted(source_messages(), key=str):
        kept = old.get(key if isinstance(key, str) else key[0])
        text = kept.string if kept is not None and not kept.fuzzy else ""
        if not isinstance(key, str):
            text = key if language == "en" else text if isinstance(text, tuple) else (text,)
        elif language == "en":
            text = key
        fresh.add(key, text)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        write_po(target, fresh, width=10_000, omit_header=False, ignore_obsolete=True, sort_output=True)
    return [m.id for m in fresh if m.id and not any(m.string if isinstance(m.string, (tuple, list)) else (m.string,))]


def main():
    missing = update("zh") + update("en")
    for message in missing:
        print("untranslated:", message)
    print(f"{len(missing)} messages have no translation.")
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())
