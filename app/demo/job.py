"""The steps of the demo walk, through the same domain functions and job runner as the screens."""
import time
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import force_locale

import app.domain.orders.audit
import app.domain.orders.convert
import app.domain.orders.set_channel
import app.domain.products
import app.domain.shipping.printing
import app.domain.shipping.push
import app.domain.shipping.writeback  # noqa: F401  these register the verbs that the walk runs
from app.demo import data, scan, seed
from app.domain import runs
from app.domain.accounts import authorise, pull
from app.domain.orders import matching, suggest
from app.domain.stock import ledger
from app.extensions import db
from app.jobs import engine
from app.jobs.pool import drain
from app.messages import sentence
from app.models import (OutboundOrder, PlatformOrder, Product, Run, RunFile, RunRow, ShippingChannel, ShopAccount, SkuMapping, Tenant,
                        Warehouse, Waybill)
from app.models.base import utcnow
from app.tenancy import as_system, as_tenant

PATIENCE_S = 120        # for one run
LEGS = (("PH", "GOGO-PH", 350), ("VN", "VNPOST-TK", 129000))    # site, channel, price of the new article


class StepFailed(Exception):
    """A step of the walk did not do what it should; the text says what."""


def expect(truth, text):
    if not truth:
        raise StepFailed(text)


class Walk:
    """One walk as the clerk of merchant HMKJ. It does the queued jobs itself, beside the workers that may be running."""

    def __init__(self, app, base):
        self.app, self.base = app, base
        self.stamp = f"{utcnow():%m%d%H%M%S}"
        with app.app_context(), as_system("demo") as session:
            self.tenant = session.scalar(sa.select(Tenant.id).where(Tenant.code == "HMKJ"))

    def all(self):
        for region, channel, price in LEGS:
            print(f"--- {region} · {channel} ---")
            Leg(self, region, channel, price).go()

    def inside(self):
        return _Inside(self)

    def run(self, kind, ids=None, **params):
        """Start a run over these subjects as a click does, wait for it, give [(ref, state, code, params)] of its rows."""
        with self.inside():
            run = runs.start(kind, ids=ids, params=params)
            expect(run.total or ids is None, f"{kind}: nothing was selected")
            engine.defer_run(run)
            db.session.commit()
            run_id = run.id
        return self.wait(run_id)

    def wait(self, run_id):
        """Rows of a run once it has ended; a run that broke fails the step."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            drain(self.app)
            with self.inside():
                run = db.session.get(Run, run_id)
                if run.state in ("done", "failed", "cancelled"):
                    expect(run.state == "done", f"run {run_id} ({run.kind}) {run.state}: {self.say(run.error_code, run.error_params)}")
                    return db.session.execute(sa.select(RunRow.ref, RunRow.state, RunRow.code, RunRow.params)
                                              .where(RunRow.run_id == run_id).order_by(RunRow.seq, RunRow.id)).all()
            time.sleep(0.1)
        raise StepFailed(f"run {run_id} did not end within {PATIENCE_S} seconds")

    def all_well(self, step, rows):
        """No row may have failed."""
        bad = [f"{row.ref}: {self.say(row.code, row.params)}" for row in rows if row.state == "failed"]
        expect(not bad, f"{step}: " + "; ".join(bad))
        return rows

    def say(self, code, params):
        with self.app.test_request_context(), force_locale("en"):
            return sentence(code, params)


class _Inside:
    """The merchant's tenant as the clerk, inside an app context."""

    def __init__(self, walk):
        self.walk = walk

    def __enter__(self):
        self.context = self.walk.app.app_context()
        self.context.__enter__()
        self.scope = as_tenant(self.walk.tenant, "clerk")
        return self.scope.__enter__()

    def __exit__(self, *error):
        self.scope.__exit__(*error)
        return self.context.__exit__(*error)


