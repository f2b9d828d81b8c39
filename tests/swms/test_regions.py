"""Administrative divisions: what is loaded, what stays readable, what may be chosen (rulebook §4.1)."""

import json
import time
from io import StringIO

import pytest
from django import forms
from django.core.management import CommandError, call_command
from django.db import transaction

from swms.regions import loader, queries
from swms.regions.fields import RegionField
from swms.regions.models import Region

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """All regions, loaded once for this file and rolled back behind it."""
    with django_db_blocker.unblock(), transaction.atomic():
        loader.load()
        yield
        transaction.set_rollback(True)
    queries.forget()


@pytest.fixture
def regions(loaded, db):
    """All regions, and a snapshot that does not outlive the test."""
    queries.forget()
    yield loader.load()
    queries.forget()


@pytest.fixture
def empty(db):
    """A table of regions without a row."""
    Region.objects.all()._raw_delete(using="default")
    queries.forget()
    yield
    queries.forget()


@pytest.fixture
def files(empty, tmp_path):
    """Write division files and load them into an empty table."""

    def load(divisions="110000,北京市\n110101,东城区\n", abolished="", encoding="utf-8"):
        (tmp_path / "d.csv").write_text("code,name\n" + divisions, encoding=encoding)
        (tmp_path / "a.csv").write_text("code,name,valid_to,successor\n" + abolished, encoding=encoding)
        return loader.load(tmp_path / "d.csv", tmp_path / "a.csv")

    return load


def region(code):
    return Region.objects.get(pk=code)


# -- what is loaded -----------------------------------------------------------------------------


def test_all_mainland_divisions_are_loaded_and_the_corps_besides(regions):
    """§4.1: 31 / 339 / 2,849, and the Corps with its two divisions that have no city."""
    corps = [queries.CORPS, "660011", "660012"]
    standing = Region.objects.filter(valid_to=None).exclude(pk__in=corps)
    assert [standing.filter(level=level).count() for level in (1, 2, 3)] == [31, 339, 2849]
    assert (regions.provinces, regions.prefectures, regions.counties) == (32, 339, 2851)
    assert regions.abolished == 75
    assert Region.objects.count() == 31 + 339 + 2849 + 3 + 75


def test_an_empty_table_is_filled_at_once_and_quickly(empty):
    started = time.monotonic()
    report = loader.load()
    assert (report.created, report.updated, report.unchanged) == (3297, 0, 0)
    assert time.monotonic() - started < 2


def test_sea_areas_and_the_regions_outside_the_system_are_left_out(regions):
    for prefix in ("99", "71", "81", "82"):
        assert not Region.objects.filter(pk__startswith=prefix).exists()


def test_the_newest_divisions_are_there(regions):
    newest = {"653228": "和康县", "653229": "和安县", "500157": "两江新区", "133100": "雄安新区"}
    assert {r.pk: r.name for r in Region.objects.filter(pk__in=newest)} == newest


@pytest.mark.parametrize(
    ("code", "parent"),
    [
        ("110105", "110100"),  # a district of a municipality
        ("500229", "500200"),  # a county of a municipality
        ("469023", "460000"),  # a county directly under its province
        ("429021", "420000"),
        ("419001", "410000"),
        ("659001", "660000"),  # a Corps city
        ("660012", "660000"),  # a Corps division without a city
        ("441900", "440000"),
    ],
)
def test_a_division_hangs_under_its_nearest_existing_prefix(regions, code, parent):
    assert region(code).parent_id == parent


@pytest.mark.parametrize("code", ["441900", "442000", "460300", "460400", "620200", "133100"])
def test_a_city_without_counties_may_be_the_registration_region(regions, code):
    """R-CHG-04: these act as county level."""
    assert region(code).level == 2
    assert queries.selectable().filter(pk=code).exists()


def test_every_selectable_region_is_a_leaf_and_every_other_standing_one_leads_to_some(regions):
    selectable = set(queries.selectable().values_list("path", flat=True))
    assert len(selectable) == regions.leaves == 2851 + 6
    for path in Region.objects.filter(valid_to=None, is_leaf=False).values_list("path", flat=True):
        assert any(leaf.startswith(path) for leaf in selectable), path


