"""Protocol-faithful stand-ins of platforms and carriers: one WSGI app for demo, training and tests.

Imports nothing from the connectors, so that it can disagree with them.
"""

import atexit
import importlib
import threading
from collections.abc import Callable

from flask import Flask, g, redirect, request
from werkzeug.serving import WSGIRequestHandler, make_server

from . import faults
from .core import World, world

SERVICES = ("shopee", "gogoxpress", "vnpost", "control")


def create_sandbox(state_file: str | None = None, speed: float = 1.0) -> Flask:
    """The sandbox app: /shopee, /gogoxpress, /vnpost and /control.

    `state_file`: JSON snapshot that survives restarts (None = memory only). `speed`: how many times faster delays run.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024 * 1024
    app.json.ensure_ascii = False
    modules = [importlib.import_module(f"{__name__}.{name}") for name in SERVICES]
    here = app.extensions["world"] = World(app, state_file, speed)  # after the imports: they declare their settings
    atexit.register(here.close)
    app.after_request(_log)  # registered first, so it runs last and sees what a fault made of the answer
    faults.init_app(app)
    for module in modules:
        app.register_blueprint(module.bp, url_prefix="/" + module.__name__.rpartition(".")[2])
    app.add_url_rule("/", "home", lambda: redirect("/control/"))
    app.wsgi_app = _short_shopee(app.wsgi_app)
    return app


def _short_shopee(inner):
    """Serve Shopee's /api/v2/… at the root too: some public clients sign the whole path of the URL and know no mount prefix."""

    def route(environ, start_response):
        if environ.get("PATH_INFO", "").startswith("/api/v2/"):
            environ["PATH_INFO"] = "/shopee" + environ["PATH_INFO"]
        return inner(environ, start_response)

    return route


def _log(response):
    service, path = faults.inside(request.path)
    if service != "control" or request.method != "GET":
        world().log(service, request.method, path, response.status_code, g.get("note", ""))
    return response


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type, message, *args):
        """Say nothing: the control page has the calls, and query strings hold tokens."""


def serve_in_thread(app: Flask, port: int = 0) -> tuple[str, Callable[[], None]]:
    """Serve `app` on 127.0.0.1 in a background thread; answers (base URL without slash, stop function)."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True, name="sandbox-server")
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join(5)
        app.extensions["world"].close()

    return f"http://127.0.0.1:{server.server_port}", stop
