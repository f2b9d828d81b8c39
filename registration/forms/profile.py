"""基础信息, 照片, 登记区域与首次登记时间 (rulebook §3.2)."""

from datetime import date

from dateutil.relativedelta import relativedelta
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Min

from registration.forms.answers import AnswersForm, YesNoField, not_in_future
from registration.models import Worker
from swms import codes
from swms.codes import IdType
from swms.dates import today
from swms.forms import DateField
from swms.regions.fields import RegionField
from swms.ui import cn_date
from swms.uploads.examine import EVIDENCE, PHOTO
from swms.uploads.fields import UploadField
from swms.uploads.models import StoredFile

EARLIEST_LOCAL = date(2008, 1, 1)  # R-PRO-06
WORKING_AGE = 16


def shown(file: StoredFile | None) -> dict | None:
    """Return what ``ui/upload.html`` shows of a stored file."""
    if file is None:
        return None
    url = file.get_absolute_url()
    address = f"{url}?inline=1" if file.is_image else url
    return {"url": address, "name": file.name, "size": file.size, "is_image": file.is_image}


class EmailForm(AnswersForm):
    """电子邮箱, or that there is none (R-PRO-02)."""

    email = forms.EmailField(
        label="电子邮箱", widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"})
    )
    optional = ("no_email",)

    class Meta:
        model = Worker
        fields = ["no_email"]

    def prepare(self):
        self.initial.setdefault("email", self.instance.user.email)
        self.fields["email"].error_messages["required"] = "请填写电子邮箱；没有的，请勾选“无邮箱”"
        self.order_fields(["email", "no_email"])

    def clean(self):
        """One of the two, not both."""
        cleaned = super().clean()
        if cleaned.get("no_email"):
            if cleaned.get("email"):
                self.add_error("no_email", ValidationError("已填写电子邮箱，请不要勾选“无邮箱”", code="both"))
            elif self.has_error("email", "required"):
                del self.errors["email"]
                cleaned["email"] = ""
        return cleaned


class BasicForm(EmailForm):
    """基础信息: everything is asked, and may be left for later."""

    education = forms.ChoiceField(label="学历")
    is_sw_major = YesNoField(label="所学专业是否为社会工作专业")
    household_region = RegionField(label="户籍所在地", help_text="以户口簿为准")
    address_region = RegionField(label="通讯地址所在地", help_text="能收到信件的地址")
    work_years = forms.IntegerField(
        label="从事社会工作年限", min_value=0, max_value=60, help_text="按整年填写，不足一年填0"
    )

    class Meta:
        model = Worker
        fields = [
            "sex",
            "birth_date",
            "ethnicity",
            "political_status",
            "education",
            "degree",
            "school",
            "major",
            "is_sw_major",
            "no_email",
            "household_region",
            "household_address",
            "address_region",
            "address",
            "work_years",
        ]
        field_classes = {"birth_date": DateField}
        help_texts = {"degree": "没有学位的选“无”", "household_address": "街道、门牌号等", "address": "街道、门牌号等"}

    def prepare(self):
        super().prepare()
        worker = self.instance
        if worker.user.id_type in IdType.with_citizen_number():  # R-ACC-11: derived, never typed
            del self.fields["sex"], self.fields["birth_date"]
        offered = list(codes.EDUCATION_OFFERED)
        if worker.education and worker.education not in dict(offered):
            offered.append((worker.education, worker.get_education_display()))
        self.fields["education"].choices = [("", "请选择"), *offered]
        for name in {"sex", "ethnicity", "political_status", "degree"} & set(self.fields):
            field = self.fields[name]
            field.choices = [("", "请选择"), *(choice for choice in field.choices if choice[0])]
        at = self.Meta.fields.index("no_email")
        self.order_fields([*self.Meta.fields[:at], "email", *self.Meta.fields[at:]])

    def clean_birth_date(self):
        return not_in_future(self.cleaned_data["birth_date"], "出生日期")

    def clean_work_years(self):
        """At most the years since the age of 16 (§3.2)."""
        years = self.cleaned_data["work_years"]
        born = self.cleaned_data.get("birth_date") or self.instance.birth_date
        if years is None or born is None:
            return years
        age = relativedelta(today(), born).years
        if years > max(0, age - WORKING_AGE):
            raise ValidationError(
                f"从业年限不能超过{max(0, age - WORKING_AGE)}年（{WORKING_AGE}周岁起算），请核对", code="too_long"
            )
        return years