def test_the_path_is_the_chain_of_codes_from_the_province_down(regions):
    assert region("110105").path == "/110000/110100/110105/"
    assert region("469023").path == "/460000/469023/"


def test_loading_again_writes_nothing(regions):
    again = loader.load()
    assert (again.created, again.updated, again.unlisted) == (0, 0, ())
    assert again.unchanged == Region.objects.count()


def test_loading_mends_a_changed_row_and_keeps_an_unlisted_one(regions):
    Region.objects.filter(pk="110105").update(name="错误")
    Region.objects.create(code="119999", name="旧区", level=3, path="/110000/119999/", is_leaf=True)
    report = loader.load()
    assert (report.updated, report.unlisted) == (1, ("119999",))
    assert region("110105").name == "朝阳区"
    assert region("119999").name == "旧区"


def test_loading_what_is_there_takes_one_query_and_a_transaction(regions, django_assert_num_queries):
    with django_assert_num_queries(3):  # savepoint, one read, release: nothing to write
        loader.load()


def test_the_command_reports_its_counts(regions):
    out = StringIO()
    call_command("load_regions", stdout=out)
    assert "新增 0，更新 0，未变 3297" in out.getvalue()
    assert "省级 32，地级 339，县级 2851，可作登记区域 2857；已撤销 75" in out.getvalue()


# -- files that cannot be used -------------------------------------------------------------------


def test_the_original_twelve_digit_file_can_be_loaded_as_it_is(empty, tmp_path):
    (tmp_path / "adcodes.csv").write_text(
        "adcode,name,longitude,latitude\n110101000000,东城区,1,2\n110000000000,北京市,1,2\n"
        "999900000000,海域,,\n710000000000,台湾省,,\n",
        encoding="utf-8-sig",
    )
    (tmp_path / "none.csv").write_text("code,name,valid_to,successor\n", encoding="utf-8")
    report = loader.load(tmp_path / "adcodes.csv", tmp_path / "none.csv")
    assert (report.provinces, report.counties) == (2, 3)
    assert region("110101").parent_id == "110000"


@pytest.mark.parametrize(
    ("divisions", "abolished", "complaint"),
    [
        ("11000,北京市\n", "", "d.csv 第 2 行：代码应为 6 位数字，这里是“11000”"),
        ("１１００００,北京市\n", "", "代码应为 6 位数字"),
        ("110000,\n", "", "d.csv 第 2 行：名称不能为空"),
        ("110000," + "长" * 51 + "\n", "", "不能超过 50 个字"),
        ("110000,北京市\n110000,北京市\n", "", "第 3 行：代码 110000 重复"),
        ("110101,东城区\n", "", "110101 东城区所属的省份不在文件中"),
        ("110000,北京市\n", "110103,崇文区,2010/7/1,110000\n", "a.csv 第 2 行：撤销日期应写作 2025-11-06"),
        ("110000,北京市\n", "110103,崇文区,2010-07-01,110101\n", "承接区划 110101 不存在"),
        ("110000,北京市\n", "110000,北京市,2010-07-01,\n", "既在现行区划中，又在已撤销区划中"),
        (
            "110000,北京市\n",
            "110103,崇文区,2010-07-01,110104\n110104,宣武区,2010-07-01,110103\n",
            "承接关系首尾相接",
        ),
    ],
)
def test_a_broken_file_is_refused_with_its_line_and_nothing_is_written(files, divisions, abolished, complaint):
    with pytest.raises(loader.UnusableFile, match=complaint):
        files(divisions, abolished)
    assert not Region.objects.exists()


def test_a_file_in_another_encoding_is_refused_in_words(files):
    with pytest.raises(loader.UnusableFile, match="不是 UTF-8 编码"):
        files(encoding="gbk")


def test_a_missing_or_headless_file_is_refused_by_the_command(tmp_path):
    with pytest.raises(CommandError, match="不能读取 nowhere.csv"):
        call_command("load_regions", divisions=tmp_path / "nowhere.csv")
    (tmp_path / "headless.csv").write_text("110000,北京市\n", encoding="utf-8")
    with pytest.raises(CommandError, match="第一行应为列名"):
        call_command("load_regions", divisions=tmp_path / "headless.csv")


