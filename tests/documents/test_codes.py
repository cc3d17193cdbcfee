"""Code 128 and QR: what is drawn is what a scanner reads, in the fewest symbols, on whole printer dots."""

from functools import lru_cache
import random
import string

import pytest

from app.documents import codes, render

TEXTS = ["0570-6897-BHWJ", "RR473124829CN", "YT1234567890123456", "4PX3000123456789CN", "12", "123", "1234567", "ab12cd",
         "AB1234567890123456789", "a~ !\"#$%&'()*+,-./", "z:;<=>?@[\\]^_`{|}Z", "HMKJ-210412-00005", "00000000000000000001"]


@pytest.mark.parametrize("text", TEXTS)
def test_scanner_reads_what_was_encoded(text, make_label, scan):
    label = make_label(tracking_no=text, our_no="Q-" + text[:12])
    assert scan(render([label], "100x150").pdf) == [{("Code 128", text), ("QR", "Q-" + text[:12])}]


def _fewest(text: str) -> int:
    """Symbols that the best choice of sets B and C needs, start and check and stop included, by trying every way."""
    @lru_cache(None)
    def rest(at: int, code_set: str) -> int:
        if at == len(text):
            return 0
        ways = [1 + rest(at + 1, "B") + (code_set != "B")]
        if text[at:at + 2].isdigit() and len(text[at:at + 2]) == 2:
            ways.append(1 + rest(at + 2, "C") + (code_set != "C"))
        return min(ways)
    return 1 + min(rest(0, "B"), rest(0, "C")) + 2


def test_no_shorter_encoding_exists():
    chance = random.Random(7)
    for _ in range(400):
        text = "".join(chance.choices("0123456789" * 3 + string.ascii_uppercase[:8] + "-", k=chance.randint(1, 22)))
        assert len(codes.code128_values(text)) == _fewest(text), text


def test_modules_alternate_and_add_up():
    modules = codes.code128_modules("RR473124829CN")
    assert len(modules) % 2 == 1 and set(modules) <= {1, 2, 3, 4}
    assert sum(modules) == codes.code128_width("RR473124829CN") == codes.code128_path("RR473124829CN")[1]


@pytest.mark.parametrize("text", ["", "Đơn-1", "单号", "A\tB"])
def test_code128_refuses_what_it_cannot_hold(text):
    with pytest.raises(codes.NotEncodable):
        codes.code128_values(text)


def test_bars_get_narrower_only_where_three_dots_pass_84_mm():
    assert codes.label_fits("YT1234567890123456") == 3
    wide = "ABCDEFGHIJKLMNOPQRST"  # 255 modules: 95.7 mm at three dots, 63.8 mm at two
    assert codes.code128_width(wide) * 3 * codes.DOT > codes.WIDEST
    assert codes.label_fits(wide) == 2
    assert codes.label_fits("ABCDEFGHIJKLMNOPQRST" * 2) == 0


def test_bars_stand_on_whole_dots():
    for left in (3.3, 20.017, 55.5):
        scale, _, _, _, x, _ = map(float, codes.place_code("", left, 10, 3, 36).split()[1:7])
        assert scale / codes.DOT == pytest.approx(3, abs=1e-3)
        assert x / codes.DOT == pytest.approx(round(x / codes.DOT), abs=1e-3)


def test_floor_holds_both_codes_of_every_text():
    out = codes.floor_codes(["RR473124829CN", "0570-6897-BHWJ"])
    assert out.count(b" cm ") == 4 and out.count(b" re ") > 200
    assert codes.code128_path("RR473124829CN")[0].encode() in out
