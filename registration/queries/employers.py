"""Where a social worker works: institutions to choose from, and what that says about 登记区域."""

from uuid import UUID

from django.db.models import QuerySet

from registration.models import Institution, Worker, WorkExperience
from swms.codes import EmployerType
from swms.regions.models import Region
from swms.regions.queries import same_region

SHOWN = 20
SHORTEST = 2


def institutions_named(text: str) -> QuerySet[Institution]:
    """Return at most 20 institutions in good standing whose name holds ``text``, for everybody (R-PRO-09, R-SVC-09).

    Fewer than two characters find nothing.
    """
    if len(text) < SHORTEST:
        return Institution.objects.none()
    found = Institution.objects.filter(name__icontains=text, status=Institution.Status.ACTIVE)
    return found.select_related("region").order_by("name", "pk")[:SHOWN]


def institution_chosen(uid: str) -> Institution | None:
    """Return an institution in good standing by what a page of the search said of it; ``None`` for anything else."""
    try:
        number = UUID(uid)
    except ValueError:
        return None
    good = Institution.objects.filter(status=Institution.Status.ACTIVE)
    return good.select_related("region").filter(uid=number).first()


def current_employment(worker: Worker) -> WorkExperience | None:
    """Return the employment without an end, or ``None``."""
    return worker.experiences.filter(end_date=None).select_related("institution__region").first()


def region_fit(worker: Worker, region: Region) -> str:
    """Tell how ``region`` is the worker's: where 户籍 or 工作单位 is (R-PRO-07).

    ``household`` or ``employer``; ``unproven`` if the employer was typed or is not known yet, so that
    the worker has to say it; ``elsewhere`` if it is neither.
    """
    if worker.household_region and same_region(region, worker.household_region):
        return "household"
    current = current_employment(worker)
    if current and current.institution:
        return "employer" if same_region(region, current.institution.region) else "elsewhere"
    if current and current.employer_type == EmployerType.NOT_EMPLOYED and worker.household_region:
        return "elsewhere"
    return "unproven"
