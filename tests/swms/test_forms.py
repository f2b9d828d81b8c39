"""Forms: how typed text is tidied before it is judged, and how a field is drawn with all that describes it."""

import re

import pytest
from django import forms
from django.forms import formset_factory

from swms.forms import CodeField, DateField, Form, narrow, tidy


class Sample(Form):
    name = forms.CharField(label="姓名", max_length=4, help_text="与证书一致。")
    number = CodeField(label="管理号", required=False)
    days = forms.IntegerField(label="天数", min_value=1, max_value=90, required=False)
    secret = forms.CharField(label="密码", strip=False, required=False, widget=forms.PasswordInput)
    note = forms.CharField(label="说明", max_length=10, required=False, widget=forms.Textarea)
    day = DateField(label="日期", required=False)
    kind = forms.ChoiceField(label="类型", choices=[("a", "甲")], required=False, widget=forms.RadioSelect)
    promise = forms.BooleanField(label="我承诺。", required=False)


def cleaned(**posted):
    form = Sample({"name": "王芳", **posted})
    assert form.is_valid(), form.errors
    return form.cleaned_data


def test_blanks_around_a_text_are_taken_away_and_it_is_normalised():
    assert cleaned(name=" \u3000王芳\u200b ")["name"] == "王芳"
    assert tidy("e\u0301") == "\u00e9"


def test_line_ends_count_as_one_character_as_in_the_counter():
    assert cleaned(note="甲\r\n乙丙丁戊己庚辛壬")["note"] == "甲\n乙丙丁戊己庚辛壬"


def test_full_width_digits_are_read_as_digits_where_a_number_is_wanted():
    assert cleaned(days="３０")["days"] == 30
    assert cleaned(number="２０２５ ａｂ　１")["number"] == "2025AB1"
    assert narrow("ＡＢ（１）") == "AB(1)"


def test_full_width_signs_stay_in_chinese_text():
    assert cleaned(note="甲，乙（丙）")["note"] == "甲，乙（丙）"


def test_a_password_is_taken_to_the_letter():
    assert cleaned(secret=" e\u0301 １ ")["secret"] == " e\u0301 １ "


@pytest.mark.parametrize("char", ["\x07", "\x1b", "\u202e", "\u2066"])
def test_control_characters_and_hidden_direction_marks_are_refused(char):
    form = Sample({"name": f"王{char}芳"})
    assert form.errors.as_data()["name"][0].code == "control"
    assert f"U+{ord(char):04X}" in form.errors["name"][0]


@pytest.mark.parametrize("typed", ["王\t芳", "王\n芳", "王\r\n芳"])
def test_a_text_of_one_line_takes_no_tab_and_no_line_break_and_one_of_several_lines_both(typed):
    form = Sample({"name": typed, "note": typed})
    assert form.errors.as_data()["name"][0].code == "control"
    assert "note" not in form.errors
    assert cleaned(name="\t王芳\n")["name"] == "王芳", "around it they are blanks like others"


@pytest.mark.parametrize("name", ["䶮㛃𬘭", "\U0003134a王", "阿·买"])
def test_rare_characters_and_the_middle_dot_are_welcome(name):
    assert cleaned(name=name)["name"] == name


def test_an_empty_required_field_says_what_to_do():
    assert Sample({}).errors["name"] == ["请填写姓名"]


@pytest.mark.parametrize("typed", ["2026-11-23", "2026年11月23日", "2026/11/23", "２０２６-11-23", "20261123"])
def test_a_date_may_be_typed_in_every_usual_way(typed):
    assert cleaned(day=typed)["day"].isoformat() == "2026-11-23"


def test_a_wrong_date_is_refused_with_an_example_and_kept_as_typed():
    form = Sample({"name": "王芳", "day": "2026-02-30"})
    assert form.errors["day"] == ["请输入正确的日期，例如 2026年11月23日"]
    assert 'value="2026-02-30"' in str(form["day"])


def test_too_long_a_text_is_refused_and_kept_whole():
    form = Sample({"name": "王芳芳芳芳"})
    assert "name" in form.errors
    page = str(form)
    assert 'value="王芳芳芳芳"' in page
    assert "maxlength" not in page


def test_every_field_names_its_hint_messages_and_counter_to_screen_readers():
    page = str(Sample({"note": "甲" * 11}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'aria-describedby="id_note_error id_note_counter"' in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for described in re.findall(r'aria-describedby="([^"]+)"', page):
        assert set(described.split()) <= set(ids)


def test_optional_fields_say_so_and_required_ones_do_not():
    page = str(Sample())
    optional = [name for name, field in Sample().fields.items() if not field.required and name != "promise"]
    assert page.count("（选填）") == len(optional)  # a tick box never says it
    assert "选填" not in Sample()["name"].as_field_group()


def test_choices_are_grouped_under_a_legend():
    assert "<fieldset" in Sample()["kind"].as_field_group()
    assert 'for="id_kind_0"' in Sample()["kind"].as_field_group()


def test_typed_markup_is_escaped():
    assert "<script>" not in str(Sample({"name": "<script>"}))


def test_the_rows_of_a_formset_are_drawn_the_same_way():
    assert 'name="form-0-name"' in str(formset_factory(Sample)())
