"""The demo installation: merchants, people, goods, channels; and in the sandbox their shops and 300 orders.

Both halves may be done again at any time: what is there already stays as it is.
"""
import secrets
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import requests
import sqlalchemy as sa
from flask import current_app

from app.demo import data
from app.domain.accounts import apps, authorise
from app.domain.stock import ledger
from app.extensions import appbuilder, db
from app.models import (CarrierAccount, PlatformApp, PoolNumber, Product, ShippingChannel, ShopAccount, SkuMapping, Tenant, Warehouse)
from app.tenancy import as_system, as_tenant
from app.vault import seal

WAIT_S = 30         # seconds for one call to the sandbox
ACTOR = "admin"     # who authorises the shops


def seed_demo(sandbox_url):
    """Fill an empty database with the demo merchants; does nothing when there is a merchant already or in production.

    Needs an app context. The shops are authorised and the orders made at once when the sandbox answers, else by a later
    `furnish_sandbox`.
    """
    if current_app.config["PRODUCTION"]:
        return
    with as_system("demo") as session:
        fresh = session.scalar(sa.select(sa.func.count()).select_from(Tenant)) == 0
    if fresh:
        _seed(sandbox_url)
    if answers(sandbox_url):
        furnish_sandbox(sandbox_url)


def _seed(sandbox_url):
    with as_system("demo") as session:
        warehouses = [Warehouse(code=code, name=name, country=country) for code, name, country in data.WAREHOUSES]
        tenants = [Tenant(code=code, name=name, contact_phone=phone) for code, (name, phone) in data.MERCHANTS.items()]
        session.add_all([*warehouses, *tenants, _platform_app(sandbox_url)])
        session.flush()
        ids, warehouse_id = {t.code: t.id for t in tenants}, warehouses[0].id
        for username, (role, code, first, last) in data.PEOPLE.items():
            _person(username, role, ids.get(code), first, last)
        session.commit()
    for code, tenant_id in ids.items():
        with as_tenant(tenant_id, "demo") as session:
            _merchant(session, code, warehouse_id, sandbox_url)
            session.commit()


def _person(username, role, tenant_id, first, last):
    sm = appbuilder.sm
    person = sm.add_user(username, first, last, f"{username}@example.com", sm.find_role(role), data.PASSWORD)
    person.tenant_id, person.provider = tenant_id, tenant_id is None


def _platform_app(sandbox_url):
    return PlatformApp(platform="shopee", base_url=f"{sandbox_url}/shopee", auth_url=f"{sandbox_url}/shopee/auth",
                       options={"partner_id": str(data.PARTNER_ID), "environment": "local"},
                       secrets=seal({"partner_key": data.PARTNER_KEY, "push_key": data.PUSH_KEY}))


def _merchant(session, code, warehouse_id, sandbox_url):
    """Everything of one merchant inside his tenant: shops, goods, mappings, stock, carriers, channels."""
    shops = {alias: ShopAccount(platform="shopee", alias=alias, region=region, state="new", options=account_options(region))
             for alias, (owner, region, _shop_id, _name) in data.SHOPS.items() if owner == code}
    products = {row[0]: _product(row) for row in data.PRODUCTS[code]}
    session.add_all([*shops.values(), *products.values()])
    session.flush()
    for platform_sku, sku, quantity, scope in data.MAPPINGS[code]:
        shop = shops.get(scope)
        session.add(SkuMapping(platform_sku=platform_sku, product_id=products[sku].id, quantity=quantity,
                               account_id=shop.id if shop else None, platform="" if shop else scope))
    pieces = {sku: data.STOCK.get(sku, data.STOCK_ELSE) for sku in products}
    ledger.adjust_many([(warehouse_id, products[sku].id, n) for sku, n in pieces.items() if n], "Opening stock of the demo")
    _channels(session, code, sandbox_url)


