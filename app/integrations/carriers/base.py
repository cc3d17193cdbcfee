"""What a carrier connector is: a few verbs over `Shipment` and `Booked`. Optional abilities are methods."""
from dataclasses import dataclass, field

from app.integrations.types import Field


@dataclass(slots=True)
class CarrierSettings:
    """One carrier account of a merchant: `options` plain, `secrets` decrypted, by Field.name."""
    base_url: str
    options: dict = field(default_factory=dict)
    secrets: dict = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class Profile:
    """Text rules of a carrier (charset.md): applied to the carrier copy only, the order keeps the original."""
    ascii: bool = False
    forbidden: str = ""
    lengths: dict = field(default_factory=dict)     # Address field name -> characters
    upper: bool = False
    phone: str = "e164"                             # e164 | national | digits


class Carrier:
    """Base of all carrier connectors. `book` must never be repeated after a lost answer before `find` was asked."""

    key = ""
    label = ""
    countries: tuple = ()                   # ISO codes served; () = all
    currency = ""                           # the only currency it collects COD in; "" = any
    services: tuple = ()                    # (code, English label)
    account_fields: tuple[Field, ...] = ()
    channel_fields: tuple[Field, ...] = ()  # options of a shipping channel (packaging …)
    profile = Profile()
    tracking_url = ""                       # with {number}
    needs_own_label = True                  # True: we draw the label; False: the carrier gives a file

    def __init__(self, settings, *, client=None, cache=None):
        """`settings`: CarrierSettings; `cache`: a dict-like for tokens and place lists, shared between calls of a process."""
        self.settings, self.cache = settings, cache if cache is not None else {}
        self.client = client or self.make_client()

    def make_client(self):
        from app.integrations.http import Client
        return Client(self.settings.base_url, name=self.key)

    @classmethod
    def can(cls, ability):
        return callable(getattr(cls, ability, None))

# Verbs, with these exact signatures:
#   verify() -> str                              授权验证; returns a short text (account name, services)
#   check(shipment) -> None                      optional: local reach check before the call, raises Failure
#   book(shipment) -> Booked                     raises Failure; Retry.UNKNOWN when the answer was lost
#   find(reference) -> Booked | None             ask the carrier by our reference
#   fetch_label(booked) -> LabelFile             only where the carrier gives one
#   cancel(booked) -> None                       Failure("carrier.cancel_manual") where it can only be done by hand
#   track(tracking_no) -> list[TrackEvent]
#   read_push(headers, body, query) -> list[TrackEvent]   webhook, signature checked
