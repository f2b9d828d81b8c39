"""Internal notes: for the offices that have the record, never for the person it is about (R-ACC-13, R-REG-18)."""

import re
import uuid

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from registration.models import Application, Feedback
from swms.audit.models import AuditEvent
from swms.casework.models import NOTE_LENGTH, InternalNote
from swms.casework.notes import notes_of, write_note
from swms.notices.models import Notice
from tests import factories
from tests.architecture.routes import routes
from tests.architecture.world import World
from tests.people import signed_in

TEXT = "已电话联系本人，原件下周送达。"


def page_of(application):
    return reverse("admin:registration_application_change", args=[application.ref])


def write(client, url, text=TEXT, uid=None, **more):
    return client.post(url, {"note": text, "note_id": uid or uuid.uuid4()} | more)


def test_a_note_is_kept_with_its_author_its_time_and_its_place_in_the_trail(jing, people, case):
    answer = write(jing, page_of(case))
    assert answer["Location"] == f"{page_of(case)}#notes"
    note = InternalNote.objects.get()
    assert (note.holder, note.author, note.author_name, note.text) == (case, people.li_jing, "李静", TEXT)
    event = AuditEvent.objects.get(verb="registration.application.note")
    assert (event.actor, event.target_id, event.changes) == (people.li_jing, str(case.pk), {"note": str(note.uid)})
    page = jing.get(page_of(case)).content.decode()
    assert TEXT in page
    assert "有 1 条内部备注" in page


def test_the_office_above_reads_it_and_another_region_neither_reads_nor_writes(jing, wei, min_, case):
    write(jing, page_of(case))
    assert TEXT in wei.get(page_of(case)).content.decode()
    assert min_.get(page_of(case)).status_code == 404
    assert write(min_, page_of(case), "来自上海").status_code == 404
    assert InternalNote.objects.count() == 1


def test_the_note_goes_with_the_record_to_the_office_that_has_it_now(jing, min_, people, case):
    """R-CHG-07: what 李静 in 北京市 noted is there for 赵敏 once 上海市 has the case, and no longer for 李静."""
    write(jing, page_of(case))
    Application.objects.filter(pk=case.pk).update(region=factories.region("310115"))
    assert jing.get(page_of(case)).status_code == 404
    assert TEXT in min_.get(page_of(case)).content.decode()


def test_the_person_finds_it_on_no_page_and_in_no_message_and_in_nothing_the_api_says(people):
    world = World()
    world.make()
    for record in (
        world.application,
        world.transfer,
        world.replacement,
        world.institution_feedback,
        world.registration,
    ):
        write_note(record, f"{TEXT}{record._meta.label}", by=world.li_jing, uid=uuid.uuid4())
    wang_fang = world.browser("wang_fang")
    from tests.architecture.access_matrix import MATRIX

    for route in routes():
        row = MATRIX[route]
        if row.answers["wang_fang"][0] != 200:
            continue
        answer = wang_fang.get(world.address(route, row.keys))
        said = answer.getvalue().decode(errors="ignore")
        assert TEXT not in said, route
        assert "内部备注" not in said, route
    assert not Notice.objects.filter(body__contains=TEXT).exists()


def test_an_officer_whom_the_record_is_about_sees_no_note_and_writes_none(people):
    """R-REG-18: 李静 is the appellant under another account; her colleague 刘洋 noted something."""
    owner = people.wang_fang.user
    appeal = factories.appeal(people.wang_fang)
    people.li_jing.id_number, owner.id_number = owner.id_number, None
    owner.save()
    people.li_jing.save()
    url = reverse("admin:registration_appeal_change", args=[appeal.ref])
    colleague = signed_in(factories.staff("刘洋", ("first_review", "110105")))
    write(colleague, url)
    assert TEXT in colleague.get(url).content.decode()
    own = signed_in(people.li_jing)
    page = own.get(url).content.decode()
    assert TEXT not in page
    assert "notes-heading" not in page
    assert write(own, url).status_code == 403
    assert InternalNote.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "请写下备注的内容"),
        ("  \n ", "请写下备注的内容"),
        ("多" * (NOTE_LENGTH + 1), "不能超过1000字，现在有1001字"),
        ("证件号码 11000019900307001X 与证书不符", "不要写证件号码或手机号"),
        ("电话 199 0000 0001 无人接听", "不要写证件号码或手机号"),
        ("看\u202e不见", "含有无法显示的字符"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_the_field_and_what_was_typed_stays(jing, case, text, message):
    answer = write(jing, page_of(case), text)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert message in page
    if text.strip():
        assert text.strip()[:40] in page
    assert not InternalNote.objects.exists()


def test_the_longest_note_fits_and_nothing_in_it_is_markup(jing, case):
    text = "<b>" + "长" * (NOTE_LENGTH - 3)
    write(jing, page_of(case), text)
    page = jing.get(page_of(case)).content.decode()
    assert "&lt;b&gt;长长" in page
    assert "<b>长" not in page


def test_the_same_form_sent_twice_is_one_note_and_a_form_without_its_number_is_refused(jing, wei, case):
    uid = uuid.uuid4()
    assert [write(jing, page_of(case), uid=uid).status_code for _ in range(2)] == [302, 302]
    assert InternalNote.objects.count() == 1
    assert AuditEvent.objects.filter(verb="registration.application.note").count() == 1
    assert "页面已过期" in write(jing, page_of(case), uid="x").content.decode()


def test_a_note_cannot_be_changed_or_removed_not_even_by_the_database(case, people):
    note = write_note(case, TEXT, by=people.li_jing, uid=uuid.uuid4())
    for change in (lambda: InternalNote.objects.filter(pk=note.pk).update(text="别的"), note.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert notes_of(case).get().text == TEXT


def test_every_kind_of_reviewed_record_takes_notes(people):
    """Feedback and appeals have no account behind them; institutions and registrations are records like any other."""
    world = World()
    world.make()
    records = {
        "registration_feedback": world.feedback.ref,
        "registration_appeal": world.appeal.ref,
        "registration_transfer": world.transfer.ref,
        "registration_institutionfeedback": world.institution_feedback.ref,
        "registration_institution": world.institution.uid,
        "registration_registration": world.registration.number,
        "certificates_replacement": world.replacement.ref,
    }
    jing = world.browser("li_jing")
    for name, key in records.items():
        url = reverse(f"admin:{name}_change", args=[key])
        assert write(jing, url).status_code == 302, name
        assert re.search(rf"<p>{TEXT}</p>", jing.get(url).content.decode()), name
    assert InternalNote.objects.count() == len(records)
    assert notes_of(Feedback.objects.get()).count() == 1
