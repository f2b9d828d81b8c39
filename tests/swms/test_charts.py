"""Columns over time: what is drawn is what was counted."""

import pytest

from swms.charts import HEIGHT, WIDTH, Series, columns

LABELS = ["1月", "2月", "3月", "4月"]


def test_columns_are_as_high_as_their_counts_and_stand_on_one_another():
    drawn = columns("办结", LABELS, [Series("通过", "good", [3, 0, 1, 4]), Series("不通过", "bad", [1, 0, 1, 0])])
    assert drawn.top == 4
    whole = {rect.x for rect in drawn.rects}
    assert len(whole) == 3, "nothing is drawn where nothing was counted"
    for x, passed, failed in ((min(whole), 3, 1), (max(whole), 4, 0)):
        here = [rect for rect in drawn.rects if rect.x == x]
        assert [rect.height for rect in here] == [HEIGHT * count / 4 for count in (passed, failed) if count]
        assert here[0].y + here[0].height == HEIGHT
        assert here[-1].y == 0
    assert all(rect.x >= 0 and rect.x + rect.width <= WIDTH for rect in drawn.rects)


def test_the_description_says_what_the_drawing_shows():
    drawn = columns("办结", LABELS, [Series("通过", "good", [3, 0, 1, 4]), Series("不通过", "bad", [1, 0, 1, 1])])
    assert drawn.text == "1月到4月：通过8件，不通过3件。最多的是4月，5件。数字见图下的表。"
    assert (drawn.first, drawn.last) == ("1月", "4月")


@pytest.mark.parametrize("series", [[], [Series("通过", "good", [0, 0, 0, 0])]])
def test_where_nothing_was_counted_there_is_no_drawing(series):
    assert columns("办结", LABELS, series) is None
