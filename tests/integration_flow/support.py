"""A sandbox served over real HTTP, merchants set up against it, and verbs driven the way the engine drives them."""
import time
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import requests
import sqlalchemy as sa

from app.domain import outbox, runs
from app.domain.accounts import authorise, listings, pull, stockpush  # noqa: F401  verbs register when imported
from app.domain.orders import audit, convert, states  # noqa: F401
from app.domain.shipping import channels, handover, printing, push, reset, tracking, writeback  # noqa: F401
from app.extensions import db
from app.failures import Failure
from app.jobs import runner
from app.models import CarrierAccount, OutboundOrder, OutboundLine, PlatformApp, Product, RunRow, ShippingChannel, SkuMapping, Waybill
from app.tenancy import as_system, as_tenant
from app.vault import seal
from tests import factory

PARTNER, KEY = 2099001, "shpk54657374"
FAST = {"calls_per_second_shop": 500, "calls_per_second_app": 500}
OWN = {"own_carrier_channels": ["Seller Own Fleet", "Người Bán Tự Vận Chuyển"]}
GOGO = {"pickup_name": "Waybridge", "pickup_phone": "+639170000009", "pickup_street": "12 Demo St", "pickup_district": "Kapitolyo",
        "pickup_city": "Pasig", "pickup_state": "Metro Manila", "cancel_api": "yes"}
VNPOST = {"username": "demo@example.com", "customer_code": "T000123456", "sender_name": "Kho A", "sender_phone": "0912345678",
          "sender_street": "12 Duy Tan", "sender_ward": "Phường Dịch Vọng", "sender_district": "Quận Cầu Giấy", "sender_province": "Hà Nội"}


@dataclass
class Sandbox:
    """The control side of the stand-in servers."""
    url: str
    http: requests.Session = field(default_factory=requests.Session)

    def call(self, method, where, body=None):
        self.http.trust_env = False
        answer = self.http.request(method, self.url + where, json=body, timeout=20)
        assert answer.status_code < 300, f"{where}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def post(self, where, /, **body):
        return self.call("POST", where, body)

    def get(self, where):
        return self.call("GET", where)

    def fault(self, service, kind, path, **more):
        return self.post("/control/faults", service=service, kind=kind, path=path, **more)

    def calm(self):
        self.post("/control/faults/clear")

    def shop(self, region="PH"):
        return self.post("/control/shopee/shops", region=region, name=f"Demo {region}")["shop_id"]

    def orders(self, shop_id, **spec):
        spec = {"cod": 0, "carrier_kind": "non_integrated", **spec}
        return self.post("/control/shopee/orders", shop_id=shop_id, push=False, **spec)["order_sn"]

    def parcels(self, carrier, reference=None):
        rows = self.get(f"/{carrier}/_control/shipments" + (f"?reference={reference}" if reference else ""))
        return rows


def set_up_app(sandbox):
    """The installation's Shopee app, on both sides."""
    sandbox.post("/control/shopee/apps", partner_id=PARTNER, partner_key=KEY, redirect_domain="127.0.0.1", unmasked=True)
    with as_system("test") as session:
        if session.scalar(sa.select(PlatformApp.id)) is None:
            session.add(PlatformApp(platform="shopee", base_url=sandbox.url + "/shopee", auth_url=sandbox.url + "/shopee/auth",
                                    options={"partner_id": PARTNER, "environment": "local", **FAST},
                                    secrets=seal({"partner_key": KEY})))
            session.commit()


def authorise_shop(sandbox, tenant, shop_id, alias="shop", options=None, **who):
    """Through the authorise page as the seller's browser does: [ShopAccount ids]."""
    with as_tenant(tenant, "clerk"):
        url, nonce = authorise.start("shopee", alias, "PH", options or OWN)
        db.session.commit()
        query = browse(url, **(who or {"shop_id": shop_id}))
        found = [a.id for a in authorise.finish("shopee", query, query.pop("state"), nonce)]
        db.session.commit()
        return found


def browse(url, **who):
    """The seller agrees on the platform's page: the call-back's arguments."""
    session = requests.Session()
    session.trust_env = False
    told = session.get(f"{url}&auto=1&" + "&".join(f"{k}={v}" for k, v in who.items()), allow_redirects=False, timeout=20)
    assert told.status_code == 302, told.text[:300]
    return {k: v[0] for k, v in parse_qs(urlsplit(told.headers["Location"]).query).items()}


