"""What a person types to register an account."""

from django import forms
from django.core.exceptions import ValidationError

from swms.captcha import Captcha
from swms.forms import CodeField, Form
from swms.idnumbers import InvalidIdNumber, clean_name
from swms.signin.forms import CodeForm, MobileField, NewPassword
from swms.signin.privacy import PRIVACY_VERSION


class Register(Captcha, Form):
    """Name, identity number and mobile.

    The identity number is taken as it is: to judge its form here would tell a malformed number from an
    unknown one (R-ACC-04).
    """

    name = forms.CharField(
        label="姓名",
        max_length=100,
        help_text="与职业水平证书上的姓名一致，生僻字请用输入法输入",
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
    )
    id_number = CodeField(
        label="身份证号",
        max_length=40,
        help_text="取得职业水平证书时使用的证件号码，其他号码不能注册",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    mobile = MobileField(help_text="用来登录、接收验证码和办理进度通知")
    consent = forms.BooleanField(
        label=f"我已阅读并同意隐私告知（{PRIVACY_VERSION} 版）",
        error_messages={"required": "请阅读隐私告知，同意后勾选"},
    )
    field_order = ("name", "id_number", "mobile", "answer", "consent")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)

    @classmethod
    def refused(cls, facts: dict, field: str, message: str) -> "Register":
        """Return the form as it was filled in, with the one thing that is wrong beside its field."""
        form = cls(data={**facts, "consent": "on"})
        form.errors.clear()
        form.add_error(field, message)
        return form

    def clean_name(self):
        try:
            return clean_name(self.cleaned_data["name"])
        except InvalidIdNumber as error:
            raise ValidationError(error.message, code=error.code) from error


class RegisterCode(CodeForm, NewPassword):
    """The code that came to the mobile, and the password."""

    field_order = ("code", "password", "again")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password"].label = "密码"
        self.fields["again"].label = "再次输入密码"
