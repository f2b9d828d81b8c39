"""工作经历, 以往项目, 个人荣誉 (rulebook §3.3, §3.4)."""

from django import forms
from django.core.exceptions import ValidationError

from registration.actions.profile import MAX_FILES
from registration.forms.answers import AnswersForm, YesNoField, in_order, not_in_future
from registration.models import Honour, PastProject, WorkExperience
from swms import codes
from swms.codes import EmployerType
from swms.forms import DateField
from swms.uploads.attached import AttachedFiles
from swms.uploads.examine import EVIDENCE
from swms.uploads.fields import UploadsField


class ExperienceForm(AnswersForm):
    """One employment, by an institution chosen before or by a typed name (R-PRO-09)."""

    start_date = DateField(label="开始时间")
    end_date = DateField(label="结束时间", help_text="现在的工作不填")
    duties = forms.CharField(label="工作内容", max_length=500, widget=forms.Textarea(attrs={"rows": 4}))
    optional = ("end_date", "duties")

    class Meta:
        model = WorkExperience
        fields = ["employer_name", "employer_type", "post", "start_date", "end_date", "duties"]
        help_texts = {
            "employer_name": "填写全称；待业或在校的，可填“待业”或学校名称",
            "post": "待业或在校的，可填“无”或“学生”",
        }

    def __init__(self, *args, institution=None, **kwargs):
        self.institution = institution
        super().__init__(*args, **kwargs)

    marked = ("institution",)

    def prepare(self):
        if self.institution:
            del self.fields["employer_name"], self.fields["employer_type"]
        else:
            self.fields["employer_type"].choices = [("", "请选择"), *EmployerType.choices]

    @property
    def answers(self):
        """With the institution, which gives name and kind of the employer (§3.3)."""
        answers = super().answers | {"institution": self.institution}
        if self.institution:
            answers |= {
                "employer_name": self.institution.name,
                "employer_type": EmployerType.SOCIAL_WORK_INSTITUTION,
            }
        return answers

    def clean_start_date(self):
        return not_in_future(self.cleaned_data["start_date"], "开始时间")

    def clean_end_date(self):
        return not_in_future(self.cleaned_data["end_date"], "结束时间")

    def clean(self):
        cleaned = super().clean()
        in_order(self, "start_date", "end_date")
        return cleaned


class EvidenceForm(AttachedFiles, AnswersForm):
    """A record that has evidence: up to five files, each of which can be taken away (R-PRO-14)."""

    removed = forms.MultipleChoiceField(label="删除已上传的文件", widget=forms.CheckboxSelectMultiple)
    files_added = UploadsField(rule=EVIDENCE, label="证明材料")
    marked = ("evidence",)
    not_answers = ("removed", "files_added", "drop")

    def __init__(self, *args, may_remove=lambda file: True, **kwargs):
        self.may_remove = may_remove
        super().__init__(*args, **kwargs)

    def prepare(self):
        self.offer_files(self.instance.evidence.all() if self.instance.pk else (), may_remove=self.may_remove)

    @property
    def answers(self):
        return {name: value for name, value in super().answers.items() if name != "evidence"}

    def count_files(self) -> int:
        """Return how many files there will be, and put a message beside the field if too many."""
        count = self.file_count
        if count > MAX_FILES:
            self.add_error("files_added", ValidationError(f"最多保留{MAX_FILES}个文件，现有{count}个", code="too_many"))
        return count


class ProjectForm(EvidenceForm):
    """One finished project; whether it belongs to a plan must be answered, and 是 be proven (R-PRO-11)."""

    start_date = DateField(label="开始时间")
    end_date = DateField(label="结束时间")
    is_special = YesNoField(
        label="是否属于三区计划或牵手计划",
        help_text=(
            "三区计划：社会工作专业人才服务边远贫困地区、边疆民族地区、革命老区计划；"
            "牵手计划：社会工作服务机构“牵手计划”，2017年至2020年实施"
        ),
    )
    plan = forms.ChoiceField(label="所属计划", choices=codes.SpecialPlan, widget=forms.RadioSelect)
    drop = forms.BooleanField(label="确认删除这个项目已上传的证明材料")
    optional = ("drop", "removed")

    class Meta:
        model = PastProject
        fields = ["name", "start_date", "end_date", "is_special", "plan"]

    def prepare(self):
        super().prepare()
        self.fields["files_added"].error_messages["required"] = "请至少上传1个证明材料"
        if self.kept:
            self.optional = (*self.optional, "files_added")

    @property
    def asks_drop(self) -> bool:
        """Whether the page must ask: 否 with files, which would go (R-PRO-11)."""
        return "drop" in self.errors or "drop" in self.data

    def clean_end_date(self):
        return not_in_future(self.cleaned_data["end_date"], "结束时间")

    def clean(self):
        cleaned = super().clean()
        in_order(self, "start_date", "end_date")
        special = cleaned.get("is_special")
        if special:
            if not self.count_files() and "files_added" not in self.errors:
                self.add_error("files_added", ValidationError("请至少上传1个证明材料", code="required"))
        else:
            for name in ("plan", "files_added"):  # asked only with 是
                self.errors.pop(name, None)
            cleaned |= {"plan": "", "files_added": []}
            if special is False and self.kept and not cleaned.get("drop"):
                message = f"选择“否”后，已上传的{len(self.kept)}个证明材料会被删除，请勾选确认，或改选“是”"
                self.add_error("drop", ValidationError(message, code="drop"))
        return cleaned

    @property
    def ignored_files(self) -> bool:
        """Whether files were chosen that 否 leaves out."""
        return bool(self.files) and not self.cleaned_data.get("is_special")


class HonourForm(EvidenceForm):
    """One honour of one of the six levels; evidence is optional (R-PRO-13)."""

    award_date = DateField(label="授予时间")
    optional = ("removed", "files_added")

    class Meta:
        model = Honour
        fields = ["title", "level", "awarding_body", "award_date"]

    def prepare(self):
        super().prepare()
        self.fields["level"].choices = [("", "请选择"), *codes.HonourLevel.choices]

    def clean_award_date(self):
        return not_in_future(self.cleaned_data["award_date"], "授予时间")

    def clean(self):
        cleaned = super().clean()
        self.count_files()
        return cleaned
