"""What a refusal may name: the items of one version of the form (R-REG-14, R-REG-15).

Pure functions over what ``form_content`` returns. An item is a section, one answer of it, one entry of a
list, or one document; it is stored by its identity and never by what it says, which stays sealed in the form.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from registration.reasons.codes import DOCUMENT, OTHER, REASONS, Reason, codes_for

CONTACT = frozenset({"mobile", "email"})  # changed at any time, the mobile by SMS (§2.2)
ACCOUNT = frozenset({"name", "id_number"})  # nobody edits them as personal information (R-ACC-11)
OF_THE_RECORD = frozenset({"number", "term_end"})  # what is renewed; the conditions beside them can be met (R-REREG-04)
STAMPED = frozenset({"first_registered_on"})  # follows from the answers on the local certificate (R-PRO-05)
LISTS = ("work", "projects", "honours")
REMARK_LENGTH = 200
CURRENT = "至今"


@dataclass(frozen=True)
class Item:
    """One thing that can be named: ``entry`` identifies an entry of a list, ``key`` an answer or a document."""

    section: str
    entry: str = ""
    key: str = ""
    label: str = ""
    section_label: str = ""

    @property
    def id(self) -> str:
        return ".".join((self.section, self.entry, self.key))

    @property
    def is_document(self) -> bool:
        return self.key.startswith(DOCUMENT)

    @property
    def codes(self) -> list[Reason]:
        """The reasons that may be given for it."""
        return codes_for(self.section, self.key)


@dataclass(frozen=True)
class Named:
    """An item that a refusal names, with what is wrong; ``general``: it came with a reason for the form as a whole."""

    item: Item
    code: str
    remark: str = ""
    general: bool = False

    @property
    def stored(self) -> dict:
        """What a decision keeps of it."""
        it = self.item
        return {
            "section": it.section,
            "entry": it.entry,
            "key": it.key,
            "code": self.code,
            "remark": self.remark,
            "general": self.general,
        }


class ItemRefused(ValueError):
    """An item cannot be named so; ``code`` is stable, the message is for the reviewer."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code, self.message = code, message


def entries_of(section: dict) -> list[tuple[str, list[dict]]]:
    """Return the entries of a section with their identities, which only entries of lists have."""
    if section["name"] not in LISTS:
        return [("", entry) for entry in section["entries"]]
    return list(zip(map(str, section.get("ids", ())), section["entries"], strict=False))


def items_of(content: dict, *, registered: bool = False, derived: Iterable[str] = ()) -> list[Item]:
    """Return what a refusal may name of a form: what its worker can mend, in the form's order.

    ``derived`` are answers that come from the identity number. A registered person's 登记区域 and
    current employment move by 变更 alone (R-CHG-01).
    """
    found = [Item("photo", label="照片", section_label="照片")]
    fixed = {"mobile", *ACCOUNT, *OF_THE_RECORD, *STAMPED, *derived}
    for section in content["sections"]:
        name = section["name"]
        if name not in ("basic", "region", "renewal", "late", *LISTS) or (name == "region" and registered):
            continue
        if name in ("basic", "renewal", *LISTS):
            found.append(Item(name, label=section["label"], section_label=section["label"]))
        for entry, rows in entries_of(section):
            if registered and name == "work" and is_current(rows):
                continue
            found += _of_entry(section, entry, rows, fixed)
    return found


def _of_entry(section: dict, entry: str, rows: list[dict], fixed: set[str]) -> Iterable[Item]:
    name, label = section["name"], section["label"]
    title = f"“{rows[0]['value']}”" if entry else ""
    if entry:
        yield Item(name, entry, "", f"{label}{title}", label)
    for row in rows:
        if not entry and row["key"] not in fixed:
            yield Item(name, "", row["key"], row["label"], label)
        for file in row.get("files", ()):
            yield Item(name, entry, f"{DOCUMENT}{file['uid']}", f"{title}材料“{file['name']}”", label)


def is_current(rows: list[dict]) -> bool:
    """Whether an entry of 工作经历 is the employment that lasts."""
    return any(row["key"] == "end" and row["value"] == CURRENT for row in rows)


def named_items(asked: object, codes: Iterable[str], offered: Iterable[Item]) -> list[Named]:
    """Return what a refusal names: the ``asked`` items, checked, and what its general ``codes`` speak of.

    Raises ``ItemRefused``: ``item_unknown``, ``item_twice``, ``item_reason``, ``item_remark``.
    """
    by_id = {item.id: item for item in offered}
    named = []
    for each in asked if isinstance(asked, list | tuple) else [asked]:
        named.append(_checked(each, by_id))
    ids = [each.item.id for each in named]
    if len(set(ids)) < len(ids):
        raise ItemRefused("item_twice", "同一项内容指出了两次")
    for code in codes:
        for section, key in REASONS[code].places:
            item = by_id.get(Item(section, "", key).id)
            if item and item.id not in ids:
                named.append(Named(item, code, general=True))
    return named


def _checked(asked: object, by_id: dict[str, Item]) -> Named:
    if not isinstance(asked, dict) or not all(isinstance(each, str) for each in asked.values()):
        raise ItemRefused("item_unknown", "指出的内容不在这一版表单中，请重新选择")
    item = by_id.get(".".join(asked.get(part, "") for part in ("section", "entry", "key")))
    if item is None:
        raise ItemRefused("item_unknown", "指出的内容不在这一版表单中，请重新选择")
    code, remark = asked.get("code", ""), asked.get("remark", "").strip()
    if code not in [reason.code for reason in item.codes]:
        raise ItemRefused("item_reason", f"{item.label}：请选择问题")
    if len(remark) > REMARK_LENGTH:
        raise ItemRefused("item_remark", f"{item.label}：说明不能超过{REMARK_LENGTH}字，现在有{len(remark)}字")
    if "\0" in remark:
        raise ItemRefused("item_remark", f"{item.label}：说明中有无法显示的字符，请删除后重新输入")
    if code == OTHER and not remark:
        raise ItemRefused("item_remark", f"{item.label}：选择“其他”的，请写明问题")
    return Named(item, code, remark)


def named_of(stored: Iterable[dict], content: dict) -> list[Named]:
    """Return what a decision named, with the labels of the form that it looked at."""
    labels = {item.id: item for item in items_of(content)}
    found = []
    for each in stored:
        bare = Item(each["section"], each["entry"], each["key"])
        found.append(Named(labels.get(bare.id, bare), each["code"], each["remark"], each["general"]))
    return found
