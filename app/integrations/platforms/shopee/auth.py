"""Authorise, exchange, refresh, verify, revoke (sections 3 and 4). Functions of a connector: `shop` is the Shopee object."""
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from app.failures import Blame, Failure, Retry
from app.integrations.auth import TokenRefused, ends_at, expired
from app.integrations.types import ShopInfo, Tokens

REFRESH_DAYS = 30
EXCHANGE, REFRESH = "/api/v2/auth/token/get", "/api/v2/auth/access_token/get"
RESEND, INFO = "/api/v2/public/get_token_by_resend_code", "/api/v2/shop/get_shop_info"
LEGACY_LINK, LEGACY_REVOKE = "/api/v2/shop/auth_partner", "/api/v2/shop/cancel_auth_partner"
YES = {True, 1, "1", "yes", "true", "on"}


def authorise_url(shop, state, redirect_uri):
    """Where the seller's browser goes. Legacy links carry no state: it is appended to the redirect's path."""
    return _link(shop, shop.app.auth_url, LEGACY_LINK, state, redirect_uri)


def revoke_url(shop, state, redirect_uri):
    """Page where the seller cancels the authorisation; there is no server-to-server way."""
    return _link(shop, shop.app.auth_url.rsplit("/", 1)[0] + "/cancel_auth", LEGACY_REVOKE, state, redirect_uri)


def _link(shop, page, legacy_path, state, redirect_uri):
    if shop.app.options.get("legacy_auth_link") in YES:
        # Signed, dead after five minutes; the parameter is `redirect` here.
        back = f"{redirect_uri.rstrip('/')}/{quote(state, safe='')}" if state else redirect_uri
        query = shop.gate.signed(legacy_path) | {"redirect": back}
        return f"{shop.app.base_url.rstrip('/')}{legacy_path}?{urlencode(query)}"
    query = {"partner_id": shop.gate.partner_id, "auth_type": "seller", "redirect_uri": redirect_uri, "response_type": "code",
             "state": state}
    return f"{page}?{urlencode(query)}"


def exchange(shop, query):
    """Call-back arguments -> [(ShopInfo, Tokens)], one per shop: a main account brings several.

    Raises shop.code_missing, shop.code_refused, shop.wrong_shop. The code is single-use: a lost answer is Retry.UNKNOWN.
    """
    code, who = query.get("code"), _who(query)
    if not code or not who:
        raise Failure("shop.code_missing")
    body = {"code": code, "partner_id": shop.gate.partner_id} | who
    return _shops(shop, shop.gate.public("POST", EXCHANGE, json=body, idempotent=False), who.get("shop_id"))


def exchange_resend_code(shop, resend_code):
    """Tokens that were lost, from the seller's «resend code» (live only, ten minutes, once). As `exchange`."""
    return _shops(shop, shop.gate.public("POST", RESEND, json={"resend_code": resend_code.strip()}, idempotent=False), None)


def refresh(shop, tokens):
    """One rotation; both tokens are new and the old refresh token is spent. Called only through TokenKeeper.rotate.

    Repeating after a lost answer does no further harm, so passing faults are tried again.
    """
    return _refresh(shop, tokens, {"shop_id": int(shop.shop_id or tokens.extra.get("shop_id") or 0)})


def _refresh(shop, tokens, who):
    if not tokens.refresh_token:
        raise Failure("shop.not_authorised", retry=Retry.REAUTHORISE)
    body = {"refresh_token": tokens.refresh_token, "partner_id": shop.gate.partner_id} | who
    try:
        reply = shop.gate.public("POST", REFRESH, json=body, idempotent=True)
    except TokenRefused as refused:
        raise expired(refused) from None
    new = _tokens(shop, reply, {**tokens.extra, "shared": False})
    new.authorised_until = tokens.authorised_until
    return new


def verify(shop):
    """授权验证 by get_shop_info. `clock_skew_s`: their clock minus ours in seconds (header Date, whole seconds).

    Raises clock.skew when Shopee calls our timestamp expired, shop.* and app.* for the rest.
    """
    return _info(shop, shop.gate.shop("GET", INFO), shop.shop_id)


def linked_shops(shop):
    """Shops that are linked to our app, without any shop token: proves partner id and key. Yields ShopInfo without a name."""
    page, more = 1, True
    while more:
        reply = shop.gate.public("GET", "/api/v2/public/get_shops_by_partner", params={"page_size": 100, "page_no": page})
        found = reply.get("authed_shop_list") or []
        for row in found:
            yield ShopInfo(str(row["shop_id"]), "", row.get("region") or "", authorised_at=_moment(row.get("auth_time")),
                           expires_at=_moment(row.get("expire_time")))
        page, more = page + 1, bool(reply.get("more") and found)


def _who(query):
    for name in ("shop_id", "main_account_id"):
        value = str(query.get(name) or "")
        if value.isdigit():
            return {name: int(value)}
    return {}


def _shops(shop, reply, shop_id):
    ids = [shop_id] if shop_id else list(dict.fromkeys(reply.get("shop_id_list") or ([reply["shop_id"]] if reply.get("shop_id") else [])))
    merchants = reply.get("merchant_id_list") or []
    if not ids:
        raise Failure("shop.none_authorised", raw=str(sorted(reply)))
    shared = len(ids) + len(merchants) > 1
    found = []
    for one in ids:
        tokens = _tokens(shop, reply, {"shop_id": str(one), "shared": shared} | ({"merchant_id": str(merchants[0])} if merchants else {}))
        if shared:
            tokens = _own_chain(shop, tokens, one)
        info = _try_info(shop, tokens, str(one))
        tokens.authorised_until = info.expires_at
        found.append((info, tokens))
    return found


def _own_chain(shop, tokens, shop_id):
    """The first refresh token of a main account is common to its shops; one refresh per shop starts a chain of its own."""
    try:
        return _refresh(shop, tokens, {"shop_id": int(shop_id)})
    except Failure as failure:
        if failure.retry == Retry.LATER:
            return tokens       # still good for this shop: it starts its chain with its first refresh
        raise


def _try_info(shop, tokens, shop_id):
    """The code is spent, so a passing fault here must not lose the tokens: the name comes with the next verification."""
    try:
        return _info(shop, shop.gate.shop("GET", INFO, tokens=tokens, shop_id=shop_id), shop_id)
    except Failure as failure:
        if failure.retry == Retry.LATER:
            return ShopInfo(shop_id, "")
        raise


def _info(shop, answer, shop_id):
    body = answer.json()
    if not body.get("region"):
        raise Failure("platform.unexpected_answer", blame=Blame.PLATFORM, raw=answer.raw, status=answer.status)
    skew = (answer.date - shop.clock()).total_seconds() if answer.date else 0.0
    return ShopInfo(str(shop_id), str(body.get("shop_name") or ""), body["region"], str(body.get("status") or ""),
                    _moment(body.get("auth_time")), _moment(body.get("expire_time")), skew)


def _tokens(shop, reply, extra):
    if not reply.get("access_token") or not reply.get("refresh_token"):
        raise Failure("platform.unexpected_answer", blame=Blame.PLATFORM, raw=str(sorted(reply)), status=200)
    now = shop.clock()
    return Tokens(reply["access_token"], reply["refresh_token"], ends_at(reply.get("expire_in"), now), now + timedelta(days=REFRESH_DAYS),
                  extra=extra)


def _moment(seconds):
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
