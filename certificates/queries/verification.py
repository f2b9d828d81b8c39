"""Public verification (证书查验, R-VER-01): by number and name, by the token of a QR code, by the file itself.

Every answer is as of now: dates and states are judged at the moment of asking. Nothing is shown that
the certificate itself does not print, and personal numbers are masked.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils import timezone

from certificates.models import Annotation, Certificate
from certificates.pdf.verify import Change, Examination, Verdict
from certificates.queries.examining import examined
from certificates.queries.issued_log import place_of
from certificates.queries.issuing import current_certificate
from certificates.queries.printed import Row, qualification_facts, registration_facts
from certificates.queries.verdicts import (
    MEANINGS,
    NOT_FOUND,
    UNRECORDED,
    Answer,
    of_annotation,
    of_certificate,
    of_file,
    of_qualification,
)
from certificates.workflows import AnnotationState
from registration.models import Qualification, Registration
from swms.idnumbers import normalise, normalise_name
from swms.ui import cn_date, cn_datetime

IN_FORCE = ("valid", "in_renewal")
LARGEST_FILE = 10 * 1024 * 1024


@dataclass(frozen=True)
class Verification:
    """The answer: a verdict, as of when, every printed field, and what it means.

    ``code`` is stable for programs. ``subject`` is "qualification", "registration", "annotation" or "".
    ``document`` is the file that was asked about, ``about`` whose it is; ``signed`` says who signed it and when.
    """

    code: str
    tone: str
    title: str
    text: str
    at: datetime
    subject: str = ""
    facts: list[Row] = field(default_factory=list)
    meaning: list[str] = field(default_factory=list)
    document: Annotation | Certificate | None = None
    about: Qualification | Registration | None = None
    signed: list[Row] = field(default_factory=list)

    @property
    def is_found(self) -> bool:
        """Whether there is a record to speak about."""
        return bool(self.subject)

    @property
    def place(self) -> int | None:
        """Under which number the document stands in 签发日志; ``None`` where there is none."""
        return place_of(self.document) if self.document and self.document.sha256 else None

    def as_json(self) -> dict:
        """Return the answer for programs."""
        return {
            "code": self.code,
            "valid": self.code in IN_FORCE,
            "title": self.title,
            "message": self.text,
            "as_of": timezone.localtime(self.at).isoformat(timespec="seconds"),
            "subject": self.subject,
            "facts": [{"label": row.label, "value": row.value} for row in self.facts],
            "log_number": self.place,
        }


def verify_number(number: str, name: str) -> Verification:
    """Answer for a 管理号, 登记证书编号 or 加注编号 with the holder's name.

    An unknown number and a wrong name get the same answer, after the same look-ups.
    """
    qualification = _qualifications().filter(mgmt_no=number).first()
    registration = _registrations().filter(number=number).first()
    annotation = _annotations().filter(number=number).first()
    return _chosen(normalise_name(name), qualification, registration, annotation)


def verify_rows(asked: list[tuple[str, str]]) -> list[Verification]:
    """Answer for many numbers with names, with the same look-ups for all of them together."""
    pairs = [(normalise(number), normalise_name(name)) for number, name in asked]
    numbers = {number for number, _ in pairs}
    qualifications = {row.mgmt_no: row for row in _qualifications().filter(mgmt_no__in=numbers)}
    registrations = {row.number: row for row in _registrations().filter(number__in=numbers)}
    annotations = {row.number: row for row in _annotations().filter(number__in=numbers)}
    return [
        _chosen(name, qualifications.get(number), registrations.get(number), annotations.get(number))
        for number, name in pairs
    ]


def _chosen(
    wanted: str, qualification: Qualification | None, registration: Registration | None, annotation: Annotation | None
) -> Verification:
    if qualification and qualification.name == wanted:
        return _about_qualification(qualification)
    if registration and registration.qualification.name == wanted:
        return _about_registration(registration)
    if annotation and annotation.names["name"] == wanted:
        return _about_annotation(annotation)
    return _answer(NOT_FOUND)


def verify_token(token: str) -> Verification:
    """Answer for the token of a QR code: an annotated copy, or a version of a 登记证书."""
    document = document_of(token)
    return _about(document) if document else _answer(NOT_FOUND)


def document_of(token: str) -> Annotation | Certificate | None:
    """Return the document whose QR code holds the token."""
    if not token:
        return None
    annotation = _annotations().filter(verify_token=token).first()
    return annotation or _certificates().filter(verify_token=token).first()


def verify_file(data: bytes) -> Verification:
    """Answer for a file: not ours, altered, or ours, and then what has become of the certificate since."""
    found = examined(data, largest=LARGEST_FILE)
    if found.verdict is not Verdict.INTACT:
        return _about_spoilt(found)
    record = document_of(found.token)
    if record is None or record.sha256 != found.sha256:
        return _answer(UNRECORDED)
    about = _about(record)
    return replace(about, signed=_signed(found), meaning=MEANINGS["file"] + about.meaning)


def _signed(found: Examination) -> list[Row]:
    """Return who signed a file and when, to be read beside the verdict."""
    stamp = [Row("时间戳", f"{cn_datetime(found.stamped_at)}，由{found.stamped_by}签发")] if found.stamped_at else []
    return [
        *stamp,
        Row("签名时间", cn_datetime(found.signed_at)),
        Row("签名证书", "，由".join(found.chain) + ("签发" if len(found.chain) > 1 else "")),
        Row("签名证书有效期至", cn_date(found.certificate_until)),
    ]


def _about(document: Annotation | Certificate) -> Verification:
    if isinstance(document, Annotation):
        return _about_annotation(document)
    return _about_registration(document.registration, document)


def _about_qualification(qualification: Qualification) -> Verification:
    facts = [Row("证书状态", qualification.get_state_display()), *qualification_facts(qualification)]
    return _answer(of_qualification(qualification), "qualification", facts, about=qualification)


def _about_registration(registration: Registration, certificate: Certificate | None = None) -> Verification:
    certificate = certificate or current_certificate(registration)
    answer = of_certificate(registration, certificate)
    facts = [Row("登记状态", answer.status), *registration_facts(registration, certificate)]
    return _answer(answer, "registration", facts, document=certificate, about=registration)


def _about_annotation(annotation: Annotation) -> Verification:
    if annotation.standing in (AnnotationState.SUBMITTED, AnnotationState.FAILED):
        return _answer(NOT_FOUND)  # no such copy has ever left the portal
    qualification = annotation.qualification
    facts = [
        Row("证书状态", qualification.get_state_display()),
        Row("加注状态", _end_of(annotation)),
        Row("使用场景", annotation.scenario.label),
        Row("加注有效期至", cn_date(annotation.valid_until)),
        Row("加注编号", annotation.number),
        *qualification_facts(qualification, annotation.names),
    ]
    return _answer(of_annotation(annotation), "annotation", facts, document=annotation, about=qualification)


def _end_of(annotation: Annotation) -> str:
    """Return where the copy stands; what it was revoked with, certificate or registration, is said elsewhere."""
    return "已撤销" if annotation.standing == AnnotationState.REVOKED else annotation.standing.label


def _about_spoilt(found: Examination) -> Verification:
    answer = of_file(found)
    if found.change is Change.APPENDED and found.token:
        # The signed part is whole: what the register says about it can be laid beside the file.
        about = verify_token(found.token)
        return _answer(answer, about.subject, about.facts, about=about.about)
    return _answer(answer)


def _answer(answer: Answer, subject: str = "", facts: list[Row] | None = None, **whose) -> Verification:
    return Verification(
        code=answer.code,
        tone=answer.tone,
        title=answer.title,
        text=answer.text,
        at=timezone.now(),
        subject=subject,
        facts=facts or [],
        meaning=_meaning(answer, subject),
        **whose,
    )


def _meaning(answer: Answer, subject: str) -> list[str]:
    """Return what the verdict means; of what was undone only how to compare: the rest is about what stays valid."""
    meaning = MEANINGS.get(subject, []) if answer.explained else []
    return meaning[:1] if answer.tone == "bad" else meaning


def _qualifications():
    return Qualification.objects.select_related("province", "worker")


def _registrations():
    return Registration.objects.select_related("region", "worker__user", "qualification__province")


def _annotations():
    return Annotation.objects.select_related("scenario", "qualification__province", "qualification__worker")


def _certificates():
    return Certificate.objects.select_related(
        "registration__region", "registration__worker__user", "registration__qualification__province"
    )
