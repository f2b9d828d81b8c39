"""From a row in the roster to a certificate that a stranger verifies: the whole main job, on real processes."""

import io

import pikepdf

from registration.models import Application, Registration
from registration.workflows import ApplicationState
from tests import factories
from tests.journeys.steps import (
    annotate,
    apply,
    download,
    drop,
    fill_in,
    newcomer,
    pass_review,
    register,
    signed_correctly,
    wait_for,
)
from tests.scanning import scanned


def test_from_the_exam_to_a_certificate_that_a_stranger_verifies(portal, visit, photo, li_jing, zhang_wei, tmp_path):
    roster_row = newcomer("陈晨")
    chen = visit()
    register(chen, roster_row, mobile=factories.mobile())
    fill_in(chen, photo)
    ref = apply(chen)

    jing = visit()
    jing.sign_in(li_jing)
    pass_review(jing, ref, "陈晨", "初审通过")
    zhang = visit()
    zhang.sign_in(zhang_wei)
    pass_review(zhang, ref, "陈晨", "终审通过")

    # Celery completes the registration and issues the certificate by itself.
    wait_for(lambda: Application.objects.filter(ref=ref, state=ApplicationState.CERT_ISSUED))
    chen.open("/registration/")
    assert "已出证" in chen.text
    chen.press("查看证书")
    registration = download(chen, "下载")
    assert signed_correctly(registration, tmp_path)

    copy = annotate(chen)
    assert signed_correctly(copy, tmp_path)

    stranger = visit()
    registered = Registration.objects.get(qualification=roster_row)
    for number, verdict in ((roster_row.mgmt_no, "证书有效"), (registered.number, "登记有效")):
        stranger.open("/certificates/")
        stranger.fill(number=number, name="陈晨")
        stranger.answer_question()
        stranger.press("查验证书")
        assert verdict in stranger.text
    for paper, verdict in ((copy, "加注有效"), (registration, "登记有效")):
        (address,) = scanned(paper)
        assert address.startswith(f"{portal.address}/v/")
        stranger.open(address)
        assert verdict in stranger.text
    drop(stranger, copy, tmp_path)
    assert "加注有效" in stranger.text
    assert "没有任何改动" in stranger.text
    drop(stranger, copy.replace(b"/Type", b"/type", 1), tmp_path)
    assert "文件已被改动" in stranger.text
    drop(stranger, foreign_pdf(), tmp_path)
    assert "不是本系统发出的证书" in stranger.text
    portal.manage("check_invariants")


def foreign_pdf() -> bytes:
    """Return a PDF that somebody else made."""
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    return out.getvalue()
