"""A sampling audit from the commitment to the decision; the draw is repeated outside the portal (decision 0029)."""

import json
from datetime import timedelta

import pytest
from PIL import Image

from registration.models import SampledCase, SamplingCampaign
from registration.workflows import CampaignState, SampleState
from swms.dates import today
from swms.notices.models import Notice
from tests.journeys.steps import download, give_password, wait_for
from tests.registration.changes import registered
from tests.registration.inspections import REASON, SEED
from tests.registration.test_sampling import by_hand


@pytest.fixture
def contract(tmp_path):
    """A file with a picture of no contract."""
    path = tmp_path / "劳动合同.jpg"
    Image.new("RGB", (900, 1200), "#f5efe0").save(path)
    return path


def test_a_sample_is_drawn_by_a_public_seed_heard_and_decided_by_another_person(
    portal, visit, li_jing, zhang_wei, contract
):
    worker = registered("梁静")
    give_password(worker.user)

    wei = visit()
    wei.sign_in(zhang_wei)
    wei.open("/console/registration/samplingcampaign/")
    wei.press("新建抽查批次")
    wei.fill(
        title="登记材料抽查", purpose="核对登记申请的材料", request="劳动合同", period_from=today().isoformat(),
        period_until=today().isoformat(), percent="100", seed_source="当日双色球开奖号码",
        seed_on=today().isoformat(),
    )  # fmt: skip
    wei.press("下一步：核对")
    assert "最早为明天" in wei.text
    wei.fill(seed_on=(today() + timedelta(days=1)).isoformat())
    wei.press("下一步：核对")
    wei.press("保存草稿")
    assert "还没有公告" in wei.text
    wei.press("公告")
    wei.press("公告")
    campaign = SamplingCampaign.objects.latest("pk")
    assert campaign.state == CampaignState.ANNOUNCED
    assert campaign.sha256 in wei.text

    # The portal's processes have the real clock: for them tomorrow comes by moving the day.
    SamplingCampaign.objects.filter(pk=campaign.pk).update(seed_on=today())
    wei.page.reload()
    wei.page.locator(".decision summary", has_text="抽取").click()
    wei.fill(seed=SEED, seed_evidence="福利彩票开奖公告")
    wei.page.locator(".decision button[value=draw]").click()
    wei.page.wait_for_load_state()
    wei.press("抽取")
    wei.press("发出抽查通知")
    wei.press("发出抽查通知")
    assert SamplingCampaign.objects.get(pk=campaign.pk).state == CampaignState.UNDER_WAY

    anybody = visit()
    anybody.open("/")
    anybody.press("登记抽查公示")
    anybody.press("登记材料抽查")
    assert "梁静" not in anybody.text
    published = json.loads(download(anybody, "下载名单和抽取结果（JSON）"))
    assert published["sha256"] in anybody.text
    assert by_hand(published) == published["drawn"], "whoever computes it again finds the same"

    case = SampledCase.objects.get(worker=worker)
    assert case.row.token in published["drawn"]
    assert wait_for(lambda: Notice.objects.filter(recipient=worker.user, kind="registration.sampledcase.begin"))
    jing = visit()
    jing.sign_in(worker.user)
    jing.open("/registration/")
    assert "提交抽查材料" in jing.text
    jing.press("查看抽查")
    jing.press("填写说明，上传材料")
    jing.fill(text="劳动合同见附件。", files=str(contract))
    jing.press("下一步，核对")
    assert "现在还没有提交" in jing.text
    jing.press("提交材料")
    assert "材料已提交" in jing.text or "等待审查" in jing.text

    examiner = visit()
    examiner.sign_in(li_jing)
    examiner.open("/console/registration/sampledcase/")
    examiner.page.get_by_role("row").filter(has_text=case.ref).get_by_role("link").first.click()
    examiner.page.wait_for_load_state()
    examiner.look()
    assert "劳动合同.jpg" in examiner.text
    examiner.page.locator(".decision summary", has_text="拟定不合格").click()
    examiner.fill(reason=REASON)
    examiner.press("拟定不合格")
    examiner.press("拟定不合格")
    assert SampledCase.objects.get(pk=case.pk).state == SampleState.PROPOSED

    jing.open(f"/registration/inspections/{case.ref}/")
    assert REASON in jing.text
    jing.press("写陈述申辩")
    jing.fill(text="单位更名，合同上是原来的名称。")
    jing.press("下一步，核对")
    jing.press("提交陈述申辩")

    wei.open(f"/console/registration/sampledcase/{case.ref}/")
    assert "单位更名，合同上是原来的名称。" in wei.text
    wei.press("决定合格")
    wei.press("决定合格")
    decided = SampledCase.objects.get(pk=case.pk)
    assert (decided.state, decided.decided_by, decided.proposed_by) == (SampleState.PASSED, zhang_wei, li_jing)
    jing.open(f"/registration/inspections/{case.ref}/")
    assert "抽查合格" in jing.text
    portal.manage("check_invariants")
