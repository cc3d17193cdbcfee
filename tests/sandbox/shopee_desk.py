"""A small independent client of the Shopee stand-in for its tests: own signing, no connector code."""

import functools
import hashlib
import hmac
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.sandbox import create_sandbox

PARTNER = 2099001
KEY = "shpk4a5b6c7d8e9f00112233445566778899aabbccddeeff0011223344556677"
SHOP = 700123456


@functools.cache
def _app():
    return create_sandbox()


def fresh(speed=1.0):
    """The process's one sandbox app with an empty world: building 140 routes for each test would take longer than the tests."""
    world = _app().extensions["world"]
    world.reset()
    world.settings["speed"] = speed
    return _app()


class Desk:
    """Flask's test client with Shopee's signature on it."""

    def __init__(self, app, **app_fields):
        self.app, self.web = app, app.test_client()
        self.control("POST", "/shopee/apps", partner_id=PARTNER, partner_key=KEY, redirect_domain="erp.example.com", **app_fields)
        self.shop()
        self.token = self.authorise()["access_token"]

    @property
    def world(self):
        return self.app.extensions["world"]

    def control(self, verb: str, path: str, **body):
        answer = self.web.open("/control" + path, method=verb, json=body if verb != "GET" else None)
        assert answer.status_code < 300, answer.text
        return answer.json

    def shop(self, region="PH", shop_id=SHOP, **more):
        return self.control("POST", "/shopee/shops", region=region, shop_id=shop_id, **more)

    def authorise(self, shop_id=SHOP, **more):
        return self.control("POST", f"/shopee/shops/{shop_id}/authorise", partner_id=PARTNER, **more)

    def orders(self, count=1, **wish):
        wish = {"shop_id": SHOP, "seed": 7, "multi_package": 0, **wish, "count": count}
        return self.control("POST", "/shopee/orders", **wish)["order_sn"]

    def order(self, sn):
        return self.control("GET", f"/shopee/orders/{sn}")

    def query(self, path, kind="shop", **change):
        """Signed query; `change` replaces values after signing, None removes one."""
        stamp = int(change.pop("at", self.world.now()))
        query = {"partner_id": PARTNER, "timestamp": stamp}
        extra = [self.token, SHOP] if kind == "shop" else []
        if kind == "shop":
            extra = [change.pop("access_token", self.token), change.pop("shop_id", SHOP)]
            query.update(access_token=extra[0], shop_id=extra[1])
        base = "".join(str(part) for part in [PARTNER, "/api/v2" + path, stamp, *(part for part in extra if part is not None)])
        query["sign"] = hmac.new(KEY.encode(), base.encode(), hashlib.sha256).hexdigest()
        query.update(change)
        return {name: value for name, value in query.items() if value is not None}

    def raw(self, verb, path, body=None, kind="shop", more=None, **change):
        """The whole answer."""
        query = {**self.query(path, kind, **change), **(more or {})}
        return self.web.open("/shopee/api/v2" + path, method=verb, query_string=query, json=body)

    def get(self, path, **parameters):
        return self.raw("GET", path, more=parameters).json

    def post(self, path, **body):
        return self.raw("POST", path, body).json

    def public(self, verb, path, body=None, **parameters):
        return self.raw(verb, path, body, kind="public", more=parameters).json

    def page(self, **more):
        now = int(self.world.now())
        return self.get("/order/get_order_list", **{"time_range_field": "update_time", "time_from": now - 86_400, "time_to": now + 1,
                                                    "page_size": 50, **more})

    def detail(self, *numbers, fields="item_list,recipient_address,package_list,fulfillment_flag,total_amount", **more):
        return self.get("/order/get_order_detail", order_sn_list=",".join(numbers), response_optional_fields=fields, **more)

    def slot(self, sn, **more):
        """A valid pickup object of the offer."""
        address = self.get("/logistics/get_shipping_parameter", order_sn=sn, **more)["response"]["pickup"]["address_list"][0]
        return {"address_id": address["address_id"], "pickup_time_id": address["time_slot_list"][0]["pickup_time_id"]}

    def shipped(self, sn):
        """Arrange by drop-off and ask until the number is there."""
        assert self.post("/logistics/ship_order", order_sn=sn, dropoff={})["error"] == ""
        for _ in range(5):
            number = self.get("/logistics/get_tracking_number", order_sn=sn)["response"]["tracking_number"]
            if number:
                return number
        raise AssertionError("no number")


def eventually(check, seconds=5.0):
    """Wait until `check()` is true; answers its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := check():
            return value
        time.sleep(0.02)
    raise AssertionError("did not happen in time")


class Listener:
    """A small HTTP server that answers what it is told and keeps what it got."""

    def __init__(self, *answers):
        self.answers, self.got = list(answers), []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, dict(self.headers), body))
                status, content = outer.answers.pop(0) if outer.answers else (200, b"")
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
