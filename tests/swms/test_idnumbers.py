"""Identity numbers, credit codes, mobiles and names (R-ACC-09 to R-ACC-13, R-PRO-15)."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
import time_machine
from faker import Faker
from hypothesis import given
from hypothesis import strategies as st

from swms import idnumbers
from swms.codes import IdType, Sex
from swms.idnumbers import InvalidIdNumber

VALID = "11000019900307001X"


def code_of(call, *args):
    with pytest.raises(InvalidIdNumber) as refused:
        call(*args)
    assert refused.value.message
    return refused.value.code


def test_a_number_tells_sex_and_birth_date_r_acc_11():
    number = idnumbers.parse(VALID)
    assert (number.sex, number.birth_date, number.province) == (Sex.MALE, date(1990, 3, 7), "11")
    assert idnumbers.parse("440000198512010025").sex == Sex.FEMALE


@pytest.mark.parametrize(
    "typed",
    [
        "11000019900307001x",
        " 110000 19900307 001X ",
        "１１００００１９９００３０７００１Ｘ",
        "110000\u300019900307001\uff58",
    ],
)
def test_full_width_blanks_and_small_x_are_forgiven_r_acc_09(typed):
    assert idnumbers.parse(typed).number == VALID


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "format"),
        ("1100001990030700", "format"),
        ("11000019900307001XX", "format"),
        ("1100001990030700١X", "format"),
        ("A1000019900307001X", "format"),
        ("990000199003070019", "province"),
        ("110000199002300019", "birth_date"),
        ("110000189912310019", "birth_date"),
        ("110000299903070019", "birth_date"),
        ("110000199003070010", "check_digit"),
    ],
)
def test_an_impossible_number_is_refused_r_acc_09(typed, code):
    assert code_of(idnumbers.parse, typed) == code


def test_a_person_may_be_born_today_but_not_tomorrow_r_acc_09():
    number = "11000020240229002"
    number += idnumbers.check_digit(number)
    with time_machine.travel(datetime(2024, 2, 28, 15, 0, tzinfo=UTC), tick=False):
        assert code_of(idnumbers.parse, number) == "birth_date"
    with time_machine.travel(datetime(2024, 2, 28, 16, 0, tzinfo=UTC), tick=False):
        assert idnumbers.parse(number).birth_date == date(2024, 2, 29)


def test_residence_permits_of_hong_kong_macao_and_taiwan_are_accepted_r_acc_09():
    for prefix in ("810000", "820000", "830000"):
        number = prefix + "19900307001"
        assert idnumbers.parse(number + idnumbers.check_digit(number)).province == prefix[:2]


def test_unknown_county_codes_are_accepted_r_acc_09():
    faker = Faker("zh_CN")
    faker.seed_instance(20261123)
    for _ in range(2000):
        number = faker.ssn()
        assert idnumbers.parse(number).number == number


def test_other_documents_take_letters_and_digits_r_acc_10():
    assert idnumbers.clean_id_number(" e1234 5678 ", IdType.PASSPORT) == "E12345678"
    assert code_of(idnumbers.clean_id_number, "E12(4)", IdType.PASSPORT) == "format"
    assert code_of(idnumbers.clean_id_number, "E12345678", IdType.ID_CARD) == "format"


def test_numbers_are_masked_on_screen_and_in_representations_r_acc_13():
    assert idnumbers.mask_id("11010519900307005X") == "110105********005X"
    assert idnumbers.mask_id("E12345678") == "E1*****78"
    assert idnumbers.mask_id("E12") == "***"
    assert idnumbers.mask_mobile("13812345678") == "138****5678"
    assert VALID not in repr(idnumbers.parse(VALID))


@given(st.text(max_size=25))
def test_any_text_is_parsed_or_refused_and_masking_never_fails(text):
    with suppress(InvalidIdNumber):
        assert idnumbers.parse(text).number == idnumbers.normalise(text)
    assert len(idnumbers.mask_id(text)) == len(text)


@given(st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_never_passes_the_check_digit(position, char):
    changed = VALID[:position] + char + VALID[position + 1 :]
    if changed != VALID:
        with pytest.raises(InvalidIdNumber):
            idnumbers.parse(changed)


@pytest.mark.parametrize(
    "typed", ["91350100M000100Y43", "９１３５０１００ｍ０００１００Ｙ４３", "91350100-M000100Y-43"]
)
def test_a_credit_code_with_letters_in_its_organisation_code_is_accepted_r_svc_07(typed):
    assert idnumbers.clean_uscc(typed) == "91350100M000100Y43"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("91350100M000100Y44", "check_digit"),
        ("91350100M000100I43", "format"),
        ("9135010AM000100Y43", "format"),
        ("", "format"),
    ],
)
def test_a_wrong_credit_code_is_refused_r_svc_07(typed, code):
    assert code_of(idnumbers.clean_uscc, typed) == code


@pytest.mark.parametrize(
    "typed", ["19900001234", "+86 199-0000-1234", "008619900001234", "１９９００００１２３４", "8619900001234"]
)
def test_a_mobile_is_normalised(typed):
    assert idnumbers.clean_mobile(typed) == "19900001234"


@pytest.mark.parametrize("typed", ["", "12900001234", "1990000123", "199000012345", "1990000123a", "86199000012"])
def test_a_wrong_mobile_is_refused(typed):
    assert code_of(idnumbers.clean_mobile, typed) == "mobile"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("王 芳", "王芳"),
        ("欧阳䶮喆", "欧阳䶮喆"),
        ("王𬘭", "王𬘭"),
        ("李㛃", "李㛃"),
        ("买买提•阿卜杜拉", "买买提·阿卜杜拉"),
        ("买买提．阿卜杜拉", "买买提·阿卜杜拉"),
        ("古丽巴哈尔・艾力", "古丽巴哈尔·艾力"),
        ("John  Smith", "John Smith"),
        ("Ｊｏｈｎ Smith", "John Smith"),
        ("Nguyễn Thị Ánh", "Nguyễn Thị Ánh"),
        ("Sean O’Brien", "Sean O'Brien"),
    ],
)
def test_names_are_normalised_r_pro_15(typed, stored):
    assert idnumbers.clean_name(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("王", "name_length"),
        ("王" * 51, "name_length"),
        ("", "name_length"),
        ("王\ue000", "name_private_use"),
        ("王芳1", "name_characters"),
        ("·王芳", "name_characters"),
        ("王··芳", "name_characters"),
        ("王芳<script>", "name_characters"),
        ("Иван", "name_characters"),
        ("王fang", "name_characters"),
    ],
)
def test_what_is_no_name_is_refused_r_pro_15(typed, code):
    assert code_of(idnumbers.clean_name, typed) == code
