"""SKU mappings by sheet: saving, refusing, the sheet that comes back, the round trip."""
import time

import pytest
import sqlalchemy as sa

from app.domain import sheets
from app.failures import Failure
from app.models import AuditEntry, Product, SkuMapping, bulk
from app.extensions import db
from app.tenancy import as_system, as_tenant
from tests import factory
from tests.domain.sheets.conftest import cells, csv_bytes, xlsx

HEAD = ["平台SKU", "OMS SKU", "数量", "平台账号", "平台"]
ALL = sa.select(SkuMapping.platform_sku, SkuMapping.quantity, SkuMapping.account_id, SkuMapping.platform).order_by(SkuMapping.id)


def test_good_rows_are_saved_and_bad_ones_come_back_in_the_own_sheet(desk):
    factory.product(desk.world.a, "CCD007")
    factory.product(desk.world.b, "THEIRS")
    shop = factory.account(desk.world.a, alias="acacc")
    run = desk.take("mappings", xlsx(
        ["备注", *HEAD], ["x", "P1", "CCD007", 2, "acacc", "SHOPEE"], ["", "P2", "THEIRS", 1, "", ""],
        ["", "P3", "CCD007", "two", "nobody", "Mars"],
        [], ["", "P4", "CCD007", 1, "", "虾皮"], ["", "P1", "CCD007", 5, "ACACC", ""], ["", "P5", "CCD007", 1, "", "Shopee"]))
    assert (run.state, run.done, run.failed, run.total) == ("done", 2, 4, 6)
    assert desk.ask(ALL) == [("P1", 2, shop, "shopee"), ("P5", 1, None, "shopee")]
    assert run.codes == ["sheet.added", "sheet.unknown_product", "sheet.whole_number", "sheet.unknown_platform", "sheet.duplicate",
                         "sheet.added"]
    assert run.rows[4].params["first"] == 2 and run.rows[4].params["row"] == 7
    assert run.rows[2].params | {"more": 0} == {"row": 4, "field": "quantity", "column": "数量", "value": "two", "low": 1, "high": 9999,
                                                "more": 0}
    assert [m["code"] for m in run.rows[2].params["more"]] == ["sheet.unknown_platform"]
    assert run.notes["ignored"] == ["备注"]
    back = cells(run.files["errors"].content)
    assert back[0] == ["备注", *HEAD, "错误 / Errors"]
    assert back[3][:6] == ["", "P3", "CCD007", "two", "nobody", "Mars"] and back[3][6]
    assert back[1][6] == "已导入 / Saved" and back[4] == [""] * 7


def test_the_returned_sheet_is_taken_again_after_mending(desk):
    factory.product(desk.world.a, "CCD007")
    first = desk.take("mappings", xlsx(HEAD[:3], ["P1", "CCD007", 1], ["P2", "CCD07", 1]))
    back = cells(first.files["errors"].content)
    back[2][1] = "CCD007"
    second = desk.take("mappings", xlsx(*back))
    assert (second.codes, second.failed) == (["sheet.unchanged", "sheet.added"], 0)
    assert "errors" not in second.files and second.notes["ignored"] == []
    assert [r[0] for r in desk.ask(ALL)] == ["P1", "P2"]


def test_the_same_key_changes_the_quantity_and_leaves_a_trail(desk):
    product = factory.product(desk.world.a, "CCD007")
    row = factory.mapping(desk.world.a, "P1", product, 1)
    factory.mapping(desk.world.a, "P2", product, 4)
    run = desk.take("mappings", csv_bytes(["Quantity ", "platform_sku", "*oms sku"], ["3.0", "P1", "CCD007"], ["4", "P2", "CCD007"]),
                    "a.csv")
    assert run.codes == ["sheet.changed", "sheet.unchanged"] and (run.done, run.skipped) == (1, 1)
    assert [r[1] for r in desk.ask(ALL)] == [3, 4]
    with desk.world.app.app_context(), as_system():
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.table == "sku_mapping", AuditEntry.action == "update")).one()
        assert (entry.row_id, entry.before, entry.after, entry.by) == (row, {"quantity": 1}, {"quantity": 3}, "clerk")
        stored = db.session.get(SkuMapping, row)
        assert stored.changed_by == "clerk" and stored.changed_at > stored.created_at


def test_a_dry_run_saves_nothing_but_says_all(desk):
    factory.product(desk.world.a, "CCD007")
    run = desk.take("mappings", xlsx(HEAD[:3], ["P1", "CCD007", 1], ["P2", "NO", 1]), dry_run=True)
    assert run.codes == ["sheet.would_add", "sheet.unknown_product"] and desk.ask(ALL) == []
    assert cells(run.files["errors"].content)[1][3] == ""


def test_wrong_columns_name_what_is_missing(desk):
    run = desk.take("mappings", xlsx(["SKU", "Anzahl"], ["P1", 2]))
    assert (run.state, run.code) == ("failed", "sheet.columns")
    assert run.params == {"missing": ["Platform SKU", "OMS SKU", "Quantity"], "found": ["SKU", "Anzahl"]}


@pytest.mark.parametrize("content",
                         [b"", b"%PDF-1.7 x", b"PK\x03\x04broken", b"<html><table></table></html>",
                          b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600])
def test_what_is_no_spreadsheet_is_refused(desk, content):
    try:
        code = desk.take("mappings", content).code
    except Failure as failure:
        code = failure.code
    assert code in ("sheet.not_a_sheet", "sheet.empty")


