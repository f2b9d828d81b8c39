"""What is asked of somebody without an account, whatever the matter: a mobile before anything else."""

from django import forms
from django.core.exceptions import ValidationError

from swms.captcha import Captcha
from swms.forms import CodeField, Form
from swms.idnumbers import InvalidIdNumber, clean_name
from swms.signin.forms import MobileField
from swms.signin.privacy import PRIVACY_VERSION

CODE_ATTRS = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class ProofStart(Captcha, Form):
    """Which mobile, and the consent."""

    mobile = MobileField(help_text="用来接收验证码和审核结果，以后查询进度也要用这个号码")
    consent = forms.BooleanField(
        label=f"我已阅读并同意隐私告知（{PRIVACY_VERSION} 版）",
        error_messages={"required": "请阅读隐私告知，同意后勾选"},
    )
    field_order = ("mobile", "answer", "consent")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)


class ProofStatus(Captcha, Form):
    """Which record, and the mobile that it was made with."""

    ref = CodeField(label="回执编号", max_length=32, widget=forms.TextInput(attrs=CODE_ATTRS))
    mobile = MobileField(help_text="提交时填写的手机号，验证码会发送到这个号码")


class CleansName:
    """Mix into a form with a person's ``name`` (R-PRO-15)."""

    def clean_name(self):
        try:
            return clean_name(self.cleaned_data["name"])
        except InvalidIdNumber as error:
            raise ValidationError(error.message, code=error.code) from error
