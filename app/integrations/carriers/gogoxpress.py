"""GoGo Xpress (Philippines), API v2 of QuadX: self-made JWT per request, JSON, domestic parcels with cash on delivery.

Source: carrier's developer documentation (auth, labels, webhooks, errors) and working clients (order body, rates, tracking).
"""
import base64
import hashlib
import hmac
import logging
import time
import uuid

import orjson
from requests.auth import AuthBase

from app.failures import Blame, Failure, Retry
from app.integrations import places
from app.integrations.carriers import gogoxpress_forms as forms
from app.integrations.carriers.base import Carrier, Profile
from app.integrations.http import Client, Rate
from app.integrations.types import Booked, LabelFile

log = logging.getLogger(__name__)
LIVE = "https://api.gogox.ph"
TRACK_HOSTS = {LIVE: "https://api.gogoxpress.com", "https://api.quadx.xyz": "https://api.gogoxpress.com"}
UNSIGNED = ("/v1/track/", "/v1/locations/")
PLACES_TTL = 24 * 3600      # seconds
PER_PAGE, PAGES_EACH_END = 100, 5


class SignedByKey(AuthBase):
    """A fresh token on every request, retries included, because a repeated `jti` is refused. Other hosts get none."""

    def __init__(self, base_url, key, secret):
        self.base_url, self.key, self.secret = base_url.rstrip("/") + "/", key, secret

    def __call__(self, request):
        if request.url.startswith(self.base_url) and not request.url[len(self.base_url) - 1:].startswith(UNSIGNED):
            request.headers["Authorization"] = "Bearer " + make_token(self.key, self.secret, int(time.time()), str(uuid.uuid4()))
        return request


def make_token(key: str, secret: str, iat: int, jti: str) -> str:
    """HS256 JWT with exactly the header and the three claims that the documentation names; `iat` in unix seconds."""
    parts = [b'{"alg":"HS256","typ":"JWT"}', orjson.dumps({"iat": iat, "jti": jti, "sub": key})]
    text = b".".join(base64.urlsafe_b64encode(p).rstrip(b"=") for p in parts)
    signature = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


