"""Institutions come in by an invitation or by themselves, and what follows a decision on them (R-SVC-07, §2.9)."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from registration.actions.constraints import broken_by, with_receipt
from registration.models import Institution, InstitutionFeedback, InstitutionLink, Worker
from registration.queries.institutions import about, hashed, link_of, staff_of
from registration.queries.progress import office
from registration.workflows import InstitutionFeedbackState, InstitutionState
from swms import throttle
from swms.accounts.models import User
from swms.audit import trail
from swms.crypto import index_candidates
from swms.dates import today
from swms.notices.send import notify, sms
from swms.references import new_receipt
from swms.signin.actions import change_password, user_of_mobile
from swms.ui import cn_date
from swms.uploads import storage
from swms.uploads.models import StoredFile
from swms.workflow import Refused

PER_MOBILE = (5, timedelta(days=1))
LASTS = {
    InstitutionLink.Purpose.INVITATION: timedelta(days=30),  # §2.8
    InstitutionLink.Purpose.PASSWORD: timedelta(days=7),
}
NAME_LENGTH = User._meta.get_field("name").max_length

# --- links ---------------------------------------------------------------------------------------------


@transaction.atomic
def send_link(institution: Institution, purpose: str) -> None:
    """Send the contact a new link by SMS; the ones sent before no longer open anything."""
    token, now = secrets.token_urlsafe(24), timezone.now()
    until = now + LASTS[purpose]
    institution.links.filter(purpose=purpose, used_at=None, expires_at__gt=now).update(expires_at=now)
    InstitutionLink.objects.create(institution=institution, purpose=purpose, token_hash=hashed(token), expires_at=until)
    if purpose == InstitutionLink.Purpose.INVITATION:
        address = reverse("registration:institution_invitation", args=[token])
        text = f"{office(institution.region)}邀请“{institution.name}”注册，请在{cn_date(until)}前打开链接填写："
    else:
        address = reverse("registration:institution_password", args=[token])
        text = (
            f"“{institution.name}”注册审核通过，机构账户的用户名是{institution.uscc}。"
            f"请在{cn_date(until)}前打开链接设置密码，链接只能用一次："
        )
    sms(institution.contact_mobile, f"{text}{settings.SITE_URL}{address}", kind=f"institution.{purpose}")


@transaction.atomic
def set_password(token: str, password: str) -> User:
    """Set the password of an institution's account, once for each link; raises Refused `link_over`."""
    link = link_of(token, InstitutionLink.Purpose.PASSWORD, locked=True)
    if link is None or link.institution.account is None:
        raise Refused("link_over", "链接已失效")
    _use(link)
    change_password(link.institution.account, password, verb="set_password")
    return link.institution.account


def _use(link: InstitutionLink) -> None:
    link.used_at = timezone.now()
    link.save(update_fields=["used_at"])


# --- the form --------------------------------------------------------------------------------------------


def submit(answers: dict, *, mobile: str, scan: StoredFile, consent_version: str, token: str = "") -> Institution:
    """Send in the form for whoever has proven to hold `mobile`, by an invitation's `token` or without one (Q41).

    Raises Throttled beyond 5 a day for one mobile; Refused `link_over`, and `uscc_taken`, both with the extra
    `ref` if it was the same mobile that sent that form. Call outside a transaction.
    """
    throttle.hit("institution_mobile", mobile, *PER_MOBILE)
    return with_receipt(
        lambda: _enter(answers, mobile, scan, consent_version, token),
        unique="uscc",
        taken=lambda: _taken(answers["uscc"], mobile),
    )


def _enter(answers: dict, mobile: str, scan: StoredFile, consent_version: str, token: str) -> Institution:
    one = _invited(token, mobile) if token else None
    given_way = _let_invitations_go(answers["uscc"], one)
    if one is None:
        one = Institution(**answers, contact_mobile=mobile).begin()
    for name, value in answers.items():
        setattr(one, name, value)
    one.ref, one.contact_mobile, one.certificate_scan = new_receipt("JG", today()), mobile, scan
    one.save()
    for each in given_way:
        each.feedbacks.update(institution=one)
    storage.attach(scan, one)
    trail.record("registration.institution.consent", one, changes={"consent_version": consent_version})
    return one.move("submit")


def _invited(token: str, mobile: str) -> Institution:
    """Use up an invitation and return its institution, which is locked before its link as everywhere."""
    invitation = InstitutionLink.objects.filter(token_hash=hashed(token)).values("institution_id")
    one = Institution.objects.select_for_update(of=("self",)).filter(pk__in=invitation).first()
    link = link_of(token, InstitutionLink.Purpose.INVITATION, locked=True)
    if link is None:
        link = InstitutionLink.objects.filter(token_hash=hashed(token)).select_related("institution").first()
        own = link and link.institution.contact_index in index_candidates("mobile", mobile)
        ref = link.institution.ref if own else None
        raise Refused("link_over", "邀请已失效或已经使用", ref=ref or "")
    _use(link)
    return one


def _let_invitations_go(uscc: str, keep: Institution | None) -> list[Institution]:
    """What was only invited under this code gives way to the institution that registers under it."""
    others = Institution.objects.select_for_update(of=("self",)).filter(uscc=uscc, state=InstitutionState.INVITED)
    return [each.move("lapse") for each in others.exclude(pk=keep.pk if keep else None)]


