"""Products, tracking numbers and stock by sheet."""
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from app.models import PoolNumber, Product, StockLevel, StockMove
from tests import factory
from tests.domain.sheets.conftest import cells, csv_bytes, xlsx

PRODUCT = sa.select(Product.sku, Product.name, Product.declared_value, Product.weight_g, Product.battery,
                    Product.origin).order_by(Product.id)
LEVELS = sa.select(StockLevel.on_hand, StockLevel.reserved).order_by(StockLevel.product_id)
MOVES = sa.select(StockMove.on_hand, StockMove.on_hand_after, StockMove.reason, StockMove.by).order_by(StockMove.id)


def test_products_are_added_and_only_given_columns_change(desk):
    factory.product(desk.world.a, "OLD", name="old", bin="A1", weight_g=5)
    run = desk.take("products", xlsx(
        ["系统SKU", "名称", "申报价值", "重量(g)", "是否带电"], ["OLD", "new", 3, 120.0, "是"], ["N1", " two  words ", "1,234.50", None, None],
        ["N1", "", 1, 1, "否"]))
    assert run.codes == ["sheet.changed", "sheet.added", "sheet.duplicate"]
    assert desk.ask(PRODUCT) == [("OLD", "new", Decimal("3"), 120, True, "CN"), ("N1", "two  words", Decimal("1234.50"), 0, False, "CN")]
    assert desk.ask(sa.select(Product.bin, Product.declared_en).where(Product.sku == "OLD")) == [("A1", "Phone case")]


def test_each_wrong_cell_says_what_was_expected(desk):
    head = ["sku", "declared_value", "declared_currency", "weight_g", "hs_code", "origin", "battery", "barcode", "bin", "image_url", "name"]
    run = desk.take("products",
                    xlsx(head, ["A", -1, "Taler", 1.5, "12-34", "China", "perhaps", 69012345678901234, "x" * 41, "ftp://x", "ok"]))
    row = run.rows[0]
    faults = [(row.code, row.params["field"]), *((m["code"], m["params"]["field"]) for m in row.params["more"])]
    assert faults == [("sheet.amount", "declared_value"), ("sheet.unknown_code", "declared_currency"), ("sheet.whole_number", "weight_g"),
                      ("sheet.hs_code", "hs_code"), ("sheet.unknown_code", "origin"), ("sheet.yes_no", "battery"),
                      ("sheet.too_long", "bin"),
                      ("sheet.digits_lost", "barcode"), ("sheet.link", "image_url")]


