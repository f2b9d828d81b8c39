"""The numbers by which records are known: references, receipts, registration and management numbers (§3.14)."""

from __future__ import annotations

import base64
import re
import secrets
from datetime import date

from django.conf import settings
from django.db import connection, models


class Counter(models.Model):
    """The last number given out in one series."""

    series = models.CharField(max_length=64, primary_key=True)
    value = models.BigIntegerField()

    class Meta:
        app_label = "swms"

    def __str__(self) -> str:
        return f"{self.series}: {self.value}"


_NEXT = """
    INSERT INTO swms_counter AS counter (series, value) VALUES (%s, 1)
    ON CONFLICT (series) DO UPDATE SET value = counter.value + 1
    RETURNING value
"""


def next_number(series: str) -> int:
    """Return the next number of a series, from 1.

    The row stays locked until the caller's transaction ends, so numbers come in the order of the
    commits and none is given twice; a rollback gives the number back unused.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [series])
        return cursor.fetchone()[0]


def next_reference(prefix: str, region_code: str, year: int) -> str:
    """Return the next public reference of a kind of record, such as `DJ-110105-2026-00042`."""
    series = f"{prefix}-{region_code}-{year:04}"
    return f"{series}-{next_number(series):05}"


# --- receipts ------------------------------------------------------------------------------------


def new_receipt(prefix: str, day: date) -> str:
    """Return a receipt number that nobody can guess: `FK` or `SS`, the day, six characters of base32.

    Thirty random bits may meet twice on one day: the column is unique, and the writer tries again.
    """
    return f"{prefix}{day:%Y%m%d}{base64.b32encode(secrets.token_bytes(4))[:6].decode()}"


# --- check digits --------------------------------------------------------------------------------


def mod_11_10(digits: str) -> str:
    """Return the check digit that follows `digits` (ISO 7064 MOD 11,10)."""
    check = 10
    for digit in digits:
        check = ((check + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - check) % 10)


def has_check_digit(number: str) -> bool:
    """Tell whether 18 ASCII digits end in their MOD 11,10 check digit."""
    return bool(re.fullmatch(r"[0-9]{18}", number)) and mod_11_10(number[:-1]) == number[-1]


# --- registration numbers ------------------------------------------------------------------------


def registration_number(region_code: str, level: int, year: int, sequence: int) -> str:
    """Return a 登记证书编号: region, level, year, six digits of sequence, check digit.

    Raises ValueError when a part does not have its width: a number is never cut or lengthened.
    """
    digits = f"{region_code}{level}{year:04}{sequence:06}"
    if not re.fullmatch(r"[0-9]{17}", digits) or len(region_code) != 6:
        raise ValueError(f"no registration number for {region_code}, {level}, {year}, {sequence}")
    return digits + mod_11_10(digits)


def next_registration_number(region_code: str, level: int, year: int) -> str:
    """Return the next 登记证书编号 of a region, level and year; gaps may occur, reuse cannot."""
    sequence = next_number(f"certificate-{region_code}-{level}-{year:04}")
    return registration_number(region_code, level, year, sequence)


# --- management numbers --------------------------------------------------------------------------


def synthetic_management_number(year: int, province: str, level: int, sequence: int) -> str:
    """Return a fictitious 管理号 for demo data; it does not claim to follow the real scheme.

    Exam year, province (two digits), `000`, level, seven digits of sequence, check digit.
    """
    digits = f"{year:04}{province}000{level}{sequence:07}"
    if not re.fullmatch(r"[0-9]{17}", digits):
        raise ValueError(f"no management number for {year}, {province}, {level}, {sequence}")
    return digits + mod_11_10(digits)


def is_management_number(text: str) -> bool:
    """Tell whether a 管理号 has the form that `settings.MGMT_NO_PATTERN` asks for (18 digits by default)."""
    return re.fullmatch(settings.MGMT_NO_PATTERN, text, re.ASCII) is not None
