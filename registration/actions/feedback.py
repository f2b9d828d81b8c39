"""Feedback of somebody whom the roster does not know, given and followed without an account (R-ACC-05…07)."""

import logging
from datetime import timedelta

from django.db import IntegrityError, transaction

from registration.actions import kept
from registration.actions.constraints import broken_by, with_receipt
from registration.models import Feedback
from registration.queries.feedback import arrivals, files_due, open_for
from registration.queries.kept import abandoned
from registration.workflows.feedback import DECISION_WORKING_DAYS
from swms import throttle
from swms.audit import trail
from swms.crypto import index_candidates
from swms.dates import today, working_days_after
from swms.references import new_receipt
from swms.uploads import storage
from swms.uploads.models import Purpose, StoredFile
from swms.workflow import Refused

log = logging.getLogger(__name__)

PER_MOBILE = (5, timedelta(days=1))  # R-ACC-07


def submit(answers: dict, *, mobile: str, image: StoredFile, consent_version: str) -> Feedback:
    """Give a feedback for somebody who has proven to hold `mobile`; the receipt goes there by SMS.

    Whether the roster knows the person is not looked at, so the answer cannot say it. Raises Throttled
    beyond 5 a day for one mobile, and Refused `already_open` (R-ACC-07), with the extra `ref` if that
    feedback was given with the same mobile. Call outside a transaction: the count must outlive a refusal.
    """
    throttle.hit("feedback_mobile", mobile, *PER_MOBILE)
    return with_receipt(
        lambda: _enter(answers, mobile, image, consent_version),
        unique="one_open",
        taken=lambda: _already_open(answers["id_number"], mobile),
    )


def _enter(answers: dict, mobile: str, image: StoredFile, consent_version: str) -> Feedback:
    one = Feedback(
        **answers,
        ref=new_receipt("FK", today()),
        mobile=mobile,
        certificate_image=image,
        due_on=working_days_after(today(), DECISION_WORKING_DAYS),
    ).begin()
    storage.attach(image, one)
    trail.record("registration.feedback.consent", one, changes={"consent_version": consent_version})
    return one


def resubmit(feedback: Feedback, answers: dict, *, image: StoredFile | None) -> Feedback:
    """Complete what was returned and send it again; without `image` the former one stays.

    Raises Refused: `wrong_state`, `too_late` after 30 days, `already_open` for a number that another
    open feedback is about. Nothing is written then.
    """
    try:
        return _complete(feedback, answers, image)
    except IntegrityError as error:
        if "one_open" not in broken_by(error):
            raise
        raise _already_open(answers["id_number"], feedback.mobile) from error


@transaction.atomic
def _complete(feedback: Feedback, answers: dict, image: StoredFile | None) -> Feedback:
    one = Feedback.objects.select_for_update(of=("self",)).select_related("certificate_image").get(pk=feedback.pk)
    changed = [name for name, value in answers.items() if getattr(one, name) != value]
    for name, value in answers.items():
        setattr(one, name, value)
    if image:
        changed.append("certificate_image")
        if one.certificate_image:
            storage.purge(one.certificate_image)
        one.certificate_image = image
        storage.attach(image, one)
    one.save()
    trail.record("registration.feedback.edit", one, changes={"fields": changed, "round": one.round + 1})
    return one.move("resubmit")


def withdraw(feedback: Feedback) -> Feedback:
    """Take a feedback back while nobody has decided; raises Refused `wrong_state` afterwards."""
    return feedback.move("withdraw")


def close_arrived() -> int:
    """Close the feedbacks of people whom the roster came to know otherwise, by an import; return how many."""
    return sum(_arrive(pk) for pk in list(arrivals()))


def purge_files() -> int:
    """Remove the images of feedbacks that ended 90 days ago and of those never sent (§2.1); return how many."""
    return kept.purge([*files_due(), *abandoned(Purpose.EVIDENCE)])


def _arrive(pk: int) -> bool:
    try:
        Feedback.objects.get(pk=pk).move("arrive")
    except Refused as refused:  # a reviewer was faster
        log.info("nothing_to_do", extra={"move": "arrive", "code": refused.code})
        return False
    return True


def _already_open(id_number: str, mobile: str) -> Refused:
    other = open_for(id_number)
    own = other is not None and other.mobile_index in index_candidates("mobile", mobile)
    return Refused(
        "already_open",
        "这个证件号码已有一件未办结的反馈，不能重复提交。请凭回执编号和当时填写的手机号查询进度",
        ref=other.ref if own else "",
    )