def _product(row):
    sku, name, english, chinese, value, grams, hs_code, battery, place = row
    return Product(sku=sku, name=f"{name} {english}".strip(), declared_en=english, declared_zh=chinese, declared_value=Decimal(value),
                   weight_g=grams, hs_code=hs_code, battery=battery, bin=place, pick_info=f"{place} {sku} {name}")


def _channels(session, code, sandbox_url):
    """Both carriers' accounts, the channels, and numbers for the pool."""
    accounts = {"gogoxpress": _gogo(sandbox_url), "vnpost": _vnpost(sandbox_url)}
    session.add_all(accounts.values())
    session.flush()
    for key, name, carrier, service, countries, template, methods, options, charset in data.CARRIER_CHANNELS:
        account = accounts.get(carrier)
        channel = ShippingChannel(code=key, name=name, carrier=carrier, carrier_account_id=account.id if account else None, service=service,
                                  countries=countries, template=template, ship_methods=methods, options=dict(options), charset=charset)
        session.add(channel)
        session.flush()
        if carrier == "number_pool":
            session.add_all(PoolNumber(channel_id=channel.id, number=f"WB{code[:2]}{n:08d}CN") for n in range(1, data.POOL_SIZE + 1))


def _gogo(sandbox_url):
    sender = data.SENDERS["gogoxpress"]
    pickup = {f"pickup_{name}": sender[name] for name in ("name", "phone", "street", "district", "city", "state", "postcode")}
    return CarrierAccount(carrier="gogoxpress", alias="GoGo demo", base_url=f"{sandbox_url}/gogoxpress", sender=dict(sender),
                          options={**pickup, "service_type": "next_day", "packaging": "small-pouch", "label_type": "zebra"},
                          secrets=seal(data.GOGO_KEYS), hook_token=secrets.token_urlsafe(32))


def _vnpost(sandbox_url):
    sender = data.SENDERS["vnpost"]
    block = {"sender_name": sender["name"], "sender_phone": sender["phone"], "sender_street": sender["street"],
             "sender_ward": sender["town"], "sender_district": sender["city"], "sender_province": sender["state"]}
    return CarrierAccount(carrier="vnpost", alias="VNPost demo", base_url=f"{sandbox_url}/vnpost", sender=dict(sender),
                          options={**block, **data.VNPOST_LOGIN}, secrets=seal(data.VNPOST_SECRETS), hook_token=secrets.token_urlsafe(32))


def account_options(region):
    """Options of a demo shop account: the first delivery channel of its site takes our own numbers."""
    return {"own_carrier_channels": data.CHANNELS[region][0]["name"]}


# --- the sandbox's half -------------------------------------------------------------------------------------------------


def answers(sandbox_url):
    """Does a sandbox listen there?"""
    try:
        return control(sandbox_url, "GET", "/shopee/apps") is not None
    except requests.RequestException:
        return False


def control(sandbox_url, method, path, body=None):
    """One call of the sandbox's control API: its JSON. Raises requests.RequestException, also for a refusal."""
    answer = requests.request(method, f"{sandbox_url}/control{path}", json=body, timeout=WAIT_S)
    answer.raise_for_status()
    return answer.json()


def furnish_sandbox(sandbox_url):
    """Partner app, shops, authorisations and orders of the demo in a running sandbox; gives the aliases authorised now.

    Only for an installation whose Shopee app is the demo's own. Follows the sandbox when it has moved to another port.
    """
    if not is_demo():
        return []
    _follow(sandbox_url)
    make_app(sandbox_url)
    there = {shop["shop_id"] for shop in control(sandbox_url, "GET", "/shopee/shops")["shops"]}
    for _owner, region, shop_id, name in data.SHOPS.values():
        if shop_id not in there:
            make_shop(sandbox_url, region, name, shop_id)
    done = [alias for alias in data.SHOPS if _authorise_if_needed(sandbox_url, alias)]
    for alias, batches in data.ORDERS.items():
        if data.SHOPS[alias][2] not in there:
            _make_orders(sandbox_url, alias, batches)
    return done


