"""Phones, postcodes and country names."""
import pytest

from app.domain.shipping.contact import clean_phone, clean_postcode, country_code, is_masked, is_masked_phone, parse_phone, postcode_fault
from app.failures import Failure


@pytest.mark.parametrize(("text", "country", "style", "wanted"), [
    ("0917 123 4567", "PH", "e164", "+639171234567"), ("84912345678", "VN", "e164", "+84912345678"),
    ("+84 0912 345 678", "VN", "e164", "+84912345678"), ("0812-3456-7890", "ID", "e164", "+6281234567890"),
    ("081-234-5678", "TH", "e164", "+66812345678"), ("012-345 6789", "MY", "e164", "+60123456789"),
    ("9123 4567", "SG", "e164", "+6591234567"), ("+84 912 345 678", "VN", "national", "0912345678"),
    ("639171234567", "PH", "national", "09171234567"), ("0917-123-4567", "PH", "digits", "639171234567"),
    ("(213) 373-4253 ext. 77", "US", "e164", "+12133734253"), ("(213) 373-4253 ext. 77", "US", "national", "2133734253"),
    ("0917 123 4567 / 0918 765 4321", "PH", "e164", "+639171234567"), ("n/a, 0917 123 4567", "PH", "e164", "+639171234567"),
    ("+65 9123 4567", "PH", "e164", "+6591234567"), ("０９１７１２３４５６７", "PH", "e164", "+639171234567"),
])
def test_phones(text, country, style, wanted):
    assert clean_phone(text, country, style) == wanted


@pytest.mark.parametrize(("text", "code"), [
    ("", "phone.missing"), ("   ", "phone.missing"), (None, "phone.missing"), ("0917****567", "phone.masked"),
    ("0917xxx4567", "phone.masked"),
    ("0917••••67", "phone.masked"), ("N/A", "phone.invalid"), ("123", "phone.invalid"), ("0917 123 456", "phone.invalid"),
    ("abc", "phone.invalid"), ("+639171234567890123", "phone.invalid"),
])
def test_phones_refused(text, code):
    with pytest.raises(Failure) as caught:
        clean_phone(text, "PH")
    assert caught.value.code == code
    assert not text or text not in str(caught.value.params)


def test_an_extension_is_kept_apart():
    assert parse_phone("(213) 373-4253 ext. 77", "US").extension == "77"


def test_unknown_country_needs_a_plus():
    assert clean_phone("+639171234567", "") == "+639171234567"
    with pytest.raises(Failure, match="phone.invalid"):
        clean_phone("09171234567", "")


@pytest.mark.parametrize("text", ["J***n", "李*", "*n", "A**", "王＊", "资料已脱敏"])
def test_masked(text):
    assert is_masked(text)


@pytest.mark.parametrize("text", ["", None, "Ana Cruz", "Lot 5 * Blk 2", "5 x 3"])
def test_not_masked(text):
    assert not is_masked(text)
    assert not is_masked_phone("555-1234 x77")


@pytest.mark.parametrize(("text", "country", "code", "padded", "fault"), [
    ("2432", "PH", "2432", False, ""), ("917", "PH", "0917", True, ""), ("917.0", "PH", "0917", True, ""), ("", "PH", "", False, ""),
    ("24321", "PH", "24321", False, "shape"), ("1000", "MY", "01000", True, ""), ("", "MY", "", False, "missing"),
    ("2134", "US", "02134", True, ""), ("02134-1234", "US", "02134-1234", False, ""), ("700000", "VN", "700000", False, ""),
    ("12345", "VN", "12345", False, ""), ("", "VN", "", False, ""), ("1234", "VN", "1234", False, "shape"),
    ("0123", "SG", "0123", False, "shape"), ("18956", "SG", "018956", True, ""), ("01234", "ID", "01234", False, "shape"),
    ("１０１１０", "TH", "10110", False, ""), ("", "TH", "", False, "missing"), ("518000", "CN", "518000", False, ""),
    ("sw1a 1aa", "GB", "SW1A 1AA", False, ""), ("SW1A", "GB", "SW1A", False, "shape"), ("-", "HK", "", False, ""),
    ("", "AE", "", False, ""),
    ("anything", "KE", "ANYTHING", False, ""), ("10-115", "DE", "10-115", False, "shape"),
])
def test_postcodes(text, country, code, padded, fault):
    found = clean_postcode(text, country)
    assert (found.text, found.padded) == (code, padded)
    assert postcode_fault(found.text, country) == fault


@pytest.mark.parametrize(("text", "code"), [
    ("PH", "PH"), ("ph", "PH"), ("PHL", "PH"), ("Philippines", "PH"), ("菲律宾", "PH"), ("UK", "GB"), ("United Kingdom", "GB"),
    ("Viet Nam", "VN"), ("Vietnam", "VN"), ("  VIETNAM ", "VN"), ("Việt Nam", "VN"), ("越南", "VN"), ("ประเทศไทย", "TH"), ("ไทย", "TH"),
    ("USA", "US"), ("United States of America", "US"), ("South Korea", "KR"), ("香港", "HK"), ("台湾", "TW"), ("Atlantis", ""), ("", ""),
    (None, ""), ("XX", ""), ("EU", ""),
])
def test_countries(text, code):
    assert country_code(text) == code
