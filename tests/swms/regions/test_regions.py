"""Administrative divisions: what is loaded, what stays readable, what counts as the same (rulebook §4.1)."""

import time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from swms.regions import loader, queries
from swms.regions.models import Region

pytestmark = pytest.mark.django_db


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
    with pytest.raises(CommandError, match=r"不能读取 nowhere\.csv"):
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


# -- what lies inside ---------------------------------------------------------------------------


def inside(path):
    return set(Region.objects.filter(parent__inside=path).values_list("pk", flat=True))


@pytest.mark.parametrize("code", ["110000", "510100", "510104", "660000", "441900"])
def test_inside_is_whatever_the_path_leads_through_abolished_or_not(regions, code):
    path = region(code).path
    assert inside(path) == set(Region.objects.filter(parent__path__startswith=path).values_list("pk", flat=True))


def test_what_has_no_region_is_neither_inside_nor_lost_outside(regions):
    provinces = set(Region.objects.filter(parent=None).values_list("pk", flat=True))
    path = region("510000").path
    assert not provinces & inside(path)
    assert provinces <= set(Region.objects.exclude(parent__inside=path).values_list("pk", flat=True))


def test_a_division_newer_than_the_snapshot_of_this_process_is_looked_into(regions):
    assert queries.division("510104")
    Region.objects.bulk_create(  # as another process does: nothing tells this one
        [
            Region(code="519900", name="新市", level=2, parent_id="510000", path="/510000/519900/"),
            Region(code="519901", name="新区", level=3, parent_id="519900", path="/510000/519900/519901/"),
        ]
    )
    assert inside("/510000/519900/") == {"519901"}


def test_a_region_is_called_the_same_by_its_code(regions):
    for each in Region.objects.filter(pk__in=("110105", "110101", "500112", "660011", "510000", "441900")):
        assert queries.name_of(each.pk) == queries.full_name(each)
    assert queries.name_of(None) == queries.name_of("999999") == ""
