"""放假安排 at the console: the system administrator enters what the State Council announces (R-TIME-06)."""

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from swms import dates
from swms.calendar.models import AnnouncedDay
from swms.regions.models import Duty

YEARS = reverse("admin:swms_announcedday_changelist")
YEAR = reverse("admin:swms_announcedday_change", args=[2027])
FRONT = reverse("admin:index")
NOTICE = "国办发明电〔2026〕示例号"
LIST = "2027-01-01 休\r\n2027-02-06 班\r\n2027-02-08 休"
WARNING = "2027年的放假安排尚未录入，办理期限按法定节假日推算"


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    """The first day of warnings, with a built-in calendar that knows nothing of 2027."""
    monkeypatch.setattr(dates, "has_schedule_built_in", lambda year: year <= 2026)
    with time_machine.travel("2026-12-15T12:00+08:00", tick=False):
        yield


@pytest.fixture
def qiang(office):
    """吴强, the system administrator."""
    return office("吴强", (Duty.SYSTEM, None), username="wuqiang")


def whole(text=LIST, **more) -> dict:
    return {"do": "check", "list-text": text, "list-source": NOTICE} | more


def hidden(page, name) -> str:
    from html.parser import HTMLParser

    found = {}

    class Inputs(HTMLParser):
        def handle_starttag(self, tag, attrs):
            given = dict(attrs)
            if tag == "input" and given.get("type") == "hidden":
                found[given["name"]] = given["value"]

    Inputs().feed(page.content.decode())
    return found[name]


def test_the_front_page_warns_from_15_december_until_the_year_is_entered(qiang, jing):
    assert WARNING in qiang.get(FRONT).content.decode()
    assert WARNING not in jing.get(FRONT).content.decode()
    assert "尚未录入" in qiang.get(YEARS).content.decode()
    qiang.post(YEAR, {"do": "add", "day-date": "2027-02-08", "day-kind": "休", "day-source": NOTICE})
    assert WARNING not in qiang.get(FRONT).content.decode()


def test_before_15_december_nobody_is_warned(office):
    with time_machine.travel("2026-12-14T23:59+08:00", tick=False):
        client = office("吴强", (Duty.SYSTEM, None), username="wuqiang")
        assert "尚未录入" not in client.get(FRONT).content.decode()


@pytest.mark.parametrize("duty", [duty for duty in Duty if duty != Duty.SYSTEM])
def test_nobody_else_finds_the_calendar(office, duty):
    client = office("钱进", (duty, None))
    assert [client.get(YEARS).status_code, client.get(YEAR).status_code] == [404, 404]
    assert client.post(YEAR, {"do": "add"}).status_code == 404


def test_a_whole_year_is_pasted_looked_over_and_saved(qiang):
    check = qiang.post(YEAR, whole())
    shown = check.content.decode()
    assert "2027年2月6日 周六" in shown
    assert "名单共 3 天" in shown
    assert not AnnouncedDay.objects.exists()
    again = qiang.post(YEAR, whole(hidden(check, "list-text"), do="edit"))
    assert "2027-02-06 班" in again.content.decode()
    saved = qiang.post(YEAR, whole(hidden(check, "list-text"), do="save", seen=hidden(check, "seen")))
    assert saved.url == YEAR
    page = qiang.get(YEAR).content.decode()
    assert "已录入的日期（3）" in page
    assert NOTICE in page
    assert "吴强" in page
    assert "已经确定的办理期限不会改变" in page


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_year_comes_as_a_file_of_any_program(qiang, encoding):
    file = SimpleUploadedFile("2027.txt", LIST.encode(encoding))
    check = qiang.post(YEAR, whole("", **{"list-file": file}))
    qiang.post(YEAR, whole(hidden(check, "list-text"), do="save", seen=hidden(check, "seen")))
    assert AnnouncedDay.objects.count() == 3


