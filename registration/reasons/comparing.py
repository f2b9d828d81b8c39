"""What differs between the refused form and the present one, and whether that had been named (R-REG-14).

An *atom* is the smallest thing that can differ: ``(section, entry, key)`` of an answer, of a document
(``file:…``), or of the photo.
"""

from collections.abc import Iterable

from registration.reasons.codes import DOCUMENT, MATTERS
from registration.reasons.items import ACCOUNT, CONTACT, CURRENT, LISTS, Item, Named, entries_of

Atom = tuple[str, str, str]

_EDITED = ("basic", "region", *LISTS)  # the rest of a form comes from registers, or is said when it is sent
PHOTO: Atom = ("photo", "", "")
REGION: Atom = ("region", "", "region")
HOUSEHOLD: Atom = ("basic", "", "household")
FIRST_REGISTERED: Atom = ("region", "", "first_registered_on")


class Form:
    """A form's content, taken apart."""

    def __init__(self, content: dict):
        self.values: dict[Atom, str] = {PHOTO: content["photo"]}
        self.labels: dict[Atom, str] = {PHOTO: "照片"}
        self.words: dict[Atom, str] = {PHOTO: "有照片" if content["photo"] else ""}
        for section in content["sections"]:
            for entry, rows in entries_of(section):
                place = f"{section['label']}“{rows[0]['value']}”的" if entry else ""
                for row in rows:
                    value, label = row["value"], f"{place}{row['label']}"
                    self._put((section["name"], entry, row["key"]), value, label, value)
                    for file in row.get("files", ()):
                        atom = (section["name"], entry, f"{DOCUMENT}{file['uid']}")
                        self._put(atom, file["sha256"], f"{place}材料“{file['name']}”", file["name"])

    def _put(self, atom: Atom, value: str, label: str, words: str) -> None:
        self.values[atom], self.labels[atom], self.words[atom] = value, label, words

    def is_current(self, entry: str) -> bool:
        """Whether an entry of 工作经历 is the employment that lasts."""
        return self.values.get(("work", entry, "end")) == CURRENT

    def has(self, section: str, entry: str) -> bool:
        """Whether it holds this entry of a list."""
        return any(atom[:2] == (section, entry) for atom in self.values)


def differences(old: Form, new: Form) -> set[Atom]:
    """Return every atom that is not the same in both."""
    return {atom for atom in {**old.values, **new.values} if old.values.get(atom) != new.values.get(atom)}


def not_named(named: Iterable[Named], old: Form, new: Form) -> list[Atom]:
    """Return the edited atoms that no named item covers or entails, in the order of the forms."""
    named = list(named)
    changed = differences(old, new)
    return [
        atom
        for atom in {**old.values, **new.values}
        if atom in changed and is_edited(atom) and not covered(named, atom, old, new)
    ]


def is_edited(atom: Atom) -> bool:
    """Whether it is the worker's own answer that a round of correction holds still."""
    section, _, key = atom
    return atom == PHOTO or (section in _EDITED and key not in ACCOUNT | CONTACT)


def covered(named: Iterable[Named], atom: Atom, old: Form, new: Form | None = None) -> bool:
    """Tell whether a named item lets this atom change; without ``new``, an entry to be added counts as current."""
    return any(_covers(each.item, atom, old) or _entails(each.item, atom, old, new) for each in named)


def atoms_of(item: Item, form: Form) -> list[Atom]:
    """Return what an item is made of in the form that it was named of."""
    return [atom for atom in form.values if is_of(item, atom, form)]


def is_mended(named: Named, old: Form, new: Form) -> bool:
    """Whether anything of the item itself is another than in the refused form."""
    return any(is_of(named.item, atom, old) for atom in differences(old, new))


def is_of(item: Item, atom: Atom, old: Form) -> bool:
    """Whether an atom belongs to an item: an added document answers for one that was named of the same entry."""
    section, entry, key = atom
    if item.section != section or (item.entry and item.entry != entry):
        return False
    if item.is_document:
        return key == item.key or (key.startswith(DOCUMENT) and item.entry == entry and atom not in old.values)
    if not item.key:
        return True
    return key == item.key and entry == item.entry


def _covers(item: Item, atom: Atom, old: Form) -> bool:
    """Whether naming the item opens the atom: with it go the answers that are one matter with it."""
    section, _, key = atom
    if is_of(item, atom, old):
        return True
    if item.section != section or item.entry or not item.key:
        return False
    if section == "region":  # the questions on the local certificate are one matter
        return item.key != "region" and key != "region"
    return any(item.key in matter and key in matter for matter in MATTERS)


def _entails(item: Item, atom: Atom, old: Form, new: Form | None) -> bool:
    """R-PRO-07: 登记区域 is where 户籍 or the current employment is, so mending one may need another."""
    if atom == REGION:
        of_current = item.section == "work" and not item.is_document and (not item.entry or old.is_current(item.entry))
        return of_current or (item.section == "basic" and item.key in ("", "household"))
    if (item.section, item.key) != ("region", "region"):
        return False
    if atom == HOUSEHOLD:
        return True
    section, entry, _ = atom
    if section != "work":
        return False
    if old.has("work", entry):
        return old.is_current(entry)
    return new is None or new.is_current(entry)
