"""Drawing numbers: columns over time as plain rectangles, for a page that may hold no style of its own.

The table beside a chart holds the same numbers; the drawing is for who sees it, its description for who does not.
"""

from dataclasses import dataclass

WIDTH, HEIGHT = 600, 160  # of the drawing, which the page stretches
GAP = 0.25  # of a column's place


@dataclass(frozen=True)
class Series:
    """What is stacked in each column: its words, its tone (``good``, ``wait``, ``bad`` or nothing) and its counts."""

    label: str
    tone: str
    counts: list[int]


@dataclass(frozen=True)
class Rect:
    """One piece of a column."""

    tone: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Columns:
    """Stacked columns as ``console/columns.html`` takes them; ``top`` is the number of the highest one."""

    title: str
    text: str
    series: list[Series]
    rects: list[Rect]
    top: int
    first: str
    last: str
    width: int = WIDTH
    height: int = HEIGHT


def columns(title: str, labels: list[str], series: list[Series], *, unit: str = "件") -> Columns | None:
    """Return the drawing of counts over time, ``None`` where there is nothing to draw."""
    sums = [sum(counts) for counts in zip(*(each.counts for each in series), strict=True)]
    top = max(sums, default=0)
    if not top:
        return None
    place = WIDTH / len(labels)
    rects = []
    for number in range(len(labels)):
        under = 0
        for each in series:
            if count := each.counts[number]:
                height = count * HEIGHT / top
                below = under * HEIGHT / top
                x = (number + GAP / 2) * place
                rects.append(Rect(each.tone, round(x, 2), round(HEIGHT - below - height, 2),
                                  round(place * (1 - GAP), 2), round(height, 2)))  # fmt: skip
                under += count
    totals = "，".join(f"{each.label}{sum(each.counts)}{unit}" for each in series)
    highest = labels[sums.index(top)]
    text = f"{labels[0]}到{labels[-1]}：{totals}。最多的是{highest}，{top}{unit}。数字见图下的表。"
    return Columns(title, text, series, rects, top, labels[0], labels[-1])