def resubmit(institution: Institution, answers: dict, *, scan: StoredFile | None) -> Institution:
    """Complete what was returned and send it again; without `scan` the former one stays.

    Raises Refused `wrong_state` and `uscc_taken`; nothing is written then.
    """
    try:
        return _complete(institution, answers, scan)
    except IntegrityError as error:
        if "uscc" not in broken_by(error):
            raise
        raise _taken(answers["uscc"], institution.contact_mobile) from error


@transaction.atomic
def _complete(institution: Institution, answers: dict, scan: StoredFile | None) -> Institution:
    one = Institution.objects.select_for_update(of=("self",)).select_related("certificate_scan").get(pk=institution.pk)
    if one.state != InstitutionState.RETURNED:
        raise Refused("wrong_state", f"当前状态为“{one.get_state_display()}”，不能修改")
    changed = [name for name, value in answers.items() if getattr(one, name) != value]
    given_way = _let_invitations_go(answers["uscc"], one)
    for name, value in answers.items():
        setattr(one, name, value)
    if scan:
        changed.append("certificate_scan")
        if one.certificate_scan:
            storage.purge(one.certificate_scan)
        one.certificate_scan = scan
        storage.attach(scan, one)
    one.save()
    for each in given_way:
        each.feedbacks.update(institution=one)
    trail.record("registration.institution.edit", one, changes={"fields": changed, "round": one.round + 1})
    return one.move("resubmit")


def _taken(uscc: str, mobile: str) -> Refused:
    other = Institution.objects.filter(uscc=uscc).first()
    own = other is not None and other.contact_index in index_candidates("mobile", mobile)
    standing = other.get_state_display() if other else "待审核"
    return Refused(
        "uscc_taken",
        f"这个统一社会信用代码的机构已在系统中（{standing}），不能重复注册",
        ref=(other.ref or "") if own else "",
    )


# --- what follows a decision ----------------------------------------------------------------------------


def welcome(institution: Institution, *, by) -> None:
    """Open the account of an approved institution, and offer it to the workers who asked for it (§2.8, R-PRO-10)."""
    if institution.account is None:
        institution.account = _open_account(institution)
        institution.save(update_fields=["account"])
        trail.record("accounts.user.open_account", institution.account, actor=by)
    send_link(institution, InstitutionLink.Purpose.PASSWORD)
    offer(institution)


def _open_account(institution: Institution) -> User:
    """Return a new account without a password; it has the contact's mobile if no other account has it."""
    facts = {
        "kind": User.Kind.INSTITUTION,
        "username": institution.uscc,
        "name": institution.name[:NAME_LENGTH],
        "email": institution.email,
    }
    if user_of_mobile(institution.contact_mobile) is None:
        try:
            with transaction.atomic():
                return User.objects.create_user(**facts, mobile=institution.contact_mobile)
        except IntegrityError as error:  # somebody bound it at this very moment
            if "mobile" not in broken_by(error):
                raise
    return User.objects.create_user(**facts)


def offer(institution: Institution) -> None:
    """Tell every worker who gave feedback about this institution that it can be linked now; nothing is linked here."""
    told = set()
    for feedback in about(institution):
        if feedback.state == InstitutionFeedbackState.APPROVED:
            feedback.institution = institution
            feedback.save(update_fields=["institution"])
            feedback.move("register")
            told.add(feedback.worker_id)
    linked = Worker.objects.filter(experiences__institution=institution)
    others = Worker.objects.filter(institution_feedbacks__in=about(institution)).exclude(pk__in=linked)
    for worker in others.exclude(pk__in=told).select_related("user").distinct():
        notify(
            worker.user,
            kind="registration.institution.offer",
            title="您反馈的机构已在系统中",
            body=f"“{institution.name}”已在系统中注册。如果这就是您的工作单位，请确认关联；不确认就不会改动您的工作经历。",
            url=reverse("registration:employer_link", args=[institution.uid]),
        )


def tell_staff_of_the_end(institution: Institution) -> None:
    """§2.9: whoever works there has to change the employer."""
    for worker in staff_of(institution):
        notify(
            worker.user,
            kind="registration.institution.deregistered",
            title="机构已注销，请办理变更",
            body=f"您的工作单位“{institution.name}”已注销，请办理变更。",
            url=reverse("registration:transfers"),
        )


# --- feedback about an institution ------------------------------------------------------------------------


def expire_feedback(pk: int) -> bool:
    """Let an approved feedback expire whose institution did not register; ``False`` when it is not due (any more).

    An invitation that no other feedback stands behind ends with it.
    """
    try:
        with transaction.atomic():
            feedback = InstitutionFeedback.objects.select_related("institution").get(pk=pk)
            feedback.move("expire")
            institution = feedback.institution
            waits = institution.feedbacks.filter(state=InstitutionFeedbackState.APPROVED).exists()
            if institution.state == InstitutionState.INVITED and not waits:
                institution.move("lapse")
    except Refused:  # the institution registered at this moment, or another sweep was here first
        return False
    return True