class GogoXpress(Carrier):
    """One account. Domestic: pesos and Philippine addresses only."""

    key = "gogoxpress"
    label = "GoGo Xpress"
    countries = ("PH",)
    currency = "PHP"
    services = (("next_day", "Next day"), ("same_day", "Same day"), ("instant", "Instant"))
    account_fields, channel_fields = forms.ACCOUNT, forms.CHANNEL
    # No list of refused characters is published; these make front ends of the kind drop the connection. Street: two lines of 60.
    profile = Profile(forbidden="'\"<>&;\\%", lengths={"name": 35, "street": 120, "city": 35}, phone="e164")
    tracking_url = "https://gogoxpress.com/track/{number}"
    needs_own_label = False

    def __init__(self, settings, *, client=None, cache=None):
        super().__init__(settings, client=client, cache=cache)
        secrets = settings.secrets
        if not (secrets.get("api_key") and secrets.get("secret_key")):
            raise Failure("carrier.field_missing", carrier=self.label, field="API key / Secret key")
        self.client.session.auth = SignedByKey(self.client.base_url, secrets["api_key"], secrets["secret_key"])

    def make_client(self):
        return Client(self.settings.base_url or LIVE, name=self.key, rate=Rate(5, 1.0))

    def verify(self):
        """A price enquiry to Manila: 401 tells a wrong key. Answers service and fee."""
        manila = {"line_1": "1 Rizal Ave", "line_2": "", "district": "Ermita", "city": "Manila", "state": "Metro Manila", "country": "PH"}
        service = self.settings.options.get("service_type") or "next_day"
        wanted = {"service_type": service, "by_region": True, "pickup_address": manila, "delivery_address": manila}
        answer = self._ask("POST", "/v2/orders/estimates/rates", json={"data": {"attributes": wanted}}, idempotent=True)
        fee = forms.inner(answer).get("shipping_fee")      # some contracts give no fee for next_day
        return service if fee is None else f"{service} {float(fee):.2f} PHP"

    def check(self, shipment):
        """Is the destination in the carrier's list of places? Failure carrier.not_served; nothing when the list can't be had."""
        address = shipment.recipient
        if address.country != "PH":
            raise Failure("carrier.not_served", place=address.country or "-")
        state, city = self._place(address)
        if not city:
            raise Failure("carrier.not_served", place=", ".join(filter(None, (address.city, address.state))) or "-")

    def book(self, shipment):
        """POST /v2/orders with our reference. Retry.UNKNOWN when the answer was lost: ask `find` first."""
        state, city = self._place(shipment.recipient)
        body = forms.order_body(shipment, self.settings.options, state or shipment.recipient.state, city or shipment.recipient.city)
        return self._booked(self._ask("POST", "/v2/orders", json=body))

    def find(self, reference):
        """The live order with this reference, or None.

        Whether the list can be filtered is not documented, so every row is compared, and without a filter the pages at
        both ends are read: in whichever direction it is sorted, an order of the last days stands there.
        """
        page, last = 1, 1
        while page <= last:
            answer = self._ask("GET", "/v2/orders", params={"page": page, "per_page": PER_PAGE, "reference_id": reference})
            rows = answer.get("data")
            if not isinstance(rows, list):
                raise Failure("carrier.unreadable", retry=Retry.LATER, blame=Blame.PLATFORM, carrier=self.label)
            for row in map(forms.inner, rows):
                if str(row.get("reference_id")) == reference and row.get("status") != "cancelled":
                    return self._booked(row)
            last = int(answer.get("last_page") or 1)
            page = page + 1 if page != PAGES_EACH_END or last <= 2 * PAGES_EACH_END else last - PAGES_EACH_END + 1
        return None

    def fetch_label(self, booked):
        """The AWB as PDF. Its address is signed and expires, so it is downloaded at once. Failure label.not_ready."""
        number = forms.dashed(booked.tracking_no)
        kind = self.settings.options.get("label_type") or "zebra"
        message = self._ask("GET", f"/v1/print/awb/{number}", params={"type": kind}).get("message")
        url = message.get("awb") if isinstance(message, dict) else None
        if not url:
            raise Failure("label.not_ready", retry=Retry.LATER, blame=Blame.PLATFORM, carrier=self.label)
        if not str(url).startswith("https://") and not self.client.base_url.startswith("http://"):
            raise Failure("label.not_pdf", blame=Blame.PLATFORM, carrier=self.label)
        file = self.client.get(url)
        if file.status != 200 or not file.body.startswith(b"%PDF"):
            status = f"HTTP {file.status}"
            raise Failure("label.not_pdf", retry=Retry.LATER, blame=Blame.PLATFORM, raw=status, carrier=self.label)
        return LabelFile(file.body, "application/pdf", number)

    def cancel(self, booked):
        """By hand at GoGo support, unless the account's documents promise the call (option `cancel_api`)."""
        if self.settings.options.get("cancel_api") != "yes":
            raise Failure("carrier.cancel_manual", carrier=self.label, tracking_no=booked.tracking_no)
        try:
            self._ask("PUT", f"/v1/orders/{booked.carrier_ref or forms.dashed(booked.tracking_no)}/cancel")
        except Failure as failure:
            if failure.code not in ("carrier.refused", "carrier.not_found"):
                raise
            reason = failure.params.get("reason") or "HTTP 404"
            raise Failure("carrier.cancel_refused", raw=failure.raw, carrier=self.label, reason=reason) from failure

    def track(self, tracking_no):
        """Public tracking, oldest event first; [] for a number the carrier doesn't know (yet)."""
        base = self.settings.options.get("track_base") or TRACK_HOSTS.get(self.client.base_url, self.client.base_url)
        number = forms.dashed(tracking_no)
        answer = self.client.get(f"{base.rstrip('/')}/v1/track/{number}")
        if answer.status in (400, 404):
            return []
        self._judge(answer)
        return forms.track_events(tracking_no, forms.inner(answer.json()))

    def read_push(self, headers, body, query):
        """Events of a webhook call. There is no signature: the token in our address is the proof, compared in constant time."""
        token, given = self.settings.secrets.get("webhook_token") or "", str((query or {}).get("token") or "")
        if not token or not hmac.compare_digest(token.encode(), given.encode()):
            raise Failure("push.bad_signature", blame=Blame.PLATFORM, carrier=self.label)
        return forms.push_events(body)

    def _place(self, address):
        """(province, city) in the carrier's own spelling, "" for what is not listed; what was written when there is no list."""
        provinces = self._list("/v1/locations/provinces/")
        if provinces is None:
            return address.state, address.city
        province = places.find(address.state, provinces, lambda row: row["name"])
        if not province:
            return "", ""
        cities = self._list(f"/v1/locations/provinces/{province['id']}/cities")
        if cities is None:
            return province["name"], address.city
        city = places.find(address.city, cities, lambda row: row["name"])
        return province["name"], city["name"] if city else ""

    def _list(self, path):
        """Rows of a location list, cached for a day; None where the environment has no such list."""
        key = f"gogoxpress:{self.client.base_url}{path}"
        until, rows = self.cache.get(key, (0, None))
        if time.time() < until:
            return rows
        answer = self.client.get(path)
        data = answer.json().get("data") if answer.status == 200 else None
        rows = [r for r in data if isinstance(r, dict) and r.get("name")] if isinstance(data, list) else None
        if rows is None:
            log.warning("gogoxpress: no location list at %s (%s)", path, answer.status)
        self.cache[key] = (time.time() + PLACES_TTL, rows)
        return rows

    def _booked(self, order):
        """An order object, flat or wrapped: which of the two v2 answers is not documented."""
        order = forms.inner(order)
        number = order.get("tracking_number")
        if not number:
            raise Failure("carrier.unreadable", retry=Retry.UNKNOWN, blame=Blame.PLATFORM, carrier=self.label)
        return Booked(str(number), str(order.get("id") or ""), status=str(order.get("status") or ""))

    def _ask(self, method, path, **options):
        answer = self.client.request(method, path, **options)
        self._judge(answer)
        found = answer.json()
        if not isinstance(found, dict):
            retry = Retry.LATER if answer.idempotent else Retry.UNKNOWN
            raise Failure("carrier.unreadable", retry=retry, blame=Blame.PLATFORM, raw=answer.raw, carrier=self.label)
        return found

    def _judge(self, answer):
        if answer.status >= 400:
            raise forms.refusal(answer, self.label)
