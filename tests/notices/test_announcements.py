"""Every move is announced by a text, or is silent for a reason that is written down (rulebook §2)."""

import re
from datetime import date

import pytest
from django.apps import apps
from django.db import transaction
from django.template import engines

from certificates import actions as issuing
from certificates.models import TERMS_VERSION, Annotation, Certificate
from registration import actions
from registration.models import (
    Appeal,
    Application,
    Feedback,
    Institution,
    InstitutionFeedback,
    RosterConflict,
    RosterMerge,
    SampledCase,
    SamplingCampaign,
)
from registration.promise import PROMISE_VERSION
from swms.notices.models import Delivery, Notice
from swms.notices.receivers import announcement, template_name
from swms.notices.silent import SILENT
from swms.workflow import BEGIN, Reviewed, Step
from tests import factories
from tests.certificates import makers, papers

REASON = "照片不清晰，请重新上传近期证件照"


def moves():
    """Every (model, transition) of the portal, beginnings included; one row per name."""
    found = {}
    for model in apps.get_models():
        if issubclass(model, Reviewed):
            for transition in (BEGIN, *model.workflow):
                found.setdefault((model._meta.label_lower, transition.name), (model, transition))
    return found


MOVES = moves()
TEXTS = engines["django"].engine.dirs[0] / "notices"


def _is_announced(model, transition) -> bool:
    return (TEXTS / f"{model._meta.label_lower}.{transition.name}.txt").exists()


def test_every_move_is_either_announced_or_silent_for_a_reason():
    announced = {f"{label}.{name}" for (label, name), move in MOVES.items() if _is_announced(*move)}
    every = {f"{label}.{name}" for label, name in MOVES}
    assert every - announced - SILENT.keys() == set(), "these need a text in templates/notices or a reason in SILENT"
    assert announced & SILENT.keys() == set(), "these have a text and are declared silent"
    assert SILENT.keys() - every == set(), "no such move any more"
    assert all(len(reason) > 10 for reason in SILENT.values())


def test_no_text_is_left_over_from_a_move_that_is_gone():
    texts = {path.name for path in TEXTS.glob("*.txt")}
    assert texts == {template_name(*move_and_name(move)).rpartition("/")[2] for move in announced_moves()}


def move_and_name(move):
    model, transition = move
    return model, transition.name


def announced_moves():
    return [move for move in MOVES.values() if _is_announced(*move)]


@pytest.fixture
def records(people, settings, tmp_path):
    """One real record of every reviewed model, as far on its way as its texts speak of."""
    settings.CERTIFICATE_ROOT = tmp_path / "certificates"
    application = people.application
    actions.apply(application, by=application.worker.user, promise_version=PROMISE_VERSION)
    application.move("pass_first", actor=people.li_jing, seen=application.form_version)
    application.move("pass_final", actor=people.zhang_wei, seen=application.form_version)
    actions.complete(application.pk)
    application.refresh_from_db()
    registration = application.qualification.registration
    issuing.issue(application.pk)
    issuing.agree_to_terms(application.worker.user, TERMS_VERSION)
    annotation = makers.ask(application.qualification)
    feedback = factories.feedback(due_on=date(2026, 12, 14))
    feedback.refresh_from_db()
    appeal = factories.appeal(application.worker)
    replacement = makers.replacement(registration)
    transfer = factories.change(application.worker, decided_reason=REASON)
    replacement.certificate = certificate = Certificate.objects.get()
    replacement.decided_reason = "登记已撤销，换发申请终止"
    employer, institution = factories.institution_feedback(application.worker), factories.registering()
    employer.institution = institution
    papers.published(people.zhou_yan, application.qualification)
    paper = papers.mailed(application.qualification, people.zhou_yan)
    every = [
        paper,
        paper.batch,
        paper.batch.bulletin,
        appeal,
        transfer,
        application,
        application.qualification,
        registration,
        annotation,
        feedback,
        certificate,
        replacement,
        employer,
        institution,
        _inspection(registration, people),
        SamplingCampaign(key=""),
        RosterConflict(id_number=""),
        RosterMerge(keep=application.qualification, old_number=""),
    ]
    assert isinstance(annotation, Annotation)
    return {type(record): record for record in every}