class PhotoForm(AnswersForm):
    """照片 (R-PRO-03, R-PRO-04)."""

    photo = UploadField(
        rule=PHOTO,
        label="照片",
        help_text=(
            "一寸或两寸证件照，JPG或PNG格式，不超过500KB；竖幅，宽260至2000像素，高370至3000像素，"
            "宽与高之比约为5比7（如295×413、413×579、413×626像素）"
        ),
    )

    class Meta:
        model = Worker
        fields = ["photo"]

    def prepare(self):
        self.initial.pop("photo", None)
        self.fields["photo"].current = shown(self.instance.photo)


class RegionForm(AnswersForm):
    """登记区域, and 首次登记时间 by way of the local certificate (R-PRO-05…07)."""

    region = RegionField(label="登记区域", help_text="户籍或工作单位所在的区县，由该地民政部门初审")
    stated = forms.BooleanField(label="我的工作单位在这个登记区域内，审核时可以提供证明")
    has_local_cert = YesNoField(
        label="是否已在地方领取登记证书", help_text="在本系统启用之前，由地方民政部门发放的社会工作者登记证书"
    )
    local_first_reg_date = DateField(label="首次领取登记证书的时间", help_text="这一天就是您的首次登记时间")
    local_valid_until = DateField(label="地方登记证书有效期至")
    local_cert_file = UploadField(rule=EVIDENCE, label="地方登记证书扫描件")
    local = ("local_cert_no", "local_first_reg_date", "local_valid_until", "local_cert_file")
    not_answers = ("stated",)

    class Meta:
        model = Worker
        fields = ["region", "has_local_cert", "local_cert_no", "local_first_reg_date", "local_valid_until"]

    def prepare(self):
        self.initial.pop("local_cert_file", None)
        self.fields["local_cert_file"].current = shown(self.instance.local_cert_file)
        kept = ("local_cert_file",) if self.instance.local_cert_file else ()
        self.optional = ("stated", *kept)

    def clean(self):
        cleaned = super().clean()
        self._judge_region(cleaned)
        answer = cleaned.get("has_local_cert")
        if answer:
            self._judge_local(cleaned)
            return cleaned
        for name in self.local:  # asked only with 是
            self.errors.pop(name, None)
            if answer is False or name not in cleaned:  # what was typed before the answer changed to 否
                cleaned[name] = "" if name == "local_cert_no" else None
        return cleaned

    @property
    def asks_statement(self) -> bool:
        """Whether the page must ask where the employer is: nothing else shows it."""
        return "stated" in self.errors

    @property
    def ignored_files(self) -> bool:
        """Whether a file was chosen that 否 leaves out."""
        return bool(self.files) and self.cleaned_data.get("has_local_cert") is False

    def _judge_region(self, cleaned):
        """R-PRO-07: where 户籍 or 工作单位 is."""
        region = cleaned.get("region")
        if region is None:
            return
        fit = self.instance.region_fit(region)
        if fit == "elsewhere":
            self.add_error(
                "region",
                ValidationError("登记区域须是户籍或工作单位所在地，请重新选择，或先更正户籍、工作经历", code="fit"),
            )
        elif fit == "unproven" and not cleaned.get("stated") and region != self.instance.region:
            self.add_error(
                "stated", ValidationError("登记区域与户籍所在地不同，请勾选说明工作单位在这里", code="unproven")
            )

    def _judge_local(self, cleaned):
        """R-PRO-06."""
        first, until = cleaned.get("local_first_reg_date"), cleaned.get("local_valid_until")
        if first:
            self._judge_first(first)
        if first and until and until <= first:
            self.add_error("local_valid_until", ValidationError("有效期应晚于首次领取登记证书的时间", code="order"))

    def _judge_first(self, first):
        issued = self.instance.qualifications.aggregate(first=Min("issue_date"))["first"]
        if first > today():
            message = "首次领取登记证书的时间不能晚于今天"
        elif first < EARLIEST_LOCAL:
            message = f"首次领取登记证书的时间不能早于{cn_date(EARLIEST_LOCAL)}"
        elif issued and first < issued:
            message = f"首次领取登记证书的时间不能早于职业水平证书的签发日期（{cn_date(issued)}）"
        else:
            return
        self.add_error("local_first_reg_date", ValidationError(message, code="range"))
