"""What 《社会工作者首次登记信息表》 and its twin for 再登记 say: the personal information as it is now (R-REG-08).

The content is display-ready, so that a form reads the same years later whatever has become of
the code tables: sections of rows, each row ``{"key", "label", "value"}``. Keys are stable, so two
versions can be compared.
"""

from datetime import date

from registration.requirements import balances
from swms.regions.queries import full_name

SCHEMA = 2  # since then entries of lists have identities
UNANSWERED = "未填写"


def form_content(application) -> dict:
    """Return ``{"schema", "sections": [{"name", "label", "entries": [[row, …], …]}], "photo"}``.

    Sections that are lists have ``ids`` too, which say which entry is the same in another version.
    It holds the identity number and the mobile in full: seal it.
    """
    worker = application.worker
    sections = (
        ("basic", "基础信息", [_basic(worker)]),
        ("certificate", "职业水平证书", [_certificate(application.qualification)]),
        ("region", "登记区域与首次登记时间", [_region(application)]),
        *_renewal(application),
        ("work", "工作经历", _work, worker.listed("experiences")),
        ("projects", "以往项目", _project, worker.listed("past_projects")),
        ("honours", "个人荣誉", _honour, worker.listed("honours")),
        *_late(application),
    )
    return {
        "schema": SCHEMA,
        "sections": [_section(*section) for section in sections],
        "photo": str(worker.photo.uid) if worker.photo else "",
    }


def _section(name: str, label: str, entries, rows=None) -> dict:
    """Return a section; of a list ``entries`` says how a row of it is written down."""
    if rows is None:
        return {"name": name, "label": label, "entries": entries}
    return {"name": name, "label": label, "entries": [entries(row) for row in rows], "ids": [row.pk for row in rows]}


def _row(key: str, label: str, value, files=()) -> dict:
    row = {"key": key, "label": label, "value": _text(value)}
    if files:
        row["files"] = [{"uid": str(file.uid), "name": file.name, "sha256": file.sha256} for file in files]
    return row


def _text(value) -> str:
    match value:
        case None | "":
            return UNANSWERED
        case bool():
            return "是" if value else "否"
        case date():
            return f"{value.year}年{value.month}月{value.day}日"
    return str(value)


def _place(region, address: str) -> str:
    return f"{full_name(region)} {address}" if region else ""


def _basic(worker) -> list[dict]:
    user = worker.user
    return [
        _row("name", "姓名", user.name),
        _row("id_number", "证件号码", user.id_number),
        _row("sex", "性别", worker.get_sex_display()),
        _row("birth_date", "出生日期", worker.birth_date),
        _row("ethnicity", "民族", worker.get_ethnicity_display()),
        _row("political_status", "政治面貌", worker.get_political_status_display()),
        _row("education", "学历", worker.get_education_display()),
        _row("degree", "学位", worker.get_degree_display()),
        _row("school", "毕业院校", worker.school),
        _row("major", "所学专业", worker.major),
        _row("is_sw_major", "是否社会工作专业", worker.is_sw_major),
        _row("mobile", "手机号", user.mobile),
        _row("email", "电子邮箱", "无" if worker.no_email else user.email),
        _row("household", "户籍所在地", _place(worker.household_region, worker.household_address)),
        _row("address", "通讯地址", _place(worker.address_region, worker.address)),
        _row("work_years", "从事社会工作年限", None if worker.work_years is None else f"{worker.work_years}年"),
    ]


def _certificate(qualification) -> list[dict]:
    return [
        _row("level", "证书级别", qualification.get_level_display()),
        _row("mgmt_no", "管理号", qualification.mgmt_no),
        _row("issue_date", "签发日期", qualification.issue_date),
        _row("exam_year", "考试年度", f"{qualification.exam_year}年"),
    ]


def _region(application) -> list[dict]:
    worker = application.worker
    rows = [
        _row("region", "登记区域", full_name(worker.region) if worker.region else ""),
        _row("has_local_cert", "是否已在地方领取登记证书", worker.has_local_cert),
        _row("first_registered_on", "首次登记时间", application.first_registered_on),
    ]
    if worker.has_local_cert:
        files = [worker.local_cert_file] if worker.local_cert_file else []
        rows += [
            _row("local_cert_no", "地方登记证书编号", worker.local_cert_no, files),
            _row("local_valid_until", "地方登记证书有效期至", worker.local_valid_until),
        ]
    return rows


def _renewal(application) -> tuple:
    """The record that is renewed, and how far each condition is met (rulebook §3.5)."""
    if not application.is_renewal:
        return ()
    record = application.registration
    rows = [
        _row("number", "登记证书编号", record.number),
        _row("term_end", "原有效期至", application.term_end),
    ]
    for balance in balances(application):
        met = f"需{balance.needed:f}{balance.unit}，已获{balance.obtained:f}{balance.unit}"
        rows.append(_row(balance.name, balance.label, met))
    return (("renewal", "再登记", [rows]),)


def _late(application) -> tuple:
    """Why it comes late, in the make-up channel (R-REG-05)."""
    if not application.late:
        return ()
    return (("late", "补登记", [[_row("late_reason", "逾期原因", application.late_reason)]]),)


def _work(row) -> list[dict]:
    return [
        _row("employer", "工作单位", row.employer_name),
        _row("employer_type", "单位性质", row.get_employer_type_display()),
        _row("post", "职务", row.post),
        _row("start", "开始时间", row.start_date),
        _row("end", "结束时间", row.end_date or "至今"),
        _row("duties", "工作内容", row.duties or "无"),
    ]


def _project(row) -> list[dict]:
    return [
        _row("name", "项目名称", row.name),
        _row("start", "开始时间", row.start_date),
        _row("end", "结束时间", row.end_date),
        _row("is_special", "是否属于三区计划或牵手计划", row.is_special),
        _row("plan", "所属计划", row.get_plan_display() or "无", row.evidence.all()),
    ]


def _honour(row) -> list[dict]:
    return [
        _row("title", "荣誉名称", row.title),
        _row("level", "荣誉等级", row.get_level_display()),
        _row("awarding_body", "授予单位", row.awarding_body),
        _row("award_date", "授予时间", row.award_date, row.evidence.all()),
    ]
