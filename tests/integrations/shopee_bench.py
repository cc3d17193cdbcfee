"""The stand-in server of Shopee as the connector's tests use it: its control API, connectors to it, a receiver of its pushes."""
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import requests

from app.integrations.auth import MemoryKeeper
from app.integrations.http import Client
from app.integrations.platforms.base import AppSettings
from app.integrations.rates import LocalLimiter
from tests.integrations.shopee_kit import KEY, PUSH_KEY, Shopee

PARTNER, BACK = 2099001, "https://erp.example.com/oauth/shopee/callback"
PUSH_URL = "https://erp.example.com/api/push/shopee"


class Bench:
    """A sandbox, its control API, and connectors to it."""

    def __init__(self, url):
        self.url, self.session = url, requests.Session()

    def reset(self):
        self.control("POST", "/reset")
        self.control("POST", "/settings", shopee={"number_seconds": 600, "document_seconds": 600})
        self.control("POST", "/shopee/apps", partner_id=PARTNER, partner_key=KEY, push_key=PUSH_KEY,
                     redirect_domain="erp.example.com", unmasked=True)

    def control(self, method, path, /, **body):
        answer = self.session.request(method, f"{self.url}/control{path}", json=body or None)
        answer.raise_for_status()
        return answer.json()

    def shop(self, region="PH", **wish):
        return str(self.control("POST", "/shopee/shops", region=region, **wish)["shop_id"])

    def orders(self, shop_id, count=1, **wish):
        return self.control("POST", "/shopee/orders", shop_id=int(shop_id), count=count, seed=7, multi_package=0, **wish)["order_sn"]

    def fault(self, kind, path="/", **more):
        return self.control("POST", "/faults", service="shopee", kind=kind, path=path, **more)

    def calls(self, part):
        return [c for c in self.control("GET", "/log")["calls"] if part in c["path"]]

    def connector(self, keeper=None, shop_id="", options=None, clock=None, **app_options):
        app = AppSettings(self.url + "/shopee", self.url + "/shopee/auth", push_url=PUSH_URL,
                          options={"partner_id": str(PARTNER), **app_options}, secrets={"partner_key": KEY, "push_key": PUSH_KEY})
        client = Client(app.base_url, "shopee", timeout=(2, 2), sleep=lambda s: None, limiter=LocalLimiter(sleep=lambda s: None))
        return Shopee(app, keeper, shop_id=shop_id, options=options, client=client, clock=clock)

    def authorised(self, shop_id, **more):
        """A connector whose shop went through the authorise page."""
        [(_, tokens)] = self.authorise(shop_id=shop_id)
        return self.connector(MemoryKeeper(tokens), shop_id, **more)

    def authorise(self, **who):
        """Through the page as a browser would, then the exchange: [(ShopInfo, Tokens)]."""
        shop = self.connector()
        answer = self.session.post(shop.authorise_url("st4te", BACK), data=who, allow_redirects=False)
        assert answer.headers["Location"].startswith(BACK + "?"), answer.text
        query = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        assert query["state"] == "st4te"
        return shop.exchange(query)


class Receiver:
    """Takes pushes and answers 200 with an empty body."""

    def __init__(self, seen):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                seen.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.seen, self.server = seen, ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/push"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count, seconds=5):
        until = time.monotonic() + seconds
        while len(self.seen) < count and time.monotonic() < until:
            time.sleep(0.02)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
