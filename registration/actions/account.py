"""How a person of the roster becomes a user with a worker's record (R-ACC-01…08)."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from registration.actions.applications import attach_qualifications
from registration.models import Qualification, Worker
from swms import throttle
from swms.accounts.models import User
from swms.audit import trail
from swms.codes import IdType
from swms.crypto import index_candidates
from swms.idnumbers import normalise, normalise_name, parse
from swms.notices.send import notify, sms
from swms.signin.actions import MOBILE_TAKEN, user_of_mobile
from swms.workflow import Refused

TRIES_PER_IDENTITY = (3, timedelta(days=1))  # S4
NOT_IN_ROSTER = "请输入正确的身份证号"  # R-ACC-04, to the letter
ALREADY_REGISTERED = "该身份证号已注册，请直接登录或找回密码"  # R-ACC-08


def register_account(*, name: str, id_number: str, mobile: str, password: str, consent_version: str) -> Worker:
    """Create the account of a person whom the roster knows, and attach all certificates (R-ACC-03).

    Call it only when the person has proven to hold `mobile`, and outside a transaction. Raises Refused
    `mobile_taken`; `not_in_roster`, alike for an unknown number, another name and a malformed number
    (R-ACC-04); `already_registered` (R-ACC-08); and Throttled after 3 answers a day about one number (S4).
    """
    if user_of_mobile(mobile):
        raise Refused("mobile_taken", MOBILE_TAKEN)
    throttle.hit("register_identity", normalise(id_number), *TRIES_PER_IDENTITY)
    row = _roster_row(name, id_number)
    if row is None:
        raise Refused("not_in_roster", NOT_IN_ROSTER)
    holder = User.objects.filter(id_index__in=index_candidates("identity", id_number)).first()
    if holder:
        _tell_holder(holder)
        raise Refused("already_registered", ALREADY_REGISTERED)
    try:
        return _create(row, mobile, password, consent_version)
    except IntegrityError as error:  # somebody was faster, by the identity number or by the mobile
        if "mobile" in (error.__cause__.diag.constraint_name or ""):
            raise Refused("mobile_taken", MOBILE_TAKEN) from error
        raise Refused("already_registered", ALREADY_REGISTERED) from error


@transaction.atomic
def _create(row: Qualification, mobile: str, password: str, consent_version: str) -> Worker:
    user = User.objects.create_user(
        kind=User.Kind.WORKER,
        name=row.name,
        password=password,
        id_type=row.id_type,
        id_number=row.id_number,
        mobile=mobile,
        consent_version=consent_version,
        consented_at=timezone.now(),
    )
    worker = Worker(user=user)
    if row.id_type in IdType.with_citizen_number():  # R-ACC-11
        number = parse(row.id_number)
        worker.sex, worker.birth_date = number.sex, number.birth_date
    worker.save()
    trail.record("accounts.user.register", user, actor=user, changes={"consent_version": consent_version})
    attach_qualifications(worker)
    notify(
        user,
        kind="registration.account.register",
        title="账户注册成功",
        body="职业水平证书管理号已自动填入。下一步请完善个人信息，然后申请首次登记。申请提交之前，登记还没有开始。",
    )
    return worker


def _roster_row(name: str, id_number: str) -> Qualification | None:
    """Return the person's highest certificate. One look for every number, well-formed or not (R-ACC-04)."""
    name = normalise_name(name)
    rows = Qualification.objects.filter(id_index__in=index_candidates("identity", id_number)).order_by("-level", "pk")
    return next((row for row in rows if normalise_name(row.name) == name), None)


def _tell_holder(holder: User) -> None:
    with transaction.atomic():
        trail.record("accounts.user.registered_again", holder)
        if holder.mobile:
            text = "有人用您的姓名和身份证号再次注册账户，没有成功。如果不是您本人操作，请尽快修改密码。"
            sms(holder.mobile, text, kind="registered_again", recipient=holder)