def carrier_channel(sandbox, tenant, carrier, **values):
    """A carrier account on the sandbox with its channel: channel id."""
    options, secrets = {
        "gogoxpress": (GOGO | {"track_base": f"{sandbox.url}/gogoxpress"}, {"api_key": "demoKey01", "secret_key": "demoSecret01"}),
        "vnpost": (VNPOST, {"password": "demoPass01"}), "number_pool": ({}, {})}[carrier]
    account = factory.add(tenant, CarrierAccount(carrier=carrier, alias=carrier, base_url=f"{sandbox.url}/{carrier}", options=options,
                                                 secrets=seal(secrets), hook_token=f"hook-{carrier}-{tenant}"))
    return factory.add(tenant, ShippingChannel(**{"code": carrier, "name": carrier, "carrier": carrier, "carrier_account_id": account,
                                                  "countries": "", **values}))


def outbound(tenant, channel, **values):
    """An audited outbound order to a served place in the Philippines, without stock: its id."""
    product = with_product(tenant, values.pop("sku", "CUP"))
    order = values.pop("order", None)
    with as_tenant(tenant, "test") as session:
        number = f"HMKJ-261121-{session.scalar(sa.select(sa.func.count(OutboundOrder.id))) + 1:05d}"
        row = OutboundOrder(**{
            "number": number, "order_no": f"SO{number[-5:]}", "state": "audited", "fulfilment": "direct", "channel_id": channel,
            "platform_order_id": order, "recipient": "Junjun Dy", "phone": "639325122495", "country": "PH", "province": "Pangasinan",
            "city": "Mangaldan", "district": "Poblacion", "street": "12 Mabini St", "postcode": "2432", "currency": "PHP", "total": Decimal("350"), **values})
        row.lines = [OutboundLine(tenant_id=tenant, product_id=product, quantity=2, platform_skus="CUP-BL-500", price=Decimal("150"))]
        session.add(row)
        session.commit()
        return row.id


def with_product(tenant, sku, platform_skus=()):
    """A product that passes the checks, mapped to platform SKUs."""
    with as_tenant(tenant, "test") as session:
        product = session.scalar(sa.select(Product).where(Product.sku == sku))
        if product is None:
            product = Product(sku=sku, name=sku, declared_en="Ceramic cup", declared_zh="陶瓷杯", declared_value=Decimal("2.50"), weight_g=350,
                              pick_info="blue", bin="A-01")
            session.add(product)
            session.flush()
        for one in platform_skus:
            session.add(SkuMapping(platform_sku=one, product_id=product.id, quantity=1))
        session.commit()
        return product.id


def steps(tenant, kind, subject_id, **params):
    """One subject through a verb of steps, with the commits where the engine puts them."""
    known = runs.VERBS[kind].steps
    with as_tenant(tenant, "clerk") as session:
        request = known.prepare(subject_id, params)
        session.commit()
        if isinstance(request, runs.Result):
            return request
        try:
            answer = known.perform(request)
        except Failure as failure:
            answer = failure
        result = known.finish(request, answer)
        session.commit()
        return result


def whole(tenant, kind, ids=None, **params):
    """A run through the engine's own runner: (run id, rows as Results). A Failure that breaks the run is raised."""
    with as_tenant(tenant, "clerk") as session:
        run_id = runs.start(kind, ids=ids, params=params).id
        session.commit()
        runner.execute(run_id)
    return run_id, rows_of(tenant, run_id)


def rows_of(tenant, run_id):
    with as_tenant(tenant, "test") as session:
        return [runs.Result(r.subject_id, r.state, r.code, dict(r.params), r.raw, r.ref)
                for r in session.scalars(sa.select(RunRow).where(RunRow.run_id == run_id).order_by(RunRow.id))]


def batch(tenant, kind, ids, **params):
    with as_tenant(tenant, "clerk") as session:
        results = runs.VERBS[kind].batch(ids, params)
        session.commit()
        return results


def run_outbox(tenant, kind, payload):
    """One outbox row through its handler; a Failure that asks for a later try is raised."""
    known = outbox.HANDLERS[kind]
    with as_tenant(tenant, "worker") as session:
        request = known.prepare(payload)
        session.commit()
        if request is None:
            return
        try:
            answer = known.perform(request)
        except Failure as failure:
            answer = failure
        known.finish(request, answer)
        session.commit()


def until(look, seconds=5.0):
    """Look again and again until it gives something."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return found


def waybills(tenant, outbound_id=None):
    """Plain copies of the tenant's waybills."""
    with as_tenant(tenant, "test") as session:
        query = sa.select(Waybill).order_by(Waybill.id)
        found = session.scalars(query.where(Waybill.outbound_id == outbound_id) if outbound_id else query).all()
        for row in found:
            session.refresh(row)
        session.expunge_all()
        return found


def one(tenant, model, row_id, *names):
    """Named columns of a row, read afresh."""
    with as_tenant(tenant, "test") as session:
        row = session.get(model, row_id)
        values = tuple(getattr(row, n) for n in names)
        return values if len(values) > 1 else values[0]


def change(tenant, model, row_id, **values):
    with as_tenant(tenant, "test") as session:
        row = session.get(model, row_id)
        for name, value in values.items():
            setattr(row, name, value)
        session.commit()