class Leg:
    """The job for one country: a new shop, three orders, from authorisation to SHIPPED."""

    def __init__(self, walk, region, channel, price):
        self.walk, self.region, self.channel, self.price = walk, region, channel, price
        self.alias, self.new_sku = f"Walk {region} {walk.stamp}", f"WALK-{region}-{walk.stamp}"
        self.step = 0

    def tell(self, text):
        self.step += 1
        print(f"{self.step:2}. {text}", flush=True)

    def walk_orders(self):
        """[(id, order number, outbound number)] of this shop, in order of id."""
        with self.walk.inside() as session:
            return session.execute(sa.select(PlatformOrder.id, PlatformOrder.order_no, PlatformOrder.outbound_no, PlatformOrder.state)
                                   .where(PlatformOrder.account_id == self.account).order_by(PlatformOrder.id)).all()

    def go(self):
        for step in (self.authorise, self.pull, self.match, self.convert, self.audit, self.set_channel, self.push, self.print_labels,
                     self.write_back, self.check_sandbox):
            step()

    # --- the steps, in the order of the day -----------------------------------------------------------------------------

    def authorise(self):
        """新增 a shop, the seller agrees on the platform's page, 授权验证."""
        walk = self.walk
        with walk.app.app_context():
            # A number of this moment: a sandbox that lost its state would give the numbers of earlier walks again.
            shop_id = seed.make_shop(walk.base, self.region, f"Walk shop {self.region}", 800_000_000 + int(time.time() * 10) % 100_000_000)
        self.made = self._make_orders(shop_id)
        with walk.inside() as session:
            url, nonce = authorise.start("shopee", self.alias, self.region, seed.account_options(self.region))
            session.commit()
            ids = seed.finish_authorisation(url, nonce, shop_id)
            expect(len(ids) == 1, f"authorise: {len(ids)} accounts instead of one")
            self.account = ids[0]
        with walk.inside() as session:
            info = authorise.verify(session.get(ShopAccount, self.account))
        self.tell(f"Authorised shop {shop_id} as «{self.alias}» and verified: {info.name} ({info.status or 'NORMAL'})")

    def _make_orders(self, shop_id):
        wishes = ([{"sku": "CUP-BL-500", "quantity": 1}],
                  [{"sku": self.new_sku, "quantity": 2, "price": self.price, "name": "Canvas tote bag"}],
                  [{"sku": "TEE-WH-M", "quantity": 2}, {"sku": "CABLE-1M", "quantity": 1}])
        made = []
        for items in wishes:
            answer = seed.control(self.walk.base, "POST", "/shopee/orders", {
                "shop_id": shop_id, "count": 1, "items": items, "channel": data.CHANNELS[self.region][0]["name"], "push": False,
                "created_within": 3600})
            made += answer["order_sn"]
        return made

    def pull(self):
        """抓取订单: the authorisation started the first pull; a second one changes nothing."""
        with self.walk.inside() as session:
            first = session.scalar(sa.select(Run.id).where(Run.kind == "pull", Run.account_id == self.account).order_by(Run.id))
        expect(first, "pull: authorising did not start a pull")
        self.walk.all_well("pull", self.walk.wait(first))
        numbers = {row.order_no for row in self.walk_orders()}
        expect(numbers == set(self.made), f"pull: got {sorted(numbers)}, the shop has {sorted(self.made)}")
        with self.walk.inside() as session:
            again = pull.start_pull(session.get(ShopAccount, self.account))
            session.commit()
            again_id = again.id if again else None
        if again_id:
            self.walk.all_well("pull again", self.walk.wait(again_id))
        expect(len(self.walk_orders()) == len(self.made), "pull again: an order was doubled")
        self.tell(f"Pulled {', '.join(sorted(numbers))}; a second pull changed nothing")

    def match(self):
        """The unmatched queue, a new article for it, and all waiting orders matched again."""
        with self.walk.inside() as session:
            waiting = next((u for u in matching.unmatched_queue(100_000) if u.platform_sku == self.new_sku), None)
            expect(waiting, f"match: {self.new_sku} is not in the unmatched queue")
            likely = [s.sku for s in suggest.suggest(waiting.platform_sku, waiting.names[0])]
            product = Product(sku=self.new_sku, name="帆布包 Canvas bag", declared_zh="帆布包", declared_value=Decimal("3.10"),
                              weight_g=250, pick_info=f"A-09 {self.new_sku}")       # the English name is left out: the audit will say so
            session.add(product)
            session.flush()
            session.add(SkuMapping(platform_sku=self.new_sku, product_id=product.id, quantity=1))
            warehouse = session.scalar(sa.select(Warehouse.id).order_by(Warehouse.id))
            ledger.adjust(warehouse, product.id, 10, "Delivered for the walk")
            session.commit()
            self.product = product.id
            ids = list(session.scalars(matching.waiting_unmatched().where(PlatformOrder.account_id == self.account)))
        self.walk.all_well("match", self.walk.run("rematch", ids))
        self.tell(f"Matched {self.new_sku} (suggested: {', '.join(likely) or 'nothing'}) to a new OMS SKU")

    def convert(self):
        """转系统订单."""
        ids = [row.id for row in self.walk_orders()]
        self.walk.all_well("convert", self.walk.run("convert", ids))
        with self.walk.inside() as session:
            self.outbounds = session.execute(sa.select(OutboundOrder.id, OutboundOrder.number, OutboundOrder.channel_id)
                                             .where(OutboundOrder.platform_order_id.in_(ids)).order_by(OutboundOrder.id)).all()
            wanted = session.scalar(sa.select(ShippingChannel.id).where(ShippingChannel.code == self.channel))
        expect(len(self.outbounds) == len(self.made), f"convert: {len(self.outbounds)} outbound orders of {len(self.made)}")
        expect({row.channel_id for row in self.outbounds} == {wanted}, f"convert: the orders did not choose the channel {self.channel}")
        self.tell("Converted: " + ", ".join(f"{row.order_no} -> {row.outbound_no}" for row in self.walk_orders()))

    def audit(self):
        """订单审核 finds the missing English name; it is mended, and the rest is audited."""
        rows = self.walk.run("audit", [row.id for row in self.outbounds])
        bad = [row for row in rows if row.state == "failed"]
        expect([row.code for row in bad] == ["declaration.name_missing"], "audit: expected one missing English name, got "
               + ("; ".join(f"{row.ref} {self.walk.say(row.code, row.params)}" for row in bad) or "nothing"))
        self.tell(f"Audit of {len(rows)}: {bad[0].ref} refused: {self.walk.say(bad[0].code, bad[0].params)}")
        self.walk.all_well("declare", self.walk.run("declare_products", [self.product], declared_en="Canvas tote bag", hs_code="420292"))
        again = [row.id for row in self.outbounds if row.number == bad[0].ref]
        self.walk.all_well("audit", self.walk.run("audit", again))
        self.tell(f"Declared {self.new_sku} as «Canvas tote bag», audited {bad[0].ref}")

    def set_channel(self):
        """设置渠道 of the last order to the number pool; it has to be audited again."""
        last = self.outbounds[-1]
        with self.walk.inside() as session:
            pool = session.scalar(sa.select(ShippingChannel.id).where(ShippingChannel.code == "POOL-100"))
        self.walk.all_well("set channel", self.walk.run("set_channel_outbound", [last.id], channel_id=pool))
        self.walk.all_well("audit", self.walk.run("audit", [last.id]))
        self.tell(f"Channel of {last.number} set to POOL-100 and audited again")

    def push(self):
        """推送运单; pushing again gives no second waybill."""
        ids = [row.id for row in self.outbounds]
        self.walk.all_well("push", self.walk.run("push", ids))
        again = self.walk.all_well("push again", self.walk.run("push", ids))
        expect({row.state for row in again} == {"skipped"}, "push again: a waybill was pushed twice")
        with self.walk.inside() as session:
            self.waybills = session.execute(sa.select(Waybill.id, Waybill.order_no, Waybill.tracking_no, Waybill.carrier, Waybill.reference)
                                            .where(Waybill.outbound_id.in_(ids), Waybill.state == "forecast").order_by(Waybill.id)).all()
        expect(len(self.waybills) == len(ids) and all(w.tracking_no for w in self.waybills),
               f"push: {len(self.waybills)} waybills of {len(ids)}")
        self.tell("Pushed: " + ", ".join(f"{w.order_no} -> {w.tracking_no} ({w.carrier})" for w in self.waybills))

    def print_labels(self):
        """打印面单: one PDF; every tracking number must be readable from its barcodes."""
        self.walk.all_well("print", self.walk.run("print", [w.id for w in self.waybills]))
        with self.walk.inside() as session:
            file = session.scalar(sa.select(RunFile).join(Run, Run.id == RunFile.run_id).where(Run.kind == "print")
                                  .order_by(RunFile.id.desc()))
            pdf, name = file.content, file.filename
        expect(pdf.startswith(b"%PDF"), "print: the file is no PDF")
        found = scan.barcodes(pdf)
        if found is None:
            self.tell(f"Printed {name} ({len(pdf)} bytes); barcodes not read, pypdfium2 is not installed")
            return
        lacking = [w.tracking_no for w in self.waybills if w.tracking_no not in found]
        expect(not lacking, f"print: no barcode says {', '.join(lacking)}; found {sorted(found)}")
        self.tell(f"Printed {name} ({len(pdf)} bytes); barcodes read: {', '.join(w.tracking_no for w in self.waybills)}")

    def write_back(self):
        """标记出货&回写单号."""
        self.walk.all_well("write back", self.walk.run("write_back_waybill", [w.id for w in self.waybills]))
        states = {row.state for row in self.walk_orders()}
        expect(states == {"shipped"}, f"write back: our orders are {sorted(states)}")
        self.tell("Written back: " + ", ".join(f"{w.order_no} {w.tracking_no}" for w in self.waybills))

    def check_sandbox(self):
        """The platform's own view of the orders."""
        for waybill in self.waybills:
            order = seed.control(self.walk.base, "GET", f"/shopee/orders/{waybill.order_no}")
            expect(order["order_status"] == "SHIPPED", f"{waybill.order_no} is {order['order_status']} on the platform")
            expect(order["tracking_numbers"] == [waybill.tracking_no],
                   f"{waybill.order_no} has {order['tracking_numbers']} on the platform")
            expect(order["ship_calls"] == 1, f"{waybill.order_no} was shipped {order['ship_calls']} times")
        self.tell(f"The platform shows SHIPPED and our number on {', '.join(w.order_no for w in self.waybills)}")
