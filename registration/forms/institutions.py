"""What is asked about an institution: of who misses it, of who runs it, and of who judges it (§3.3, §3.6)."""

from django import forms
from django.core.exceptions import ValidationError

from registration.forms.kept import KeepsFiles
from registration.forms.proof import CODE_ATTRS, ProofStart, ProofStatus
from registration.models import Institution, WorkExperience
from registration.workflows.institution_feedback import JOINABLE
from swms.codes import InstitutionType
from swms.dates import today
from swms.forms import CodeField, DateField, Form
from swms.idnumbers import InvalidIdNumber, clean_name, clean_uscc
from swms.regions.fields import RegionField
from swms.signin.forms import MobileField
from swms.uploads.examine import EVIDENCE
from swms.uploads.fields import UploadField


class UsccField(CodeField):
    """A 统一社会信用代码, normalised and checked (GB 32100)."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", "统一社会信用代码")
        kwargs.setdefault("widget", forms.TextInput(attrs=CODE_ATTRS))
        super().__init__(max_length=40, **kwargs)

    def clean(self, value):
        value = super().clean(value)
        if not value:
            return ""
        try:
            return clean_uscc(value)
        except InvalidIdNumber as error:
            raise ValidationError(error.message, code=error.code) from error


def _person(value: str) -> str:
    try:
        return clean_name(value)
    except InvalidIdNumber as error:
        raise ValidationError(error.message, code=error.code) from error


class ReportForm(Form):
    """What a worker knows of an institution that the system lacks (R-PRO-10)."""

    name = forms.CharField(label="机构名称", max_length=100, help_text="登记证书上的全称")
    uscc = UsccField(required=False, help_text="知道的请填写，便于准确核对；可在机构登记证书上查到")
    region = RegionField(label="机构所在区域", help_text="机构登记的县（市、区），由该区域的民政部门审核")
    contact_name = forms.CharField(label="机构联系人", max_length=50)
    contact_mobile = MobileField(
        label="联系人手机号",
        help_text="审核通过后，注册邀请会发到这个号码，请先征得联系人同意",
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )

    def clean_contact_name(self):
        return _person(self.cleaned_data["contact_name"])


class InstitutionStart(ProofStart):
    """Which mobile is the institution's contact's, for who registers without an invitation (Q41)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["mobile"].label = "联系人手机号"
        self.fields["mobile"].help_text = "用来接收验证码、审核结果和机构账户的链接，以后查询进度也要用这个号码"


class InvitationStart(Form):
    """The same by an invitation, which stands for the question."""

    mobile = MobileField(
        label="联系人手机号", help_text="用来接收验证码、审核结果和机构账户的链接，可以是收到邀请短信的号码"
    )
    consent = ProofStart.base_fields["consent"]


