"""The text rules: each step of the pipeline, its order, and what must never be touched."""
import unicodedata
from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.shipping.sanitise import (CAREFUL, RISKY, clean_text, cut, offending, sanitise, sanitise_shipment, split_lines,
                                          unfoldable)
from app.integrations.carriers.base import Profile
from app.integrations.types import Address, DeclaredItem, Shipment

UTF8 = Profile(forbidden=RISKY)
ASCII = Profile(ascii=True, forbidden=CAREFUL)


@pytest.mark.parametrize(("before", "after", "reasons"), [
    ("O&#39;Neil", "ONeil", "entities,forbidden"),
    ("O&amp;#39;Neil", "ONeil", "entities,forbidden"),
    ("D’Souza", "DSouza", "typographic,forbidden"),
    ("Parents' House", "Parents House", "forbidden,tidy"),
    ("M&S; \\ 50%", "M S 50", "forbidden,tidy"),
    ("“Ana” – Cruz…", "Ana - Cruz.", "typographic,forbidden,tidy"),
    (unicodedata.normalize("NFD", "lã văn việt"), "lã văn việt", "unicode"),
    ("ＡＢＣ１２３　通り", "ABC123 通り", "unicode"),
    ("Ana\u00a0\tCruz\u200b\x00 😀🇵🇭❤️", "Ana Cruz", "invisible,tidy"),
    ("№ 5，Blk（A）；", "No 5,Blk(A)", "typographic,forbidden,tidy"),
    ("  12  Mabini   St. ,", "12 Mabini St.", "tidy"),
    ("-- / --", "", "tidy"),
    ("上海市。浦东、", "上海市。浦东、", ""),
    ("12 Mabini St.", "12 Mabini St.", ""),
    ("# 05-12 (Blk A)", "# 05-12 (Blk A)", ""),
])
def test_steps_in_a_unicode_profile(before, after, reasons):
    assert clean_text(before, UTF8) == (after, reasons)


@pytest.mark.parametrize(("before", "after"), [
    ("Nguyễn Thị Đào", "Nguyen Thi Dao"), ("Trần Ơn Ư", "Tran On U"), ("Straße Ñandú Øre", "Strasse Nandu Ore"), ("Łódź", "Lodz"),
    ("ซอย ๑๒", "ซอย 12"), ("12° «A»", "12 A"), ("ña̧q̃", "naq"), ("上海", "上海"), ("Москва", "Москва"),
])
def test_folding_keeps_what_has_no_latin_form(before, after):
    assert clean_text(before, ASCII)[0] == after
    assert "?" not in after


def test_folding_cannot_give_birth_to_a_forbidden_character():
    assert clean_text("6˝ ‹b›＂", Profile(ascii=True, forbidden=RISKY))[0] == "6 b"


def test_folded_thai_chinese_cyrillic_are_named():
    assert unfoldable("Ana กข 上") == "กข上"
    assert unfoldable("Đào ñ № 5 – ①") == ""


def test_upper_comes_after_folding():
    assert clean_text("Straße đ", Profile(ascii=True, upper=True))[0] == "STRASSE D"


def test_a_masked_value_is_left_alone():
    for text in ("J***n", "李*", "A*** C***", "资料已脱敏"):
        assert clean_text(text, ASCII) == (text, "")


@pytest.mark.parametrize(("text", "limit", "after"), [
    ("Maria Cristina Reyes", 20, "Maria Cristina Reyes"), ("Maria Cristina Reyes", 19, "Maria Cristina"),
    ("Supercalifragilistic", 10, "Supercalif"), ("Ab Supercalifragilistic", 12, "Ab Supercali"),
])
def test_cut_at_a_word_border(text, limit, after):
    assert cut(text, limit) == after


def test_lines_overflow_and_the_rest_is_told():
    assert split_lines("12 Mabini St Poblacion Mangaldan", 14, 3) == (["12 Mabini St", "Poblacion", "Mangaldan"], "")
    assert split_lines("12 Mabini St Poblacion Mangaldan", 14, 2) == (["12 Mabini St", "Poblacion"], "Mangaldan")
    assert split_lines("", 14, 2) == ([], "")
    assert split_lines("x" * 30, 10, 2) == (["x" * 10] * 2, "x" * 10)


def test_address_is_copied_not_changed():
    address = Address(name="Ana O'Neil", phone="0917 123 4567", country="PH", city="Makati\u200b City", street="8F; Bldg. A",
        postcode=" 917 ")
    before = replace(address)
    copy, changes = sanitise(address, Profile(forbidden=RISKY, phone="national"))
    assert address == before
    assert (copy.name, copy.phone, copy.city, copy.street, copy.postcode) == ("Ana ONeil", "09171234567", "Makati City", "8F Bldg. A",
        "0917")
    assert {(c.field, c.reason) for c in changes} == {("name", "forbidden"), ("phone", "phone"), ("city", "invisible"),
                                                     ("street", "forbidden,tidy"), ("postcode", "padded")}
    assert [c.before for c in changes if c.field == "name"] == ["Ana O'Neil"]


def test_names_are_cut_but_places_are_not():
    address = Address(name="Maria Cristina de los Reyes", street="1 A Very Long Street Indeed", country="PH")
    copy, changes = sanitise(address, Profile(lengths={"name": 20, "street": 10}))
    assert copy.name == "Maria Cristina de"
    assert copy.street == address.street
    assert [(c.field, c.reason) for c in changes] == [("name", "length")]


def test_a_wrong_phone_is_not_touched():
    for phone in ("0917****567", "N/A", "123"):
        copy, changes = sanitise(Address(phone=phone, country="PH"), UTF8)
        assert copy.phone == phone and changes == []


def test_a_clean_address_has_no_changes():
    address = Address(name="Lã Văn Việt", phone="+84912345678", country="VN", state="Hà Nội", street="12 ngõ 34 Nguyễn Trãi")
    assert sanitise(address, UTF8) == (address, [])


def test_offending_positions_in_the_original():
    assert offending("O'Neil & Co", UTF8) == [(1, "'"), (7, "&")]
    assert offending("D’Souza 😀", UTF8) == [(1, "’"), (8, "😀")]
    assert offending("O&#39;N", Profile(forbidden="'")) == [(i, c) for i, c in enumerate("O&#39;N") if 1 <= i <= 5]
    assert offending("ngõ 34", UTF8) == [] and offending("ngõ 34", ASCII) == []
    assert [c for _, c in offending("Ana ก", ASCII)] == ["ก"]


def test_a_shipment_is_cleaned_as_a_whole():
    shipment = Shipment("R1", "N1", Address(name="Our 'Shop'"), Address(name="Ana; Cruz"), [DeclaredItem("S1", 1, "Men's shirt",
        value=Decimal(1))],
                        remark="call 1st & wait")
    copy, changes = sanitise_shipment(shipment, UTF8)
    assert (copy.sender.name, copy.recipient.name, copy.items[0].name_en, copy.remark) == ("Our Shop", "Ana Cruz", "Mens shirt",
        "call 1st wait")
    assert [c.field for c in changes] == ["recipient.name", "sender.name", "item.S1", "remark"]
    assert shipment.items[0].name_en == "Men's shirt"


@pytest.mark.parametrize("profile", [UTF8, ASCII])
def test_hostile_text_ends_clean(profile):
    text = "".join(map(chr, range(1, 0x250))) + "&lt;&#x27;&amp;amp;lt; ' OR 1=1; --\\\x00\ud800" + "😀" * 50
    after, _ = clean_text(text, profile)
    assert not set(after) & set(profile.forbidden) and after.isprintable()
    assert clean_text(after, profile)[0] == after
