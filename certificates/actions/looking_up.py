"""Verification by number and name within limits; counting the tries is a write."""

from datetime import timedelta

from certificates.queries.verification import Verification, verify_number
from swms import throttle

TRIES, MISSES = 20, 10


def look_up(number: str, name: str, *, ip: str) -> Verification:
    """Answer for number and name (R-VER-01): 20 tries a minute per address, 10 misses an hour per number (S3).

    Raises Throttled. Known and unknown numbers have the same limits, so the limits tell nothing.
    """
    throttle.hit("verify", ip, TRIES, timedelta(minutes=1))
    throttle.check("verify_miss", number, MISSES, timedelta(hours=1))
    found = verify_number(number, name)
    if not found.is_found:
        throttle.hit("verify_miss", number, MISSES, timedelta(hours=1))
    return found
