"""The code tables are the standards' (rulebook §4.3, §4.4)."""

from __future__ import annotations

from swms import codes


def test_56_ethnicities_and_two_more_in_code_order_gb_3304():
    numbers = [code for code, _ in codes.ETHNICITIES]
    names = dict(codes.ETHNICITIES)
    assert numbers == [f"{n:02}" for n in range(1, 57)] + ["97", "98"]
    assert (names["01"], names["23"], names["56"]) == ("汉族", "高山族", "基诺族")
    assert len(set(names.values())) == 58


def test_political_status_has_thirteen_codes_gb_4762():
    assert codes.PoliticalStatus.values == [f"{n:02}" for n in range(1, 14)]


def test_forms_offer_only_completed_education():
    assert [code for code, _ in codes.EDUCATION_OFFERED] == ["11", "14", "21", "31", "41", "44", "47", "61", "71", "90"]
    assert {code for code, _ in codes.EDUCATION} >= {"10", "28", "49", "73", "83"}


def test_honours_have_exactly_six_levels_r_pro_13():
    assert codes.HonourLevel.labels == ["村（居）", "街道（乡镇）", "区（县）", "地市", "省", "部"]


def test_a_compulsory_degree_can_be_answered_with_none_r_pro_02():
    assert "无" in codes.Degree.labels
