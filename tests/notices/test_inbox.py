"""The inbox: everybody reads the own notices and nobody those of another."""

import pytest
from django.urls import reverse

from swms.notices import inbox
from swms.notices.send import notify
from tests.people import signed_in

INBOX = "/notices/"


def tell(user, number=1, **fields):
    """Put some notices into an inbox; return the newest."""
    notices = [notify(user, kind="test", title=f"消息{i}号", body="正文", **fields) for i in range(1, number + 1)]
    return notices[-1]


@pytest.fixture
def wang_fang(people):
    return people.wang_fang.user


def text(response) -> str:
    return response.content.decode()


def test_the_newest_notice_stands_first(wang_fang):
    tell(wang_fang, 3)
    page = text(signed_in(wang_fang).get(INBOX))
    assert page.index("消息3号") < page.index("消息1号")


def test_nobody_reads_opens_or_marks_the_notices_of_another(people, wang_fang):
    notice = tell(wang_fang)
    for stranger in (people.chen_chen.user, people.li_jing, people.zhao_min):
        browser = signed_in(stranger)
        assert "消息1号" not in text(browser.get(INBOX))
        assert browser.post(reverse("notices:open", args=[notice.pk])).status_code == 404
        assert browser.post(reverse("notices:read_all")).status_code == 302
    notice.refresh_from_db()
    assert notice.read_at is None


def test_who_is_not_signed_in_is_led_to_the_door(client, db):
    assert client.get(INBOX).url.startswith(reverse("signin:sign_in"))
    assert client.post(reverse("notices:read_all")).url.startswith(reverse("signin:sign_in"))


def test_opening_a_notice_marks_it_read_and_leads_to_what_it_is_about(people, wang_fang):
    address = people.application.get_absolute_url()
    notice = tell(wang_fang, url=address)
    answer = signed_in(wang_fang).post(reverse("notices:open", args=[notice.pk]))
    assert answer.url == address
    notice.refresh_from_db()
    first_read = notice.read_at
    assert first_read is not None
    signed_in(wang_fang).post(reverse("notices:open", args=[notice.pk]))
    notice.refresh_from_db()
    assert notice.read_at == first_read


def test_looking_at_the_list_or_following_a_prefetched_link_marks_nothing(wang_fang):
    notice = tell(wang_fang)
    browser = signed_in(wang_fang)
    browser.get(INBOX)
    assert browser.get(reverse("notices:open", args=[notice.pk])).status_code == 405
    notice.refresh_from_db()
    assert notice.read_at is None


def test_everything_can_be_marked_read_at_once(wang_fang):
    tell(wang_fang, 3)
    browser = signed_in(wang_fang)
    page = text(browser.post(reverse("notices:read_all"), follow=True))
    assert "已将3条消息标为已读" in page
    assert "全部标为已读" not in page
    assert inbox.unread(wang_fang) == 0


def test_every_page_says_how_many_notices_are_new_until_they_are_read(wang_fang):
    tell(wang_fang, 2)
    browser = signed_in(wang_fang)
    assert "2条新消息" in text(browser.get("/"))
    browser.post(reverse("notices:read_all"))
    assert "条新消息" not in text(browser.get("/"))


def test_the_header_counts_no_further_than_ninety_nine(wang_fang):
    tell(wang_fang, 101)
    assert "99+条新消息" in text(signed_in(wang_fang).get("/"))


def test_a_page_for_strangers_asks_nothing_about_notices(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/accessibility/").status_code == 200


def test_an_empty_inbox_says_what_it_is_for(wang_fang):
    assert "还没有消息" in text(signed_in(wang_fang).get(INBOX))


def test_paging_forth_and_back_shows_every_notice_once_even_while_new_ones_come(wang_fang):
    tell(wang_fang, 45)
    first = inbox.page(wang_fang)
    second = inbox.page(wang_fang, older_than=first.older_than)
    tell(wang_fang, 5)
    third = inbox.page(wang_fang, older_than=second.older_than)
    assert [len(page.notices) for page in (first, second, third)] == [20, 20, 5]
    assert third.older_than is None
    seen = [notice.pk for page in (first, second, third) for notice in page.notices]
    assert seen == sorted(set(seen), reverse=True)
    back = inbox.page(wang_fang, newer_than=third.newer_than)
    assert [notice.pk for notice in back.notices] == [notice.pk for notice in second.notices]


def test_the_way_back_ends_at_a_whole_newest_page(wang_fang):
    newest = tell(wang_fang, 25)
    browser = signed_in(wang_fang)
    assert browser.get(INBOX, {"after": newest.pk - 3}).url == INBOX


@pytest.mark.parametrize("nonsense", ["abc", "-1", "１２", "9" * 30, "0x10", " "])
def test_an_address_with_nonsense_in_it_shows_the_newest_page(wang_fang, nonsense):
    tell(wang_fang)
    assert "消息1号" in text(signed_in(wang_fang).get(INBOX, {"before": nonsense}))
