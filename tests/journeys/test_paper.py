"""Paper certificates: from the notice on the front page to the courier's parcel and to the counter (R-PAP-01…05)."""

from datetime import timedelta

from certificates.models import PaperCertificate
from certificates.workflows import PaperState
from swms.dates import today
from tests.journeys.steps import CHAOYANG, applicant, staff, wait_for


def test_one_holder_has_the_certificate_sent_and_another_collects_it(visit, portal):
    keeper = staff("周燕", "zhouyan", "CERTIFICATE", "110000")
    by_post, on_site = applicant("孙芸").qualification, applicant("吴桐").qualification

    desk = visit()
    desk.sign_in(keeper)
    desk.open("/console/certificates/paperbatch/")
    desk.press("建立批次")
    desk.fill(
        region="110000",
        exam_year=by_post.exam_year,
        level="1",
        courier_days="12",
        collect_until=f"{today() + timedelta(days=60):%Y-%m-%d}",
        proxy_allowed="on",
        contact="考试中心 010-00000000",
        place0_kind="ONSITE_MZJ",
        place0_name="朝阳区民政局",
        place0_address="示例路1号",
        place0_hours="工作日9:00—17:00",
        place0_enquiries="010-00000001",
    )
    desk.press("保存")
    desk.press("发布领取通知")
    assert "12个工作日内" in desk.text
    desk.press("发布领取通知")
    batch_page = desk.page.url

    sun = visit(width=375)
    sun.open("/")
    sun.press(f"北京市{by_post.exam_year}年度助理社会工作师纸质证书领取通知")
    assert "邮费到付" in sun.text
    sun.press("查询和办理领取")
    sun.sign_in(by_post.worker.user)
    sun.press("查询和办理")
    sun.press("快递邮寄（邮费到付）")
    sun.fill(recipient="孙芸", mobile="19900007788", address="示例街道2号院404", postcode="100020", pays="on")
    sun.choose_region("region", *CHAOYANG)
    sun.press("提交邮寄申请")
    assert "已申请邮寄" in sun.text

    wu = visit(script=False)
    wu.sign_in(on_site.worker.user)
    wu.open(f"/certificates/paper/{on_site.mgmt_no}")
    wu.press("到民政局现场领取")
    wu.page.locator("[name=place]").first.check()
    wu.page.check("[name=who][value=self]")
    wu.press("保存")
    assert "示例路1号" in wu.text

    desk.open(batch_page)
    desk.press("生成寄递清单")
    with desk.page.expect_download() as coming:
        desk.find("下载XLSX").click()
    assert coming.value.path().read_bytes().startswith(b"PK")
    desk.fill(text=f"{by_post.mgmt_no} EX123456789CN")
    desk.press("登记寄出")
    desk.press("登记制作完成")
    ready = PaperCertificate.objects.filter(qualification=on_site, state=PaperState.AVAILABLE)
    wait_for(ready.exists)

    _open_at_the_counter(desk, on_site)
    desk.page.locator("summary", has_text="现场发放").click()
    desk.fill(collected_by="self", id_checked="on")
    desk.press("现场发放")
    _open_at_the_counter(desk, by_post)
    desk.press("登记签收")

    sun.open(f"/certificates/paper/{by_post.mgmt_no}")
    assert "已经签收" in sun.text
    assert "EX123456789CN" in sun.text
    wu.open(f"/certificates/paper/{on_site.mgmt_no}")
    assert "已经领取" in wu.text


def _open_at_the_counter(desk, qualification) -> None:
    """Find whoever stands there by the identity card, and open the page of the certificate."""
    desk.open("/console/certificates/papercertificate/")
    desk.fill(text=qualification.id_number)
    desk.press("查找")
    desk.press(qualification.name)