# -- names, insides, successors -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("110105", "北京市 朝阳区"),
        ("110100", "北京市"),
        ("110000", "北京市"),
        ("440305", "广东省 深圳市 南山区"),
        ("220202", "吉林省 吉林市 昌邑区"),
        ("469023", "海南省 澄迈县"),
        ("441900", "广东省 东莞市"),
        ("659001", "新疆生产建设兵团 石河子市"),
        ("500112", "重庆市 渝北区"),
        ("371202", "山东省 莱芜市 莱城区"),
    ],
)
def test_a_region_is_called_by_its_full_name_even_when_abolished(regions, code, name):
    assert queries.full_name(region(code)) == name


def test_a_hundred_names_cost_one_query(regions, django_assert_num_queries):
    people = list(queries.selectable()[:100])
    queries.forget()
    with django_assert_num_queries(1):
        assert all(queries.full_name(each) for each in people)


def test_a_region_newer_than_the_snapshot_is_still_called_by_its_full_name(regions):
    queries.choices()
    Region.objects.bulk_create([Region(code="120900", name="新地", level=2, path="/120000/120900/")])
    Region.objects.bulk_create(
        [Region(code="120901", name="新区", level=3, path="/120000/120900/120901/", parent_id="120900")]
    )
    Region.objects.filter(pk="120900").update(parent_id="120000")
    assert queries.full_name(region("120901")) == "天津市 新地 新区"


def test_an_abolished_region_keeps_its_row_and_leads_to_its_successor(regions):
    yubei = region("500112")
    assert (yubei.name, yubei.valid_to.isoformat(), yubei.parent_id) == ("渝北区", "2025-11-06", "500100")
    assert queries.current(yubei) == region("500157")
    assert queries.current(region("500105")) == region("500157")
    assert queries.current(region("110105")) == region("110105")


def test_every_successor_stands_today(regions):
    for each in Region.objects.exclude(valid_to=None).select_related("successor"):
        assert queries.current(each).valid_to is None, each.pk


def test_who_is_on_duty_in_the_successor_is_on_duty_for_the_abolished_region(regions):
    """两江新区 took over 江北区 and 渝北区: their people are inside it, and not inside 渝中区."""
    inside = set(queries.subtree(region("500157")).values_list("pk", flat=True))
    assert inside == {"500157", "500105", "500112"}
    assert not region("500103").contains(region("500112"))
    assert region("110000").contains(region("110105"))
    assert not region("310000").contains(region("110105"))


def test_successors_are_followed_over_several_changes(files):
    files(
        "110000,北京市\n110101,东城区\n",
        "110103,崇文区,2010-07-01,110101\n110104,旧崇文区,2000-07-01,110103\n",
    )
    assert queries.current(region("110104")) == region("110101")
    assert region("110104").path == "/110000/110101/110103/110104/"


def test_children_are_the_standing_divisions_directly_below(regions):
    codes = list(queries.children(region("500100")).values_list("pk", flat=True))
    assert "500157" in codes
    assert "500112" not in codes
    assert codes == sorted(codes)


@pytest.mark.parametrize(
    ("first", "second", "level", "same"),
    [
        ("110105", "110105", 3, True),
        ("110105", "110108", 3, False),
        ("500112", "500157", 3, True),  # abolished into
        ("500112", "500105", 3, True),
        ("441900", "441900", 3, True),
        ("441900", "442000", 3, False),
        ("440305", "440303", 2, True),
        ("440305", "440103", 2, False),
        ("440305", "440103", 1, True),
        ("659001", "650102", 1, False),  # a Corps city is not of 新疆 here
    ],
)
def test_two_regions_are_the_same_at_the_level_that_the_setting_names(regions, settings, first, second, level, same):
    """R-CHG-04."""
    settings.REGION_MATCH_LEVEL = level
    assert queries.same_region(region(first), region(second)) is same


# -- the cascade: what it offers -----------------------------------------------------------------


def codes(choices):
    return [division.code for division in choices.divisions]


def test_the_cascade_begins_with_the_provinces_and_the_corps(regions):
    assert len(codes(queries.choices())) == 32
    assert codes(queries.choices())[-1] == "660000"


