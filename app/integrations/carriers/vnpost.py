"""Vietnam Post, MyVNPost Connect (the new generation): token by password, places by code, domestic parcels.

Source: clients of 2023–2026 of this API; the carrier's own documentation was not to be had. Where two of them disagree
(path prefix, answer shapes) both ways are understood.
"""
import time
from decimal import Decimal

from app.failures import Blame, Failure, Retry
from app.integrations.carriers import vnpost_forms as forms
from app.integrations.carriers.base import Carrier, Profile
from app.integrations.http import Client, Rate
from app.integrations.types import Booked

LIVE = "https://connect-my.vnpost.vn"
PARTNER = "/customer-partner"
LEGACY_RENEGOTIATION = 0x4      # ssl.OP_LEGACY_SERVER_CONNECT
PLACES_TTL = 24 * 3600          # seconds


class VNPost(Carrier):
    """One account. We draw the label; itemCode is the tracking number."""

    key = "vnpost"
    label = "VNPost"
    countries = ("VN",)
    services = ((forms.STANDARD, "Standard delivery"),)
    account_fields, channel_fields = forms.ACCOUNT, forms.CHANNEL
    # Accents are welcome. No list of refused characters is published; these make front ends of the kind drop the connection.
    profile = Profile(forbidden="'\"<>&;\\%", lengths={"name": 35, "street": 120}, phone="national")
    tracking_url = "https://vnpost.vn/tra-cuu-hanh-trinh/buu-pham?key={number}"
    needs_own_label = True

    def __init__(self, settings, *, client=None, cache=None):
        super().__init__(settings, client=client, cache=cache)
        given = {**settings.options, **settings.secrets}
        missing = [name for name in ("username", "password", "customer_code") if not given.get(name)]
        if missing:
            raise Failure("carrier.field_missing", carrier=self.label, field=", ".join(missing))
        self.here = f"vnpost:{self.client.base_url}"
        self.mine = f"{self.here}:{settings.options['username']}:{settings.options['customer_code']}"

    def make_client(self):
        old = LEGACY_RENEGOTIATION if self.settings.options.get("legacy_tls") == "yes" else 0
        return Client(self.settings.base_url or LIVE, name=self.key, rate=Rate(5, 1.0), ssl_options=old)

    def verify(self):
        """A fresh token; also finds out which path prefix this host answers to."""
        self._token(fresh=True)
        return f"{self.settings.options['customer_code']} ({self._prefixes()[0] or '/'})"

    def check(self, shipment):
        """Places known, and the wanted service open on this route. Failure carrier.place_unknown, not_served, service_closed."""
        open_here = [code for code, _ in self.services_for(shipment)]
        if not open_here:
            raise Failure("carrier.not_served", place=shipment.recipient.state or shipment.recipient.city or "-")
        wanted = shipment.service or forms.STANDARD
        if wanted not in open_here:
            raise Failure("carrier.service_closed", carrier=self.label, service=wanted, open=", ".join(open_here))

    def services_for(self, shipment):
        """[(service code, fee in VND)] that the account may use from the sender to this recipient; [] = not served."""
        data = forms.parcel(shipment, self._codes(self._sender(shipment)), self._codes(shipment.recipient))
        data.update(receiverNational="VN", receiverCity=None, receiverPostCode=None, orgCodeAccept=None, serviceCode=None, vehicle=None)
        body = {"scope": 1, "customerCode": self.settings.options["customer_code"],
                "contractCode": self.settings.options.get("contract_code", ""), "data": data}
        found = self._ask("POST", "/ServicesCharge", json=body, idempotent=True)
        if not isinstance(found, list):
            reason = found.get("message") if isinstance(found, dict) else ""
            raise Failure("carrier.refused", carrier=self.label, reason=reason or "ServicesCharge")
        return [(str(row["serviceCode"]), Decimal(str(row.get("totalFee") or 0))) for row in found if row.get("serviceCode")]

    def book(self, shipment):
        """CreateOrder, issued at once. Retry.UNKNOWN when the answer was lost: ask `find` first."""
        sender = self._sender(shipment)
        body = forms.order_body(shipment, self.settings.options, sender, self._codes(sender), self._codes(shipment.recipient))
        found = self._ask("POST", "/CreateOrder", json=body)
        rows = forms.rows_of(found)
        if not rows and isinstance(found, dict) and found.get("success") is False:
            raise Failure("carrier.refused", carrier=self.label, reason=str(found.get("message") or ""))
        if not rows:
            raise Failure("carrier.unreadable", retry=Retry.UNKNOWN, blame=Blame.PLATFORM, carrier=self.label)
        return booked(rows[0])

    def find(self, reference):
        """The live order with this saleOrderCode, or None. Drafts and cancelled orders don't count."""
        for row in self._rows(2, reference):
            if str(row.get("saleOrderCode", reference)) == reference and alive(row):
                return booked(row)
        # getOrder by our own code is inferred from the sister call, so that one is asked too before «no» is believed.
        for entry in self._histories(2, reference):
            codes = [forms.code_of(e.get("statusCode")) for e in entry.get("statusHistory") or [] if isinstance(e, dict)]
            if entry.get("itemCode") and not forms.VOID.intersection(codes):
                return Booked(str(entry["itemCode"]), currency="VND")
        return None

    def cancel(self, booked):
        """orderCancel by originalID, believed only when the order then shows it. Failure carrier.cancel_refused, cancel_manual."""
        row = self._row_of(booked.tracking_no)
        if row and not alive(row):
            return
        original = booked.carrier_ref or (row or {}).get("originalID")
        if not original:
            raise Failure("carrier.cancel_manual", carrier=self.label, tracking_no=booked.tracking_no)
        try:
            answer = self._ask("POST", "/orderCancel", json={"OriginalId": original}, idempotent=True)
        except Failure as failure:
            if failure.code != "carrier.refused":
                raise
            raise Failure("carrier.cancel_refused", raw=failure.raw, **failure.params) from failure
        row = self._row_of(booked.tracking_no)
        if row and alive(row):
            told = [str(r.get("message") or "") for r in answer if isinstance(r, dict)] if isinstance(answer, list) else []
            raise Failure("carrier.cancel_refused", carrier=self.label, reason="; ".join(filter(None, told)))

    def track(self, tracking_no):
        """Status history of one parcel, oldest first; [] when the carrier doesn't know it."""
        entries = [e for e in self._histories(1, tracking_no) if e.get("itemCode", tracking_no) == tracking_no]
        return [event for e in entries for event in forms.history_events(tracking_no, e.get("statusHistory") or [])]

    def read_push(self, headers, body, query):
        """Events of a webhook whose RSA signature fits the portal's public key."""
        return forms.push_events(body, self.settings.options.get("webhook_key"))

    def _sender(self, shipment):
        return forms.sender_of(shipment, self.settings.options)

    def _codes(self, address):
        old = [self._list(name) for name in ("getAllProvince", "getAllDistrict", "getAllCommune")]
        new = [self._list(name) for name in ("getNewProvinceAll", "getNewCommuneAll")]
        return forms.place_codes(address, old, new)

    def _list(self, name):
        """One of the flat place lists, cached for a day for all accounts of this host."""
        until, rows = self.cache.get(f"{self.here}:{name}", (0, None))
        if time.time() >= until:
            found = self._ask("GET", f"/{name}")
            rows = found.get("data") if isinstance(found, dict) else found
            if not isinstance(rows, list):
                raise Failure("carrier.unreadable", retry=Retry.LATER, blame=Blame.PLATFORM, carrier=self.label)
            self.cache[f"{self.here}:{name}"] = (time.time() + PLACES_TTL, rows)
        return rows

    def _rows(self, kind, code):
        """Own orders by item code (1) or by our code (2); [] for 404."""
        mine = self.settings.options["customer_code"]
        found = self._ask("GET", "/getOrder", params={"type": kind, "code": code}, absent=[])
        return [row for row in forms.rows_of(found) if row.get("senderCode", mine) == mine]

    def _row_of(self, number):
        return next((r for r in self._rows(1, number) if number in (r.get("itemCode"), r.get("originalItemCode"))), None)

    def _histories(self, kind, code):
        found = self._ask("GET", "/GetStatusHistoryOrder", params={"type": kind, "code": code}, absent={})
        data = found.get("data") if isinstance(found, dict) else None
        return [entry for entry in data or [] if isinstance(entry, dict)]

    def _ask(self, method, path, absent=None, **options):
        """One call with the token; a refused token is renewed once (the carrier did nothing, so that is safe for orders too).

        `absent`: what a 404 means; without it a 404 is a failure.
        """
        for fresh in (False, True):
            token = self._token(fresh)
            answer = self.client.request(method, self._prefixes()[0] + path, headers={"token": token}, **options)
            if answer.status not in (401, 403):
                break
        if answer.status == 404 and absent is not None:
            return absent
        if answer.status >= 400:
            raise refusal(answer, self.label)
        return answer.json()

    def _token(self, fresh=False):
        """The cached token, or a new one. On the way the prefix that does not answer 404 is remembered."""
        if not fresh and f"{self.mine}:token" in self.cache:
            return self.cache[f"{self.mine}:token"]
        options = self.settings.options
        body = {"username": options["username"], "password": self.settings.secrets["password"], "customerCode": options["customer_code"]}
        for prefix in self._prefixes():
            answer = self.client.request("POST", f"{prefix}/GetAccessToken", json=body, idempotent=True)
            if answer.status != 404:
                self.cache[f"{self.here}:prefix"] = prefix
                return self._keep(answer)
        raise Failure("carrier.wrong_address", carrier=self.label, raw=answer.raw)

    def _keep(self, answer):
        found = answer.json()
        token = found.get("token") if isinstance(found, dict) else None
        if answer.status >= 400 or not token or found.get("success") is False:
            # The answer itself is kept out: it may hold a token beside the message.
            reason = str(found.get("message") or "") if isinstance(found, dict) else ""
            raise Failure("carrier.bad_credentials", carrier=self.label, raw=f"HTTP {answer.status} {reason}")
        self.cache[f"{self.mine}:token"] = token
        return token

    def _prefixes(self):
        """Path prefixes to try, the likely one first: clients of different years disagree about production."""
        fixed = {"none": "", "customer-partner": PARTNER}.get(self.settings.options.get("prefix"))
        first = self.cache.get(f"{self.here}:prefix", fixed)
        if first is None:
            first = PARTNER if self.client.base_url == LIVE else ""
        return [first, "" if first else PARTNER]


def alive(row):
    """Does this order hold a tracking number that counts?"""
    return bool(row.get("itemCode")) and forms.code_of(row.get("status")) not in forms.VOID


def booked(row):
    fee = row.get("totalFee")
    return Booked(str(row["itemCode"]), str(row.get("originalID") or ""), fee=None if fee is None else Decimal(str(fee)), currency="VND",
                  status=str(row.get("status", "")))


def refusal(answer, label):
    """The Spring-style error body as Failure."""
    if answer.status in (401, 403):
        return Failure("carrier.bad_credentials", carrier=label, raw=answer.raw)
    if answer.status == 404:
        return Failure("carrier.not_found", carrier=label, raw=answer.raw)
    try:
        found = answer.json()
    except Failure:
        found = {}      # an HTML page of a proxy: the status alone tells
    message = str((found.get("message") or found.get("description") or found.get("error") or "") if isinstance(found, dict) else "")
    if "saleOrderCode" in message and "tồn tại" in message:
        return Failure("carrier.duplicate_reference", carrier=label, raw=answer.raw, retry=Retry.UNKNOWN)
    return Failure("carrier.refused", carrier=label, raw=answer.raw, reason=message or f"HTTP {answer.status}")
