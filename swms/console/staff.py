"""What the security administrator does: staff accounts, duties, second factors. Everything leaves a trail."""

import secrets

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from swms.accounts.models import User
from swms.audit.trail import record
from swms.regions.models import ADMINISTRATORS, Duty, Jurisdiction, Region, holds_duty
from swms.signin import second_factor
from swms.workflow import Refused

_LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that a hand-written copy confuses
PASSWORD_LENGTH = 16
USERNAME_TAKEN = "这个用户名已有人使用，请换一个"
FROM_THE_SERVER = "在服务器上执行 manage.py make_administrator"


def create(*, username: str, name: str, by: User) -> tuple[User, str]:
    """Return a new member of staff without any duty, and a password that is readable only now.

    Raises Refused `username_taken`.
    """
    _require(by)
    password = new_secret()
    try:
        with transaction.atomic():
            user = User.objects.create_user(kind=User.Kind.STAFF, username=username, name=name, password=password)
            _mark_as_handed_out(user)
            record("accounts.user.create_staff", user, actor=by)
    except IntegrityError as error:
        raise Refused("username_taken", USERNAME_TAKEN) from error
    return user, password


@transaction.atomic
def create_administrator(*, username: str, name: str, again: bool = False) -> tuple[User, str]:
    """Return the first security administrator of an installation, and a password that is readable only now.

    For who runs the server, before anybody can sign in. Raises Refused `has_administrator`, unless it is to be
    done ``again`` because nobody of them can get in any more, and `username_taken`.
    """
    with connection.cursor() as cursor:  # two at once would both be the first
        cursor.execute(
            f"LOCK TABLE {connection.ops.quote_name(Jurisdiction._meta.db_table)} IN SHARE ROW EXCLUSIVE MODE"
        )
    if not again and Jurisdiction.objects.filter(duty=Duty.SECURITY, user__is_active=True).exists():
        raise Refused("has_administrator", "已有安全管理员，请由其在工作台新建账号")
    if User.objects.filter(username=username).exists():
        raise Refused("username_taken", USERNAME_TAKEN)
    password = new_secret()
    user = User.objects.create_user(kind=User.Kind.STAFF, username=username, name=name, password=password)
    _mark_as_handed_out(user)
    held = Jurisdiction.objects.create(user=user, duty=Duty.SECURITY)
    record("accounts.user.create_staff", user, reason=FROM_THE_SERVER)
    record("accounts.user.grant_duty", user, reason=FROM_THE_SERVER, changes={"duty": [None, _told(held)]})
    return user, password


@transaction.atomic
def grant(user: User, *, duty: str, region: Region | None, by: User) -> Jurisdiction:
    """Give a duty over a region and all below it; without a region, over the whole country.

    The three administrators' duties have no region, and nobody holds two of them (S15). Raises
    Refused `own_account`, `kept_apart`, `already_held`.
    """
    user = _another(user, by)
    if duty in ADMINISTRATORS:
        region = None
        if user.jurisdictions.filter(duty__in=ADMINISTRATORS).exclude(duty=duty).exists():
            raise Refused("kept_apart", "系统管理、安全管理和审计须由不同的人担任")
    held, new = Jurisdiction.objects.get_or_create(user=user, duty=duty, region=region)
    if not new:
        raise Refused("already_held", "此人已有这项职责")
    record("accounts.user.grant_duty", user, actor=by, changes={"duty": [None, _told(held)]})
    return held


@transaction.atomic
def withdraw(held: Jurisdiction, *, by: User) -> None:
    """Take a duty away; what the person decided stays as it is. Raises Refused `own_account`."""
    user = _another(held.user, by)
    record("accounts.user.withdraw_duty", user, actor=by, changes={"duty": [_told(held), None]})
    held.delete()


@transaction.atomic
def reset_second_factor(user: User, *, by: User) -> None:
    """Let the person set up a new second factor at the next sign-in. Raises Refused `own_account`."""
    second_factor.reset(_another(user, by), by=by)


@transaction.atomic
def reset_password(user: User, *, by: User) -> str:
    """Return a new password that is readable only now; ends all sessions. Raises Refused `own_account`."""
    user = _another(user, by)
    password = new_secret()
    user.set_password(password)
    user.save(update_fields=["password"])
    _mark_as_handed_out(user)
    record("accounts.user.reset_password", user, actor=by)
    return password


def _mark_as_handed_out(user: User) -> None:
    """The person has to choose another before anything else opens (S15)."""
    user.password_changed_at = None
    user.save(update_fields=["password_changed_at"])


@transaction.atomic
def set_active(user: User, active: bool, *, by: User) -> None:
    """Close or open an account; a closed one is signed out at once. Raises Refused `own_account`."""
    user = _another(user, by)
    if user.is_active == active:
        return
    user.is_active = active
    user.session_epoch += 1
    user.save(update_fields=["is_active", "session_epoch"])
    record(f"accounts.user.{'activate' if active else 'deactivate'}", user, actor=by)


def new_secret() -> str:
    """Return a random password that the rules accept (R-ACC-12)."""
    while True:
        password = "".join(secrets.choice(_LETTERS) for _ in range(PASSWORD_LENGTH))
        try:
            validate_password(password)
        except ValidationError:
            continue
        return password


def _another(user: User, by: User) -> User:
    """Return the locked row of somebody else: nobody hands out duties to oneself."""
    _require(by)
    if user.pk == by.pk:
        raise Refused("own_account", "不能修改自己的账号和职责，请由另一位安全管理员办理")
    return User.objects.select_for_update().get(pk=user.pk, kind=User.Kind.STAFF)


def _require(by: User) -> None:
    if not holds_duty(by, Duty.SECURITY):
        raise PermissionDenied


def _told(held: Jurisdiction) -> str:
    return f"{held.duty}:{held.region_id or 'all'}"
