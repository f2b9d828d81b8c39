"""What is asked of somebody whom the roster does not know (反馈, rulebook §3.1)."""

from django import forms
from django.core.exceptions import ValidationError

from swms.captcha import Captcha
from swms.codes import CertificateLevel, IdType
from swms.dates import today
from swms.forms import CodeField, DateField, Form
from swms.idnumbers import InvalidIdNumber, clean_id_number, clean_name
from swms.references import is_management_number
from swms.regions.fields import RegionField
from swms.signin.forms import MobileField
from swms.signin.privacy import PRIVACY_VERSION
from swms.ui import file_size
from swms.uploads.examine import EVIDENCE
from swms.uploads.fields import UploadField
from swms.uploads.models import StoredFile

FIRST_EXAM = 2008


class FeedbackStart(Captcha, Form):
    """Which mobile hears of the feedback, and the consent."""

    mobile = MobileField(help_text="用来接收验证码和审核结果，以后查询进度也要用这个号码")
    consent = forms.BooleanField(
        label=f"我已阅读并同意隐私告知（{PRIVACY_VERSION} 版）",
        error_messages={"required": "请阅读隐私告知，同意后勾选"},
    )
    field_order = ("mobile", "answer", "consent")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)


class FeedbackStatus(Captcha, Form):
    """Which feedback, and the mobile that it was given with."""

    ref = CodeField(
        label="回执编号",
        max_length=32,
        help_text="以FK开头，提交后显示，也已用短信发给您",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    mobile = MobileField(help_text="提交反馈时填写的手机号，验证码会发送到这个号码")


class KeepsUpload:
    """Mix into a form with one compulsory file, ``upload``, that may have been uploaded before."""

    upload = "image"

    def __init__(self, *args, kept: StoredFile | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.keep(kept)

    def keep(self, kept: StoredFile | None) -> None:
        """Say that this file is there already."""
        self.kept = kept
        if kept:
            self.fields[self.upload].required = False
            said = f"已上传：{kept.name}（{file_size(kept.size)}）。不重新选择就使用它。{EVIDENCE.hint}"
            self[self.upload].help_text = said

    @property
    def answers(self) -> dict:
        """What was answered, by the fields of the record; the file apart."""
        return {name: value for name, value in self.cleaned_data.items() if name != self.upload}


class FeedbackForm(KeepsUpload, Form):
    """The person and the certificate that the roster lacks.

    `kept` is the certificate's image as it was uploaded before: then another one need not be chosen.
    """

    name = forms.CharField(
        label="姓名",
        max_length=100,
        help_text="与职业水平证书上的姓名一致，生僻字请用输入法输入",
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
    )
    id_type = forms.ChoiceField(label="证件类型", choices=IdType, initial=IdType.ID_CARD)
    id_number = CodeField(
        label="证件号码",
        max_length=40,
        help_text="报名考试时使用的证件号码",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    level = forms.TypedChoiceField(
        label="证书级别", choices=[("", "请选择"), *CertificateLevel.choices], coerce=int, empty_value=None
    )
    exam_year = forms.IntegerField(
        label="考试年度",
        help_text="通过考试的年份，例如2025",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short"}),
        error_messages={"invalid": "请填写四位年份，例如2025"},
    )
    issue_date = DateField(label="签发日期", help_text="证书上的签发日期")
    mgmt_no = CodeField(
        label="管理号",
        max_length=40,
        help_text="在证书右下方，一般为18位数字",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    image = UploadField(rule=EVIDENCE, label="证书图片", help_text=f"整页拍照或扫描，文字清晰；{EVIDENCE.hint}")
    region = RegionField(label="受理区域", help_text="工作单位或户籍所在的县（市、区），由该区域的民政部门审核")
    note = forms.CharField(
        label="说明",
        max_length=200,
        required=False,
        help_text="其他有助于核实的情况，例如曾用名、换证情况",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_name(self):
        try:
            return clean_name(self.cleaned_data["name"])
        except InvalidIdNumber as error:
            raise ValidationError(error.message, code=error.code) from error

    def clean_exam_year(self):
        """The exam has been held since 2008, and no year is held in advance."""
        year = self.cleaned_data["exam_year"]
        if not FIRST_EXAM <= year <= today().year:
            raise ValidationError(f"考试年度应在{FIRST_EXAM}至{today().year}之间，请核对", code="exam_year")
        return year

    def clean_issue_date(self):
        issued = self.cleaned_data["issue_date"]
        if issued > today():
            raise ValidationError("签发日期不能晚于今天", code="future")
        return issued

    def clean_mgmt_no(self):
        number = self.cleaned_data["mgmt_no"]
        if not is_management_number(number):
            raise ValidationError("管理号的格式不正确，请对照证书逐位核对", code="mgmt_no")
        return number

    def clean(self):
        """The number fits the kind of document (R-ACC-09, R-ACC-10); no certificate is older than its exam."""
        cleaned = super().clean()
        if cleaned.get("id_type") and cleaned.get("id_number"):
            try:
                cleaned["id_number"] = clean_id_number(cleaned["id_number"], cleaned["id_type"])
            except InvalidIdNumber as error:
                self.add_error("id_number", ValidationError(error.message, code=error.code))
        year, issued = cleaned.get("exam_year"), cleaned.get("issue_date")
        if year and issued and issued.year < year:
            self.add_error("issue_date", ValidationError("签发日期不能早于考试年度，请核对", code="before_exam"))
        return cleaned