@pytest.mark.parametrize(
    ("province", "count", "label"), [("110000", 16, "区县（市、旗）"), ("500000", 37, "区县（市、旗）")]
)
def test_below_a_municipality_come_its_districts_at_once(regions, province, count, label):
    below = queries.choices(province)
    assert (len(below.divisions), below.label) == (count, label)
    assert all(division.leaf for division in below.divisions)


def test_below_hainan_come_cities_and_counties_together(regions):
    below = codes(queries.choices("460000"))
    assert {"460100", "460300", "460400", "469023"} <= set(below)


def test_below_the_corps_come_its_fourteen_divisions(regions):
    below = queries.choices("660000")
    assert (len(below.divisions), below.label) == (14, "师市")
    assert not [code for code in codes(queries.choices("650000")) if code.startswith("6590")]


def test_no_abolished_division_is_offered(regions):
    gone = set(Region.objects.exclude(valid_to=None).values_list("pk", flat=True))
    parents = [None, *Region.objects.filter(is_leaf=False).values_list("pk", flat=True)]
    assert not gone & {code for parent in parents for code in codes(queries.choices(parent))}


# -- the cascade: the form field -----------------------------------------------------------------


class Profile(forms.Form):
    region = RegionField(label="登记区域")


class Duty(forms.Form):
    region = RegionField(label="管辖区域", leaf_only=False, required=False)


def refusal(form):
    assert not form.is_valid()
    ((error,),) = [errors for errors in form.errors.as_data().values()]
    return error.code, error.messages[0]


@pytest.mark.parametrize(
    "posted",
    [
        {"region_0": "110000", "region_1": "110105", "region_2": ""},
        {"region_0": "440000", "region_1": "440300", "region_2": "440305"},
        {"region_0": "440000", "region_1": "441900"},
        {"region_0": "660000", "region_1": "659001"},
        {"region": "110105"},
    ],
)
def test_a_finished_choice_gives_the_region(regions, posted):
    form = Profile(posted)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["region"] == region(list(filter(None, posted.values()))[-1])


@pytest.mark.parametrize(
    ("posted", "code", "message"),
    [
        ({}, "required", "请选择区域"),
        ({"region_0": "", "region_1": "110105"}, "required", "请选择区域"),
        ({"region_0": "110000"}, "region_incomplete", "请继续选择北京市下的区县"),
        ({"region_0": "440000"}, "region_incomplete", "请继续选择广东省下的市"),
        ({"region_0": "440000", "region_1": "440300"}, "region_incomplete", "请继续选择深圳市下的区县"),
        ({"region": "660000"}, "region_incomplete", "请继续选择新疆生产建设兵团下的师市"),
        ({"region": "999999"}, "region_unknown", "没有这个区域，请重新选择"),
        ({"region": "１１０１０５"}, "region_unknown", "没有这个区域，请重新选择"),
        ({"region": "'; DROP TABLE--" * 99}, "region_unknown", "没有这个区域，请重新选择"),
        ({"region": "11010\x00"}, "region_unknown", "没有这个区域，请重新选择"),
        ({"region": "500112"}, "region_abolished", "渝北区已撤销，现为重庆市 两江新区，请重新选择"),
        (
            {"region_0": "500000", "region_1": "500112"},
            "region_abolished",
            "渝北区已撤销，现为重庆市 两江新区，请重新选择",
        ),
    ],
)
def test_anything_else_is_refused_in_words(regions, posted, code, message):
    assert refusal(Profile(posted)) == (code, message)


def test_an_abolished_region_without_successor_is_refused_too(files):
    files(abolished="110103,崇文区,2010-07-01,\n")
    assert refusal(Profile({"region": "110103"})) == (
        "region_abolished_without_successor",
        "崇文区已撤销，请重新选择",
    )


def test_a_county_left_over_from_another_province_is_never_saved(regions):
    form = Profile({"region_0": "310000", "region_1": "110105"})
    assert refusal(form)[0] == "region_incomplete"
    assert shown(form) == ["310000", "", ""]


def test_a_duty_may_be_over_any_level_or_none(regions):
    for posted, expected in [({"region_0": "110000"}, region("110000")), ({}, None)]:
        form = Duty(posted)
        assert form.is_valid()
        assert form.cleaned_data["region"] == expected


