"""What a platform connector is. Optional abilities are methods: a screen shows a button only where the method exists."""
from dataclasses import dataclass, field
from typing import Protocol

from app.integrations.types import Field, Tokens


@dataclass(slots=True)
class AppSettings:
    """The installation's own developer app on a platform (应用级), kept by provider staff."""
    base_url: str
    auth_url: str = ""
    redirect_uri: str = ""
    push_url: str = ""
    options: dict = field(default_factory=dict)     # plain app fields, by Field.name
    secrets: dict = field(default_factory=dict)     # secret app fields, by Field.name


class TokenKeeper(Protocol):
    """Where one shop's tokens live. Implemented over the database in the domain, over a dict in tests."""

    def current(self) -> Tokens:
        """The tokens now stored (read afresh: another worker may have rotated them)."""

    def rotate(self, stale: str, fetch) -> Tokens:
        """Under a lock shared by all workers: if the stored access token is still `stale`, call `fetch(tokens)`,
        save its Tokens before anyone uses them, and return them; else return what the other worker saved."""


class Platform:
    """Base of all platform connectors: constants, a few verbs, small translators.

    Verbs raise `Failure` and nothing else for what the outside does. A connector object serves one shop for one job.
    """

    key = ""
    label = ""
    guide = ""                              # slug of the authorisation guide in Help
    regions: tuple = ()
    app_fields: tuple[Field, ...] = ()      # filled once by the provider
    account_fields: tuple[Field, ...] = ()  # typed by the merchant when he adds a shop
    pull_overlap_s = 600                    # how far a pull looks back behind its cursor
    first_pull_days = 15
    environments = {}                       # name -> (base_url, auth_url), offered when the provider fills in the app

    def __init__(self, app, tokens=None, *, shop_id="", region="", options=None, client=None, clock=None):
        """`app`: AppSettings; `tokens`: TokenKeeper (None for calls without a shop); `clock()` gives aware UTC."""
        raise_if_missing(self.app_fields, app)
        self.app, self.tokens, self.shop_id, self.region = app, tokens, shop_id, region
        self.options = options or {}
        self.client = client or self.make_client()
        self.clock = clock
        self.start()

    def make_client(self):
        from app.integrations.http import Client
        return Client(self.app.base_url, name=self.key)

    def start(self):
        """Hook of a connector: read its settings once."""

    @classmethod
    def can(cls, ability):
        return callable(getattr(cls, ability, None))

# Abilities, all optional, with these exact signatures:
#   authorise_url(state, redirect_uri) -> str            where the seller's browser is sent
#   exchange(query: dict) -> list[tuple[ShopInfo, Tokens]]   call-back arguments -> the shops they authorise
#   revoke_url(state, redirect_uri) -> str               page where the seller cancels, or no method
#   refresh(tokens: Tokens) -> Tokens                    one rotation; called only through TokenKeeper.rotate
#   verify() -> ShopInfo                                 授权验证: the cheap call
#   pull(since, until, by="change") -> Iterator[OrderPage]   by: "change" or "creation"; pages oldest first
#   pull_numbers(numbers: list[str]) -> Iterator[OrderPage]
#   write_back(parcel: Parcel) -> Arranged               our own carrier's number goes to the platform
#   arrange(parcel: Parcel, prefer=("pickup","dropoff")) -> Arranged      the platform issues the number
#   tracking_number(parcel) -> str                       "" while the platform has not issued it yet
#   fetch_label(parcel) -> LabelFile                        raises Failure("label.not_ready", retry=LATER) while it is made
#   arranged(parcel) -> Arranged | None                  read-only: has shipment been arranged (after a lost answer)?
#   cancel(order_no, reason, lines) -> None              seller cancels
#   answer_cancel(order_no, accept: bool) -> None        buyer's cancel request
#   split(order_no, groups) / unsplit(order_no)
#   listings() -> Iterator[list[Listing]]
#   push_stock(lines: list[StockLine]) -> list[StockResult]
#   exchange_resend_code(code), linked_shops(), rearrange(parcel), tracking_numbers(parcels), channels(), set_note(order_no, note),
#   subscribe(url), lost_pushes(), confirm_lost(last_id)     Shopee's own; others may share them
#   read_push(headers, body: bytes) -> list[PushNote]    checks the signature in constant time, else Failure("push.bad_signature")


def raise_if_missing(fields, app):
    from app.failures import Blame, Failure
    for f in fields:
        if f.required and not (app.secrets if f.kind == "secret" else app.options).get(f.name):
            raise Failure("app.field_missing", blame=Blame.US, field=f.label)