def _inspection(registration, people) -> SampledCase:
    """A drawn case, as far as its texts speak of it."""
    campaign = SamplingCampaign(key="", purpose="核对登记申请的材料", request="劳动合同")
    return SampledCase(
        ref="CC-110000-2026-00001-0001",
        campaign=campaign,
        worker=registration.worker,
        registration=registration,
        due_on=date(2026, 12, 14),
    )


@pytest.fixture
def gaps(monkeypatch):
    """Values that a text asks for and a record does not have become visible."""
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "〔%s〕")


def test_every_text_says_something_true_to_a_real_record(records, gaps):
    assert {model for model, _ in MOVES.values()} <= records.keys(), "a new reviewed model: make a record of it here"
    for model, transition in announced_moves():
        said = announcement(records[model], Step(transition, reason=REASON))
        if said is None:  # only a renewal's beginning is worth words (tests/registration/test_renewal.py)
            assert (model, transition.name) == (Application, "begin")
            continue
        whole = f"{said.title}\n{said.body}"
        where = template_name(model, transition.name)
        assert 4 <= len(said.title) <= 30, where
        assert said.body, where
        assert not re.search(r"〔|None|\{|\}|\bTrue\b|&\w+;", whole), f"{where}: {whole}"
        assert "  " not in whole, where
        assert not any(secret in whole for secret in _secrets(records)), f"{where}: what a notice must not say"


def _secrets(records) -> list[str]:
    """Identity numbers and mobiles of the people in the records (R-ACC-13)."""
    feedback, worker = records[Feedback], records[Application].worker.user
    contacts = [records[model].contact_mobile for model in (Institution, InstitutionFeedback)]
    return [feedback.id_number, feedback.mobile, records[Appeal].mobile, worker.id_number, worker.mobile, *contacts]


def test_who_is_refused_reads_the_reason_whatever_the_stage(records, gaps):
    application = records[Application]
    for name in ("fail_first", "fail_final"):
        transition = next(each for each in Application.workflow if each.name == name)
        assert REASON in announcement(application, Step(transition, reason=REASON)).body


def test_an_application_is_announced_in_the_inbox_with_a_link_and_decisions_also_by_text_message(people):
    """李静 passes 王芳's case: 王芳 reads it in the portal and on the telephone; 李静 hears nothing."""
    application = people.application
    wang_fang = application.worker.user
    actions.apply(application, by=wang_fang, promise_version=PROMISE_VERSION)
    received = Notice.objects.get(recipient=wang_fang, kind="registration.application.apply")
    assert received.url == application.get_absolute_url()
    assert application.ref in received.body
    assert not received.deliveries.exists()

    application.move("pass_first", actor=people.li_jing, seen=application.form_version)
    passed = Notice.objects.get(recipient=wang_fang, kind="registration.application.pass_first")
    assert [each.channel for each in passed.deliveries.all()] == ["sms"]
    assert not Notice.objects.filter(recipient=people.li_jing).exists()


def test_who_has_no_account_hears_by_text_message_alone(records):
    feedback = records[Feedback]
    message = Delivery.objects.get(kind="registration.feedback.begin")
    assert message.address == feedback.mobile
    assert feedback.ref in message.text
    assert not Notice.objects.filter(kind="registration.feedback.begin").exists()


def test_nobody_is_told_of_a_move_that_was_undone(people):
    application = people.application
    with transaction.atomic():
        actions.apply(application, by=application.worker.user, promise_version=PROMISE_VERSION)
        transaction.set_rollback(True)
    assert not Notice.objects.filter(kind="registration.application.apply").exists()
