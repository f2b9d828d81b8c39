"""What certificates print, gathered from the register: the input of ``certificates.pdf.page``."""

from base64 import b64encode

from django.conf import settings
from django.urls import reverse

from registration.models import Qualification, Registration
from swms.codes import IdType, Sex
from swms.dates import today
from swms.idnumbers import InvalidIdNumber, parse
from swms.regions.queries import full_name
from swms.uploads.models import StoredFile
from swms.uploads.storage import open_file

NO_EMPLOYER = "无"
UNSIGNED = "—"


def verify_link(token: str) -> str:
    """Return the address in a QR code, which anybody may open (R-VER-01)."""
    return f"{settings.SITE_URL}{reverse('verification:token', args=[token])}"


def qualification_content(
    qualification: Qualification, *, signer: str = UNSIGNED, names: dict[str, str] | None = None
) -> dict[str, str]:
    """Return what the 职业水平证书 prints, without its photo; a value that is not known is empty.

    ``signer`` is named by who signs; pages, which only show the content, need no key for it. ``names`` are the
    ``name`` and ``id_number`` of a copy that was made before they were corrected (R-REP-03).
    """
    names = names or {"name": qualification.name, "id_number": qualification.id_number}
    sex, born = sex_and_birth(qualification, names["id_number"])
    return {
        "management_number": qualification.mgmt_no,
        "name": names["name"],
        "sex": sex,
        "birth_date": born,
        "id_number": names["id_number"],
        "level": qualification.get_level_display(),
        "exam_year": str(qualification.exam_year),
        "region": qualification.province.name,
        "issue_date": qualification.issue_date.isoformat(),
        "office": settings.ISSUER_LABEL,
        "verify_url": f"{settings.SITE_URL}{reverse('certificates:verify')}",
        "signer": signer,
    }


def registration_content(
    registration: Registration, *, token: str, version: int, signer: str = UNSIGNED
) -> dict[str, str]:
    """Return what a version of the 登记证书 prints, without its photo."""
    qualification, worker = registration.qualification, registration.worker
    current = worker.experiences.filter(end_date=None).first()
    return {
        "registration_number": registration.number,
        "management_number": qualification.mgmt_no,
        "name": qualification.name,
        "sex": worker.get_sex_display(),
        "id_number": qualification.id_number,
        "level": qualification.get_level_display(),
        "region": full_name(registration.region),
        "employer": current.employer_name if current else NO_EMPLOYER,
        "first_registered_on": registration.first_registered_on.isoformat(),
        "valid_from": registration.valid_from.isoformat(),
        "valid_until": registration.valid_until.isoformat(),
        "issue_date": today().isoformat(),
        "version": str(version),
        "office": settings.AUTHORITY_LABEL,
        "verify_url": verify_link(token),
        "signer": signer,
    }


def photo_url(photo: StoredFile | None) -> str:
    """Return a stored photo as a data: URL; empty when there is none any more.

    Raises FileMissing for one that ought to be on disk: a certificate waits rather than go out without it.
    """
    if photo is None or photo.purged_at is not None:
        return ""
    return f"data:{photo.media_type};base64,{b64encode(open_file(photo)).decode('ascii')}"


def photo_of(qualification: Qualification) -> StoredFile | None:
    """Return the holder's photo, if the holder has an account with one."""
    return qualification.worker.photo if qualification.worker else None


def sex_and_birth(qualification: Qualification, id_number: str | None = None) -> tuple[str, str]:
    """Return (sex, ISO date of birth): from the identity number, else from the personal information (R-ACC-11)."""
    if qualification.id_type in IdType.with_citizen_number():
        try:
            identity = parse(id_number or qualification.id_number)
        except InvalidIdNumber:
            return "", ""
        return Sex(identity.sex).label, identity.birth_date.isoformat()
    worker = qualification.worker
    if worker is None or not worker.sex or not worker.birth_date:
        return "", ""
    return worker.get_sex_display(), worker.birth_date.isoformat()
