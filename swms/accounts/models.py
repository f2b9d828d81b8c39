"""Who signs in: social workers, staff of the offices, and institutions."""

import secrets
import time
import uuid
from base64 import b32encode
from urllib.parse import quote, urlencode

import rules
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_otp.models import Device
from django_otp.oath import TOTP

from swms.codes import IdType
from swms.crypto import BlindIndexField, SealedField
from swms.idnumbers import mask_id, mask_mobile


class UserManager(BaseUserManager):
    def create_user(self, *, kind: str, name: str, password: str | None = None, **fields) -> "User":
        """Return a saved user; ``username`` is random unless given (workers never see it)."""
        fields.setdefault("username", uuid.uuid4().hex)
        user = self.model(kind=kind, name=name, **fields)
        user.set_password(password)
        user.password_changed_at = timezone.now()
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """One person's or one institution's key to the portal (R-ACC-08).

    A social worker signs in with the identity number or the mobile, staff with ``username``.
    There are no superusers: what staff may do is in ``Jurisdiction`` and in ``rules``.
    """

    class Kind(models.TextChoices):
        WORKER = "worker", "社会工作者"
        INSTITUTION = "institution", "机构"
        STAFF = "staff", "工作人员"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("类别", max_length=12, choices=Kind)
    username = models.CharField("用户名", max_length=64, unique=True)
    name = models.CharField("姓名", max_length=50)
    id_type = models.CharField("证件类型", max_length=20, choices=IdType, blank=True)
    id_number = SealedField("证件号码", null=True, blank=True)
    id_index = BlindIndexField(source="id_number", purpose="identity", null=True)
    mobile = SealedField("手机号", null=True, blank=True)
    mobile_index = BlindIndexField(source="mobile", purpose="mobile", null=True)
    email = models.EmailField("电子邮箱", blank=True)
    is_active = models.BooleanField("启用", default=True)
    elder_mode = models.BooleanField("适老模式", default=False)
    consent_version = models.CharField("同意的隐私告知版本", max_length=16, blank=True)
    consented_at = models.DateTimeField("同意时间", null=True, blank=True)
    password_changed_at = models.DateTimeField("密码修改时间", null=True, blank=True)
    session_epoch = models.PositiveIntegerField("会话代次", default=0)
    created_at = models.DateTimeField("注册时间", auto_now_add=True)

    USERNAME_FIELD = "username"
    objects = UserManager()

    class Meta:
        verbose_name = verbose_name_plural = "账号"
        constraints = [
            models.UniqueConstraint("id_index", condition=Q(id_index__isnull=False), name="one_account_per_identity"),
            models.UniqueConstraint(
                "mobile_index",
                condition=Q(mobile_index__isnull=False, is_active=True),
                name="one_active_account_per_mobile",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_staff(self) -> bool:
        return self.kind == self.Kind.STAFF

    @property
    def password_was_handed_out(self) -> bool:
        """Whether somebody else still knows the password: it was given at the office, not chosen."""
        return self.has_usable_password() and self.password_changed_at is None

    @property
    def is_worker(self) -> bool:
        return self.kind == self.Kind.WORKER

    @property
    def is_institution(self) -> bool:
        return self.kind == self.Kind.INSTITUTION

    @property
    def needs_second_factor(self) -> bool:
        """Whether a password alone opens nothing: staff and institutions (S10)."""
        return self.kind in (self.Kind.STAFF, self.Kind.INSTITUTION)

    def _get_session_auth_hash(self, secret=None) -> str:
        """Sessions end when the password changes, and whenever ``session_epoch`` is raised (S9)."""
        # Django asks this method for the present key and for the fallback keys alike.
        text = f"{self.password}{self.session_epoch}"
        return salted_hmac("swms.accounts.session", text, secret=secret, algorithm="sha256").hexdigest()

    @property
    def masked_id(self) -> str:
        return mask_id(self.id_number or "")

    @property
    def masked_mobile(self) -> str:
        return mask_mobile(self.mobile or "")

    def has_perm(self, perm, obj=None) -> bool:
        """Asked by the console's machinery; every answer comes from ``rules``."""
        return self.is_active and rules.has_perm(perm, self, obj)

    def has_perms(self, perm_list, obj=None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label) -> bool:
        return self.is_active and self.is_staff


def new_authenticator_secret() -> str:
    """Return 160 random bits in hexadecimal, as long as the hash that makes codes of them (RFC 4226)."""
    return secrets.token_hex(20)


class Authenticator(Device):
    """An app that shows six digits every half minute (RFC 6238), with a secret that both sides know (S10).

    django-otp's own table keeps the secret readable; here it is sealed (S11). That a code counts once needs a
    locked row: ask ``swms.signin.second_factor``.
    """

    STEP, DIGITS, TOLERANCE = 30, 6, 1  # what apps take for granted; one step early or late is forgiven

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    secret = SealedField("密钥", default=new_authenticator_secret)
    drift = models.SmallIntegerField("时差", default=0)
    last_step = models.BigIntegerField("最近使用的时段", default=-1)

    class Meta:
        verbose_name = verbose_name_plural = "身份验证器"

    @property
    def bin_key(self) -> bytes:
        """The secret as bytes."""
        return bytes.fromhex(self.secret)

    def code(self) -> str:
        """Return what the app shows now."""
        return f"{self._clock().token():0{self.DIGITS}}"

    def verify_token(self, token: str) -> bool:
        """Tell whether ``token`` is the app's code of this half minute or its neighbours; each counts once."""
        clock = self._clock()
        if not (token.isascii() and token.isdigit() and clock.verify(int(token), self.TOLERANCE, self.last_step + 1)):
            return False
        self.last_step, self.drift = clock.t(), clock.drift
        self.save(update_fields=["last_step", "drift"])
        return True

    @property
    def config_url(self) -> str:
        """What the QR code of the set-up says to the app."""
        issuer = settings.SITE_NAME.replace(":", "")
        asked = {
            "secret": b32encode(self.bin_key).decode(),
            "algorithm": "SHA1",
            "digits": self.DIGITS,
            "period": self.STEP,
            "issuer": issuer,
        }
        return f"otpauth://totp/{quote(f'{issuer}:{self.user.get_username()}')}?{urlencode(asked, quote_via=quote)}"

    def _clock(self) -> TOTP:
        clock = TOTP(self.bin_key, self.STEP, 0, self.DIGITS, self.drift)
        clock.time = time.time()
        return clock


class SmsCode(models.Model):
    """A six-digit code on its way to a mobile: 5 minutes, 5 tries, used once (rulebook §3.1)."""

    class Purpose(models.TextChoices):
        REGISTER = "register", "注册账户"
        RECOVER = "recover", "找回密码"
        CHANGE_MOBILE = "change_mobile", "更换手机号"
        FEEDBACK = "feedback", "反馈"
        APPEAL = "appeal", "申诉"
        INSTITUTION = "institution", "机构注册"

    mobile_index = models.CharField(max_length=44)
    purpose = models.CharField(max_length=16, choices=Purpose)
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "短信验证码"
        indexes = [models.Index(fields=["mobile_index", "purpose", "-sent_at"])]

    def __str__(self):
        return f"{self.get_purpose_display()} {self.sent_at:%Y-%m-%d %H:%M}"
