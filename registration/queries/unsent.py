"""差一步卫士: a case that was opened, or opened again, and has not been sent (product no. 2)."""

from dataclasses import dataclass

from registration.models import Application
from registration.queries.corrections import present_content, standing_correction
from registration.queries.dates import PersonalDate, personal_dates
from registration.workflows import ApplicationState
from registration.workflows.application import filing_refused


@dataclass(frozen=True)
class Unsent:
    """What is not sent yet, by when it must be, and the one way on."""

    application: Application
    title: str
    text: str
    deadline: PersonalDate | None
    action_label: str
    url_name: str
    url_args: tuple = ()


def unsent(application: Application) -> Unsent | None:
    """Return the case as one that only its worker can bring on; ``None`` where it was sent, or cannot be."""
    if application.state != ApplicationState.NOT_APPLIED or filing_refused(application) is not None:
        return None
    kind, correction = application.get_kind_display(), standing_correction(application)
    text = "保存不等于提交：提交之前，审核不会开始。"
    here = ("registration:application", (application.ref,))
    if missing := application.worker.missing():
        text = f"还有{len(missing)}项内容待填写。{text}"
        way = ("继续填写", "registration:profile", ())
    else:
        way = (send_label(application), "registration:application_check", (application.ref,))
    if correction:
        tasks = correction.tasks(present_content(application))
        left = sum(not task.mended for task in tasks)
        if left:
            text = f"审核意见指出的{len(tasks)}项中，还有{left}项待修改。{text}"
            way = ("修改指出的内容", *here)
        else:
            text = f"审核意见指出的{len(tasks)}项都已修改，还需要再次提交。{text}"
    title = f"{kind}申请尚未{'重新' if correction else ''}提交"
    # In the make-up channel the regular window is long past: the clock names the channel's own last day.
    deadline = next((each for each in personal_dates(application, []) if each.left >= 0), None)
    return Unsent(application, title, text, deadline, *way)


def send_label(application: Application) -> str:
    """Return what the way to sending is called."""
    return f"核对并申请{application.get_kind_display()}" if application.is_renewal else "核对并申请登记证书"
