"""Live the country twice, each time in a process and a cluster of its own, and compare the ends."""

from __future__ import annotations

import json
import subprocess
import sys
import time

from bench.cluster import installation
from bench.country.life import SILENCE, Country, shared_paper

PEOPLE, YEARS = 10_000, 6


def main() -> None:
    """Live the country twice, side by side in two processes, and compare the ends."""
    numbers = [float(each) for each in sys.argv[1:] if each[0].isdigit()]
    people, years = (*numbers, *(PEOPLE, YEARS)[len(numbers) :])
    if "--life" in sys.argv:
        print(json.dumps(_life(int(people), years, silent="--silent" in sys.argv), ensure_ascii=False, default=str))
        return
    began = time.monotonic()
    call = [sys.executable, "-m", "bench.country", str(people), str(years), "--life"]
    lives = [
        subprocess.Popen([*call, *more], stdout=subprocess.PIPE, text=True, encoding="utf-8")
        for more in ([], ["--silent"])
    ]
    said = [json.loads(life.communicate()[0] or "null") for life in lives]
    if None in said:
        raise SystemExit("a country did not live to its end")
    for words, each in zip(("every night", f"without beat for {SILENCE} days"), said, strict=True):
        print(f"{people:g} people, {years:g} years, jobs {words}: {each['seconds']:.0f} s")
        print("  " + ", ".join(f"{what} {count}" for what, count in sorted(each["happened"].items())))
        print(f"  promises broken: {each['broken'] or 'none'}")
    same = said[0]["end"] == said[1]["end"]
    print(f"the two ends are {'the same' if same else 'NOT the same'}; {time.monotonic() - began:.0f} s in all")
    if not same or said[0]["broken"] or said[1]["broken"]:
        raise SystemExit(1)


def _life(people: int, years: float, *, silent: bool) -> dict:
    """Live one country in a cluster of its own; return what happened and what it came to."""
    with installation("country", SWMS_LOG_LEVEL="ERROR"):
        began = time.monotonic()
        country = Country(people=people, years=years, silent=silent)
        with shared_paper():
            broken = country.live()
        seconds = time.monotonic() - began
        return {"happened": country.happened, "broken": broken, "end": country.end(), "seconds": seconds}


if __name__ == "__main__":
    main()
