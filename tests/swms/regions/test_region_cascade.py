"""The region cascade: what it offers, what it takes, what it shows (R-PRO-07)."""

import json

import pytest
from django import forms

from swms.regions import queries
from swms.regions.fields import RegionField
from swms.regions.models import Region

pytestmark = pytest.mark.django_db


def region(code):
    return Region.objects.get(pk=code)


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
    ((error,),) = form.errors.as_data().values()
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


def test_the_answer_may_be_kept_by_the_browser_and_asked_again_cheaply(regions, client):
    response = client.get("/regions/440000/children.json")
    assert response["Cache-Control"] == "private, max-age=86400"
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