def test_the_button_for_the_next_level_never_saves_a_form(regions):
    """Plain pages: the form comes back, whether the choice is finished or not."""
    opened = Profile({"region_0": "440000", "region-next": "1"})
    assert refusal(opened)[0] == "region_incomplete"
    assert [level["hidden"] for level in levels(opened)] == [False, False, True]
    assert refusal(Profile({"region_0": "110000", "region_1": "110105", "region-next": "1"})) == (
        "region_next",
        "已选北京市 朝阳区，请核对后提交",
    )
    assert refusal(Duty({"region_0": "110000", "region-next": "1"}))[0] == "region_next"
    assert refusal(Duty({"region-next": "1"}))[0] == "required"


def levels(form):
    bound = form["region"]
    return bound.field.widget.get_context(bound.html_name, bound.value(), {"id": bound.auto_id})["widget"]["levels"]


def shown(form):
    return [next((o["code"] for o in level["options"] if o["selected"]), "") for level in levels(form)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (None, ["", "", ""]),
        ("110105", ["110000", "110105", ""]),
        ("440305", ["440000", "440300", "440305"]),
        ("469023", ["460000", "469023", ""]),
        ("nonsense", ["", "", ""]),
    ],
)
def test_the_selects_show_what_is_stored(regions, code, expected):
    assert shown(Profile(initial={"region": code})) == expected


def test_a_stored_region_that_was_abolished_is_shown_as_its_successor_with_a_note(regions):
    form = Profile(initial={"region": region("500112")})
    assert shown(form) == ["500000", "500157", ""]
    widget = form.fields["region"].widget.get_context("region", "500112", {})["widget"]
    assert widget["note"] == "原选的渝北区已撤销，现为两江新区，请核对。"
    assert widget["full_name"] == "重庆市 两江新区"


def test_the_page_has_three_named_selects_and_a_button_that_checks_nothing(regions):
    page = str(Profile({"region_0": "440000"})["region"])
    for i in range(3):
        assert f'<label class="field__label field__label--inner" for="id_region_{i}">' in page
        assert f'<select name="region_{i}" id="id_region_{i}"' in page
    assert '<option value="440000" selected>广东省</option>' in page
    assert '<option value="441900" data-leaf>东莞市</option>' in page
    assert "110105" not in page
    assert 'data-url="/regions/CODE/children.json"' in page
    assert 'name="region-next" value="1" formnovalidate' in page


def test_showing_several_cascades_costs_one_query(regions, django_assert_num_queries):
    queries.forget()
    with django_assert_num_queries(1):
        for code in ("110105", "440305", "659001"):
            shown(Profile(initial={"region": code}))


def test_a_form_knows_whether_the_region_changed(regions):
    assert not Profile({"region": "110105"}, initial={"region": region("110105")}).has_changed()
    assert Profile({"region": "110108"}, initial={"region": region("110105")}).has_changed()


# -- the cascade: the public answer ---------------------------------------------------------------


def test_anybody_may_ask_for_the_divisions_below_one(regions, client):
    response = client.get("/regions/110000/children.json")
    answer = json.loads(response.content)
    assert response.status_code == 200
    assert (answer["name"], len(answer["children"])) == ("北京市", 16)
    assert {"code": "110105", "name": "朝阳区", "leaf": True} in answer["children"]
    assert json.loads(client.get("/regions/110105/children.json").content)["children"] == []


def test_the_answer_may_be_kept_by_caches_and_asked_again_cheaply(regions, client):
    response = client.get("/regions/440000/children.json")
    assert response["Cache-Control"] == "public, max-age=86400"
    assert "Cookie" not in response.get("Vary", "")
    again = client.get("/regions/440000/children.json", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("code", ["999999", "1", "九", "110000000000", "%00"])
def test_an_unknown_code_is_answered_with_404_in_json(regions, client, code):
    response = client.get(f"/regions/{code}/children.json")
    assert response.status_code == 404
    assert json.loads(response.content)["code"] == "not_found"
    assert "Cache-Control" not in response


def test_the_answer_cannot_be_posted_to(regions, client):
    assert client.post("/regions/110000/children.json").status_code == 405
