"""What the screen shows: words, masks, tones, comparisons; the display mode; and the gallery of components."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.template import Context, Template
from django.template.loader import get_template, render_to_string

from swms import context, ui
from swms.accounts.models import User
from swms.gallery import samples

TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))
PAGES = [path for path in TEMPLATES if "pdf" not in path.parts]


def drawn(source, **context):
    return Template(source).render(Context(context)).strip()


def staff():
    return User.objects.create_user(kind=User.Kind.STAFF, name="李静（演示）", username="lijing")


def worker():
    return User(kind=User.Kind.WORKER, name="王芳（演示）")


def test_dates_are_written_in_chinese_and_in_local_time():
    assert ui.cn_date(dt.date(2026, 1, 3)) == "2026年1月3日"
    assert ui.cn_date(dt.datetime(2026, 11, 23, 16, 0, tzinfo=dt.UTC)) == "2026年11月24日"  # R-TIME-01
    assert ui.cn_datetime(dt.datetime(2026, 11, 23, 16, 5, tzinfo=dt.UTC)) == "2026年11月24日 00:05"
    assert ui.cn_date(None) == ui.cn_datetime(None) == ""


def test_identity_numbers_and_mobiles_are_masked():
    assert drawn("{{ n|masked_id }}", n="11000019900307001X") == "110000********001X"  # R-ACC-13
    assert drawn("{{ n|masked_mobile }}", n="19900001234") == "199****1234"
    assert drawn("{{ n|masked_id }}{{ n|masked_mobile }}", n=None) == ""


def test_the_eight_states_of_a_registration_have_their_tones():  # R-REG-09
    tones = [ui.tone(label) for label in samples("normal")["states"][:8]]
    assert tones == ["idle", "wait", "info", "bad", "info", "bad", "good", "good"]
    assert ui.tone("从未见过的状态") == "idle"


def test_no_label_has_two_tones():
    labels = [label for group in ui.TONES.values() for label in group]
    assert len(labels) == len(set(labels))


def test_a_status_is_said_in_words():
    assert "待审核" in render_to_string("ui/badge.html", {"label": "待审核"})


def test_a_comparison_marks_only_what_changed():
    left, right = ui.compare("北京市朝阳区", "北京市海淀区")
    assert [(p.kind, p.text) for p in left] == [("same", "北京市"), ("gone", "朝阳"), ("same", "区")]
    assert [(p.kind, p.text) for p in right] == [("same", "北京市"), ("new", "海淀"), ("same", "区")]


def test_a_changed_number_is_marked_whole():
    left, _ = ui.compare("电话 19900000001", "电话 19900000021")
    assert ("gone", "19900000001") in [(p.kind, p.text) for p in left]


def test_a_comparison_rebuilds_both_sides_and_escapes_them():
    for side, text in zip(ui.compare("a<b 甲\n乙", None), ("a<b 甲\n乙", ""), strict=True):
        assert "".join(piece.text for piece in side) == text
    page = render_to_string("ui/diff.html", {"rows": [{"label": "说明", "old": "<b>", "new": "<i>"}]})
    assert "<b>" not in page
    assert "<i>" not in page


@pytest.mark.parametrize(
    ("value", "total", "share"), [(0, 72, 0), ("0.1", 72, 1), (71.9, 72, 99), (72, 72, 100), (90, 72, 100), (5, 0, 0)]
)
def test_only_what_is_full_looks_full_and_something_never_looks_like_nothing(value, total, share):
    assert ui.percent(value, total) == share


def test_sizes_are_given_in_the_units_of_the_rules():
    assert [ui.file_size(n) for n in (0, 512_000, 512_001, 5 * 1024 * 1024)] == ["0字节", "500KB", "501KB", "5.0MB"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "1 秒"), (45, "45 秒"), (61, "2 分钟"), (1800, "30 分钟"), (3601, "2 小时")]
)
def test_a_waiting_time_is_never_said_shorter_than_it_is(seconds, words):
    assert drawn("{{ n|duration_words }}", n=seconds) == words


@pytest.mark.parametrize(
    ("left", "words"), [(23, "还有 23 个工作日"), (0, "今天是最后一天"), (-2, "已超过 2 个工作日")]
)
def test_a_deadline_says_how_much_is_left_and_until_when(left, words):
    page = render_to_string("ui/deadline.html", {"due": dt.date(2026, 12, 25), "left": left})
    assert words in page
    assert "2026年12月25日" in page


def test_moves_are_buttons_that_post_their_names_with_the_version_that_was_seen(rf):
    page = Template('{% include "ui/moves.html" with moves=moves version=3 only %}')
    html = page.render(Context({"moves": samples("normal")["moves"]}))
    assert re.search(r'name="version" value="3"', html)  # R-REG-12
    assert re.search(r'name="move" value="fail_first"[^>]*>初审不通过', html)
    assert "初审不通过时必填" in html  # R-REG-15


def test_where_nothing_may_be_done_there_are_no_buttons():
    assert render_to_string("ui/moves.html", {"moves": []}).strip() == ""


@pytest.mark.django_db
def test_an_include_with_only_still_carries_the_protection_against_forged_posts(rf):
    html = render_to_string("ui_gallery.html", samples("normal"), _asked_by(staff(), rf))
    decision = html[html.index('class="decision') :]
    assert 'name="csrfmiddlewaretoken"' in decision[: decision.index("</form>")]


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["normal", "error", "empty"])
def test_the_gallery_shows_every_component_to_staff(rf, state):
    request = _asked_by(staff(), rf, f"/?state={state}")
    assert ui.gallery(request).status_code == 200


@pytest.mark.parametrize("user", [AnonymousUser(), worker()])
def test_visitors_and_social_workers_cannot_find_the_gallery(rf, user):
    with pytest.raises(Http404):
        ui.gallery(_asked_by(user, rf))


def test_the_gallery_leaves_no_component_out():
    shown = {name for path in PAGES for name in re.findall(r'include "ui/(\w+)\.html"', path.read_text())}
    # Shown by the frame of every page, by Django's form rendering, or by a whole page of their own.
    elsewhere = {"field", "region_cascade", "confirm", "upload"}
    assert {path.stem for path in PAGES if path.parent.name == "ui"} <= shown | elsewhere


def test_the_display_mode_switch_sets_a_cookie_and_comes_back(rf):
    response = ui.set_mode(_asked_by(AnonymousUser(), rf, "/mode/elder/?next=/certificates/verify"), "elder")
    assert response.cookies["mode"].value == "elder"
    assert response.url == "/certificates/verify"


@pytest.mark.parametrize("target", ["https://elsewhere.invalid/", "//elsewhere.invalid/", "javascript:alert(1)"])
def test_the_display_mode_switch_leads_nobody_away(rf, target):
    request = _asked_by(AnonymousUser(), rf)
    request.GET = request.GET.copy()
    request.GET["next"] = target
    assert ui.set_mode(request, "elder").url == "/"


def test_an_unknown_display_mode_is_not_found(rf):
    with pytest.raises(Http404):
        ui.set_mode(_asked_by(AnonymousUser(), rf), "neon")


@pytest.mark.django_db
def test_who_is_signed_in_keeps_the_display_mode_in_the_profile(rf):
    user = User.objects.create_user(kind=User.Kind.WORKER, name="王芳（演示）")
    request = rf.post("/mode/elder/", {"next": "/"})
    request.user = user
    ui.set_mode(request, "elder")
    user.refresh_from_db()
    assert user.elder_mode
    assert 'class="mode-elder"' in render_to_string("home.html", {}, _asked_by(user, rf))


def test_the_menu_marks_where_one_is_and_nothing_else(rf):
    items = context.menu(_asked_by(AnonymousUser(), rf, "/b/c/d"), {"home": "/", "register": "/b/", "verify": "/b/c/"})
    assert [item["label"] for item in items if item["current"]] == ["证书查验"]


def test_a_menu_leaves_out_what_this_installation_does_not_have(rf):
    items = context.menu(_asked_by(worker(), rf), {"dashboard": "/my/"})
    assert [item["label"] for item in items] == ["我的登记"]


def test_every_kind_of_account_has_a_menu_of_known_links():
    assert set(context.MENUS) == {"visitor", *User.Kind.values}
    assert {name for entries in context.MENUS.values() for _, name, _ in entries} <= set(context.LINKS)


def test_elder_mode_shows_a_simpler_menu(rf):
    nav = [{"label": "甲栏", "url": "/a"}, {"label": "乙栏", "url": "/b", "secondary": True}]
    request = _asked_by(AnonymousUser(), rf)
    assert "乙栏" in render_to_string("404.html", {"nav": nav}, request)
    request.COOKIES["mode"] = "elder"
    assert "乙栏" not in render_to_string("404.html", {"nav": nav}, request)


def test_every_page_says_that_it_is_not_the_official_site(rf):
    request = _asked_by(AnonymousUser(), rf)
    for name in ("home.html", "404.html", "403.html", "429.html", "errors/csrf.html", "400.html", "500.html"):
        assert "与民政部、人力资源社会保障部无关" in render_to_string(name, {}, request)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_every_template_can_be_read(path):
    get_template(str(path.relative_to(Path(settings.BASE_DIR, "templates"))))


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_no_template_holds_what_the_content_security_policy_forbids(path):  # S8
    text = path.read_text()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


def test_the_stylesheets_stay_small():
    sheets = [p for p in Path(settings.BASE_DIR, "static/css").glob("*.css") if p.name != "pdf.css"]
    assert sum(path.stat().st_size for path in sheets) < 32 * 1024


def _asked_by(user, rf, path="/"):
    request = rf.get(path)
    request.user = user
    return request