def test_accidents_of_excel_and_control_characters(desk):
    def fill(book, sheet):
        sheet.write_datetime(1, 0, date(2026, 4, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
    assert desk.take("products", xlsx(["sku", "name"], [None, "x"], ["B", "ok"], fill=fill)).codes == ["sheet.date_for_text", "sheet.added"]
    run = desk.take("products", csv_bytes(["sku", "name"], ["A\0B", "x"], ["1.23457E+12", "x"], ["😀", "😀 名"]), "a.csv")
    assert run.codes == ["sheet.control_character", "sheet.digits_lost", "sheet.added"]
    assert "errors" in run.files and run.rows[0].params["value"] == "A?B"


def test_a_number_for_a_sku_with_zeros_changes_that_sku(desk):
    factory.product(desk.world.a, "00123", name="x")
    assert desk.take("products", xlsx(["sku", "name"], [123, "y"])).codes == ["sheet.zeros_restored"]
    assert desk.take("products", xlsx(["sku", "name"], ["123", "z"])).codes == ["sheet.added"]      # a text is meant as it stands
    assert [r[:2] for r in desk.ask(PRODUCT)] == [("00123", "y"), ("123", "z")]


def test_products_round_trip_in_both_languages(desk):
    factory.product(desk.world.a, "0012", name="=1+1", declared_value=Decimal("2.3456"), battery=True, hs_code="0101.21",
                    barcode="00690123",
                    pick_info="A-01 黑 😀", bin="007", active=False, image_url="https://x.example/a.png", origin="VN")
    factory.product(desk.world.a, "B")
    everything = sa.select(*(c for c in Product.__table__.columns if c.name not in ("changed_at",
                                                                                    "changed_by"))).where(Product.tenant_id == desk.world.a).order_by(Product.id)
    before = desk.ask(everything)
    for locale in ("en", "zh"):
        out = cells(desk.give("products", locale).files["result"].content)
        assert desk.take("products", xlsx(*out), locale=locale).codes == ["sheet.unchanged"] * 2
        assert desk.ask(everything) == before


def test_pool_numbers_go_in_once(desk):
    line = factory.channel(desk.world.a, code="PH1", name="菲律宾专线")
    factory.channel(desk.world.a, code="API", carrier="vnpost")
    factory.channel(desk.world.b, code="THEIRS")
    factory.add(desk.world.a, PoolNumber(channel_id=line, number="USED1", reference="OD1"))
    run = desk.take("pool_numbers",
                    xlsx(["渠道代码", "跟踪号"], ["PH1", "N0001"], ["菲律宾专线", "N0001"], ["ph1", 123456.0], ["API", "N0002"], ["THEIRS", "N0003"],
                                         ["PH1", "USED1"], ["PH1", 12345678901234567], ["PH1", "号码12"]))
    assert run.codes == ["sheet.added", "sheet.duplicate", "sheet.added", "sheet.channel_without_pool", "sheet.unknown_channel",
                         "sheet.number_used",
                         "sheet.digits_lost", "sheet.tracking_form"]
    assert desk.ask(sa.select(PoolNumber.number).order_by(PoolNumber.id)) == [("USED1",), ("N0001",), ("123456",)]
    assert desk.take("pool_numbers", xlsx(["渠道代码", "跟踪号"], ["PH1", "N0001"])).codes == ["sheet.unchanged"]


def test_stock_changes_and_counts_write_the_ledger(desk):
    a, b, c = (factory.product(desk.world.a, sku) for sku in "ABC")
    factory.product(desk.world.b, "X")
    factory.stock(desk.world.a, desk.world.warehouse, a, 10)
    held = factory.stock(desk.world.a, desk.world.warehouse, b, 10)
    with desk.world.app.app_context():
        from app.extensions import db
        from app.tenancy import as_tenant
        with as_tenant(desk.world.a):
            db.session.get(StockLevel, held).reserved = 4
            db.session.commit()
    head = ["仓库", "SKU", "变动数量", "新在库数量", "原因"]
    run = desk.take("stock_adjust",
                    xlsx(head, ["SZ", "A", -3, None, "broken"], ["Shenzhen", "B", None, 3, ""], ["SZ", "C", None, 7, ""],
                         ["SZ", "X", 1, None, ""],
                                         ["NOWHERE", "A", 1, None, ""], ["SZ", "A", 1, None, ""], ["SZ", "C", 1, 1, ""],
                                         ["SZ", "C", None, None, ""]))
    assert run.codes == ["sheet.stock_changed", "sheet.stock_below_reserved", "sheet.stock_changed", "sheet.unknown_product",
                         "sheet.unknown_warehouse",
                         "sheet.duplicate", "sheet.change_or_count", "sheet.change_or_count"]
    assert desk.ask(LEVELS) == [(7, 0), (10, 4), (7, 0)]
    assert desk.ask(MOVES) == [(-3, 7, "broken", "clerk"), (7, 7, "Import of a sheet", "clerk")]
    # The sheet that came back, mended: what was saved is not subtracted a second time.
    back = cells(run.files["errors"].content)
    back[2][3] = 4
    again = desk.take("stock_adjust", xlsx(*back))
    assert again.codes[:3] == ["sheet.saved_before", "sheet.stock_changed", "sheet.saved_before"]
    assert desk.ask(LEVELS) == [(7, 0), (4, 4), (7, 0)]


def test_stock_export_edited_is_a_stock_count(desk):
    for sku, pieces in (("A", 5), ("B", 6)):
        factory.stock(desk.world.a, desk.world.warehouse, factory.product(desk.world.a, sku), pieces)
    out = cells(desk.give("stock").files["result"].content)
    assert out[1] == ["SZ", "A", "A", 5, 0, 5, 0]
    out[2][3] = 2
    assert desk.take("stock_adjust", xlsx(*out)).codes == ["sheet.unchanged", "sheet.stock_changed"]
    assert desk.ask(LEVELS) == [(5, 0), (2, 0)]


def test_a_dry_run_of_stock_moves_nothing(desk):
    factory.stock(desk.world.a, desk.world.warehouse, factory.product(desk.world.a, "A"), 5)
    factory.product(desk.world.a, "B")
    run = desk.take("stock_adjust", xlsx(["仓库", "SKU", "变动数量"], ["SZ", "A", 1], ["SZ", "B", 2], ["SZ", "B", 2]), dry_run=True)
    assert run.codes == ["sheet.would_change", "sheet.would_change", "sheet.duplicate"]
    assert desk.ask(LEVELS) == [(5, 0)] and desk.ask(MOVES) == []
