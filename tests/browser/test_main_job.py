"""The main job by clicking, as a merchant clerk, in both languages: from authorising a shop to the number on the platform's order."""
import re
import secrets

import pytest
import requests

from app.demo import data, scan
from tests.browser.clerk import flash, follow, open_menu, press, rows, search, tab, tick_all, wait_for_run

pytestmark = pytest.mark.browser
# The words of the seed documents, and ours in English: what the clerk has to find on buttons and in menus.
WORDS = {
    "zh": {"ShopAccountView": "平台账号管理", "SkuMappingView": "平台SKU关系", "PlatformOrderView": "平台订单管理", "OutboundOrderView": "订单列表",
           "ForecastWaybillView": "已预报运单", "PushedWaybillView": "已推送运单", "add": "新增", "pull": "抓取订单",
           "verify": "授权验证", "convert": "转系统订单", "audit": "订单审核", "set_channel_outbound": "设置渠道", "push": "推送运单", "print": "打印面单",
           "write_back_waybill": "标记出货&回写单号"},
    "en": {"ShopAccountView": "Shop accounts", "SkuMappingView": "SKU mappings", "PlatformOrderView": "Platform orders",
           "OutboundOrderView": "Order list", "ForecastWaybillView": "Forecast waybills", "PushedWaybillView": "Pushed waybills",
           "add": "Add", "pull": "Pull orders", "verify": "Verify authorisation", "convert": "Convert to system order", "audit": "Audit",
           "set_channel_outbound": "Set channel", "push": "Push waybill", "print": "Print labels",
           "write_back_waybill": "Mark shipped and write back"},
}


@pytest.mark.parametrize(("locale", "region", "channel"), [("zh", "PH", "GoGo Xpress"), ("en", "VN", "VNPost Tiết Kiệm")])
def test_the_whole_job(product, visit, locale, region, channel):
    page, told = visit("clerk", locale), {}
    shop_id = make_shop(product.sandbox, region)
    alias, new_sku = f"Browser {locale} {secrets.token_hex(3)}", f"NEW-{secrets.token_hex(4)}"
    numbers = make_orders(product.sandbox, shop_id, region, new_sku)

    told |= authorise(page, alias, region, shop_id)
    told |= pull(page, alias, numbers)
    told["SkuMappingView"] = open_menu(page, "SkuMappingView")
    match(page, new_sku)
    told |= convert(page, numbers)
    told |= audit_and_push(page, numbers, channel)
    tracking, words = print_labels(page, numbers)
    told |= words
    told |= write_back(page, numbers)

    for number in numbers:
        order = requests.get(f"{product.sandbox}/control/shopee/orders/{number}", timeout=10).json()
        assert order["order_status"] == "SHIPPED"
        assert order["tracking_numbers"] == [tracking[number]]
    assert told == WORDS[locale]


def make_shop(sandbox, region):
    shops = f"{sandbox}/control/shopee/shops"
    shop_id = requests.post(shops, json={"region": region, "name": f"Browser {region}"}, timeout=10).json()["shop_id"]
    requests.patch(f"{shops}/{shop_id}", json={"channels": data.CHANNELS[region]}, timeout=10).raise_for_status()
    return shop_id


def make_orders(sandbox, shop_id, region, new_sku):
    """Numbers of two orders: one of a mapped SKU, one of a SKU that nobody knows."""
    made = []
    for sku in ("CUP-BL-500", new_sku):
        item = {"sku": sku, "quantity": 1, "name": "Ceramic cup", "price": 120_000 if region == "VN" else 180}
        wish = {"shop_id": shop_id, "items": [item], "channel": data.CHANNELS[region][0]["name"], "push": False, "created_within": 3600}
        answer = requests.post(f"{sandbox}/control/shopee/orders", json=wish, timeout=10)
        answer.raise_for_status()
        made += answer.json()["order_sn"]
    return sorted(made)


