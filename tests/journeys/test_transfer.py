"""王芳 moves from 朝阳 to 海淀: both offices decide, everything moves, her certificate stays (R-CHG-03…07)."""

import pytest
from PIL import Image

from registration.models import Registration, Transfer, Worker
from registration.workflows import TransferState
from swms.dates import today
from tests import factories
from tests.journeys.steps import give_password, staff
from tests.registration.changes import HAIDIAN, at_institution, registered

OLD, NEW = "朝阳春雨社会工作服务中心", "海淀秋实社会工作服务中心"


@pytest.fixture
def liu_bo(portal):
    """刘波, first reviewer of 海淀区."""
    return staff("刘波", "liubo", "FIRST_REVIEW", HAIDIAN)


@pytest.fixture
def scan(tmp_path):
    """A file with a picture of no paper."""
    path = tmp_path / "证明.jpg"
    Image.new("RGB", (900, 1200), "#f5efe0").save(path)
    return path


def verdict(stranger, number):
    stranger.open("/certificates/")
    stranger.fill(number=number, name="王芳芳")
    stranger.answer_question()
    stranger.press("查验证书")
    return stranger.text


def test_a_worker_moves_to_another_region_and_her_registration_with_her(portal, visit, li_jing, liu_bo, scan):
    old, new = factories.registering(OLD), factories.registering(NEW, code=HAIDIAN)
    old.move("approve", actor=li_jing, seen=1)
    new.move("approve", actor=liu_bo, seen=1)
    worker = at_institution(registered("王芳芳"), old)
    give_password(worker.user)
    registration = worker.registrations.get()
    stranger = visit()
    before = verdict(stranger, registration.number)
    assert "登记有效" in before

    fang = visit()
    fang.sign_in(worker.user)
    fang.open("/registration/")
    fang.press("变更")
    fang.press("申请变更")
    fang.fill(q="海淀秋实")
    fang.press("查找")
    fang.press(NEW)
    assert "机构和区域一起变更" in fang.text
    fang.fill(to_post="项目主管", effective_date="", reason="家搬到海淀", new_contract=str(scan))
    fang.press("下一步，核对")
    assert "请填写变更日期" in fang.text
    assert "已上传：证明.jpg" in fang.text
    fang.fill(effective_date=today().isoformat(), leave_proof=str(scan), region_evidence=str(scan))
    fang.press("下一步，核对")
    assert "申请尚未提交" in fang.text
    fang.press("提交变更申请")
    ref = fang.page.inner_text(".receipt__number")
    assert Transfer.objects.get(ref=ref).state == TransferState.PENDING_OUT

    for user, move in ((li_jing, "同意转出"), (liu_bo, "同意变更")):
        reviewer = visit()
        reviewer.sign_in(user)
        reviewer.open("/console/registration/transfer/")
        reviewer.page.get_by_role("row").filter(has_text=ref).get_by_role("link").first.click()
        reviewer.page.wait_for_load_state()
        reviewer.look()
        assert "王芳芳" in reviewer.text
        reviewer.press(move)

    assert Transfer.objects.get(ref=ref).state == TransferState.APPROVED
    reviewer.open("/console/registration/registration/")
    assert registration.number in reviewer.text, "the new office has her registration"
    fang.open("/registration/profile/experience/")
    assert NEW in fang.text
    fang.open(f"/registration/transfers/{ref}/")
    assert "变更完成" in fang.text
    assert Worker.objects.get(pk=worker.pk).region_id == HAIDIAN
    assert Registration.objects.get(pk=registration.pk).valid_until == registration.valid_until
    assert _facts(verdict(stranger, registration.number)) == _facts(before), "same number, same validity"
    portal.manage("check_invariants")


def _facts(text: str) -> list[str]:
    """Return the lines of a verdict without the moment it was given, and without the log, which lists a while later."""
    return [line for line in text.splitlines() if line.strip() and ":" not in line and "签发日志" not in line]
