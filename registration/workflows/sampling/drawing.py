"""How a sample is drawn, as anybody can do it again from what is published (decision 0029).

Nothing here reads a record: ``draw`` and ``recompute`` work on the published text alone.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

ALGORITHM = "swms-draw-1"


def opening(key: str, ref: str) -> str:
    """Return what lets the holder of ``ref`` find the own row in the published list, and nobody else."""
    return hmac.new(key.encode(), ref.encode(), hashlib.sha256).hexdigest()


def token(ref: str, opened_by: str) -> str:
    """Return under what ``ref`` stands in the published list: a digest that says nothing without its opening."""
    return hashlib.sha256(f"{opened_by}\n{ref}".encode()).hexdigest()


def normal_seed(typed: str) -> str:
    """Return a seed as it is used: NFKC, and one blank where there were several, so that copying cannot alter it."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", typed)).strip()


def score(seed: str, campaign: str, row: str) -> str:
    """Return the number that orders a row: HMAC-SHA256 of the campaign and the row's token, keyed by the seed."""
    return hmac.new(seed.encode(), f"{campaign}\n{row}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Commitment:
    """What is frozen and published before the seed exists: the rows, how many of each stratum, and the day.

    ``sizes``: stratum to how many are drawn of it. ``rows``: token and stratum.
    """

    campaign: str
    seed_on: str  # ISO date
    sizes: dict[str, int]
    rows: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The text whose SHA-256 is published: sizes by stratum, then rows by token, one a line."""
        lines = [ALGORITHM, f"campaign {self.campaign}", f"seed-on {self.seed_on}"]
        lines += [f"size {stratum} {size}" for stratum, size in sorted(self.sizes.items())]
        lines += [f"row {token} {stratum}" for token, stratum in sorted(self.rows)]
        return "\n".join(lines) + "\n"

    @property
    def sha256(self) -> str:
        return digest(self.text)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def parse(text: str) -> Commitment:
    """Read a published text again; raises ``ValueError`` on what is none."""
    lines = text.splitlines()
    if lines[:1] != [ALGORITHM]:
        raise ValueError(f"no text of {ALGORITHM}")
    facts, sizes, rows = {}, {}, []
    for line in lines[1:]:
        match line.split(" "):
            case ["size", stratum, size]:
                sizes[stratum] = int(size)
            case ["row", row, stratum]:
                rows.append((row, stratum))
            case [("campaign" | "seed-on") as name, value]:
                facts[name] = value
            case _:
                raise ValueError(f"not understood: {line[:80]}")
    if facts.keys() != {"campaign", "seed-on"}:
        raise ValueError("the text names neither campaign nor day")
    return Commitment(facts["campaign"], facts["seed-on"], sizes, tuple(rows))


def scores(commitment: Commitment, seed: str) -> dict[str, str]:
    """Return the score of every row, by its token."""
    return {row: score(seed, commitment.campaign, row) for row, _ in commitment.rows}


def draw(commitment: Commitment, seed: str) -> set[str]:
    """Return the tokens of the drawn rows: the lowest scores of each stratum, as many as its size says."""
    ranked: dict[str, list[tuple[str, str]]] = {}
    by_row = scores(commitment, seed)
    for row, stratum in commitment.rows:
        ranked.setdefault(stratum, []).append((by_row[row], row))
    return {row for stratum, rows in ranked.items() for _, row in sorted(rows)[: commitment.sizes.get(stratum, 0)]}


def recompute(published: dict) -> Iterable[str]:
    """Yield what is wrong with a published draw; nothing where it is what its seed makes of its list."""
    text, seed = published["committed"], published["seed"]
    if digest(text) != published["sha256"]:
        yield "名单与公布的SHA-256不符"
        return
    commitment = parse(text)
    if commitment.campaign != published["campaign"]:
        yield "名单属于另一个批次"
    if not seed:
        return
    if normal_seed(seed) != seed:
        yield "种子不是规范写法"
    drawn = draw(commitment, seed)
    if missing := drawn - set(published["drawn"]):
        yield f"按种子应抽中而没有公布的有{len(missing)}件"
    if extra := set(published["drawn"]) - drawn:
        yield f"公布为抽中而按种子不应抽中的有{len(extra)}件"


def size_of(population: int, *, percent: int | None, per_stratum: int | None) -> int:
    """Return how many are drawn of a stratum: never none of one that is not empty, never more than there are."""
    wanted = per_stratum if percent is None else -(-population * percent // 100)
    return min(population, max(1, wanted))
