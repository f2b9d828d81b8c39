"""What a refusal named, as the worker's pages show it: grouped by page, each with its way (R-REG-14, R-REG-15)."""

from itertools import groupby

from django.urls import reverse

from registration import queries
from registration.models import Application
from registration.queries.profile import ITEMS
from registration.reasons import REASONS
from registration.workflows import REFUSED_STATES, ApplicationState

#: Where an answer is edited, when its field is called otherwise than the answer.
_FIELDS = {
    "household": "household_region_0",
    "address": "address_region_0",
    "is_sw_major": "is_sw_major_0",
    "region": "region_0",
    "has_local_cert": "has_local_cert_0",
}


def unsent_banner(application: Application) -> dict | None:
    """Return the banner of a case that is not sent, for ``registration/unsent.html``."""
    found = queries.unsent(application)
    if found is None:
        return None
    return {
        "title": found.title,
        "text": found.text,
        "deadline": found.deadline,
        "label": found.action_label,
        "url": reverse(found.url_name, args=found.url_args),
    }


def refusal_shown(application: Application) -> dict | None:
    """Return the last refusal: while it stands, and in the round that is to mend it (R-REG-14)."""
    if application.state not in (ApplicationState.NOT_APPLIED, *REFUSED_STATES):
        return None
    decision = queries.refusal_of(application)
    if decision is None:
        return None
    now = application.state == ApplicationState.NOT_APPLIED
    correction = queries.correction_of(application, decision)
    tasks = correction.tasks(queries.present_content(application)) if correction else []
    told = {each.code for task in tasks for each in task.named}
    return {
        "title": f"{decision.get_stage_display()}未通过（{decision.get_refusal_kind_display()}）",
        "reason": decision.reason,
        "codes": [REASONS[code].label for code in decision.reason_codes if code in REASONS and code not in told],
        "groups": _grouped(tasks, application, linked=now),
        "count": len(tasks),
        "first": next((where_edited(task.item, application) for task in tasks if not task.mended), None),
        "at": decision.at,
        "now": now,
    }


def _grouped(tasks: list, application: Application, *, linked: bool) -> list[dict]:
    groups = []
    for label, of_page in groupby(tasks, key=lambda task: task.item.section_label):
        lines = [
            {
                "label": task.label,
                "url": where_edited(task.item, application) if linked else None,
                "hint": "。".join(filter(None, (task.reason, task.remark))),
                "status": queries.MENDED if task.mended else queries.TO_MEND,
                "tone": "good" if task.mended else "wait",
            }
            for task in of_page
        ]
        groups.append({"label": label, "tasks": lines, "prefix": f"mend-{len(groups) + 1}"})
    return groups


def left_unmended(application: Application) -> list[str]:
    """Return what was named and is still as it was refused."""
    return [task.label for task in queries.named_now(application) if not task.mended]


def where_edited(item, application: Application) -> str:
    """Return the page where an item is edited, straight at its field."""
    key = item.key
    if item.section == "renewal":
        return reverse("registration:application_check", args=[application.ref])
    if item.section == "late":
        return f"{reverse('registration:application_check', args=[application.ref])}#id_late_reason"
    if item.entry:
        return _of_entry(item, application)
    if key == "email":
        return reverse("registration:profile_email")
    page = reverse(ITEMS[item.section])
    if item.is_document:
        return f"{page}#id_local_cert_file"
    if item.section == "photo":
        return f"{page}#id_photo"
    return f"{page}#id_{_FIELDS.get(key, key)}" if key else page


def _of_entry(item, application: Application) -> str:
    rows = {
        "work": application.worker.experiences,
        "projects": application.worker.past_projects,
        "honours": application.worker.honours,
    }
    if not rows[item.section].filter(pk=item.entry).exists():
        return reverse(ITEMS[item.section])  # it was deleted meanwhile
    page = reverse(f"registration:profile_{item.section}_change", args=[item.entry])
    return f"{page}#id_files_added" if item.is_document else page