def is_demo():
    with as_system("demo") as session:
        app = session.scalar(sa.select(PlatformApp).where(PlatformApp.platform == "shopee"))
        codes = set(session.scalars(sa.select(Tenant.code)))
        return app is not None and app.options.get("environment") == "local" and codes >= set(data.MERCHANTS)


def _follow(sandbox_url):
    """Base addresses of the demo's app and carrier accounts point at this sandbox."""
    with as_system("demo") as session:
        app = session.scalar(sa.select(PlatformApp).where(PlatformApp.platform == "shopee"))
        app.base_url, app.auth_url = f"{sandbox_url}/shopee", f"{sandbox_url}/shopee/auth"
        for account in session.scalars(sa.select(CarrierAccount).where(CarrierAccount.alias.in_(("GoGo demo", "VNPost demo")))):
            account.base_url = f"{sandbox_url}/{account.carrier}"
        session.commit()


def make_app(sandbox_url):
    """The partner app of the demo, with the address that the stand-in pushes to."""
    control(sandbox_url, "POST", "/shopee/apps", {
        "partner_id": data.PARTNER_ID, "partner_key": data.PARTNER_KEY, "push_key": data.PUSH_KEY, "name": "Waybridge",
        "redirect_domain": urlsplit(current_app.config["PUBLIC_URL"]).hostname, "callback_url": apps.push_url("shopee"), "unmasked": True})


def make_shop(sandbox_url, region, name, shop_id=None):
    """A shop in the sandbox whose first delivery channel takes our own numbers; gives its id."""
    made = control(sandbox_url, "POST", "/shopee/shops", {"region": region, "name": name, "shop_id": shop_id})["shop_id"]
    control(sandbox_url, "PATCH", f"/shopee/shops/{made}", {"channels": data.CHANNELS[region]})
    return made


def _make_orders(sandbox_url, alias, batches):
    _owner, region, shop_id, _name = data.SHOPS[alias]
    for number, batch in enumerate(batches):
        # Spread over three days and told by no push: the first pull brings them all.
        control(sandbox_url, "POST", "/shopee/orders", {
            "shop_id": shop_id, "channel": data.CHANNELS[region][0]["name"], "seed": shop_id + number, "created_within": 3 * 86_400,
            "push": False, **batch})


def _authorise_if_needed(sandbox_url, alias):
    """Authorise a demo shop that never was, or whose authorisation the sandbox has forgotten. True when done now."""
    code, region, shop_id, _name = data.SHOPS[alias]
    links = control(sandbox_url, "GET", "/state?book=shopee.links")["books"]["shopee.links"]
    with as_system("demo") as session:
        tenant_id = session.scalar(sa.select(Tenant.id).where(Tenant.code == code))
    with as_tenant(tenant_id, ACTOR) as session:
        account = session.scalar(sa.select(ShopAccount).where(ShopAccount.platform == "shopee", ShopAccount.alias == alias))
        if account is None or account.state == "revoked" or (account.state != "new" and f"{data.PARTNER_ID}:{shop_id}" in links):
            return False
        url, nonce = authorise.start("shopee", alias, account=account)
        session.commit()
        finish_authorisation(url, nonce, shop_id)
        session.commit()
    return True


def finish_authorisation(url, nonce, shop_id):
    """What browser and seller do: agree on the platform's page, come back with the code. Gives the ids of the bound accounts.

    The caller is inside the tenant that began it, with nothing unsaved.
    """
    page = requests.get(f"{url}&auto=1&shop_id={shop_id}", timeout=WAIT_S, allow_redirects=False)
    page.raise_for_status()
    query = dict(parse_qsl(urlsplit(page.headers["Location"]).query))
    return [account.id for account in authorise.finish("shopee", query, query.get("state"), nonce)]