class InstitutionStatus(ProofStatus):
    """Which institution's form, and the mobile that it was sent with."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["ref"].help_text = "以JG开头，提交后显示，也已用短信发给联系人"
        self.fields["mobile"].label = "联系人手机号"
        self.fields["mobile"].help_text = "提交注册时验证的手机号，验证码会发送到这个号码"


class InstitutionForm(KeepsFiles, Form):
    """机构信息 (§3.6)."""

    name = forms.CharField(label="机构名称", max_length=100, help_text="登记证书上的全称")
    uscc = UsccField(help_text="18位，与登记证书一致")
    org_type = forms.ChoiceField(label="机构类型", choices=[("", "请选择"), *InstitutionType.choices])
    region = RegionField(label="登记管理区域", help_text="登记管理机关所在的县（市、区），由该区域的民政部门审核")
    business_authority = forms.CharField(label="业务主管单位", max_length=100, required=False)
    legal_rep = forms.CharField(label="法定代表人", max_length=50)
    established = DateField(label="成立日期", help_text="登记证书上的成立日期")
    address = forms.CharField(label="住所", max_length=100)
    contact_name = forms.CharField(label="联系人", max_length=50)
    email = forms.EmailField(
        label="电子邮箱",
        required=False,
        error_messages={"invalid": "请输入正确的电子邮箱，例如 name@example.org"},
    )
    business_scope = forms.CharField(
        label="业务范围",
        max_length=1000,
        help_text="与登记证书一致",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    staff_total = forms.IntegerField(
        label="专职人员数",
        required=False,
        min_value=0,
        max_value=100_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short"}),
        error_messages={"invalid": "请填写整数", "min_value": "不能小于0", "max_value": "人数过大，请核对"},
    )
    staff_licensed = forms.IntegerField(
        label="其中：持社会工作者职业水平证书或社工专业本科以上的人数",
        required=False,
        min_value=0,
        max_value=100_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "short"}),
        error_messages={"invalid": "请填写整数", "min_value": "不能小于0", "max_value": "人数过大，请核对"},
    )
    certificate_scan = UploadField(
        rule=EVIDENCE, label="登记证书扫描件", help_text=f"登记证书正本或副本，整页、文字清晰；{EVIDENCE.hint}"
    )
    intro = forms.CharField(
        label="机构简介",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    #: What a form is begun with from what is known already.
    KNOWN = ("name", "uscc", "org_type", "region", "business_authority", "legal_rep", "established", "address")
    KNOWN += ("contact_name", "email", "business_scope", "staff_total", "staff_licensed", "intro")

    def clean_legal_rep(self):
        return _person(self.cleaned_data["legal_rep"])

    def clean_contact_name(self):
        return _person(self.cleaned_data["contact_name"])

    def clean_established(self):
        day = self.cleaned_data["established"]
        if day > today():
            raise ValidationError("成立日期不能晚于今天", code="future")
        return day

    def clean(self):
        """§3.6: licensed staff are among the staff; one number alone says nothing."""
        cleaned = super().clean()
        total, licensed = cleaned.get("staff_total"), cleaned.get("staff_licensed")
        if licensed is not None and total is None and "staff_total" not in self.errors:
            self.add_error("staff_total", ValidationError("请填写专职人员数", code="total_missing"))
        if total is not None and licensed is not None and licensed > total:
            self.add_error("staff_licensed", ValidationError("不能超过专职人员数", code="more_than_total"))
        return cleaned


class MergeForm(Form):
    """Into which institution a feedback goes: one that the system compares it with, or any other by its code."""

    institution = forms.ChoiceField(label="系统中的机构", required=False, widget=forms.RadioSelect)
    uscc = UsccField(
        label="其他机构的统一社会信用代码", required=False, help_text="上面没有的，填写机构的统一社会信用代码"
    )

    def __init__(self, *args, candidates: list[Institution], **kwargs):
        super().__init__(*args, **kwargs)
        self.candidates = {str(each.uid): each for each in candidates}
        if candidates:
            self.fields["institution"].choices = [
                (uid, f"{each.name}（{each.uscc or '代码未知'}，{each.get_state_display()}）")
                for uid, each in self.candidates.items()
            ]
        else:
            del self.fields["institution"]

    def clean(self):
        """Leave the institution itself under `institution`."""
        cleaned = super().clean()
        chosen, uscc = self.candidates.get(cleaned.get("institution", "")), cleaned.pop("uscc", "")
        if uscc:
            if chosen and chosen.uscc != uscc:
                self.add_error("uscc", ValidationError("与上面选择的不是同一家机构，请只保留一个", code="two"))
            chosen = Institution.objects.filter(uscc=uscc, state__in=JOINABLE).first()
            if chosen is None:
                self.add_error("uscc", ValidationError("系统中没有使用这个代码的机构", code="unknown"))
        elif chosen is None and not self.errors:
            field = "institution" if "institution" in self.fields else "uscc"
            self.add_error(field, ValidationError("请选择要并入的机构，或填写它的统一社会信用代码", code="required"))
        cleaned["institution"] = chosen
        return cleaned


class LinkForm(Form):
    """Which employments the worker says were at the institution (R-PRO-10); those of its name come ticked."""

    experiences = forms.MultipleChoiceField(
        label="哪些工作经历是在这家机构",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请选择要关联的工作经历", "invalid_choice": "这段工作经历现在不能关联，请重新选择"},
    )

    def __init__(self, *args, rows: list[WorkExperience], ticked: list[WorkExperience], **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = rows
        field = self.fields["experiences"]
        field.choices = [(str(row.pk), self.words(row)) for row in rows]
        field.initial = [str(row.pk) for row in ticked]

    @staticmethod
    def words(row: WorkExperience) -> str:
        end = f"{row.end_date.year}年{row.end_date.month}月" if row.end_date else "今"
        begin = f"{row.start_date.year}年{row.start_date.month}月"
        return f"{row.employer_name}，{row.post}，{begin}至{end}"

    @property
    def chosen(self) -> list[WorkExperience]:
        return [row for row in self.rows if str(row.pk) in self.cleaned_data["experiences"]]
