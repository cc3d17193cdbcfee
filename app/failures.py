"""What can go wrong, as values: a code, its parameters, what to do next and whose matter it is.

A `Failure` never carries a finished sentence: `messages.py` turns the code into a zh/en sentence with the cause
and a link to the page that mends it. `raw` is the other side's own answer (already redacted), for provider staff.
"""
from enum import StrEnum


class Retry(StrEnum):
    NEVER = "never"
    LATER = "later"                 # a passing fault: try the same again after `wait` seconds
    REAUTHORISE = "reauthorise"     # only after the merchant authorised the shop again
    UNKNOWN = "unknown"             # the answer was lost: ask the other side before doing it again


class Blame(StrEnum):
    MERCHANT = "merchant"           # data or settings that the merchant can mend
    PLATFORM = "platform"           # the marketplace or carrier
    US = "us"                       # our set-up, clock or code


class Failure(Exception):
    """An expected failure. `code` is a key of `messages.CATALOGUE`; `params` fill its sentence."""

    def __init__(self, code, *, retry=Retry.NEVER, blame=Blame.MERCHANT, raw="", wait=None, **params):
        super().__init__(code)
        self.code = code
        self.retry = retry
        self.blame = blame
        self.raw = raw if isinstance(raw, str) else repr(raw)
        self.wait = wait
        self.params = params

    def __repr__(self):
        return f"{type(self).__name__}({self.code!r})"


class IllegalMove(Failure):
    """The object's state does not allow the move (API answer 409)."""

    def __init__(self, subject, move, state):
        super().__init__("state.illegal_move", subject=subject, move=move, state=state)


class NotYours(Failure):
    """A row of another tenant was written or referred to. Never caught: it is a fault of ours or an attack."""

    def __init__(self, what):
        super().__init__("tenant.foreign_row", blame=Blame.US, what=what)
