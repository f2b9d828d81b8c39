"""What lies on the desk of the roster's keepers: a list with conflicts, one that was undone, a merge to confirm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from certificates.management.demo import lists
from certificates.management.demo.offices import Staff
from registration import actions, roster
from registration.models import Qualification
from registration.roster import fictitious
from swms.accounts.models import User
from swms.dates import today

PLACE = "110000"


def fill_desk(staff: Staff, seed: int) -> None:
    """Bring in three small lists as the keeper would, and propose a merge as the keeper of 北京市 would."""
    new = list(fictitious.holders(30, seed + 3, until=today()))
    first = [replace(each, province=PLACE, province_name="北京市") for each in new[:12]]
    lists.bring("演示补报名单.csv", [each.cells for each in first], staff.keeper)
    one, two, three, twin, *others = first
    again = [
        replace(one, name=f"{one.name[:-1]}某"),
        replace(two, exam_year=two.exam_year - 1, issue_date=two.issue_date - timedelta(days=365)),
        replace(three, issue_date=three.issue_date - timedelta(days=1)),
        replace(new[20], name=twin.name, level=3 - min(twin.level, 2), province=PLACE, province_name="北京市"),
        *others,
        *new[21:25],
    ]
    lists.bring("演示更正名单.csv", [each.cells for each in again], staff.keeper)
    wrong = lists.bring("演示旧名单.csv", [each.cells for each in new[25:]], staff.keeper)
    roster.run(roster.ask_to_undo(wrong, by=staff.keeper, reason="报送单位发错了文件，已重新报送。").pk)
    keep, join = (Qualification.objects.get(mgmt_no=each.mgmt_no) for each in (twin, new[20]))
    by = User.objects.get(username="demo-sunhao")
    actions.merging.propose(
        keep, join, reason="本人持公安机关出具的证件号码变更证明（示例），前后号码为同一人。", by=by
    )
