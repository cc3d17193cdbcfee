"""Reading what people send, and refusing in time what would fill the memory."""
import io
import zipfile

import pytest
import xlsxwriter

from app.domain.sheets import limits, reader
from app.failures import Failure
from tests.domain.sheets.conftest import csv_bytes, xlsx


def far_cell():
    sink = io.BytesIO()
    book = xlsxwriter.Workbook(sink)
    sheet = book.add_worksheet()
    sheet.write_string(0, 0, "SKU")
    sheet.write_string(1_048_575, 16_383, "x")
    book.close()
    return sink.getvalue()


def ods(rows):
    sink = io.BytesIO()
    space = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" ' \
            'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    with zipfile.ZipFile(sink, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", f'<?xml version="1.0"?><office:document-content {space}><office:body><office:spreadsheet>'
                                     f'<table:table table:name="T">{rows}</table:table></office:spreadsheet></office:body></office:document-content>')
        book.writestr("META-INF/manifest.xml",
                      '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>')
    return sink.getvalue()


def code_of(content):
    with pytest.raises(Failure) as caught:
        for sheet in reader.read(content):
            list(sheet.rows())
    return caught.value.code


def test_one_cell_far_out_is_refused_before_the_reader_unfolds_it():
    assert code_of(far_cell()) == "sheet.too_large"


def test_repeated_cells_of_opendocument_are_counted():
    cell = '<table:table-cell office:value-type="string"{}><text:p>x</text:p></table:table-cell>'
    row = '<table:table-row{}>{}</table:table-row>'
    good = ods(row.format("", cell.format("") * 2) + row.format(' table:number-rows-repeated="1048000"', "<table:table-cell/>"))
    assert [r[:2] for r in reader.read(good)[0].rows()][0] == ["x", "x"]
    assert code_of(ods(row.format(' table:number-rows-repeated="1048576"',
                                  cell.format(' table:number-columns-repeated="16384"')))) == "sheet.too_large"


def test_too_many_rows():
    assert code_of(b"sku,name\n" + b"a,b\n" * (limits.MAX_ROWS + 2_000)) == "sheet.too_many_rows"
    with pytest.raises(Failure) as caught:
        limits.refuse_rows(limits.MAX_ROWS + 1)
    assert caught.value.params["limit"] == limits.MAX_ROWS


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", ","), ("utf-8-sig", ";"), ("gbk", ","), ("utf-16", "\t")])
def test_csv_in_the_encodings_that_excel_writes(encoding, mark):
    content = f"平台SKU{mark}数量\n\"a\nb\"{mark}1\n".encode(encoding)
    assert list(reader.read(content)[0].rows()) == [["平台SKU", "数量"], ["a\nb", "1"]]


def test_hidden_sheets_are_left_out_and_positions_kept():
    def fill(book, sheet):
        book.add_worksheet("secret").hide()
        book.add_worksheet("two").write_string(3, 2, "deep")
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    first, second = reader.read(xlsx(["a", "b"], ["c", None], fill=fill))
    assert [first.name, second.name] == ["Data", "two"]
    rows = list(first.rows())
    assert rows[0] == ["a", "b"] and rows[1][0] == "c" and rows[1][1] is reader.FAULT
    assert list(second.rows()) == [["", "", ""], ["", "", ""], ["", "", ""], ["", "", "deep"]] or list(second.rows())[3] == ["", "", "deep"]


def test_a_password_or_junk_gets_its_own_code():
    assert code_of(b"   \n ") == "sheet.empty"
    assert code_of(b"\x00\x01binary\x00" * 9) == "sheet.not_a_sheet"
    assert code_of(csv_bytes(["a"]) + b"\xff\xff\xff") == "sheet.not_a_sheet"
    assert code_of(xlsx(["a"])[:200]) == "sheet.not_a_sheet"
