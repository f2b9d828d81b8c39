"""A simulated country: people over years of daily jobs, through the real actions, judged by every promise.

    python -m bench.country [people] [years]        (10,000 and 6 unless said otherwise)

Everybody's life is drawn from one seed before it begins: who registers and when, whose application is
returned, who renews, who forgets, who begins and never sends, who is moved, corrected, revoked. People act on
what is open to them on the day; the jobs of the night expire, open, lapse and sweep. The country is lived
twice, once with beat missing for ten days in the middle, and the two ends must be the same.

Certificates are really signed and kept. With thousands of people their page is drawn once and shared:
what drawing costs is measured in `bench.certificates`.
"""

from bench.country.life import Country, shared_paper

__all__ = ["Country", "shared_paper"]
