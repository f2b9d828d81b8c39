"""变更 as 王芳 meets it: nothing typed or uploaded is lost, and every page says what happens next (R-CHG-01…10)."""

import io
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from PIL import Image

from registration.actions import transfers
from registration.models import Transfer, Worker
from registration.workflows import TransferState as T
from swms.dates import today
from tests import factories
from tests.people import signed_in
from tests.registration.changes import (
    CHAOYANG,
    HAIDIAN,
    REASON,
    at_institution,
    draft,
    leave,
    registered,
    sent,
    standing,
    to,
)

ANSWERS = {"to_post": "项目主管", "effective_date": today().isoformat(), "reason": "搬家"}


@pytest.fixture
def wang_fang(people) -> Worker:
    return at_institution(registered("王芳"), people.spring)


@pytest.fixture
def fang(wang_fang):
    """王芳's browser."""
    return signed_in(wang_fang.user)


def url(name, *args, **query) -> str:
    from django.utils.http import urlencode

    return reverse(f"registration:{name}", args=args) + (f"?{urlencode(query)}" if query else "")


def scan(name="离职证明.jpg"):
    file = io.BytesIO()
    Image.new("RGB", (600, 400), "#f5efe0").save(file, "JPEG")
    file.seek(0)
    file.name = name
    return file


def text(answer) -> str:
    return answer.content.decode()


def test_from_the_menu_to_the_receipt(fang, wang_fang):
    """王芳 moves from 朝阳 to 海淀: chosen, explained, checked, sent; 海淀 is said to follow 朝阳."""
    page = text(fang.get("/registration/"))
    assert f'href="{url("transfers")}"' in page
    target = to(HAIDIAN).institution
    found = text(fang.get(url("transfer_start", q="同心")))
    choice = url("transfer_new", institution=target.uid)
    assert choice in found
    page = text(fang.get(choice))
    assert "同时申请机构变更和区域变更" in page
    assert not Transfer.objects.exists(), "looking keeps nothing"
    files = {name: scan() for name in ("leave_proof", "new_contract", "region_evidence")}
    answer = fang.post(choice, ANSWERS | files)
    one = Transfer.objects.get()
    assert answer.url == url("transfer_check", one.ref)
    page = text(fang.get(answer.url))
    assert "申请尚未提交" in page
    assert page.index("朝阳区民政部门（转出地）") < page.index("海淀区民政部门（转入地）")
    answer = fang.post(answer.url, {"version": one.form_version})
    assert answer.url == url("transfer_receipt", one.ref)
    page = text(fang.get(answer.url))
    assert one.ref in page
    one.refresh_from_db()
    assert one.state == T.PENDING_OUT
    assert fang.post(url("transfer_check", one.ref), {"version": one.form_version}).status_code == 302, "pressed twice"


def test_whoever_is_not_registered_has_no_entry_and_is_led_to_the_profile(people):
    """R-CHG-08: 陈晨."""
    chen = signed_in(people.chen_chen.user)
    assert f'href="{url("transfers")}"' not in text(chen.get("/registration/"))
    page = text(chen.get(url("transfers")))
    assert "请直接修改个人信息" in page
    assert url("profile") in page
    for name in ("transfer_start", "transfer_new"):
        assert chen.get(url(name, typed=1)).status_code == 302
    assert not Transfer.objects.exists()


def test_what_a_registered_worker_cannot_edit_leads_to_变更(fang, wang_fang):
    """R-CHG-01: the profile says where region and employer are changed."""
    link = f'href="{url("transfers")}"'
    body = text(fang.get(url("profile"))).split("<main", 1)[1]
    assert "通过变更办理" in body
    assert link in body
    assert link in text(fang.get(url("profile_work"))).split("<main", 1)[1]
    current = wang_fang.experiences.get()
    for address in (url("profile_region"), url("profile_work_change", current.pk)):
        followed = fang.get(address, follow=True)
        assert f"请通过<a {link}>变更</a>办理" in text(followed), address
    sneaked = fang.post(url("profile_work_delete", current.pk), follow=True)
    assert f"请通过<a {link}>变更</a>办理" in text(sneaked)
    assert wang_fang.experiences.exists()


def test_a_mistake_loses_neither_what_was_typed_nor_what_was_uploaded(fang, wang_fang):
    choice = url("transfer_new", institution=to(HAIDIAN).institution.uid)
    late = (today() + timedelta(days=31)).isoformat()
    page = text(fang.post(choice, ANSWERS | {"effective_date": late, "new_contract": scan("合同.jpg")}))
    assert "变更日期最晚为" in page
    assert "已上传：" in page
    assert 'value="项目主管"' in page
    assert "因其他内容有误" not in page, "a good file need not be chosen again"
    one = Transfer.objects.get()
    assert (one.to_post, one.reason, one.effective_date) == ("项目主管", "搬家", None)
    assert one.new_contract.name.startswith("合同")
    version = page.split('name="version" value="')[1].split('"')[0]
    rest = {"leave_proof": scan(), "region_evidence": scan(), "version": version}
    answer = fang.post(choice, ANSWERS | rest)
    assert answer.url == url("transfer_check", one.ref)
    assert Transfer.objects.get().missing() == []