def test_formulas_stay_texts_and_broken_ones_are_named(desk):
    factory.product(desk.world.a, "CCD007")

    def fill(_book, sheet):
        sheet.write_formula(1, 0, '="P"&"9"', None, "P9")
        sheet.write_formula(2, 3, "=NOSUCH()", None, "#NAME?")
    run = desk.take("mappings",
                    xlsx(HEAD, [None, "CCD007", 1], ["P2", "CCD007", 1, None], ["=1+1", "CCD007", 1], ["@cmd|' /C calc'!A0", "CCD007", 1],
                         fill=fill))
    assert run.codes == ["sheet.added", "sheet.formula_error", "sheet.added", "sheet.added"]
    assert [r[0] for r in desk.ask(ALL)] == ["P9", "=1+1", "@cmd|' /C calc'!A0"]
    out = desk.give("mappings").files["result"].content
    assert [r[0] for r in cells(out)[1:]] == ["P9", "=1+1", "@cmd|' /C calc'!A0"]
    assert b"<f>" not in _unzipped(out)


def _unzipped(content):
    import io
    import zipfile
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return b"".join(book.read(n) for n in book.namelist())


def test_gbk_csv_from_chinese_excel(desk):
    factory.product(desk.world.a, "手机壳-黑")
    run = desk.take("mappings", csv_bytes(HEAD, ["平台壳", "手机壳-黑", "1", "", "速卖通"], encoding="gbk"), "映射.csv")
    assert run.codes == ["sheet.added"] and desk.ask(ALL) == [("平台壳", 1, None, "aliexpress")]


def test_leading_zeros_that_excel_dropped_are_found_again(desk):
    factory.product(desk.world.a, "00123")
    run = desk.take("mappings", xlsx(HEAD[:3], [5512345678901.0, 123, 1]))
    assert run.codes == ["sheet.zeros_restored"] and run.rows[0].params["meant"] == "00123"
    assert desk.ask(ALL)[0][0] == "5512345678901"


def test_one_short_name_on_two_platforms_needs_the_platform(desk):
    factory.product(desk.world.a, "A")
    factory.account(desk.world.a, alias="main")
    lazada = factory.account(desk.world.a, alias="main", platform="lazada")
    run = desk.take("mappings", xlsx(HEAD, ["P1", "A", 1, "main", ""], ["P2", "A", 1, "main", "LAZADA"], ["P3", "A", 1, "main", "eBay"]))
    assert run.codes == ["sheet.account_ambiguous", "sheet.added", "sheet.account_elsewhere"]
    assert desk.ask(ALL) == [("P2", 1, lazada, "lazada")]


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_export_edit_import_loses_nothing(desk, locale):
    a = factory.product(desk.world.a, "0007")
    shop = factory.account(desk.world.a, alias="店铺 1")
    factory.mapping(desk.world.a, "P 1", a, 2, account_id=shop, platform="shopee")
    factory.mapping(desk.world.a, "007", a, 1, platform="aliexpress")
    factory.mapping(desk.world.a, "P3", a, 1)
    out = cells(desk.give("mappings", locale).files["result"].content)
    before = desk.ask(ALL)
    assert desk.take("mappings", xlsx(*out), locale=locale).codes == ["sheet.unchanged"] * 3
    out[2][2] = 9
    assert desk.take("mappings", xlsx(*out), locale=locale).codes == ["sheet.unchanged", "sheet.changed", "sheet.unchanged"]
    assert desk.ask(ALL) == [before[0], ("007", 9, None, "aliexpress"), before[2]]


@pytest.mark.slow
def test_fifty_thousand_rows(desk):
    with desk.world.app.app_context(), as_tenant(desk.world.a, "test"):
        bulk.insert_rows(Product, [{"sku": f"S{n}"} for n in range(500)])
        db.session.commit()
    content = xlsx(HEAD[:3], *([f"P{n}", f"S{n % 501}", n % 5 + 1] for n in range(50_000)))
    start = time.process_time()
    run = desk.take("mappings", content)
    spent = time.process_time() - start
    unknown = sum(n % 501 == 500 for n in range(50_000))
    assert (run.state, run.done, run.failed, run.total) == ("done", 50_000 - unknown, unknown, 50_000)
    assert desk.ask(sa.select(sa.func.count(SkuMapping.id)))[0][0] == 50_000 - unknown
    assert len(cells(run.files["errors"].content)) == 50_001
    assert spent < 30       # CPU seconds of this process; 7 to 10 here, import, reading back and making the sheet together


def test_a_run_that_stops_half_way_keeps_its_chunks_and_goes_on(desk):
    factory.product(desk.world.a, "A")
    rows = [[f"P{n}", "A", 1] for n in range(4_999)] + [["P0", "A", 2]]
    first = desk.take("mappings", xlsx(HEAD[:3], *rows), stop_after=2)
    assert (first.done, first.total, first.state) == (2_000, 5_000, "running")
    assert desk.ask(sa.select(sa.func.count(SkuMapping.id)))[0][0] == 2_000
    whole = desk.resume(first.id)
    assert (whole.state, whole.done, whole.failed, len(whole.rows)) == ("done", 4_999, 1, 5_000)
    assert whole.rows[-1].code == "sheet.duplicate" and whole.rows[-1].params["first"] == 2


def test_the_template_takes_its_own_headings(desk):
    with desk.world.app.app_context():
        for kind in sheets.IMPORTS:
            name, content = sheets.template_file(kind)
            assert name.endswith(".xlsx") and len(cells(content, 1)) == len(sheets.KINDS[kind].entry) + 1
            assert len(cells(content)[0]) == len(sheets.KINDS[kind].entry)
    run = desk.take("mappings", content)
    assert run.code == "sheet.columns"
