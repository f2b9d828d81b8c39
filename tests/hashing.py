"""The password hash of production with next to no work in it: an attacker's years are not for every test to wait."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """The same algorithm and the same format; portals that tests start read its hashes and write their own."""

    time_cost, memory_cost, parallelism = 1, 8, 1
