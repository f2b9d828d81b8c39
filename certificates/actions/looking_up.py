"""Verification by number and name within limits; counting the tries is a write."""

from datetime import timedelta

from certificates.queries.verification import Verification, verify_number
from swms import throttle

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TRIES = 20
#: Misses about one number: from one address, so that guessing names ends soon; and from all together, so
#: that many addresses do not get far either, while a few mistyped names lock nobody else out.
MISSES, MISSES_OF_ALL = 10, 100


def look_up(number: str, name: str, *, ip: str) -> Verification:
    """Answer for number and name (R-VER-01), within limits (S3).

    20 tries a minute for an address; 10 misses an hour about one number for an address, 100 for all
    addresses. Raises Throttled. Known and unknown numbers have the same limits, so the limits tell nothing.
    """
    throttle.hit("verify", ip, TRIES, MINUTE)
    missed = (("verify_miss", f"{number} {ip}", MISSES, HOUR), ("verify_misses", number, MISSES_OF_ALL, HOUR))
    for limit in missed:
        throttle.check(*limit)
    found = verify_number(number, name)
    if not found.is_found:
        for limit in missed:
            throttle.hit(*limit)
    return found
