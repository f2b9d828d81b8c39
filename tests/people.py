"""The people whom tests name. All of them are fictitious."""

from __future__ import annotations

from functools import cached_property

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY

from swms.accounts.models import Authenticator, User
from swms.regions.models import Duty
from tests import factories

#: The password of everybody in the tests who is given one.
PASSWORD = "Chunfeng-2026"


class People:
    """Each person comes into being when first named; ask the ``people`` fixture for them."""

    @cached_property
    def li_jing(self) -> User:
        """李静, first reviewer of 朝阳区."""
        return factories.staff("李静", (Duty.FIRST_REVIEW, "110105"), username="lijing")

    @cached_property
    def zhang_wei(self) -> User:
        """张伟, final reviewer of 北京市."""
        return factories.staff("张伟", (Duty.FINAL_REVIEW, "110000"), username="zhangwei")

    @cached_property
    def zhao_min(self) -> User:
        """赵敏, first and final reviewer of 上海市, who must see nothing of 北京市."""
        duties = [(Duty.FIRST_REVIEW, "310000"), (Duty.FINAL_REVIEW, "310000")]
        return factories.staff("赵敏", *duties, username="zhaomin")

    @cached_property
    def sun_hao(self) -> User:
        """孙浩 of 北京市, who holds both duties and must never use both on one case."""
        duties = [(Duty.FIRST_REVIEW, "110000"), (Duty.FINAL_REVIEW, "110000")]
        return factories.staff("孙浩", *duties, username="sunhao")

    @cached_property
    def zhou_yan(self) -> User:
        """周燕, keeper of certificates of 北京市."""
        return factories.staff("周燕", (Duty.CERTIFICATE, "110000"), username="zhouyan")

    @cached_property
    def wang_fang(self):
        """王芳, a worker with a certificate of 北京市 and complete personal information."""
        return self.application.worker

    @cached_property
    def application(self):
        """王芳's application, in 未申请登记证书."""
        return factories.application("王芳")

    @cached_property
    def chen_chen(self):
        """陈晨, another worker, with nothing filled in."""
        return factories.worker("陈晨")

    @cached_property
    def spring(self):
        """春风, the institution in 朝阳区."""
        return factories.institution()


def signed_in(user: User, **defaults) -> Client:
    """Return a browser in which ``user`` is signed in, staff and institutions with their second factor."""
    client = Client(**defaults)
    client.force_login(user)
    if user.needs_second_factor:
        device, _ = Authenticator.objects.get_or_create(user=user, confirmed=True, defaults={"name": "authenticator"})
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
        session.save()
    return client
