"""Help: every guide in both languages, the seed's words, tables and answers made from the program's own data."""
import re

import pytest

from app.domain.orders.lifecycle import FLOWS
from app.integrations.platforms import PLATFORMS
from app.messages import CATALOGUE
from app.views.help import GENERAL
from tests import factory

SLUGS = [*GENERAL, *(f"authorise-{key}" for key in PLATFORMS)]
# Word for word from the user's documents.
SEED = {
    "authorise-aliexpress": ("点击“申请成为开发者”或者“个人中心”", "key即为APPkey，签名串即为APP密钥", "进入授权页面", "即可完成速卖通账号的添加"),
    "authorise-ebay": ("登陆账号进行授权，点击“I Agree”", "回到系统添加账号界面，填写账号信息（可以随便填写信息），点击“确定”即可完成账号添加"),
    "authorise-wish": ("登录wish后台，创建APP", "将wishAPP 信息填写到添加账号页面", "发起授权"),
    "authorise-amazon": ("在 授权页面选择第一个选项", "一路next，直到最后一个页面，看到SellId 和MarketplaceId等信息", "AWS Access Key，Secret Key"),
    "working-day": ("可以将订单中SKU信息同步到SKU管理", "配货信息会出现在物流面单的配货信息中", "给订单选择货运渠道", "可以将订单同步平台进行发货", "该操作极少用到", "客户单号以“OD”开头的都是从订单提交过来的预报"),
}
FAQ = ("“电商订单管理”点击推送后“操作信息”提示货运方式不能到达目的地：", "选择其他 物流渠道，或者联系物流公司帮忙解决。",
       "“电商订单管理”点击推送后“操作信息”提示“申报英文名为空”，或者“无申报信息”", "查看该订单的SKU，然后到SKU管理区给该SKU设置。详细方法请看第五步订单下载的“设置SKU”内容。",
       "“电商订单管理”点击推送后“操作信息”提示“基础连接已经关闭 连接被意外关闭”",
       "到左边导航栏“未确认运单”找到该订单的预报信息，点击编辑，查看收件人或收件地址是否包含有“’”等特殊字符，如果有，将其删除。", "删除特殊字符之后回到订单管理，再将该订单推送一次。")


def text(answer):
    return answer.get_data(as_text=True)


def plain(answer):
    return re.sub(r"<[^>]+>", "", text(answer))


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_guide_opens_in_both_languages(world, locale):
    client = factory.login(world.app, "viewer_a", locale)
    for slug in SLUGS:
        answer = client.get(f"/help/{slug}")
        assert answer.status_code == 200, slug
        body = text(answer).split("<article")[1].split("</article>")[0]
        chinese = len(re.findall(r"[一-鿿]", body))
        assert chinese > 20 if locale == "zh" else chinese <= 4, (slug, chinese)      # 4: brand names such as 速卖通
        assert "<script" not in body and "onclick" not in body
    assert client.get("/help/nothing").status_code == client.get("/help/authorise-nothing").status_code == 404


def test_the_seeds_words_are_there(world):
    client = factory.login(world.app, "clerk_a", "zh")
    for slug, sentences in SEED.items():
        page = plain(client.get(f"/help/{slug}"))
        for sentence in sentences:
            assert sentence in page, (slug, sentence)
    page = plain(client.get("/faq/"))
    for sentence in FAQ:
        assert sentence in page, sentence


def test_addresses_to_copy_are_the_installations_own(world):
    page = text(factory.login(world.app, "boss", "en").get("/help/authorise-shopee"))
    base = world.app.config["PUBLIC_URL"]
    for address in (f"{base}/oauth/shopee/callback", f"{base}/api/v1/push/shopee"):
        assert f'data-copy="{address}"' in page


def test_platforms_without_connector_are_marked(world):
    client = factory.login(world.app, "clerk_a", "en")
    assert "The connector for eBay is coming" in text(client.get("/help/authorise-ebay"))
    assert "is coming: the steps" not in text(client.get("/help/authorise-shopee"))


def test_the_table_of_moves_is_the_programs_own(world):
    client = factory.login(world.app, "clerk_a", "en")
    page = text(client.get("/help/states"))
    assert page.count("<tbody>") == len(FLOWS)
    assert page.count("<tr>") == sum(len(flow) + 1 for _subject, flow in FLOWS.values())
    assert "the state before" in page and "tone-cold" in page


def test_answers_come_from_the_catalogue_with_a_link_each(world):
    page = text(factory.login(world.app, "clerk_a", "en").get("/faq/"))
    for code, (_sentence, fix) in CATALOGUE.items():
        if fix in ("sku", "channel", "outbound"):
            assert f'id="{code}"' in page, code
    assert "%(" not in page


def test_short_addresses(world):
    client = factory.login(world.app, "clerk_a")
    assert client.get("/help/").location.endswith("/help/working-day") and client.get("/help/faq").location.endswith("/faq/")
    assert client.get("/help/shopee").location.endswith("/help/authorise-shopee")
    assert world.app.test_client().get("/help/working-day").status_code == 302
