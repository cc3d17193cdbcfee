"""The door to Shopee: signatures, the common query, tokens, limits and the judging of answers (sections 4 and 11)."""
import hmac
from hashlib import sha256

from app.failures import Blame, Failure
from app.integrations.auth import call_with_tokens
from app.integrations.http import Rate
from app.integrations.platforms.shopee.errors import translate

PER_SHOP, PER_APP = 5, 15       # calls per second; Shopee publishes no numbers, these are the careful ones
BATCH_FAILED = "batch_api_all_failed"


def signature(key, *parts):
    """HMAC-SHA256 over the plain concatenation of the parts, lower-case hex. The key is used as text, never hex-decoded."""
    return hmac.new(key.encode(), "".join(str(p) for p in parts).encode(), sha256).hexdigest()


class Gate:
    """All calls of one connector. `refresh(tokens)` renews the shop's tokens; `clock()` gives aware UTC."""

    def __init__(self, client, app, shop_id, keeper, refresh, clock):
        self.client, self.shop_id, self.keeper, self.refresh, self.clock = client, str(shop_id), keeper, refresh, clock
        self.partner_id, self.key = int(app.options["partner_id"]), app.secrets["partner_key"].strip()
        self.per_app = Rate(float(app.options.get("calls_per_second_app") or PER_APP))
        self.per_shop = Rate(float(app.options.get("calls_per_second_shop") or PER_SHOP))

    def signed(self, path, *more):
        """The common query of a call: `more` are the further signed parts (access token and shop id)."""
        stamp = int(self.clock().timestamp())
        return {"partner_id": self.partner_id, "timestamp": stamp, "sign": signature(self.key, self.partner_id, path, stamp, *more)}

    def public(self, method, path, *, params=None, json=None, idempotent=None):
        """A call without a shop's token. Returns the parsed envelope."""
        limits = [(f"shopee:app:{self.partner_id}", self.per_app)]
        return self._send(method, path, [*pairs(params), *self.signed(path).items()], json, idempotent, limits).json()

    def get(self, path, params=None):
        return self.shop("GET", path, params=params).json()

    def post(self, path, json, idempotent=False):
        return self.shop("POST", path, json=json, idempotent=idempotent).json()

    def file(self, path, json):
        """The Answer of a download: a document, told by `is_file`, never JSON or an error page."""
        return self.shop("POST", path, json=json, idempotent=True, judge=self.judge_file)

    def shop(self, method, path, *, params=None, json=None, idempotent=None, tokens=None, shop_id=None, judge=None):
        """A call for the shop. With `tokens` it is made with these and no refresh (right after the authorisation)."""
        shop_id = shop_id or self.shop_id

        def call(tokens):
            common = self.signed(path, tokens.access_token, shop_id) | {"access_token": tokens.access_token, "shop_id": shop_id}
            limits = [(f"shopee:app:{self.partner_id}", self.per_app), (f"shopee:shop:{shop_id}", self.per_shop)]
            return self._send(method, path, [*pairs(params), *common.items()], json, idempotent, limits, judge)

        return call(tokens) if tokens else call_with_tokens(self.keeper, self.refresh, call, self.clock())

    def _send(self, method, path, params, json, idempotent, limits, judge=None):
        judge = judge or self.judge
        try:
            return self.client.request(method, path, params=params, json=json, idempotent=idempotent, judge=judge, limits=limits)
        except Failure as failure:
            # The daily quota is over: with HTTP 429 only the body tells it from a passing limit.
            if failure.code == "http.rate_limited" and '"error_limit"' in failure.raw:
                raise translate("error_limit", "daily", raw=failure.raw, now=self.clock()) from None
            raise

    def judge(self, answer):
        """Raise the Failure that an answer speaks of. Success is an empty `error`, never the HTTP status."""
        body = answer.json()
        if not isinstance(body, dict):
            raise unexpected(answer)
        error, message = str(body.get("error") or "").strip(), str(body.get("message") or "")
        if error.rsplit(".", 1)[-1] == BATCH_FAILED:
            error, message = first_refusal(body) or (error, message)
        if error:
            raise translate(error, message, raw=answer.raw, idempotent=answer.idempotent, server_time=answer.date, now=self.clock())
        if answer.status >= 400:
            raise unexpected(answer)

    def judge_file(self, answer):
        """The same for a download, where JSON is always a refusal."""
        if not is_file(answer):
            self.judge(answer)
            raise unexpected(answer)


def is_file(answer):
    """A document instead of JSON: told by its first bytes, and by the type only for HTML, since error pages are HTML too."""
    return answer.status == 200 and (answer.body[:4] == b"%PDF" or answer.body[:2] == b"PK" or is_html(answer))


def is_html(answer):
    start = answer.body[:20].lstrip().lower()
    return start.startswith((b"<html", b"<!doctype html")) and "text/html" in answer.headers.get("Content-Type", "")


def first_refusal(body):
    """(code, message) of the first failed row of a batch answer, or None."""
    for row in rows(body, "result_list"):
        if row.get("fail_error"):
            return str(row["fail_error"]), str(row.get("fail_message") or "")
    return None


def response(body):
    """The `response` object of an envelope; {} when there is none."""
    found = body.get("response")
    return found if isinstance(found, dict) else {}


def rows(body, name):
    """A list inside `response`; [] when it is null or missing. Things that are not objects are dropped."""
    return [row for row in response(body).get(name) or [] if isinstance(row, dict)]


def pairs(params):
    return list(params.items()) if isinstance(params, dict) else list(params or ())


def unexpected(answer):
    return Failure("platform.unexpected_answer", blame=Blame.PLATFORM, raw=answer.raw, status=answer.status)
