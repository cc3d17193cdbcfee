"""What a clerk does with the screens: sign in, open a menu, search, tick rows, press an action, wait for a run."""
import contextlib
import re

from app.demo.data import PASSWORD

RUN_S = 60_000      # milliseconds that a run may take


def sign_in(page, url, user, locale):
    """Sign in through the form and choose the language with the switch of the bar."""
    page.goto(f"{url}/login/")
    page.fill("#username", user)
    page.fill("#password", PASSWORD)
    follow(page, "form[name=login] button[type=submit]")
    assert "/login" not in page.url, f"{user} could not sign in"
    if page.locator("html").get_attribute("lang")[:2] != locale:
        if not page.locator(f"a.language[lang={locale}]").is_visible():
            page.click(".navbar-toggle")
        follow(page, f"a.language[lang={locale}]")
    assert page.locator("html").get_attribute("lang")[:2] == locale


def open_menu(page, view):
    """Open a screen by its menu entry; gives the entry's text."""
    entry = page.locator(f".navbar .dropdown-menu a[href*='/{view.lower()}/']").first
    page.locator(".navbar .dropdown", has=page.locator(f"a[href*='/{view.lower()}/']")).locator("> a").click()
    text = entry.inner_text().strip()
    with page.expect_navigation():
        entry.click()
    return text


def search(page, numbers):
    """Narrow a list to these numbers with the field for several numbers."""
    page.fill("#f-numbers", "\n".join(numbers))
    follow(page, "form.search button[type=submit]")


def tab(page, code):
    follow(page, f"ul.tabs a[href*='tab={code}']")


def follow(page, selector):
    """Click what leads to another page, and be there."""
    with page.expect_navigation():
        page.click(selector)


def rows(page):
    return page.locator("#rows tbody tr:has(input[name=rowid])")


def tick_all(page, expected):
    """Tick every row of the page; there must be as many as expected."""
    assert rows(page).count() == expected, f"{rows(page).count()} rows instead of {expected} on {page.url}"
    page.check("input.pick-all")


def press(page, action, stay=False, **values):
    """Press a button of the toolbar, fill in its dialog or say yes; gives the button's text. `stay`: the answer opens elsewhere."""
    button = page.locator(f"button.act[data-action={action}]")
    text, asks, fields = button.inner_text().strip(), button.get_attribute("data-confirm"), button.get_attribute("data-fields")
    with contextlib.nullcontext() if stay else page.expect_navigation():
        button.click()
        if fields:
            dialog = page.locator(f"#dialog-{action}")
            for name, value in values.items():
                dialog.locator(f"[name=p_{name}]").select_option(label=value)
            dialog.locator(".modal-footer button.btn-primary").click()
        elif asks:
            page.click("#confirm-box .yes")
    return text


def wait_for_run(page):
    """Wait until the run on the page has ended and nothing of it failed; gives the number of rows done."""
    page.wait_for_url(re.compile(r"/runview/show/"))
    page.wait_for_selector("#run-progress[data-open='0']", timeout=RUN_S)
    failed = page.locator("#run-progress [data-number=failed]").inner_text()
    problem = page.locator("#run-progress .problem").all_inner_texts()
    assert failed == "0" and not problem, "\n".join([*problem, *page.locator("table.grid tbody tr").all_inner_texts()])
    return int(page.locator("#run-progress [data-number=done]").inner_text())


def flash(page):
    """Text of the green message; a red or yellow one fails the test."""
    bad = page.locator(".alert-danger, .alert-warning").all_inner_texts()
    assert not bad, bad
    return page.locator(".alert-success").first.inner_text()
