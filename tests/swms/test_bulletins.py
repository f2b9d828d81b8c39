"""通知公告: who may say what to whom, from when until when, and what stays of it."""

from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from PIL import Image

from swms.audit.trail import history
from swms.bulletins import actions, queries
from swms.bulletins.models import Bulletin
from swms.bulletins.text import render
from swms.bulletins.workflows import BulletinState as S
from swms.dates import today
from swms.regions.models import Duty
from swms.uploads.examine import EVIDENCE, examine
from swms.workflow import Refused
from tests import factories
from tests.people import signed_in
from tests.walks import Walk, walks

pytestmark = pytest.mark.django_db
BOARD = "/bulletins/"
WHY = "领取地址有误，另行发布更正后的通知。"

LAW = {
    ("publish", S.DRAFT, S.PUBLISHED): {"keeper"},
    ("discard", S.DRAFT, S.DISCARDED): {"keeper"},
    ("unschedule", S.PUBLISHED, S.DRAFT): {"keeper"},
    ("withdraw", S.PUBLISHED, S.WITHDRAWN): {"keeper"},
}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def drafted(by, code="110000", module="certificates", **written):
    said = {"title": "领取纸质证书的通知", "body": "请于工作日领取。"} | written
    return actions.draft(region=code and factories.region(code), module=module, by=by, **said)


def published(by, *place, **written):
    return actions.publish(drafted(by, *place, **written), by=by)


def picture():
    out = BytesIO()
    Image.new("RGB", (300, 200), "#dfe7ef").save(out, "PNG")
    out.name = "领取点地图.png"
    return examine(out, EVIDENCE)


# --- whose it is to say, and who reads it --------------------------------------------------------


def test_an_office_speaks_for_its_own_region_and_in_the_matters_of_its_duty_only(people):
    for who, code, module in (
        (people.li_jing, "110108", "registration"),  # the neighbouring county
        (people.li_jing, "110000", "registration"),  # the province above
        (people.li_jing, "110105", "certificates"),
        (people.zhou_yan, "110000", "registration"),
        (people.zhou_yan, "310000", "certificates"),
        (people.zhou_yan, None, "certificates"),  # the country
        (people.chen_chen.user, "110105", "registration"),
    ):
        with pytest.raises(PermissionDenied):
            drafted(who, code, module)
    assert drafted(people.li_jing, "110105", "registration").state == S.DRAFT
    assert drafted(people.zhang_wei, "110105", "services").region.name == "朝阳区"  # from above
    country = factories.staff("钱丽", (Duty.CERTIFICATE, None), username="qianli")
    assert drafted(country, None).region is None


def test_of_a_draft_the_public_sees_nothing_and_another_province_finds_nothing_at_its_desk(client, people):
    draft = drafted(people.zhou_yan)
    assert client.get(draft.get_absolute_url()).status_code == 404
    assert draft.title not in client.get(BOARD).content.decode()
    page = reverse("admin:bulletins_bulletin_change", args=[draft.ref])
    assert signed_in(people.zhou_yan).get(page).status_code == 200
    assert signed_in(people.zhao_min).get(page).status_code == 404
    # 张伟 of the same province looks on; the duty is not his.
    final = signed_in(people.zhang_wei)
    assert "发布</button>" not in final.get(page).content.decode()
    assert final.post(page, {"move": "publish"}).status_code == 403
    edit = reverse("admin:bulletins_bulletin_edit", args=[draft.ref])
    assert final.post(edit, {"title": "改", "body": "改", "edition": "1"}).status_code == 302
    assert Bulletin.objects.get().title == draft.title


def test_what_a_region_says_is_read_in_all_of_it_and_what_the_country_says_everywhere(people):
    country = factories.staff("钱丽", (Duty.CERTIFICATE, None), username="qianli")
    beijing, all_of_it = published(people.zhou_yan), published(country, None)
    chaoyang = published(people.li_jing, "110105", "registration")
    assert set(queries.for_place(factories.region("110105"))) == {beijing, all_of_it, chaoyang}
    assert set(queries.for_place(factories.region("110108"))) == {beijing, all_of_it}
    assert queries.for_place(factories.region("310115")) == [all_of_it]
    assert queries.for_place(None) == [all_of_it]
    assert set(queries.for_front_page()) == {beijing, all_of_it}
    assert set(queries.about(queries.public(), factories.region("110000"))) == {beijing, all_of_it, chaoyang}


def test_the_front_page_and_the_dashboard_of_who_is_concerned_show_the_newest(client, people):
    beijing = published(people.zhou_yan, title="北京市纸质证书领取通知")
    shanghai = published(people.zhao_min, "310115", "registration", title="浦东新区登记办理时间调整")
    front = client.get("/").content.decode()
    assert beijing.title in front
    assert shanghai.title not in front
    dashboard = signed_in(people.wang_fang.user).get("/registration/").content.decode()
    assert beijing.title in dashboard
    assert shanghai.title not in dashboard


# --- from when until when --------------------------------------------------------------------------


