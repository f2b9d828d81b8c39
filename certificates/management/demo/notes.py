"""What the offices noted beside their cases."""

from uuid import NAMESPACE_URL, uuid5

from certificates.management.demo.offices import Staff
from registration.models import Application
from registration.workflows import ApplicationState
from swms.casework.notes import write_note

TEXTS = (
    "已电话联系本人，学历证书原件下周送到窗口核对。",
    "所在机构的统一社会信用代码已在社会组织信用信息公示平台核对，一致。",
    "同一机构本月集中申请登记，材料由机构统一收集，请留意照片是否清晰。",
)


def make_notes(staff: Staff) -> None:
    """Let each county's first reviewer note something on the cases that wait the longest there."""
    for county, reviewer in staff.first.items():
        pending = Application.objects.filter(region_id=county, state=ApplicationState.PENDING_REVIEW)
        for text, case in zip(TEXTS, pending.order_by("due_on", "id"), strict=False):
            write_note(case, text, by=reviewer, uid=uuid5(NAMESPACE_URL, f"demo-note-{case.ref}"))
