"""References, receipts and the numbers of certificates (§3.14)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from swms import references
from swms.references import Counter


@pytest.mark.django_db
def test_references_count_by_kind_region_and_year():
    numbers = [references.next_reference("DJ", "110105", 2026) for _ in range(2)]
    numbers.append(references.next_reference("DJ", "110105", 2027))
    numbers.append(references.next_reference("BG", "110105", 2026))
    assert numbers == ["DJ-110105-2026-00001", "DJ-110105-2026-00002", "DJ-110105-2027-00001", "BG-110105-2026-00001"]


@pytest.mark.django_db
def test_a_series_outgrows_its_width_without_repeating():
    Counter.objects.create(series="DJ-110105-2026", value=99_999)
    assert references.next_reference("DJ", "110105", 2026) == "DJ-110105-2026-100000"


@pytest.mark.django_db(transaction=True)
def test_clerks_at_the_same_time_get_different_numbers():
    def draw(_):
        try:
            with transaction.atomic():
                return references.next_number("race")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(draw, range(40))) == list(range(1, 41))


@pytest.mark.django_db(transaction=True)
def test_a_number_drawn_by_a_failed_transaction_is_nobodys():
    with transaction.atomic():
        assert references.next_number("failed") == 1
        transaction.set_rollback(True)
    assert references.next_number("failed") == 1


def test_a_receipt_tells_kind_and_day_and_cannot_be_counted_up():
    receipts = {references.new_receipt("FK", date(2026, 11, 23)) for _ in range(100)}
    assert len(receipts) == 100
    assert all(re.fullmatch(r"FK20261123[A-Z2-7]{6}", receipt) for receipt in receipts)


def test_the_registration_number_of_the_rulebook():
    assert references.registration_number("440305", 2, 2026, 123) == "440305220260001232"
    assert references.has_check_digit("440305220260001232")


@pytest.mark.django_db
def test_registration_numbers_count_by_region_level_and_year():
    first = references.next_registration_number("440305", 2, 2026)
    second = references.next_registration_number("440305", 2, 2026)
    assert (first[:17], second[:17]) == ("44030522026000001", "44030522026000002")
    assert references.next_registration_number("440305", 1, 2026)[:17] == "44030512026000001"


@pytest.mark.parametrize("parts", [("44030", 2, 2026, 1), ("440305", 12, 2026, 1), ("440305", 2, 2026, 1_000_000)])
def test_a_registration_number_is_never_cut_or_lengthened(parts):
    with pytest.raises(ValueError, match="no registration number"):
        references.registration_number(*parts)


def test_the_fictitious_management_number_of_the_rulebook(settings):
    settings.MGMT_NO_PATTERN = r"^\d{18}$"
    number = references.synthetic_management_number(2025, "44", 2, 123)
    assert number == "202544000200001236"
    assert references.is_management_number(number)
    for wrong in ("20254400020000123", number + "1", "2025440002000012３6", number + "\n", ""):
        assert not references.is_management_number(wrong)


def test_an_installation_may_accept_older_management_numbers(settings):
    settings.MGMT_NO_PATTERN = r"\d{18}|\d{23}"
    assert references.is_management_number("1" * 23)


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(digits, place, change):
    number = digits + references.mod_11_10(digits)
    assert references.has_check_digit(number)
    wrong = str((int(number[place]) + change) % 10)
    assert not references.has_check_digit(number[:place] + wrong + number[place + 1 :])