def authorise(page, alias, region, shop_id):
    """平台账号管理 新增, the sandbox's own page, and 授权验证."""
    told = {"ShopAccountView": open_menu(page, "ShopAccountView")}
    add = page.locator(".toolbar a.btn-primary")
    told["add"] = add.inner_text().strip()
    add.click()
    page.fill("#alias", alias)
    page.select_option("#p-region", region)
    page.fill("#p-own_carrier_channels", data.CHANNELS[region][0]["name"])
    page.click("form.form button.btn-primary")
    page.wait_for_url(re.compile("/shopee/auth"))
    page.check(f"input[name=who][value='{shop_id}']")
    page.click("button[type=submit]")
    page.wait_for_url(re.compile("/shopaccountview/"))
    assert alias in flash(page)
    page.fill("#f-alias", alias)
    follow(page, "form.search button[type=submit]")
    tick_all(page, 1)
    told["verify"] = press(page, "verify")
    assert wait_for_run(page) == 1
    return told


def pull(page, alias, numbers):
    """平台订单管理 抓取订单; the authorisation's own pull may have brought them already."""
    told = {"PlatformOrderView": open_menu(page, "PlatformOrderView")}
    button = page.locator(".toolbar a.btn-primary")
    told["pull"] = button.inner_text().strip()
    with page.expect_navigation():
        button.click()
    label = next(text for text in page.locator("#account option").all_text_contents() if alias in text)
    page.select_option("#account", label=label.strip())
    follow(page, "form.form button.btn-primary")
    if "/runview/show/" in page.url:
        wait_for_run(page)
    open_menu(page, "PlatformOrderView")
    search(page, numbers)
    assert rows(page).count() == len(numbers)
    return told


def match(page, new_sku):
    """The queue of unmatched SKUs: type the OMS SKU and confirm."""
    page.goto(page.url.split("/skumappingview")[0] + "/unmatchedview/list/")
    row = page.locator("table.grid tbody tr", has_text=new_sku)
    row.locator("input[name=sku]:visible").fill("HMKJ-4552")
    row.locator(".inline-form button").click()
    assert new_sku in flash(page)


def convert(page, numbers):
    open_menu(page, "PlatformOrderView")
    search(page, numbers)
    tick_all(page, len(numbers))
    told = {"convert": press(page, "convert")}
    assert str(len(numbers)) in flash(page)
    tab(page, "processed")
    assert rows(page).count() == len(numbers)
    return told


def audit_and_push(page, numbers, channel):
    told = {"OutboundOrderView": open_menu(page, "OutboundOrderView")}
    search(page, numbers)
    tick_all(page, len(numbers))
    told["audit"] = press(page, "audit")
    flash(page)
    tab(page, "audited")
    tick_all(page, len(numbers))
    choice = next(text for text in page.locator("#dialog-set_channel_outbound option").all_text_contents() if channel in text).strip()
    told["set_channel_outbound"] = press(page, "set_channel_outbound", channel_id=choice)
    flash(page)
    tick_all(page, len(numbers))
    told["push"] = press(page, "push")
    assert wait_for_run(page) == len(numbers)
    return told


def print_labels(page, numbers):
    """({order number: tracking number on the screen}, words); the numbers are read from the printed bars as well."""
    told = {"ForecastWaybillView": open_menu(page, "ForecastWaybillView")}
    search(page, numbers)
    shown = {number: tracking_of(rows(page).filter(has_text=number)) for number in numbers}
    tick_all(page, len(numbers))
    files = []

    def keep(route):
        answer = route.fetch()
        if answer.headers.get("content-type", "").startswith("application/pdf"):
            files.append(answer.body())
        route.fulfill(response=answer)

    page.context.route("**/forecastwaybillview/action_post", keep)
    with page.context.expect_page() as opened:
        told["print"] = press(page, "print", stay=True)
    opened.value.wait_for_load_state()
    page.context.unroute("**/forecastwaybillview/action_post")
    opened.value.close()
    assert files, "printing gave no PDF"
    assert scan.barcodes(files[0]) >= set(shown.values())
    return shown, told


def tracking_of(row):
    """The tracking number as the list shows it in its column."""
    column = row.page.locator("table.grid thead th").all_inner_texts()
    place = next(i for i, head in enumerate(column) if head.strip() in ("Tracking no.", "跟踪号"))
    return row.locator("td").nth(place).inner_text().split()[0]


def write_back(page, numbers):
    told = {"PushedWaybillView": open_menu(page, "PushedWaybillView")}
    search(page, numbers)
    tick_all(page, len(numbers))
    told["write_back_waybill"] = press(page, "write_back_waybill")
    assert wait_for_run(page) == len(numbers)
    return told
