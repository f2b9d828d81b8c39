"""A list comes in and contradicts the roster, two holders turn out to be one, and the list is undone (§2.16)."""

import csv

import pytest

from registration.models import Qualification, RosterConflict, RosterImport
from registration.roster.columns import COLUMNS
from tests import factories
from tests.journeys.steps import staff, wait_for

REASON = "名单是去年的旧文件，导入有误。"


@pytest.fixture
def keepers(portal):
    """周燕 and 钱丽, who both keep the roster of the whole country."""
    return staff("周燕", "zhouyan-all", "CERTIFICATE", None), staff("钱丽", "qianli-all", "CERTIFICATE", None)


@pytest.fixture
def there(portal):
    """欧阳静, known since last year; the file will call her 欧阳晶."""
    return factories.qualification("欧阳静", level=2)


def row(name, number, mgmt_no, level="助理社会工作师"):
    return ["2025", level, name, "居民身份证", number, mgmt_no, "2025-09-15", "北京市"]


def finished(run):
    run.refresh_from_db()
    return run.outcome not in ("running", "undoing")


def test_an_import_with_a_conflict_a_merge_and_its_undoing(visit, keepers, there, tmp_path):
    numbers = [factories.synthetic_management_number(2025, "11", 1, 88_000 + each) for each in range(3)]
    people = [factories.id_number() for _ in range(2)]
    path = tmp_path / "名单.csv"
    with open(path, "w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(
            [
                [column.header for column in COLUMNS],
                row("欧阳晶", there.id_number, numbers[0]),
                row("司徒敏", people[0], numbers[1]),
                row("司徒敏", people[1], numbers[2], "社会工作师"),
                row("上官云", "1.10105E+17", "202511000100000099"),
            ]
        )

    yan = visit()
    yan.sign_in(keepers[0])
    yan.open("/console/registration/rosterimport/")
    yan.fill(file=str(path))
    yan.press("试运行")
    tried = RosterImport.objects.latest("pk")
    wait_for(lambda: finished(tried))
    yan.open(f"/console/registration/rosterimport/{tried.uid}/")
    assert (tried.rows_created, tried.rows_refused, tried.rows_conflicting) == (2, 1, 1)
    assert "科学计数法" in yan.text
    assert "还没有导入" in yan.text
    yan.press("确认导入")
    run = RosterImport.objects.latest("pk")
    wait_for(lambda: finished(run))
    yan.open(f"/console/registration/rosterimport/{run.uid}/")

    yan.press("处理导入冲突")
    conflict = RosterConflict.objects.get(roster_import=run)
    yan.press("欧阳晶")
    assert "欧阳静" in yan.text
    yan.press("采用来件")
    assert "一并改为来件的姓名" in yan.text
    yan.press("采用来件")
    conflict.refresh_from_db()
    assert conflict.state == "TAKEN"
    there.refresh_from_db()
    assert there.name == "欧阳晶"

    yan.open(f"/console/registration/qualification/{numbers[1]}/")
    yan.press("与另一条记录合并")
    yan.fill(join=numbers[2], reason="公安机关出具的证件号码变更证明。")
    yan.press("下一步：核对")
    assert "合并后成为一人" in yan.text
    yan.press("提交复核")
    assert "须由另一位证书管理人员复核" in yan.text
    li = visit()
    li.sign_in(keepers[1])
    li.open(yan.page.url.replace(yan.portal.address, ""))
    li.press("确认合并")
    assert "不能再分开" in li.text
    li.press("确认合并")
    assert Qualification.objects.get(mgmt_no=numbers[2]).id_number == people[0]
    li.open("/console/registration/qualification/")
    li.fill(text=people[1])
    li.press("查找")
    assert numbers[1] in li.text
    assert numbers[2] in li.text

    yan.open(f"/console/registration/rosterimport/{run.uid}/")
    yan.press("撤回这次导入")
    yan.fill(reason=REASON)
    yan.press("撤回这次导入")
    wait_for(lambda: finished(run))
    yan.open(f"/console/registration/rosterimport/{run.uid}/")
    assert "此后又有更改" in yan.text
    assert REASON in yan.text
    there.refresh_from_db()
    assert there.name == "欧阳静"
    assert not Qualification.objects.filter(mgmt_no=numbers[0]).exists()
    assert Qualification.objects.filter(mgmt_no__in=numbers[1:]).count() == 2
