"""Verification as strangers ask for it: within limits, and counted for the holder."""

from datetime import timedelta

from certificates.actions.counting import counted
from certificates.models import VerificationCount
from certificates.queries.verification import Verification, verify_file, verify_number, verify_token
from swms import throttle

Way = VerificationCount.Way

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TRIES = 20
#: Misses about one number: from one address, so that guessing names ends soon; and from all together, so
#: that many addresses do not get far either, while a few mistyped names lock nobody else out.
MISSES, MISSES_OF_ALL = 10, 100


def look_up(number: str, name: str, *, ip: str, way: Way = Way.NUMBER) -> Verification:
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
    return counted(found, way)


def look_up_code(token: str, *, way: Way = Way.CODE) -> Verification:
    """Answer for the token of a QR code, and count it for the holder."""
    return counted(verify_token(token), way)


def look_up_file(data: bytes) -> Verification:
    """Answer for a file, and count it for the holder."""
    return counted(verify_file(data), Way.FILE)
