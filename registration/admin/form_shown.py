"""The form as the review page shows it: masked, with what may be named in it, and what was named before (R-REG-15)."""

from registration import queries
from registration.models import Application
from registration.reasons import DOCUMENT, Item
from registration.workflows import REFUSED_STATES
from swms.console.evidence import shown
from swms.idnumbers import mask_id, mask_mobile
from swms.uploads.models import StoredFile

MASKS = {"id_number": mask_id, "mobile": mask_mobile}

#: Where the form says what a check of the system is about.
CHECKED = {
    "photo": ("photo", ""),
    "region": ("region", "region"),
    "local_date": ("region", "has_local_cert"),
    "local_valid": ("region", "local_valid_until"),
    "work_years": ("basic", "work_years"),
    "work_dates": ("work", ""),
    "evidence": ("projects", ""),
    "hand_in_hand": ("projects", ""),
}


def content_of(record: Application) -> dict:
    """Return the form that is looked at, read once for a page."""
    if not hasattr(record, "content_shown"):
        record.content_shown = record.form.content
    return record.content_shown


# --- naming ------------------------------------------------------------------------------------


def name_in(case, form) -> None:
    """Put the ticks of ``form`` into the record; what the system's own checks doubt is suggested, nothing ticked."""
    form.hints = {
        CHECKED[check.name]: check.note or check.label
        for check in case.checks
        if not check.ok and check.name in CHECKED
    }
    points = {item.id: form.point(item) for item in form.offered}
    form.points, form.suggested = points, [point for point in points.values() if point["hint"]]
    for section in case.sections:
        name = section["name"]
        listed = "" not in section["ids"] or name in ("basic", "renewal")
        section["point"] = points.get(Item(name).id) if listed or not section["ids"] else None
        for entry, rows in zip(section["ids"], section["entries"], strict=True):
            for row in rows:
                keys = [row.get("key", "")] if not entry else [""] if row is rows[0] else []
                keys += [f"{DOCUMENT}{uid}" for uid in row.get("files", ())]
                found = [points.get(Item(name, entry, key).id) for key in keys]
                row["points"] = [point for point in found if point]


# --- named before ------------------------------------------------------------------------------


def corrected(record: Application, content: dict, stored: dict[str, StoredFile]) -> dict | None:
    """Return what the last refusal named, old beside new, marked 已修改 or 未修改 (R-REG-14)."""
    if record.round == 1 or record.state in REFUSED_STATES:
        return None
    correction = queries.correction_of(record)
    if correction is None:
        return None
    compared, rest = correction.compared(content)
    left = sum(not task.mended for task, _ in compared)
    said = "都已修改" if not left else f"其中{left}项没有修改"
    return {
        "heading": f"第 {correction.decision.round} 轮指出的{len(compared)}项，{said}",
        "named": [
            {
                "label": task.label,
                "said": "。".join(filter(None, (task.reason, task.remark))),
                "status": queries.MENDED if task.mended else queries.LEFT,
                "tone": "good" if task.mended else "bad",
                "changes": _rows(changes, correction.content, content, stored),
            }
            for task, changes in compared
        ],
        "unnamed": _rows(rest, correction.content, content, stored),
        "since": f"第 {correction.decision.form_version} 版以来的其他变化",
    }


# --- the record --------------------------------------------------------------------------------


def record_sections(content: dict) -> list[dict]:
    """Return the form as the review page takes it, the photo where the form has it."""
    photo = {"label": "照片", "value": "已上传，见“材料”" if content["photo"] else "未上传"}
    shown = [_section(section) for section in content["sections"]]
    return [shown[0], {"name": "photo", "label": "照片", "entries": [[photo]], "ids": [""]}, *shown[1:]]


def _section(section: dict) -> dict:
    entries = [[_row(row) for row in entry] for entry in section["entries"]]
    return {
        "name": section["name"],
        "label": section["label"],
        "entries": entries,
        "ids": [str(pk) for pk in section.get("ids", ())] or [""] * len(entries),
    }


def _row(row: dict) -> dict:
    mask = MASKS.get(row["key"])
    shown = {"key": row["key"], "label": row["label"], "files": [file["uid"] for file in row.get("files", ())]}
    if mask is None:
        return shown | {"value": row["value"]}
    return shown | {"value": mask(row["value"]), "secret": row["key"]}


def value_in(content: dict, key: str) -> str:
    """Return the first value of that key in the form, in full."""
    entries = (entry for section in content["sections"] for entry in section["entries"])
    return next((row["value"] for entry in entries for row in entry if row["key"] == key), "")


def changed_rows(before: dict, now: dict, stored: dict[str, StoredFile]) -> list[dict]:
    """Return what changed between two forms; a part that the earlier kind of form did not have is no change."""
    known = {section["name"] for section in before["sections"]} | {"photo"}
    return _rows([each for each in queries.form_diff(before, now) if each.section in known], before, now, stored)


def _rows(changes: list, before: dict, now: dict, stored: dict[str, StoredFile]) -> list[dict]:
    """Return differences for ``ui/diff.html``: photos as pictures side by side, numbers masked.

    Numbers whose masks are alike are said to be others.
    """
    rows = []
    for each in changes:
        if each.key == "photo":
            pictures = [_address(stored.get(side.get("photo", ""))) for side in (before, now)]
            rows.append({"label": each.label, "old": each.old, "new": each.new, "pictures": pictures})
            continue
        old, new = each.old, each.new
        if mask := MASKS.get(each.key):
            old, new = mask(old) if old else "", mask(new) if new else ""
            new = f"{new}（已更换）" if old == new else new
        rows.append({"label": each.label, "old": old, "new": new})
    return rows


def stored_files(*contents: dict) -> dict[str, StoredFile]:
    """Return the files that are still there: all of the first content, and the photos of every one."""
    named = {content["photo"] for content in contents if content.get("photo")}
    for section in contents[0]["sections"]:
        named |= {file["uid"] for entry in section["entries"] for row in entry for file in row.get("files", ())}
    return {str(file.uid): file for file in StoredFile.objects.filter(uid__in=named, purged_at=None)}


def _address(file: StoredFile | None) -> str:
    return f"{file.get_absolute_url()}?inline=1" if file else ""


def files_of(content: dict, stored: dict[str, StoredFile]) -> list[dict]:
    """Return everything that was uploaded with the form, in its order, the photo first."""
    named = [(content["photo"], "证件照")] if content.get("photo") else []
    for section in content["sections"]:
        for number, entry in enumerate(section["entries"], start=1):
            place = f"{section['label']} {number}" if len(section["entries"]) > 1 else section["label"]
            named += [(file["uid"], f"{place} · {row['label']}") for row in entry for file in row.get("files", ())]
    return [shown(label, stored[uid]) for uid, label in named if uid in stored]
