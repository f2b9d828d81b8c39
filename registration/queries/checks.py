"""What the system can check by itself before a reviewer looks (shown, never binding)."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from registration.models import Application, PastProject, Worker, WorkExperience
from registration.requirements import balances, in_words
from registration.workflows.application import filed_in_time, filing_refused, filing_window, local_start
from swms.codes import IdType, SpecialPlan
from swms.dates import add_months, add_years, today
from swms.idnumbers import InvalidIdNumber, parse
from swms.regions.queries import same_region
from swms.ui import cn_date

HAND_IN_HAND = (date(2017, 1, 1), date(2021, 12, 31))  # R-PRO-12
GAP_MONTHS = 6
WORKING_AGE = 16


@dataclass(frozen=True)
class AutomaticCheck:
    """One line; ``ok`` is ``None`` where a person has to look. ``item`` is the part of the form it is about."""

    name: str
    label: str
    ok: bool | None
    note: str = ""
    item: str = "basic"


def read_for_checks(applications: list[Application]) -> None:
    """Read at once what ``automatic_checks`` asks of each of many applications."""
    prefetch_related_objects(
        applications,
        "worker__region",
        "worker__household_region",
        Prefetch("worker__experiences", _employments(), to_attr="employments_read"),
        Prefetch("worker__past_projects", _special_projects(), to_attr="special_projects_read"),
        "registration__region",
    )


def _employments() -> QuerySet[WorkExperience]:
    return WorkExperience.objects.select_related("institution__region")


def _special_projects() -> QuerySet[PastProject]:
    """Return those of 三区计划 and 牵手计划, with what was uploaded for them: of the others nothing is checked."""
    return PastProject.objects.filter(is_special=True).prefetch_related("evidence")


def _listed(worker: Worker) -> tuple[list[WorkExperience], list[PastProject]]:
    """Return employments and special projects: read for many, or now, however many there are."""
    if hasattr(worker, "special_projects_read"):
        return worker.employments_read, worker.special_projects_read
    return list(_employments().filter(worker=worker)), list(_special_projects().filter(worker=worker))


def automatic_checks(application: Application) -> list[AutomaticCheck]:
    """Return the checks of an application, in the order of the form."""
    worker = application.worker
    employments, special_projects = _listed(worker)
    return [
        _identity(worker),
        _roster(application),
        AutomaticCheck(
            "certificate",
            "职业水平证书有效",
            application.qualification.is_valid,
            application.qualification.get_state_display(),
        ),
        _window(application),
        *_requirements(application),
        _age(application),
        AutomaticCheck("photo", "已上传照片", worker.photo_id is not None, item="photo"),
        *([] if application.is_renewal else [_region(worker, employments)]),
        *_local_certificate(application),
        _work_years(worker),
        _work_dates(worker, employments),
        *_projects(special_projects),
    ]


def _identity(worker: Worker) -> AutomaticCheck:
    label = "证件号码校验位正确，与性别、出生日期相符"
    if worker.user.id_type and worker.user.id_type not in IdType.with_citizen_number():
        return AutomaticCheck("identity", label, None, f"{worker.user.get_id_type_display()}，请人工核对")
    try:
        number = parse(worker.user.id_number or "")
    except InvalidIdNumber as invalid:
        return AutomaticCheck("identity", label, False, invalid.message)
    return AutomaticCheck("identity", label, (number.sex, number.birth_date) == (worker.sex, worker.birth_date))


def _roster(application: Application) -> AutomaticCheck:
    row, user = application.qualification, application.worker.user
    agrees = row.name == user.name and row.id_number == user.id_number
    return AutomaticCheck("roster", "姓名、证件号码与社工库一致", agrees, item="")


def _window(application: Application) -> AutomaticCheck:
    last = filing_window(application).last_day
    note = "已在地方领取登记证书，不受期限限制" if last is None else f"受理期限至{cn_date(last)}"
    if application.late:
        note = f"{note}，逾期后按补登记受理，原因：{application.late_reason or '未填写'}"
    in_time = filed_in_time(application) if application.first_submitted_at else filing_refused(application) is None
    return AutomaticCheck("window", "在受理期限内提交", in_time, note, item="region")


def _requirements(application: Application) -> list[AutomaticCheck]:
    """R-REREG-04: what a renewal needs, as the ledgers stand now."""
    if not application.is_renewal:
        return []
    return [
        AutomaticCheck(
            each.name, f"{each.label}已满足要求", not each.short, in_words(each) if each.short else "", item=""
        )
        for each in balances(application)
    ]


def _age(application: Application) -> AutomaticCheck:
    born = application.worker.birth_date
    return AutomaticCheck("age", "已满18周岁", born is not None and add_years(born, 18) <= today())


def _region(worker: Worker, employments: list[WorkExperience]) -> AutomaticCheck:
    """R-PRO-07: 登记区域 is where 户籍 or 工作单位 is; a typed employer has no region to compare."""
    label = "登记区域是户籍或工作单位所在地"
    if worker.region is None:
        return AutomaticCheck("region", label, False, "未填写登记区域", "region")
    if worker.household_region and same_region(worker.region, worker.household_region):
        return AutomaticCheck("region", label, True, "与户籍所在地一致", "region")
    current = next((row for row in employments if row.end_date is None), None)
    if current and current.institution:
        agrees = same_region(worker.region, current.institution.region)
        note = "与工作单位所在地一致" if agrees else "与户籍和工作单位所在地都不一致"
        return AutomaticCheck("region", label, agrees, note, "region")
    return AutomaticCheck("region", label, None, "与户籍所在地不同，请核对工作单位所在地", "region")


def _local_certificate(application: Application) -> list[AutomaticCheck]:
    """R-PRO-06."""
    worker = application.worker
    if not worker.has_local_cert:
        return []
    start = local_start(application)
    until = worker.local_valid_until
    return [
        AutomaticCheck("local_date", "地方首次登记时间不早于证书签发日期", start is not None, item="local"),
        AutomaticCheck(
            "local_valid",
            "地方登记证书在有效期内",
            True if until and until >= today() else None,
            f"有效期至{cn_date(until)}" if until else "未填写有效期",
            "local",
        ),
    ]


def _work_years(worker: Worker) -> AutomaticCheck:
    label = "从业年限与年龄相符"
    if worker.work_years is None or worker.birth_date is None:
        return AutomaticCheck("work_years", label, False, "未填写")
    return AutomaticCheck("work_years", label, add_years(worker.birth_date, WORKING_AGE + worker.work_years) <= today())


def _work_dates(worker: Worker, employments: list[WorkExperience]) -> AutomaticCheck:
    label = "工作经历时间衔接"
    rows = sorted(employments, key=lambda row: row.start_date)
    if not rows:
        return AutomaticCheck("work_dates", label, False, "没有工作经历", "work")
    if rows[-1].start_date > today():
        return AutomaticCheck("work_dates", label, False, f"开始时间{cn_date(rows[-1].start_date)}尚未到来", "work")
    if worker.birth_date and rows[0].start_date < add_years(worker.birth_date, WORKING_AGE):
        return AutomaticCheck("work_dates", label, None, f"开始工作时未满{WORKING_AGE}周岁", "work")
    notes = []
    for left, right in pairwise(rows):
        if left.end_date is None:
            notes.append(f"“{left.employer_name}”未填写结束时间，之后又有新的经历")
            continue
        free = left.end_date + timedelta(days=1)
        if right.start_date > add_months(free, GAP_MONTHS):
            notes.append(f"{cn_date(free)}至{cn_date(right.start_date - timedelta(days=1))}没有经历")
    return AutomaticCheck("work_dates", label, None if notes else True, "；".join(notes), "work")


def _projects(special_projects: list[PastProject]) -> list[AutomaticCheck]:
    """R-PRO-11, R-PRO-12."""
    checks = []
    for project in special_projects:
        files = len(project.evidence.all())
        label = f"“{project.name}”有{project.get_plan_display()}的证明材料"
        checks.append(AutomaticCheck("evidence", label, files > 0, f"{files}个文件", "projects"))
        outside = project.start_date < HAND_IN_HAND[0] or project.end_date > HAND_IN_HAND[1]
        if project.plan == SpecialPlan.HAND_IN_HAND and outside:
            note = f"{cn_date(project.start_date)}至{cn_date(project.end_date)}，计划实施于2017年至2021年"
            checks.append(AutomaticCheck("hand_in_hand", f"“{project.name}”在牵手计划实施期间", None, note, "projects"))
    return checks
