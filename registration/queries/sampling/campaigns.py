"""抽查批次: the population, its strata, what is published, how far it is."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count, QuerySet

from registration.models import Application, RegistrationPeriod, SampledCase, SamplingCampaign, WorkExperience
from registration.workflows import (
    DONE_STATES,
    ENDED_SAMPLE_STATES,
    OPEN_SAMPLE_STATES,
    CampaignBasis,
    QualificationState,
    RegistrationState,
    SampleState,
    StratifyBy,
)
from registration.workflows.sampling.drawing import ALGORITHM, size_of
from swms.codes import CertificateLevel, EmployerType
from swms.dates import midnight
from swms.regions.models import Duty, Region, jurisdictions_of
from swms.regions.queries import division

_GONE = (RegistrationState.REVOKED, RegistrationState.CANCELLED)


@dataclass(frozen=True)
class Candidate:
    """One registration that may be drawn: the case that made or renewed it last, its region and its stratum."""

    application: Application
    region_id: str
    stratum: str


@dataclass
class Stratum:
    """A part of the population, as it is drawn from."""

    key: str
    label: str
    population: int = 0
    size: int = 0
    facts: dict = field(default_factory=dict, repr=False)

    @property
    def stored(self) -> dict:
        return {"key": self.key, "label": self.label, "population": self.population, "size": self.size}


def offices_of(user) -> list[Region]:
    """Return the regions whose office the user speaks for in sampling, by code."""
    held = {j.region for j in jurisdictions_of(user) if j.duty == Duty.FINAL_REVIEW and j.region}
    return sorted(held, key=lambda region: region.code)


def candidates(campaign: SamplingCampaign) -> list[Candidate]:
    """Return the population of a campaign as it is at this moment, by reference.

    办结: the cases completed in the period, in the region that decided them, wherever the person is now. 有效: the
    registrations with a term that touches the period, where they are administered now. Each registration once, by its
    newest case; without those that were undone, and those that are under inspection already.
    """
    inside = campaign.region.path
    periods = RegistrationPeriod.objects.select_related(
        "application__region", "application__qualification", "registration__region"
    ).filter(application__state__in=DONE_STATES, registration__qualification__state=QualificationState.VALID)
    if campaign.basis == CampaignBasis.COMPLETED:
        span = (midnight(campaign.period_from), midnight(campaign.period_until + dt.timedelta(days=1)))
        periods = periods.filter(
            application__completed_at__gte=span[0],
            application__completed_at__lt=span[1],
            application__region__path__startswith=inside,
        )
    else:
        periods = periods.filter(
            valid_from__lte=campaign.period_until,
            valid_until__gte=campaign.period_from,
            registration__region__path__startswith=inside,
        )
    periods = periods.only(
        "registration__region__path",
        "valid_from",
        "application__ref",
        "application__worker_id",
        "application__region__path",
        "application__qualification__level",
    )
    busy = SampledCase.objects.filter(state__in=OPEN_SAMPLE_STATES).values("registration")
    periods = periods.exclude(registration__state__in=_GONE).exclude(registration__in=busy)
    newest = {each.registration_id: each for each in periods.order_by("valid_from", "pk")}
    employers = _employers(newest.values()) if StratifyBy.EMPLOYER in campaign.strata_by else {}
    found = []
    for each in newest.values():
        by_case = campaign.basis == CampaignBasis.COMPLETED
        region = each.application.region if by_case else each.registration.region
        facts = {
            StratifyBy.LEVEL: str(each.application.qualification.level),
            StratifyBy.PLACE: _place(campaign.region, region),
            StratifyBy.EMPLOYER: employers.get(each.application.worker_id, EmployerType.NOT_EMPLOYED),
        }
        key = ";".join(f"{name}={facts[name]}" for name in StratifyBy.values if name in campaign.strata_by) or "all"
        found.append(Candidate(each.application, region.code, key))
    return sorted(found, key=lambda one: one.application.ref)


def preview(campaign: SamplingCampaign, found: list[Candidate]) -> list[Stratum]:
    """Return the strata of a population with how many are drawn of each."""
    counts = Counter(each.stratum for each in found)
    return [
        Stratum(
            key,
            label_of(key),
            count,
            size_of(count, percent=campaign.percent, per_stratum=campaign.per_stratum),
        )
        for key, count in sorted(counts.items())
    ]


def label_of(key: str) -> str:
    """Return what a stratum is called: 助理社会工作师 · 朝阳区."""
    if key == "all":
        return "全部"
    return " · ".join(_LABELS[name](value) for name, value in (part.split("=") for part in key.split(";")))


_LABELS = {
    "level": lambda value: CertificateLevel(int(value)).label,
    "place": lambda value: place.name if (place := division(value)) else value,
    "employer": lambda value: EmployerType(value).label,
}


def _place(office: Region, region: Region) -> str:
    """Return the division below the office in which a region lies, passing over a municipal level of its name."""
    below = region.path.removeprefix(office.path).strip("/")
    for code in filter(None, below.split("/")):
        found = division(code)
        if found is None or found.name != office.name:
            return code
    return office.code


def _employers(periods) -> dict[int, str]:
    workers = {each.application.worker_id for each in periods}
    now = WorkExperience.objects.filter(worker__in=workers, end_date=None)
    return dict(now.values_list("worker_id", "employer_type"))


# --- for everybody -----------------------------------------------------------------------------------


def published() -> QuerySet[SamplingCampaign]:
    """Return what anybody may read about, newest first.

    A cancelled campaign stays, or one could announce until the draw suits.
    """
    announced = SamplingCampaign.objects.filter(announced_at__isnull=False)
    return announced.select_related("region").order_by("-announced_at")


def published_draw(campaign: SamplingCampaign) -> dict:
    """Return what lets anybody draw again: the frozen list, its digest, the seed, and who was drawn, by token."""
    drawn = campaign.rows.filter(drawn=True).order_by("token").values_list("token", flat=True)
    return {
        "algorithm": ALGORITHM,
        "campaign": campaign.ref,
        "sha256": campaign.sha256,
        "seed_on": campaign.seed_on.isoformat(),
        "seed_source": campaign.seed_source,
        "seed": campaign.seed,
        "seed_evidence": campaign.seed_evidence,
        "drawn": list(drawn),
        "committed": campaign.committed,
    }


# --- how far it is -------------------------------------------------------------------------------------


def campaigns_of(user) -> QuerySet[SamplingCampaign]:
    """Return the campaigns that the reviewer may see, newest first."""
    rows = SamplingCampaign.objects.visible_to(user).defer("committed").select_related("region", "created_by")
    return rows.order_by("-id")


def progress(campaign: SamplingCampaign) -> list[dict]:
    """Return how many cases are in each state, in the order of the states; those of which there are none left out."""
    counts = dict(campaign.cases.order_by().values_list("state").annotate(Count("pk")))
    return [{"label": state.label, "count": counts[state]} for state in SampleState if counts.get(state)]


_COUNTED = {
    "population": "范围内",
    "drawn": "抽中",
    "unanswered": "其中逾期未提交材料",
    "reviewed": "其中申请复核",
} | {state.value: state.label for state in ENDED_SAMPLE_STATES}


def result_rows(campaign: SamplingCampaign) -> list[dict]:
    """Return the published numbers, for ``ui/summary.html``."""
    return [
        {"label": label, "value": f"{campaign.results[name]}件"}
        for name, label in _COUNTED.items()
        if name in campaign.results
    ]