def test_a_draft_is_left_for_later_and_taken_up_again(fang, wang_fang):
    choice = url("transfer_new", institution=to(HAIDIAN).institution.uid)
    answer = fang.post(choice, {"to_post": "项目主管", "later": "1"})
    one = Transfer.objects.get()
    assert answer.url == one.get_absolute_url()
    page = text(fang.get(answer.url))
    assert "未提交" in page
    assert "继续填写" in page
    assert fang.get(url("transfer_start")).url == one.get_absolute_url()
    page = text(fang.get(url("transfer_check", one.ref)))
    assert "现在不能提交" in page
    assert "提交变更申请</button>" not in page


def test_a_draft_that_was_changed_in_another_window_shows_both(fang, wang_fang):
    one = draft(wang_fang, to(HAIDIAN))
    page = text(fang.get(url("transfer_edit", one.ref)))
    version = page.split('name="version" value="')[1].split('"')[0]
    Transfer.objects.filter(pk=one.pk).update(reason="在别处写的原因")
    page = text(fang.post(url("transfer_edit", one.ref), ANSWERS | {"version": version}))
    assert "在别处" in page
    assert "搬家" in page
    one.refresh_from_db()
    assert one.reason == "在别处写的原因"


def test_another_employer_keeps_the_rest_of_the_draft(fang, wang_fang):
    one = draft(wang_fang, to(HAIDIAN), reason="搬家")
    near = to(CHAOYANG, "睦邻中心").institution
    page = text(fang.get(url("transfer_edit", one.ref, institution=near.uid)))
    assert "睦邻中心" in page
    one.refresh_from_db()
    assert one.kind == "INST_AND_REGION", "looking changes nothing"
    fang.post(url("transfer_edit", one.ref, institution=near.uid), ANSWERS | {"later": "1"})
    one.refresh_from_db()
    assert (one.kind, one.reason) == ("INST_ONLY", "搬家")
    assert one.new_contract


def test_a_typed_employer_asks_for_the_region_and_for_its_evidence_only_if_it_changes(fang, wang_fang):
    """R-CHG-03 for employers that are not in the system."""
    choice = url("transfer_new", typed=1)
    typed = ANSWERS | {"to_employer": "某街道办事处", "to_type": "GOVERNMENT"}
    factories.region(HAIDIAN)
    files = {"leave_proof": scan(), "new_contract": scan()}
    page = text(fang.post(choice, typed | {"to_region": HAIDIAN} | files))
    assert "登记区域改变了，请上传" in page
    version = page.split('name="version" value="')[1].split('"')[0]
    answer = fang.post(choice, typed | {"to_region": CHAOYANG, "version": version})
    assert answer.status_code == 302
    assert Transfer.objects.get().kind == "INST_ONLY"


def test_a_file_that_is_none_is_refused_beside_its_field(fang, wang_fang):
    broken = io.BytesIO(b"MZ not a picture")
    broken.name = "合同.exe"
    choice = url("transfer_new", institution=to(HAIDIAN).institution.uid)
    answer = fang.post(choice, ANSWERS | {"new_contract": broken})
    assert answer.status_code == 200
    assert 'id="id_new_contract_error"' in text(answer)
    assert Transfer.objects.get().new_contract is None


def test_nothing_that_anybody_types_breaks_the_pages(fang, wang_fang):
    for query in ("q=%00ab", "q=" + "长" * 3000):
        assert fang.get(f"{url('transfer_start')}?{query}").status_code in (200, 400)
    assert fang.get(url("transfer_new", institution="不是编号")).status_code == 404
    one = draft(wang_fang, to(HAIDIAN))
    for version in ("²", "9" * 5000, "-1", "\0", ""):
        assert fang.post(url("transfer_check", one.ref), {"version": version}).status_code == 409
        assert fang.post(url("transfer_edit", one.ref), ANSWERS | {"version": version}).status_code == 200
    page = text(fang.post(url("transfer_edit", one.ref), {"effective_date": "不是日期", "reason": "长" * 201}))
    assert "不能超过" in page or "200" in page
    one.refresh_from_db()
    assert (one.state, one.reason) == (T.DRAFT, "个人发展")


def test_the_first_page_names_the_change_that_is_open(fang, wang_fang):
    one = sent(wang_fang, to(HAIDIAN))
    page = text(fang.get("/registration/"))
    assert one.ref in page
    assert "待转出地审核" in page


