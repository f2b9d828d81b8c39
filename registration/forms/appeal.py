"""What is asked of somebody who lost the bound mobile (申诉, rulebook §3.10)."""

import hashlib

from django import forms
from django.core.exceptions import ValidationError

from registration.forms.kept import KeepsFiles
from registration.forms.proof import CODE_ATTRS, CleansName, ProofStart, ProofStatus
from swms.console.review import ReasonForm
from swms.forms import CodeField, Form
from swms.idnumbers import InvalidIdNumber, clean_id_number
from swms.uploads.examine import ID_CARD, Examined
from swms.uploads.fields import UploadField
from swms.uploads.models import StoredFile

RECEIPT_HINT = "以SS开头，提交后显示，也已用短信发给您"
IMAGE_HINT = f"四角完整、文字清晰，宽度不少于{ID_CARD.min_size[0]}像素；{ID_CARD.hint}"


class AppealStart(ProofStart):
    """Which mobile takes the place of the lost one."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        mobile = self.fields["mobile"]
        mobile.label = "新手机号"
        mobile.help_text = "现在能接收短信的手机号。申诉通过后绑定到账户，查询进度也要用它"
        mobile.error_messages["required"] = "请填写新手机号"


class AppealStatus(ProofStatus):
    """Which appeal, and its mobile."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["ref"].help_text = RECEIPT_HINT


class AppealForm(CleansName, KeepsFiles, Form):
    """Who appeals, and both sides of the own identity card (R-APL-02).

    The form of the number is judged, which tells nothing about accounts. When an appeal is completed, its
    number stays: the limits of R-APL-05 are about it.
    """

    name = forms.CharField(
        label="姓名",
        max_length=100,
        help_text="与身份证上的姓名一致，生僻字请用输入法输入",
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
    )
    id_number = CodeField(label="身份证号", max_length=40, widget=forms.TextInput(attrs=CODE_ATTRS))
    front = UploadField(rule=ID_CARD, label="身份证人像面", help_text=IMAGE_HINT)
    back = UploadField(rule=ID_CARD, label="身份证国徽面", help_text=IMAGE_HINT)
    reason = forms.CharField(
        label="申诉理由",
        max_length=200,
        required=False,
        help_text="例如原手机号停用的时间和原因",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    images_consent = forms.BooleanField(
        label="我单独同意：为核验本人身份，使用我上传的身份证正反面图片",
        help_text="图片加密保存，只有负责审核的人员可以查看，每次查看都留下记录；申诉办结30日后删除。",
        error_messages={"required": "请阅读说明，同意后勾选；不同意的，请携带身份证到现场办理"},
    )

    def __init__(self, *args, completing: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        if completing:
            del self.fields["id_number"], self.fields["images_consent"]

    @property
    def answers(self) -> dict:
        """What was answered, by the fields of the record; files and consent apart."""
        return {name: value for name, value in super().answers.items() if name != "images_consent"}

    def clean_id_number(self):
        try:
            return clean_id_number(self.cleaned_data["id_number"])
        except InvalidIdNumber as error:
            raise ValidationError(error.message, code=error.code) from error

    def clean(self):
        """Two sides are two pictures."""
        cleaned = super().clean()
        hashes = [_hash_of(cleaned.get(name)) for name in self.file_names]
        if None not in hashes and len(set(hashes)) < len(hashes):
            self.add_error("back", ValidationError("两面上传了同一张图片，请上传国徽面", code="same_image"))
        return cleaned


def _hash_of(file: Examined | StoredFile | None) -> str | None:
    """Return the hash of a file as it is stored, or will be."""
    if isinstance(file, StoredFile):
        return file.sha256
    return hashlib.sha256(file.data).hexdigest() if file else None


class AppealReason(ReasonForm):
    """Why an appeal is sent back or refused: read by whoever appealed, owner or not (R-APL-03)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "申诉人会看到这段文字。请不要写明有没有对应的账户，也不要写账户中的信息。"


class ReleaseForm(ReasonForm):
    """How an account comes free that was locked on an objection."""

    keep = forms.ChoiceField(
        label="核实结果",
        choices=[
            ("old", "异议成立：恢复原手机号"),
            ("new", "异议不成立：绑定申诉的新手机号"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择核实结果"},
    )
    field_order = ("keep", "reason")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)
        self.fields["reason"].help_text = "写明怎样核实了身份。只留在审计记录中，不发给申诉人。"
