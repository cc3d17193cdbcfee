"""What a list screen is made of, as data: search fields, tabs, chips, columns, row links, toolbar."""
import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

MANY_CAP = 500


@dataclass(slots=True)
class Search:
    """One input of the search panel. `apply(value) -> condition`; None = nothing to filter.

    kind: text, select, many (list of numbers pasted), range (two dates).
    """
    name: str
    label: object
    kind: str = "text"
    apply: object = None
    choices: object = ()        # pairs, or a callable giving pairs
    hint: object = ""

    def options(self):
        return self.choices() if callable(self.choices) else self.choices


@dataclass(slots=True)
class Column:
    """One column. `cell(row)` gives plain text or Markup; `order` names the sortable model column."""
    name: str
    label: object
    cell: object = None
    order: object = None
    css: str = ""
    provider_only: bool = False
    tabs: tuple = ()                # shown on these tabs only


@dataclass(slots=True)
class Tabs:
    """Tabs with counts over one column. `values`: {code: label}; `default` is shown first; `everything` adds an All tab."""
    column: object
    values: dict
    default: str = ""
    everything: bool = False


@dataclass(slots=True)
class Chips:
    """A row of choices over one column. `values`: [(code, label, ready)]."""
    label: object
    column: object
    values: object
    name: str = "platform"

    def options(self):
        return self.values() if callable(self.values) else self.values


@dataclass(slots=True)
class RowLink:
    """A link in the 操作 column. `url(row)` for navigation, or `action` (a batch action on this row, posted)."""
    label: object
    url: object = None
    action: str = ""
    right: str = ""                 # permission needed, e.g. can_write
    shown: object = None            # callable(row) -> bool
    confirm: object = ""
    outside: bool = False


@dataclass(slots=True)
class ActionField:
    """An input that an action asks for in its dialog. kind: select, text, check, number."""
    name: str
    label: object
    kind: str = "text"
    choices: object = ()
    required: bool = False
    default: str = ""
    hint: object = ""

    def options(self):
        return self.choices() if callable(self.choices) else self.choices


@dataclass(slots=True)
class Tool:
    """A toolbar button that is a plain link (add, import, template)."""
    label: object
    url: object
    icon: str = ""
    right: str = "can_write"
    primary: bool = False
    kinds: dict = field(default_factory=dict)


def row_id(text):
    """A row id from outside, or None: also for «²», which is a digit but no number, and for what no database takes."""
    text = str(text)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def by_id(column):
    """Filter by a chosen row; forged text finds nothing."""
    return lambda text: column == row_id(text) if row_id(text) is not None else sa.false()


def escape_like(text):
    return re.sub(r"([\\%_])", r"\\\1", text)


def contains(column):
    """Case-insensitive «contains»; %, _ and \\ in the text are taken as they are."""
    return lambda text: column.ilike(f"%{escape_like(text)}%", escape="\\")


def starts(column):
    return lambda text: column.like(f"{escape_like(text)}%", escape="\\")


def equals(column):
    return lambda text: column == text


def split_numbers(text):
    """Numbers pasted from anywhere: blanks, commas, semicolons, also full-width ones."""
    return list(dict.fromkeys(n for n in re.split(r"[\s,;，；、]+", text or "") if n))[:MANY_CAP]


def among(*columns):
    """Any of the columns is one of the pasted numbers: one IN per column."""
    def condition(text):
        numbers = split_numbers(text)
        return sa.or_(*(c.in_(numbers) for c in columns)) if numbers else None
    return condition


def between(column, zone):
    """`column` within two dates ("2026-11-01", "2026-11-21") of the user's zone, both included; either may be empty."""
    def condition(first, last):
        parts = []
        tz = ZoneInfo(zone())
        if day := _day(first):
            parts.append(column >= datetime.combine(day, time(), tz))
        if day := _day(last):
            parts.append(column < datetime.combine(day + timedelta(days=1), time(), tz))
        return sa.and_(*parts) if parts else None
    return condition


def _day(text):
    try:
        return datetime.strptime(text or "", "%Y-%m-%d").date()
    except ValueError:
        return None