def test_a_refused_change_shows_why_and_its_copy_shows_it_beside_the_form(fang, wang_fang, people):
    one = sent(wang_fang, to(HAIDIAN))
    transfers.decide(one, "reject", by=people.li_jing, seen=one.form_version, reason=REASON)
    page = text(fang.get(one.get_absolute_url()))
    assert REASON in page
    assert people.li_jing.name not in page, "officials are named by their office"
    assert fang.get(url("transfer_copy", one.ref)).status_code == 200
    answer = fang.post(url("transfer_copy", one.ref))
    again = Transfer.objects.latest("pk")
    assert answer.url == url("transfer_edit", again.ref)
    page = text(fang.get(answer.url))
    assert REASON in page
    assert "已上传：" in page


def test_withdrawing_asks_first_and_is_gone_after_the_first_approval(fang, wang_fang, people):
    one = sent(wang_fang, to(HAIDIAN))
    page = text(fang.get(url("transfer_withdraw", one.ref)))
    assert "撤回后审核停止" in page
    transfers.decide(one, "approve_out", by=people.li_jing, seen=one.form_version)
    assert "撤回变更申请" not in text(fang.get(one.get_absolute_url())).split("<main", 1)[1]
    before = standing(wang_fang)
    followed = fang.post(url("transfer_withdraw", one.ref), follow=True)
    assert "转出地已经同意，不能再撤回" in text(followed)
    assert standing(wang_fang) == before


def test_the_page_of_an_institution_that_left_meanwhile_says_so_and_keeps_the_draft(fang, wang_fang):
    target = to(HAIDIAN)
    one = draft(wang_fang, target)
    leave(target.institution)
    answer = fang.post(url("transfer_check", one.ref), {"version": one.form_version})
    assert answer.status_code == 409
    assert "现在不是正常状态的机构" in text(answer)
    one.refresh_from_db()
    assert one.state == T.DRAFT


# --- the desk ------------------------------------------------------------------------------------


def test_li_jing_sees_old_beside_new_and_lets_her_go_and_liu_bo_takes_her_in(wang_fang, people):
    """R-CHG-06: the queue, the page and its buttons, at both offices."""
    one = sent(wang_fang, to(HAIDIAN))
    bo = factories.staff("刘波", ("first_review", HAIDIAN), username="liubo")
    here = reverse("admin:registration_transfer_change", args=[one.ref])
    jing, liu = signed_in(people.li_jing), signed_in(bo)
    assert "变更" in text(jing.get("/console/"))
    assert one.ref in text(jing.get("/console/registration/transfer/"))
    page = re.sub("<[^>]+>", "", text(jing.get(here)))
    for words in ("春风社会工作服务中心", "同心社会工作服务中心", "变更前", "变更后", "同意转出", "离职证明"):
        assert words in page
    assert one.ref in text(liu.get("/console/registration/transfer/?part=all"))
    assert "同意变更</button>" not in text(liu.get(here)), "not yet 刘波's turn"
    assert liu.post(here, {"move": "approve_out", "version": one.form_version}).status_code == 403
    jing.post(here, {"move": "approve_out", "version": one.form_version})
    assert "转出地已同意" in text(liu.get(here))
    liu.post(here, {"move": "approve", "version": one.form_version})
    assert standing(wang_fang)["region"] == HAIDIAN
    assert one.ref in text(jing.get("/console/registration/transfer/?part=done")), "the old office still sees it"
    assert jing.get(here).status_code == 200
    assert signed_in(people.zhao_min).get(here).status_code == 404


def test_the_desk_says_that_the_change_has_ended_when_the_institution_is_gone(wang_fang, people):
    one = sent(wang_fang, to(CHAOYANG))
    leave(one.to_institution)
    here = reverse("admin:registration_transfer_change", args=[one.ref])
    answer = signed_in(people.li_jing).post(here, {"move": "approve", "version": one.form_version})
    assert answer.status_code == 409
    assert "已失效" in text(answer)
    one.refresh_from_db()
    assert one.state == T.CANCELLED


def test_a_decision_on_another_version_than_the_one_that_was_sent_is_refused_and_a_sent_one_cannot_change(
    fang, wang_fang, people
):
    """As R-REG-12: what 李静 sees is what was sent; 王芳 can only withdraw it and send another."""
    one = sent(wang_fang, to(CHAOYANG))
    here = reverse("admin:registration_transfer_change", args=[one.ref])
    for said in ({"version": one.form_version - 1}, {"version": ""}, {}):
        answer = signed_in(people.li_jing).post(here, {"move": "approve"} | said)
        assert answer.status_code == 409
        assert "资料已更新，请重新查看" in text(answer)
    assert fang.post(url("transfer_edit", one.ref), {"reason": "别的原因"}).status_code == 302
    one.refresh_from_db()
    assert (one.state, one.reason) != (T.APPROVED, "别的原因")
    assert one.state == T.PENDING_IN
