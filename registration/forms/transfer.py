"""What is asked for a change (变更申请, rulebook §3.12)."""

from django import forms
from django.core.exceptions import ValidationError

from registration.forms.answers import AnswersForm
from registration.forms.profile import shown
from registration.models import Transfer
from registration.queries.versions import Seen
from registration.workflows.transfer import date_refused
from swms.codes import EmployerType
from swms.forms import DateField
from swms.regions.fields import RegionField
from swms.regions.queries import same_region
from swms.uploads.examine import EVIDENCE
from swms.uploads.fields import UploadField

FILES = ("leave_proof", "new_contract", "region_evidence")


class TransferForm(AnswersForm):
    """The draft of a change: what its kind asks for, and nothing else.

    What was answered rightly is kept even when something else is missing, files too: the page says
    what was uploaded before.
    """

    to_region = RegionField(label="变更后的登记区域", help_text="户籍或工作单位所在的区县；区域不变的，保留原来的选择")
    effective_date = DateField(label="变更日期", help_text="开始在新单位工作的日期，最晚为今天起30日内")
    reason = forms.CharField(label="变更原因", max_length=200, widget=forms.Textarea(attrs={"rows": 3}))
    leave_proof = UploadField(rule=EVIDENCE, label="离职证明", help_text=f"原工作单位出具的离职证明；{EVIDENCE.hint}")
    new_contract = UploadField(
        rule=EVIDENCE,
        label="入职证明",
        help_text=f"与新工作单位签订的劳动合同或入职证明，待业或在校的不用传；{EVIDENCE.hint}",
    )
    region_evidence = UploadField(rule=EVIDENCE, label="新登记区域的证明")

    marked = ("to_institution", "keeps_employer")
    field_order = ("to_employer", "to_type", "to_post", "to_region", "effective_date", "reason", *FILES)

    class Meta:
        model = Transfer
        fields = ["to_employer", "to_type", "to_post", "to_region", "effective_date", "reason"]
        help_texts = {"to_employer": "填写全称；待业或在校的，可填“待业”或学校名称", "to_post": "没有职务的，填“无”"}

    def prepare(self):
        draft = self.instance
        self._leave_out(draft)
        for name in FILES:
            self.initial.pop(name, None)
        if draft.to_institution:
            self.fields["new_contract"].help_text = f"与新机构签订的劳动合同或入职证明；{EVIDENCE.hint}"
        if "to_type" in self.fields:
            self.fields["to_type"].choices = [("", "请选择"), *EmployerType.choices]
        if not draft.changes_employer:
            self.fields["effective_date"].help_text = "登记区域变更的日期，最晚为今天起30日内"
        if "region_evidence" in self.fields:
            when = "" if draft.to_institution else "登记区域改变的必须上传，不变的不用上传；"
            self.fields["region_evidence"].help_text = f"{when}新区域的户口簿、居住证或工作证明；{EVIDENCE.hint}"
        self.show_files(draft)
        self.optional = tuple(name for name in FILES if name in self.fields and self._is_optional(name))
        self.order_fields(self.field_order)

    def _leave_out(self, draft: Transfer) -> None:
        unasked = set()
        if draft.to_institution:
            unasked |= {"to_employer", "to_type", "to_region"}
            if not draft.moves_region:
                unasked.add("region_evidence")
        if not draft.changes_employer:
            unasked |= {"to_employer", "to_type", "to_post", "leave_proof", "new_contract"}
        elif not draft.from_employer:
            unasked.add("leave_proof")
        for name in unasked & set(self.fields):
            del self.fields[name]

    def _is_optional(self, name: str) -> bool:
        """A file that is there already, or of which only the answers say whether it is needed."""
        draft = self.instance
        if self.has_file(name):
            return True
        if name == "leave_proof":
            return draft.from_type == EmployerType.NOT_EMPLOYED
        return name == "region_evidence" and draft.changes_employer and not draft.to_institution

    def has_file(self, name: str) -> bool:
        file = getattr(self.instance, name)
        return file is not None and file.purged_at is None

    def show_files(self, draft: Transfer) -> None:
        """Say of each file what is uploaded now."""
        for name in FILES:
            if name in self.fields:
                file = getattr(draft, name)
                self.fields[name].current = shown(file) if file and not file.purged_at else None

    @property
    def seen(self):
        """What the page showed; a mistake elsewhere does not make it unknown."""
        return Seen(tuple(self.names), self.cleaned_data.get("version", ""))

    @property
    def good_files(self) -> dict:
        """The files that were examined and found good, also of a form with other mistakes."""
        return {name: self.cleaned_data[name] for name in FILES if self.cleaned_data.get(name)}

    def kept_as(self, draft: Transfer) -> None:
        """Go on from what was just kept: show its files, and let the next press save over it."""
        self.instance = draft
        self.show_files(draft)
        for name in self.good_files:
            self.fields[name].required = False
        self.mark = self.version_now()
        self.offer_again()

    def clean_effective_date(self):
        """§3.12: at most 30 days ahead, not before the present work began."""
        day = self.cleaned_data["effective_date"]
        if day and (message := date_refused(self.instance, day)):
            raise ValidationError(message, code="range")
        return day

    def clean(self):
        cleaned = super().clean()
        if self.for_later:
            return cleaned
        region = cleaned.get("to_region")
        moves = region is not None and not same_region(self.instance.from_region, region)
        if "region_evidence" in self.fields and moves:
            self._require("region_evidence", "登记区域改变了，请上传户口簿、居住证或新工作单位在该区域的证明")
        if region is not None and not moves and not self.instance.changes_employer:
            self.add_error("to_region", ValidationError("这就是您现在的登记区域，请选择新的区域", code="same"))
        if cleaned.get("to_type") == EmployerType.NOT_EMPLOYED and self.has_error("new_contract", "required"):
            del self.errors["new_contract"]
        return cleaned

    def _require(self, name: str, message: str) -> None:
        if name in self.fields and not (self.cleaned_data.get(name) or self.has_file(name) or name in self.errors):
            self.add_error(name, ValidationError(message, code="required"))