def test_one_bad_line_and_nothing_is_saved_and_everything_typed_stays(qiang):
    text = f"{LIST}\r\n2027-02-08 班\r\n2027-07-10 休\r\n2027-02-30 休\r\n2026-12-31 休"
    for deed in ("check", "save"):
        page = qiang.post(YEAR, whole(text, do=deed, seen="")).content.decode()
        for message in (
            "第4行：2027年2月8日与第3行重复",
            "第5行：2027年7月10日是周六，本来就休息，不用列出",
            "第6行：没有2027年2月30日这一天",
            "第7行：2026年12月31日不是2027年的日期",
        ):
            assert message in page
        assert "2027-07-10 休" in page
        assert NOTICE in page
    assert not AnnouncedDay.objects.exists()


@pytest.mark.parametrize(
    ("posted", "message"),
    [
        ({"list-text": ""}, "请粘贴全年名单，或上传文件"),
        ({"list-source": ""}, "请填写依据"),
        ({"list-file": SimpleUploadedFile("a.txt", LIST.encode())}, "请只选一种"),
        ({"list-text": "", "list-file": SimpleUploadedFile("a.txt", b"\xff\xff\xff")}, "文件不是文本文件"),
        ({"list-text": "", "list-file": SimpleUploadedFile("a.txt", b"1" * 70_000)}, "文件超过64KB"),
        ({"list-text": "", "list-file": SimpleUploadedFile("a.txt", b"1" * 20_000)}, "文件内容过长"),
        ({"list-text": "", "list-file": SimpleUploadedFile("a.txt", b"")}, "空"),
        ({"list-text": "2027-01-01 休\0"}, "空字符"),
    ],
)
def test_what_cannot_be_a_list_is_said(qiang, posted, message):
    page = qiang.post(YEAR, whole(**posted))
    assert page.status_code == 200
    assert message in page.content.decode()
    assert not AnnouncedDay.objects.exists()


@pytest.mark.parametrize(
    ("posted", "message"),
    [
        ({"day-date": "2027-07-10"}, "是周六，本来就休息"),
        ({"day-date": "2028-02-14"}, "不是2027年的日期"),
        ({"day-date": "2027-02-30"}, "请输入正确的日期"),
        ({"day-kind": ""}, "请选择安排"),
        ({"day-source": ""}, "请填写依据"),
    ],
)
def test_a_day_that_cannot_be_meant_is_said_beside_its_field(qiang, posted, message):
    given = {"do": "add", "day-date": "2027-02-08", "day-kind": "休", "day-source": NOTICE} | posted
    page = qiang.post(YEAR, given)
    assert page.status_code == 200
    assert message in page.content.decode()
    assert not AnnouncedDay.objects.exists()


def test_a_day_is_entered_once_and_removed(qiang):
    given = {"do": "add", "day-date": "2027年2月8日", "day-kind": "休", "day-source": NOTICE}
    assert qiang.post(YEAR, given).url == YEAR
    assert "这一天已录入为“休”" in qiang.post(YEAR, given).content.decode()
    for _ in range(2):
        assert qiang.post(YEAR, {"do": "remove", "date": "2027-02-08"}).url == YEAR
    assert not AnnouncedDay.objects.exists()


def test_a_list_that_was_changed_meanwhile_is_looked_over_again(qiang):
    check = qiang.post(YEAR, whole())
    qiang.post(YEAR, {"do": "add", "day-date": "2027-02-09", "day-kind": "休", "day-source": NOTICE})
    saved = qiang.post(YEAR, whole(hidden(check, "list-text"), do="save", seen=hidden(check, "seen")))
    assert saved.status_code == 409
    assert "刚刚被改动过" in saved.content.decode()
    assert "2027年2月9日" in saved.content.decode()
    assert AnnouncedDay.objects.count() == 1


def test_years_far_away_and_forged_deeds_are_turned_away(qiang):
    for year in (1999, 2031, 10**12):
        assert qiang.get(reverse("admin:swms_announcedday_change", args=[year])).status_code == 404
    for deed in ("", "drop", "\0"):
        assert qiang.post(YEAR, {"do": deed}).status_code == 400
    for day in ("", "x", "\0", "2027-99-99"):
        assert qiang.post(YEAR, {"do": "remove", "date": day}).url == YEAR
