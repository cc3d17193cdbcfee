"""Every screen of the menu, in both languages, at the width of a desk and of a telephone."""
import os
from pathlib import Path

import pytest

from app.demo import data
from tests.browser.checks import Watch, faults
from tests.browser.clerk import follow, open_menu, press, tab

pytestmark = pytest.mark.browser
WIDTHS = (1366, 390)
# Pages that no menu leads to.
MORE = {"admin": ("/", "/shopaccountview/add?platform=shopee", "/platformorderview/pull", "/skumappingview/add", "/skumappingview/import"),
        "provider": ("/",)}
NAMES = [*data.PEOPLE, *data.SHOPS, *(name for name, _phone in data.MERCHANTS.values())]


@pytest.fixture(scope="module")
def busy(product, chromium):
    """Some orders on their way, so that the screens of the later steps have rows: converted, audited and pushed by clicking."""
    from tests.browser.clerk import sign_in
    context = chromium.new_context(viewport={"width": 1366, "height": 900})
    page = context.new_page()
    sign_in(page, product.url, "clerk", "en")
    open_menu(page, "PlatformOrderView")
    for _try in range(60):
        if page.locator("#rows input[name=rowid]").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    for action, next_tab in (("convert", ""), ("audit", "audited"), ("push", "")):
        if action == "audit":
            open_menu(page, "OutboundOrderView")
        page.check("input.pick-all")
        press(page, action)
        if next_tab:
            tab(page, next_tab)
    page.wait_for_selector("#run-progress[data-open='0']", timeout=90_000)
    context.close()


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("user", ["admin", "provider"])
def test_every_screen(product, visit, busy, user, locale):
    page = visit(user, locale)
    watch, problems = Watch(page, product.url), []
    menu = page.eval_on_selector_all(".navbar .dropdown-menu a[href]", "links => links.map(l => l.getAttribute('href'))")
    screens = list(dict.fromkeys([*menu, *MORE[user]]))
    assert len(screens) > 15, f"the menu has only {menu}"
    for path in screens:
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        answer = page.goto(product.url + path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            problems += [f"{path} at {width}: {text}" for text in faults(page, answer.status, locale, NAMES)]
            shoot(page, f"{user}-{locale}-{width}-{path}")
        problems += [f"{path}: {text}" for text in watch.take()]
    assert not problems, "\n" + "\n".join(dict.fromkeys(problems))


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_details_behind_the_lists(product, visit, busy, locale):
    """The first row's details of each list that has some."""
    page = visit("clerk", locale)
    watch, problems = Watch(page, product.url), []
    for view in ("PlatformOrderView", "OutboundOrderView", "UnconfirmedWaybillView", "PushedWaybillView", "ProductView", "RunView"):
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        open_menu(page, view)
        link = page.locator(f"#rows a[href*='/{view.lower()}/show/']").first
        if not link.count():
            continue
        with page.expect_navigation() as moved:
            link.click()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            problems += [f"{view} details at {width}: {text}" for text in faults(page, moved.value.status, locale, NAMES)]
            shoot(page, f"details-{locale}-{width}-{view}")
        problems += [f"{view} details: {text}" for text in watch.take()]
    assert not problems, "\n" + "\n".join(dict.fromkeys(problems))


def test_the_log_in_page(product, chromium):
    """Before anybody signed in."""
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    watch = Watch(page, product.url)
    answer = page.goto(f"{product.url}/login/")
    problems = faults(page, answer.status, "zh") + watch.take()
    context.close()
    assert not problems, problems


def test_a_wrong_password_is_told(product, chromium):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{product.url}/login/")
    page.fill("#username", "clerk")
    page.fill("#password", "wrong")
    follow(page, "form[name=login] button[type=submit]")
    assert page.locator(".alert").count() == 1
    assert "/login" in page.url
    context.close()


def shoot(page, name):
    """A picture of the page for people, when WAYBRIDGE_SHOTS names a folder."""
    folder = os.environ.get("WAYBRIDGE_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / (name.strip("/").replace("/", "_").replace("?", "_") + ".png")), full_page=True)
