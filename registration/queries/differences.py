"""What changed between two versions of the form."""

from dataclasses import dataclass

from registration.models import Application, ApplicationForm
from swms.current import once


@dataclass(frozen=True)
class FormChange:
    """One row that differs; ``old`` or ``new`` is empty where the row is not there.

    ``entry`` counts from 1 in sections that hold several entries and is 0 in the others. ``label``
    names the row with its entry, such as ``工作经历 2 · 职务``.
    """

    section: str
    section_label: str
    entry: int
    key: str
    label: str
    old: str
    new: str


REPEATED = ("work", "projects", "honours")


def form_diff(old: dict | None, new: dict) -> list[FormChange]:
    """Return what differs between two contents of ``form_content``, in the order of the newer form.

    Entries of a list are matched by their identity, or else by what they say, so that one added on
    top does not make all the others look changed.
    """
    before = {section["name"]: section for section in (old or {"sections": []})["sections"]}
    changes = []
    for section in new["sections"]:
        name, label = section["name"], section["label"]
        pairs = _matched(before.get(name, {"entries": []}), section)
        for number, (left, right) in enumerate(pairs, start=1):
            repeated = name in REPEATED
            prefix = f"{label} {number} · " if repeated else ""
            changes += _rows(name, label, number if repeated else 0, prefix, left, right)
    photo = (old or {}).get("photo", "")
    if photo != new["photo"]:
        told = ("原照片" if photo else "", "新照片" if new["photo"] else "")
        changes.append(FormChange("photo", "照片", 0, "photo", "照片", *told))
    return changes


def _matched(before: dict, after: dict) -> list[tuple[list, list]]:
    """Pair the entries: the same ones, then equal ones, those of one name, those in one place; the rest stand alone."""
    old, new = before["entries"], after["entries"]
    known = dict(zip(before.get("ids", ()), old, strict=False))
    same = {place: known[pk] for place, pk in enumerate(after.get("ids", ())) if pk in known}
    partner: dict[int, list] = dict(same)
    rest = [entry for entry in old if not any(entry is each for each in same.values())]

    def settle(alike):
        for place, entry in enumerate(new):
            if place in partner:
                continue
            found = next((each for each in rest if alike(each, entry)), None)
            if found is not None:
                partner[place] = found
                rest.remove(found)

    settle(lambda left, right: left == right)
    settle(lambda left, right: left and right and left[0]["value"] == right[0]["value"])
    settle(lambda left, right: len(old) == len(new) and old.index(left) == new.index(right))
    pairs = [(partner.get(place, []), entry) for place, entry in enumerate(new)]
    return pairs + [(entry, []) for entry in rest]


def _rows(section: str, section_label: str, entry: int, prefix: str, old: list, new: list) -> list[FormChange]:
    left, right = ({row["key"]: row for row in side} for side in (old, new))
    changes = []
    for key in {**right, **left}:
        before, after = left.get(key), right.get(key)
        label = prefix + (after or before)["label"]
        if _value(before) != _value(after):
            changes.append(FormChange(section, section_label, entry, key, label, _value(before), _value(after)))
        if _files(before) != _files(after):
            told = [_names(side) for side in (before, after)]
            if told[0] == told[1]:  # another file of the same name
                told[1] = f"{told[1]}（已更换）"
            changes.append(FormChange(section, section_label, entry, f"{key}.files", f"{label}（附件）", *told))
    return changes


def _value(row: dict | None) -> str:
    return row["value"] if row else ""


def _files(row: dict | None) -> set[str]:
    return {file["sha256"] for file in (row or {}).get("files", ())}


def _names(row: dict | None) -> str:
    return "、".join(file["name"] for file in (row or {}).get("files", ()))


def previous_form(application: Application) -> ApplicationForm | None:
    """Return the form to compare the current one with, ``None`` for the first version of a first registration.

    It is what the latest decision on another version looked at; where nobody has decided yet, the
    version before the latest edit. A renewal's first version is compared with the form of the term before.
    """
    if application.form_version == 1:
        if not application.is_renewal:
            return None
        before = ApplicationForm.objects.filter(application__period__registration=application.registration_id)
        newest = before.exclude(application=application).order_by("-application__period__valid_from", "-version")
        return newest.first()
    # In memory: whoever shows the changes shows the decisions too, and has fetched them for both.
    decided = [each for each in application.decisions.all() if each.form_version < application.form_version]
    if decided:
        return form_at(application, max(decided, key=lambda each: each.pk).form_version)
    return form_at(application, application.form_version - 1)


def form_at(application: Application, version: int) -> ApplicationForm:
    """Return one version of a form; versions never change and have no gaps."""
    read = ApplicationForm.objects.filter(application=application, version=version).get
    return once(("form", application.pk, version), read)
