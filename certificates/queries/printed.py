"""The printed fields of certificates as a page shows them to be compared: personal numbers masked (R-VER-01)."""

from dataclasses import dataclass
from datetime import date

from certificates.models import Certificate
from certificates.pdf import page
from certificates.queries.contents import qualification_content, registration_content
from certificates.queries.issuing import current_certificate
from registration.models import Qualification, Registration
from swms.idnumbers import mask_id
from swms.ui import cn_date


@dataclass(frozen=True)
class Row:
    """One printed field."""

    label: str
    value: str


def qualification_facts(qualification: Qualification, names: dict[str, str] | None = None) -> list[Row]:
    """Return what the 职业水平证书 prints, as the register has it now; with ``names``, as an older copy names them."""
    content = qualification_content(qualification, names=names)
    return _rows(page.QUALIFICATION, content, cn_date(qualification.issue_date))


def registration_facts(registration: Registration, certificate: Certificate | None = None) -> list[Row]:
    """Return what the 登记证书 prints: as it was issued, or as it will be before that."""
    certificate = certificate or current_certificate(registration)
    content = certificate.content if certificate else registration_content(registration, token="-", version=1)
    return _rows(page.REGISTRATION, content, cn_date(date.fromisoformat(content["issue_date"])))


def _rows(kind: str, content: dict[str, str], issued: str) -> list[Row]:
    shown = content | {"id_number": mask_id(content["id_number"]), "photo": ""}
    try:
        facts = [Row(fact.label, fact.text) for fact in page.printed(kind, shown)]
    except page.ContentError:
        # A roster row that cannot be printed, such as one without a date of birth, can still be verified.
        number = "management_number" if kind == page.QUALIFICATION else "registration_number"
        facts = [
            Row("姓名", shown["name"]),
            Row("证件号码", shown["id_number"]),
            Row("级别", shown["level"]),
            Row("管理号" if kind == page.QUALIFICATION else "登记证书编号", shown[number]),
        ]
    if not any(row.label == "签发日期" for row in facts):
        facts.append(Row("签发日期", issued))
    # A full date of birth would undo the mask over the identity number.
    born = content.get("birth_date", "")
    return [Row(row.label, f"{born[:4]}年**月**日") if row.label == "出生日期" else row for row in facts]
