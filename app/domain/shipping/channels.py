"""From a shipping channel to the carrier connector behind it, its text rules and countries."""
from dataclasses import replace

from flask_babel import lazy_gettext as _l

from app.domain import runs
from app.domain.shipping.platform_carrier import PlatformCarrier
from app.extensions import db
from app.failures import Failure
from app.integrations.carriers import MODULES, carrier_class
from app.integrations.carriers.base import CarrierSettings
from app.models import CarrierAccount
from app.models.base import utcnow
from app.vault import unseal

PLATFORM = "platform"
STRICT = "'\"`<>&;\\%#*_|~^{}[]"     # what the fussiest carriers refuse besides everything that is not ASCII
MOST = 1000                          # cached things per account before the cache starts afresh


class AccountCache(dict):
    """What a carrier's connector remembers between calls. Place lists are shared; tokens stay with the account they belong to,
    or a merchant who types another one's user name with a wrong password could ride on his token."""

    shared = {}

    def _home(self, key):
        return None if str(key).endswith(":token") else self.shared

    def __contains__(self, key):
        home = self._home(key)
        return dict.__contains__(self, key) if home is None else key in home

    def __getitem__(self, key):
        home = self._home(key)
        return dict.__getitem__(self, key) if home is None else home[key]

    def get(self, key, default=None):
        return self[key] if key in self else default

    def __setitem__(self, key, value):
        home = self._home(key)
        if home is None:
            dict.__setitem__(self, key, value)
        else:
            home[key] = value


_caches = {}


def class_of(carrier):
    """The connector class, also for `platform`. Raises Failure("carrier.unknown")."""
    if carrier == PLATFORM:
        return PlatformCarrier
    if carrier not in MODULES:
        raise Failure("carrier.unknown", carrier=carrier)
    return carrier_class(carrier)


def settings_of(account):
    return CarrierSettings(account.base_url or "", dict(account.options), unseal(account.secrets))


def connector_of(account, client=None, hook=False):
    """The connector of a CarrierAccount. `hook`: for reading its webhooks, whose proof is our own token where the carrier has none."""
    settings = settings_of(account)
    if hook:
        settings.secrets = {"webhook_token": account.hook_token, **{k: v for k, v in settings.secrets.items() if v}}
    if len(_caches) > MOST:
        _caches.clear()
    cache = _caches.setdefault((account.tenant_id, account.id, account.secrets), AccountCache())
    return class_of(account.carrier)(settings, client=client, cache=cache)


def carrier_of(channel, client=None):
    """The connector behind a ShippingChannel that is not the platform's own. Raises Failure channel.no_account, channel.inactive."""
    if not channel.active:
        raise Failure("channel.inactive", channel=channel.name)
    account = channel.carrier_account
    if account is None and channel.carrier == "number_pool":
        return class_of("number_pool")(CarrierSettings(""))
    if account is None or not account.active:
        raise Failure("channel.no_account", channel=channel.name)
    return connector_of(account, client)


def countries_of(channel):
    """ISO codes that the channel serves; empty = wherever the carrier goes."""
    return tuple(c.strip().upper() for c in channel.countries.replace(";", ",").split(",") if c.strip())


def profile_of(channel):
    """Text rules for the carrier copy: the carrier's own, or as the channel wants them (ascii, strict, none)."""
    own = class_of(channel.carrier).profile
    if channel.charset == "ascii":
        return replace(own, ascii=True)
    if channel.charset == "strict":
        return replace(own, ascii=True, forbidden="".join(dict.fromkeys(own.forbidden + STRICT)))
    if channel.charset == "none":
        return replace(own, ascii=False, forbidden="")
    return own


@runs.verb("verify_carrier", _l("Verify carrier account"), CarrierAccount, ref="alias", shape="steps")
class VerifyCarrier:
    """授权验证 of carrier accounts, a row each."""

    def prepare(self, account_id, params):
        account = db.session.get(CarrierAccount, account_id)
        if account is None:
            return runs.Result(account_id, "failed", "account.gone")
        try:
            return account_id, connector_of(account)
        except Failure as failure:
            return runs.Result.failed(account_id, failure)

    def perform(self, request):
        return request[1].verify() if request[1].can("verify") else ""

    def finish(self, request, answer):
        if isinstance(answer, Failure):
            return runs.Result.failed(request[0], answer)
        account = db.session.get(CarrierAccount, request[0])
        account.verified_at = utcnow()
        return runs.Result(request[0], "done", "carrier.verified", {"account": account.alias, "answer": str(answer)[:200]})
