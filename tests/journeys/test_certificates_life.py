"""The life of an annotated copy: asked for, downloaded, ended; and a revocation, seen from all sides."""

from certificates.models import Annotation
from certificates.workflows import AnnotationState
from tests.certificates.makers import agreed_holder
from tests.journeys.steps import download, drop, give_password, signed_correctly, staff, wait_for


def asked_for(person) -> tuple[Annotation, bytes]:
    """Check the information, apply for a copy, wait on the page, and download it."""
    person.page.check("[name=info_confirmed]")
    person.page.locator("[name=scenario]").first.check()
    person.page.locator("[name=days]").first.check()
    person.press("提交加注申请")
    person.page.get_by_role("link", name="下载", exact=True).wait_for(timeout=30_000)
    pdf = download(person, "下载")
    return Annotation.objects.filter(state=AnnotationState.ACTIVE).latest("pk"), pdf


def test_a_copy_from_its_request_to_the_revocation_that_everybody_sees(portal, visit, tmp_path):
    qualification = agreed_holder("郑洁")
    user = qualification.worker.user
    give_password(user)
    own = qualification.get_absolute_url()

    zheng = visit(width=375)  # on a phone: no PDF in the page that takes the clicks while it loads
    zheng.sign_in(user)
    zheng.open(own)
    zheng.press("这份证书对应什么职称")
    assert "初级职称" in zheng.text
    assert "不需要换发天津市职称证书" in zheng.text

    zheng.open(own)
    assert "90 天内还可 3 次" in zheng.text
    first, kept = asked_for(zheng)
    assert signed_correctly(kept, tmp_path)
    zheng.press("终止加注")
    assert "仍计入 90 天内的次数" in zheng.text
    zheng.press("终止加注")
    assert "加注已终止" in zheng.text
    zheng.open(own)
    assert "90 天内还可 2 次" in zheng.text
    second, given = asked_for(zheng)

    anybody = visit()
    anybody.open(f"/v/{first.verify_token}")
    assert "加注已由本人终止" in anybody.text
    anybody.open(f"/v/{second.verify_token}")
    assert "证书有效，加注有效" in anybody.text

    keeper = visit()
    keeper.sign_in(staff("周燕", "zhouyan", "CERTIFICATE", "110000"))
    keeper.open(f"/console/registration/qualification/{qualification.mgmt_no}/")
    keeper.page.locator(".decision__reasons > summary").click()
    keeper.fill(reason="经核实，考试中有违纪行为，予以撤销。")
    keeper.press("撤销证书")
    wait_for(lambda: Annotation.objects.filter(pk=second.pk, state=AnnotationState.REVOKED).exists(), within=5)

    for copy, file in ((first, kept), (second, given)):
        anybody.open(f"/v/{copy.verify_token}")
        assert "证书已撤销" in anybody.text
        drop(anybody, file, tmp_path)
        assert "证书已撤销" in anybody.text
    anybody.open("/certificates/")
    anybody.fill(number=qualification.mgmt_no, name="郑洁")
    anybody.answer_question()
    anybody.press("查验证书")
    assert "证书已撤销" in anybody.text
    zheng.open(second.get_absolute_url())
    assert "证书已撤销" in zheng.text
    assert not zheng.page.get_by_role("link", name="下载", exact=True).count()
    assert zheng.page.request.get(f"{second.get_absolute_url()}/download").status == 409
    zheng.open(own)
    assert "证书不是有效状态" in zheng.text
    portal.manage("check_invariants")
