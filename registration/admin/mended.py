"""What was mended from round to round where the answers themselves are not kept."""

from swms.audit import trail

GONE = "（原内容没有保留）"


def mended_since(record, seen: int, rows: list[dict]) -> list[dict]:
    """Return what was changed after round ``seen``, as ``ui/diff.html`` takes it; ``rows`` are the answers of now.

    The earlier answers are not kept: they hold numbers that belong in no trail.
    """
    edits = trail.history(record).filter(verb=f"{record._meta.label_lower}.edit", changes__round__gt=seen)
    names = dict.fromkeys(name for edit in edits for name in edit.changes["fields"])
    labels = [str(record._meta.get_field(name).verbose_name) for name in names]
    now = {row["label"]: row["value"] for row in rows}
    return [{"label": label, "old": GONE, "new": now.get(label) or "已更换，见“材料”"} for label in labels]