def test_a_bulletin_appears_at_its_moment_and_leaves_the_list_after_its_last_day_without_any_job(client, people):
    now = timezone.localtime().replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=1)
    with time_machine.travel(now, tick=False) as clock:
        starts = now + timedelta(hours=1)
        one = published(people.zhou_yan, publish_at=starts, expires_on=today() + timedelta(days=2))
        assert one.standing == "待发布"
        assert client.get(one.get_absolute_url()).status_code == 404
        clock.move_to(starts)
        assert client.get(one.get_absolute_url()).status_code == 200
        assert one.title in client.get(BOARD).content.decode()
        assert one.title in client.get("/bulletins/feed").content.decode()
        clock.move_to(starts.replace(hour=23, minute=59) + timedelta(days=2))  # R-TIME-04
        assert one in queries.in_force()
        clock.shift(timedelta(minutes=1))
        assert one.title not in client.get(BOARD).content.decode()
        assert one.title in client.get(f"{BOARD}?past=on").content.decode()
        assert "公告已过有效期" in client.get(one.get_absolute_url()).content.decode()


def test_what_is_scheduled_can_go_back_to_the_desk_and_what_was_public_can_only_be_withdrawn(people):
    later = published(people.zhou_yan, publish_at=timezone.now() + timedelta(hours=3))
    with pytest.raises(Refused, match="还没有公开"):
        later.move("withdraw", actor=people.zhou_yan, reason=WHY)
    later = actions.unschedule(later, by=people.zhou_yan)
    assert (later.state, later.publish_at, later.versions.count()) == (S.DRAFT, None, 0)
    out = published(people.zhou_yan)
    with pytest.raises(Refused, match="只能撤回"):
        actions.unschedule(out, by=people.zhou_yan)


def test_a_withdrawn_bulletin_says_when_and_why_and_takes_its_text_and_files_down(client, people):
    one = drafted(people.zhou_yan, body="请到旧地址领取。", files=[picture()])
    actions.publish(one, by=people.zhou_yan)
    file = one.files.get()
    assert client.get(file.get_absolute_url()).status_code == 200
    one.move("withdraw", actor=people.zhou_yan, reason=WHY)
    gone = client.get(one.get_absolute_url())
    assert gone.status_code == 410
    assert WHY in gone.content.decode()
    assert "旧地址" not in gone.content.decode()
    assert client.get(file.get_absolute_url()).status_code == 404
    assert signed_in(people.zhou_yan).get(file.get_absolute_url()).status_code == 200
    assert one.title not in client.get(BOARD).content.decode()
    assert [event.verb.rpartition(".")[2] for event in history(one)] == ["begin", "publish", "withdraw"]


# --- wordings ---------------------------------------------------------------------------------------


def test_a_change_of_a_public_text_is_another_version_that_says_what_changed_and_the_old_one_stays(client, people):
    one = published(people.zhou_yan, body="地址：甲路1号。")
    with pytest.raises(Refused, match="写明修改了什么"):
        actions.edit(one, {"body": "地址：乙路2号。"}, by=people.zhou_yan, seen=1)
    actions.edit(one, {"body": "地址：乙路2号。"}, by=people.zhou_yan, seen=1, note="更正领取地址")
    page = client.get(one.get_absolute_url()).content.decode()
    assert "乙路2号" in page
    assert "甲路1号" not in page
    assert "更正领取地址" in page
    old = client.get(f"{one.get_absolute_url()}?version=1").content.decode()
    assert "甲路1号" in old
    assert "请以现在的版本为准" in old
    for nonsense in ("9", "x", "1' or 1=1"):
        assert client.get(one.get_absolute_url(), {"version": nonsense}).status_code in (200, 404)


def test_of_two_colleagues_who_edit_at_once_the_second_is_shown_the_first_ones_text_again(people):
    one = drafted(people.zhou_yan)
    browser = signed_in(people.zhou_yan)
    url = reverse("admin:bulletins_bulletin_edit", args=[one.ref])
    assert browser.post(url, {"title": "甲改的标题", "body": "甲", "edition": "1"}).status_code == 302
    late = browser.post(url, {"title": "乙改的标题", "body": "乙", "edition": "1"})
    assert late.status_code == 409
    assert "乙改的标题" in late.content.decode()
    assert Bulletin.objects.get().title == "甲改的标题"


def test_what_a_colleague_rewrote_meanwhile_is_not_published_unread(people):
    one = drafted(people.zhou_yan)
    page = f"/console/bulletins/bulletin/{one.ref}/"
    browser = signed_in(people.zhou_yan)
    assert 'name="version" value="1"' in browser.get(page).content.decode()
    actions.edit(one, {"body": "请于周末领取。"}, by=people.zhou_yan, seen=1)
    stale = browser.post(page, {"move": "publish", "version": "1"})
    assert stale.status_code == 409
    assert "刚刚被同事修改过" in stale.content.decode()
    assert Bulletin.objects.get().state == S.DRAFT
    assert browser.post(page, {"move": "publish", "version": "2"}).status_code == 302


