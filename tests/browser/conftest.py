"""The running product (sandbox, web server, worker, clock as processes of their own) and a Chromium to click through it."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

ROOT = Path(__file__).resolve().parent.parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
PATIENCE_S = 90


@pytest.fixture(scope="session")
def product(tmp_path_factory):
    """The demo installation on free ports with an SQLite file of its own: `.url`, `.sandbox`, `.log` (a folder)."""
    folder = tmp_path_factory.mktemp("product")
    web, box = free_port(), free_port()
    made = SimpleNamespace(url=f"http://127.0.0.1:{web}", sandbox=f"http://127.0.0.1:{box}", log=folder)
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder / 'product.db'}", "PUBLIC_URL": made.url, "SANDBOX_URL": made.sandbox,
                   "RATELIMIT_ENABLED": "0", "WAYBRIDGE_ENV": "demo", "PYTHONUNBUFFERED": "1"}
    children = []

    def start(name, *args):
        log = (folder / f"{name}.log").open("wb")
        child = subprocess.Popen([sys.executable, str(ROOT / "run.py"), name, *args], cwd=ROOT, env=environment, stdout=log, stderr=log,
                                 start_new_session=True)
        children.append(child)
        return child

    try:
        finish(start("upgrade"), folder, "upgrade")
        start("sandbox", "--sandbox-port", str(box), "--state", str(folder / "sandbox.json"))
        wait_for(f"{made.sandbox}/control/state", folder, "sandbox")
        finish(start("demo"), folder, "demo")
        start("web", "--port", str(web))
        start("worker")
        start("clock")
        wait_for(f"{made.url}/healthz", folder, "web")
        yield made
    finally:
        stop(children)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def finish(child, folder, name):
    assert child.wait(PATIENCE_S) == 0, (folder / f"{name}.log").read_text()[-3000:]


def wait_for(url, folder, name):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            if requests.get(url, timeout=2).status_code == 200:
                return
        except requests.RequestException:
            time.sleep(0.2)
    pytest.fail(f"{name} did not start: " + (folder / f"{name}.log").read_text()[-3000:])


def stop(children):
    living = [child for child in children if child.poll() is None]
    for child in living:
        child.terminate()
    for child in living:
        try:
            child.wait(25)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def chromium():
    """One browser for the session; it must be installed (`make test` does that), a missing one is no reason to skip."""
    from playwright.sync_api import sync_playwright
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert found, f"none of {', '.join(BROWSERS)} is installed"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visit(product, chromium):
    """visit(user, locale, width) -> a signed-in page in a browser context of its own; contexts end with the test."""
    from tests.browser.clerk import sign_in
    contexts = []

    def open_page(user, locale, width=1366):
        context = chromium.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        sign_in(page, product.url, user, locale)
        return page

    yield open_page
    for context in contexts:
        context.close()
