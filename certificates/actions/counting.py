"""Counting verifications for the holder: how often, on which day, in which way, and nothing about who asked."""

import logging
from collections import Counter

from django.db import DatabaseError, connection, transaction

from certificates.models import VerificationCount
from certificates.queries.verification import Verification
from registration.models import Qualification
from swms.dates import today

log = logging.getLogger(__name__)

_ADD = """
    INSERT INTO certificates_verificationcount AS known (qualification_id, registration_id, day, way, count)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (qualification_id, registration_id, day, way) DO UPDATE SET count = known.count + EXCLUDED.count
"""


def counted(found: Verification, way: VerificationCount.Way) -> Verification:
    """Count an answer about somebody's certificate, and return it."""
    count_all([found], way)
    return found


def count_all(answers: list[Verification], way: VerificationCount.Way) -> None:
    """Count many answers; an answer is given even when the counting fails."""
    about = Counter(
        (one.about.pk, None) if isinstance(one.about, Qualification) else (None, one.about.pk)
        for one in answers
        if one.about
    )
    if not about:
        return
    day = today()
    # In one order, so that two files with the same certificates cannot wait for one another.
    rows = [(*key, day, way.value, times) for key, times in sorted(about.items(), key=str)]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(_ADD, rows)
    except DatabaseError as error:
        log.warning("verification_not_counted", extra={"error": type(error).__name__})