def test_an_office_writes_schedules_and_publishes_in_its_pages_and_mistakes_stand_beside_their_fields(client, people):
    factories.region("310000")
    browser = signed_in(people.zhou_yan)
    new = reverse("admin:bulletins_bulletin_add")
    typed = {"module": "certificates", "region": "310000", "title": "通知", "body": "内容"}
    refused = browser.post(new, typed)
    assert "您没有在上海市发布" in refused.content.decode()
    wrong = typed | {"region": "110000", "publish_at_0": "2020-01-01", "publish_at_1": "09:00", "expires_on": "x"}
    page = browser.post(new, wrong).content.decode()
    assert "定时发布须晚于现在" in page
    assert "请输入正确的日期" in page
    assert browser.post(new, typed | {"region": "110000"}).status_code == 302
    one = Bulletin.objects.get()
    change = reverse("admin:bulletins_bulletin_change", args=[one.ref])
    assert browser.post(change, {"move": "publish"}).status_code == 302
    assert browser.post(change, {"move": "publish"}).status_code == 409  # pressed twice
    assert client.get(one.get_absolute_url()).status_code == 200
    asked = browser.post(change, {"move": "withdraw", "reason": WHY})
    assert "撤回后不能恢复" in asked.content.decode()
    assert browser.post(change, {"move": "withdraw", "reason": WHY, "confirmed": "yes"}).status_code == 302
    assert client.get(one.get_absolute_url()).status_code == 410


def test_the_board_turns_its_pages_filters_and_takes_any_nonsense(client, people):
    for number in range(23):
        published(people.zhou_yan, title=f"第{number}号通知")
    published(people.li_jing, "110105", "registration", title="登记通知")
    first = client.get(BOARD).content.decode()
    assert "第22号通知" in first
    assert "第0号通知" not in first
    assert "第0号通知" in client.get(f"{BOARD}?page=2").content.decode()
    only = client.get(f"{BOARD}?module=registration&region=110000").content.decode()
    assert "登记通知" in only
    assert "号通知" not in only
    for nonsense in ("?page=x", "?page=-1", "?module=%00", "?region=xx", "?region=999999", "?past=maybe"):
        assert client.get(BOARD + nonsense).status_code == 200
        assert client.get("/bulletins/feed" + nonsense).status_code == 200


# --- the text -----------------------------------------------------------------------------------------


def test_plain_text_becomes_paragraphs_headings_lists_and_links():
    text = "# 领取时间\n\n即日起领取。\n逾期不候。\n\n需要携带：\n- 身份证\n- 委托书\n\n1. 先预约\n2、再到场\n\n详见https://example.org/a?b=1&c=2。"
    assert render(text) == (
        "<h2>领取时间</h2>\n<p>即日起领取。<br>逾期不候。</p>\n<p>需要携带：</p>\n"
        "<ul><li>身份证</li><li>委托书</li></ul>\n<ol><li>先预约</li><li>再到场</li></ol>\n"
        '<p>详见<a href="https://example.org/a?b=1&amp;c=2" rel="nofollow noopener">'
        "https://example.org/a?b=1&amp;c=2</a>。</p>"
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "- <img src=x onerror=alert(1)>",
        "# <b>题</b>",
        'https://example.org/"><script>',
        "javascript:alert(1)",
        "http://a'onmouseover=x",
    ],
)
def test_no_markup_of_the_writers_reaches_the_page(text):
    import re

    html = render(text)
    assert set(re.findall(r"<(\w+)", html)) <= {"p", "br", "h2", "ul", "ol", "li", "a"}
    assert not re.search(r"<[^>]*\son\w+=", html)
    assert all(each.startswith("http") for each in re.findall('href="([^"]*)', html))


# --- the table ----------------------------------------------------------------------------------------


def test_the_table_of_bulletins_is_the_one_written_down_here():
    assert {(each.name, each.source, each.target) for each in Bulletin.workflow} == set(LAW)


class BulletinWalk(Walk):
    """One bulletin, pressed by everybody, at a clock that goes on."""

    law, judged = LAW, (Bulletin,)
    guards = {"already_public", "not_public_yet", "over_before", "incomplete"}

    def start(self):
        self.users["keeper"] = self.people.zhou_yan
        for name in ("li_jing", "zhang_wei", "zhao_min"):
            self.users[name] = getattr(self.people, name)
        self.users["worker"] = self.people.chen_chen.user
        self.pk = drafted(self.users["keeper"], expires_on=today() + timedelta(days=40)).pk

    @property
    def case(self):
        return Bulletin.objects.get(pk=self.pk)

    @rule(hours=st.integers(-5, 100))
    def a_moment_is_set(self, hours):
        one = self.case
        when = timezone.now() + timedelta(hours=hours)
        self.outcome_of(actions.edit, one, {"publish_at": when}, by=self.users["keeper"], seen=one.edition)

    @invariant()
    def what_is_public_was_published_at_a_moment_that_has_come(self):
        one = self.case
        assert (one in queries.public()) == (one.state == S.PUBLISHED and one.publish_at <= timezone.now())
        assert one.state != S.WITHDRAWN or one.is_out


def test_everybody_pressing_everything_on_a_bulletin_only_walks_listed_paths():
    run_state_machine_as_test(BulletinWalk, settings=walks(15, 15))
