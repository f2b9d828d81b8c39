"""What people type to get in, and to look after their account."""

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from swms.accounts.models import User
from swms.captcha import Captcha
from swms.forms import CodeField, Form
from swms.idnumbers import InvalidIdNumber, clean_mobile

PASSWORD_HINT = "至少 8 个字符，包含大写字母、小写字母、数字、其他符号中的至少三种，不能包含身份证号或手机号"


class PasswordField(forms.CharField):
    """A password, taken to the letter; never shown again, not even after a mistake elsewhere."""

    def __init__(self, *, new: bool = False, **kwargs):
        autocomplete = "new-password" if new else "current-password"
        kwargs.setdefault("widget", forms.PasswordInput(attrs={"autocomplete": autocomplete}))
        super().__init__(strip=False, max_length=128, **kwargs)


class MobileField(forms.CharField):
    """A mainland mobile, normalised (§3.1)."""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}))
        kwargs.setdefault("label", "手机号")
        super().__init__(max_length=30, **kwargs)

    def clean(self, value):
        value = super().clean(value)
        try:
            return clean_mobile(value)
        except InvalidIdNumber as error:
            raise ValidationError(error.message, code=error.code) from error


class CodeForm(Form):
    """Six digits, from an SMS or an authenticator."""

    code = CodeField(
        label="短信验证码",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class NewPassword(Form):
    """A new password, twice. `owner` is the account, or an unsaved one with what is known of it."""

    password = PasswordField(label="新密码", new=True, help_text=PASSWORD_HINT)
    again = PasswordField(label="再次输入新密码", new=True, error_messages={"required": "请再次输入密码"})

    def __init__(self, *args, owner: User | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.owner = owner

    def clean_password(self):
        password = self.cleaned_data["password"]
        password_validation.validate_password(password, self.owner)
        return password

    def clean(self):
        cleaned = super().clean()
        password, again = cleaned.get("password"), cleaned.get("again")
        if password and again and password != again:
            self.add_error("again", ValidationError("两次输入的密码不一致", code="password_mismatch"))
        return cleaned


class SignIn(Form):
    """The door for everybody: an identity number, a mobile or a user name, and the password."""

    username = forms.CharField(
        label="身份证号、手机号或用户名",
        max_length=64,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )
    password = PasswordField(label="密码")
    next = forms.CharField(widget=forms.HiddenInput, required=False)


class SecondFactor(CodeForm):
    """The authenticator's six digits, or a recovery code."""

    next = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "验证码"
        self.fields["code"].widget.attrs["autofocus"] = True
        self.fields["code"].error_messages["required"] = "请填写验证码"


class Recover(Captcha, Form):
    """Who forgot the password says which mobile is bound to the account."""

    mobile = MobileField(help_text="填写账户绑定的手机号，验证码会发送到这个号码")


class RecoverPassword(CodeForm, NewPassword):
    """The code that came, and a new password."""

    field_order = ("code", "password", "again")


class ChangePassword(NewPassword):
    """The present password and a new one."""

    present = PasswordField(label="现在的密码")
    field_order = ("present", "password", "again")


class ChangeMobile(Form):
    """The present password and the new mobile."""

    present = PasswordField(label="登录密码")
    mobile = MobileField(label="新手机号", help_text="验证码会发送到新手机号")


class ConfirmPassword(Form):
    """The password again, before something that a passer-by at an open screen must not do."""

    present = PasswordField(label="登录密码")
