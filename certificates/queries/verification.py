"""Public verification (证书查验, R-VER-01): by number and name, by the token of a QR code, by the file itself.

Every answer is as of now: dates and states are judged at the moment of asking. Nothing is shown that
the certificate itself does not print, and personal numbers are masked.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils import timezone

from certificates.models import Annotation, Certificate
from certificates.pdf import keys
from certificates.pdf.verify import Change, Examination, Verdict, examine
from certificates.queries.issuing import current_certificate
from certificates.queries.printed import Row, qualification_facts, registration_facts
from certificates.queries.verdicts import (
    FILE_ANSWERS,
    MEANINGS,
    NOT_FOUND,
    UNRECORDED,
    Answer,
    of_annotation,
    of_certificate,
    of_qualification,
)
from certificates.workflows import AnnotationState
from registration.models import Qualification, Registration
from swms.idnumbers import normalise_name
from swms.ui import cn_date

IN_FORCE = ("valid", "in_renewal")
LARGEST_FILE = 10 * 1024 * 1024


@dataclass(frozen=True)
class Verification:
    """The answer: a verdict, as of when, every printed field, and what it means.

    ``code`` is stable for programs. ``subject`` is "qualification", "registration", "annotation" or "".
    """

    code: str
    tone: str
    title: str
    text: str
    at: datetime
    subject: str = ""
    facts: list[Row] = field(default_factory=list)
    meaning: list[str] = field(default_factory=list)

    @property
    def is_found(self) -> bool:
        """Whether there is a record to speak about."""
        return bool(self.subject)

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
        }


def verify_number(number: str, name: str) -> Verification:
    """Answer for a 管理号, 登记证书编号 or 加注编号 with the holder's name.

    An unknown number and a wrong name get the same answer, after the same look-ups.
    """
    wanted = normalise_name(name)
    qualification = _qualifications().filter(mgmt_no=number).first()
    registration = _registrations().filter(number=number).first()
    annotation = _annotations().filter(number=number).first()
    if qualification and qualification.name == wanted:
        return _about_qualification(qualification)
    if registration and registration.qualification.name == wanted:
        return _about_registration(registration)
    if annotation and annotation.names["name"] == wanted:
        return _about_annotation(annotation)
    return _answer(NOT_FOUND)


def verify_token(token: str) -> Verification:
    """Answer for the token of a QR code: an annotated copy, or a version of a 登记证书."""
    annotation = _annotations().filter(verify_token=token).first() if token else None
    if annotation:
        return _about_annotation(annotation)
    certificate = _certificates().filter(verify_token=token).first() if token else None
    if certificate:
        return _about_registration(certificate.registration, certificate)
    return _answer(NOT_FOUND)


def verify_file(data: bytes) -> Verification:
    """Answer for a file: not ours, altered, or ours, and then what has become of the certificate since."""
    found = examine(data, keys.trust_roots(), largest=LARGEST_FILE)
    if found.verdict is not Verdict.INTACT:
        return _about_spoilt(found)
    annotation = _annotations().filter(verify_token=found.token).first() if found.token else None
    certificate = _certificates().filter(verify_token=found.token).first() if found.token else None
    record = annotation or certificate
    if record is None or record.sha256 != found.sha256:
        return _answer(UNRECORDED)
    about = _about_annotation(annotation) if annotation else _about_registration(certificate.registration, certificate)
    signed = [Row("签名时间", cn_date(found.signed_at)), Row("签名者", found.signer)]
    return replace(about, facts=about.facts + signed, meaning=MEANINGS["file"] + about.meaning)


def _about_qualification(qualification: Qualification) -> Verification:
    facts = [Row("证书状态", qualification.get_state_display()), *qualification_facts(qualification)]
    return _answer(of_qualification(qualification), "qualification", facts)


def _about_registration(registration: Registration, certificate: Certificate | None = None) -> Verification:
    certificate = certificate or current_certificate(registration)
    answer = of_certificate(registration, certificate)
    facts = [Row("登记状态", answer.status), *registration_facts(registration, certificate)]
    return _answer(answer, "registration", facts)


def _about_annotation(annotation: Annotation) -> Verification:
    if annotation.standing in (AnnotationState.SUBMITTED, AnnotationState.FAILED):
        return _answer(NOT_FOUND)  # no such copy has ever left the portal
    qualification = annotation.qualification
    facts = [
        Row("证书状态", qualification.get_state_display()),
        Row("加注状态", annotation.standing.label),
        Row("使用场景", annotation.scenario.label),
        Row("加注有效期至", cn_date(annotation.valid_until)),
        Row("加注编号", annotation.number),
        *qualification_facts(qualification, annotation.names),
    ]
    return _answer(of_annotation(annotation), "annotation", facts)


def _about_spoilt(found: Examination) -> Verification:
    answer = FILE_ANSWERS[found.verdict]
    if found.change is Change.APPENDED and found.token:
        # The signed part is whole: what the register says about it can be laid beside the file.
        about = verify_token(found.token)
        return _answer(answer, about.subject, about.facts)
    return _answer(answer)


def _answer(answer: Answer, subject: str = "", facts: list[Row] | None = None) -> Verification:
    return Verification(
        code=answer.code,
        tone=answer.tone,
        title=answer.title,
        text=answer.text,
        at=timezone.now(),
        subject=subject,
        facts=facts or [],
        meaning=MEANINGS.get(subject, []) if answer.explained else [],
    )


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
