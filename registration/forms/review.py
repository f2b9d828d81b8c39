"""What a reviewer says when a form is not passed."""

from django import forms
from django.core.exceptions import ValidationError

from registration.models import Application
from registration.reasons import GENERAL, Item, ItemRefused, named_items
from registration.workflows import CancelCause
from swms.console.review import ReasonForm
from swms.forms import refuse_control_characters, tidy


class EndForm(ReasonForm):
    """Why a registration is undone or ends: 注销 names one of three causes, 撤销 the facts alone (R-REG-24, §2.3)."""

    cause = forms.ChoiceField(
        label="注销原因",
        required=False,
        choices=CancelCause,
        help_text="只在注销登记时选择；撤销登记不选。",
        widget=forms.RadioSelect(attrs={"class": "choices--inline"}),
    )
    field_order = ("cause", "reason")

    def clean(self):
        """Ask for the cause where the button that was pressed needs one, and keep it out of any other."""
        cleaned = super().clean()
        if self.data.get("move") != "cancel":
            cleaned["cause"] = ""
        elif not cleaned.get("cause") and "cause" not in self.errors:
            self.add_error("cause", "请选择注销原因")
        return cleaned


class RefusalForm(ReasonForm):
    """A refusal: what is wrong, whether it can be mended, and the words for the applicant (R-REG-15).

    ``offered`` are the items of the form that is looked at. They are ticked where they stand in it, by
    ``item``, each with ``code-…`` and ``remark-…``; ``point`` gives the three for the page.
    """

    reason_codes = forms.MultipleChoiceField(
        label="没有逐项指出的原因（可多选，请一次说全）",
        choices=[(reason.code, reason.label) for reason in GENERAL],
        required=False,
        help_text="选择的原因会开放它所涉及的全部内容；能在上面表单中逐项指出的，不必再选。",
        widget=forms.CheckboxSelectMultiple,
    )
    refusal_kind = forms.ChoiceField(
        label="类别",
        choices=Application.RefusalKind,
        help_text="补正：修改后可以立即重新申请；不予登记：满30日后方可重新申请。",
        widget=forms.RadioSelect(attrs={"class": "choices--inline"}),
        error_messages={"required": "请选择“补正”或“不予登记”"},
    )
    field_order = ("reason_codes", "refusal_kind", "reason")

    def __init__(self, data=None, *, offered=(), hints=None):
        super().__init__(data)
        self.offered, self.hints = list(offered), hints or {}
        self.problems: dict[str, str] = {}
        self.asked = {item_id: self._asked(item_id) for item_id in data.getlist("item")} if data is not None else {}

    def _asked(self, item_id: str) -> dict:
        section, _, rest = item_id.partition(".")
        entry, _, key = rest.partition(".")
        said = {"code": self.data.get(f"code-{item_id}", ""), "remark": tidy(self.data.get(f"remark-{item_id}", ""))}
        return {"section": section, "entry": entry, "key": key} | said

    def clean(self):
        """At least one item or reason; each item is one of the form, with a reason that fits it."""
        cleaned = super().clean()
        for item_id, asked in self.asked.items():
            try:
                named_items([asked], (), self.offered)
                refuse_control_characters(asked["remark"])
            except ItemRefused as refused:
                self.problems[item_id] = refused.message
            except ValidationError as error:
                self.problems[item_id] = error.messages[0]
        for problem in dict.fromkeys(self.problems.values()):
            self.add_error(None, problem)
        if not self.asked and not cleaned.get("reason_codes") and not self.has_error("reason_codes"):
            self.add_error("reason_codes", "请至少选择一项原因，或者在表单中指出具体内容")
        return cleaned | {"items": list(self.asked.values())}

    def point(self, item: Item) -> dict:
        """Return the tick of an item with its reason and remark, for ``console/point.html``."""
        asked = self.asked.get(item.id)
        return {
            "id": item.id,
            "label": item.label,
            "codes": [(reason.code, reason.label.partition("（")[0]) for reason in item.codes],
            "hint": self.hints.get((item.section, item.key), "") if not item.entry else "",
            "ticked": asked is not None,
            "code": asked["code"] if asked else "",
            "remark": asked["remark"] if asked else "",
            "problem": self.problems.get(item.id, "") if self.errors else "",  # which judges first
        }
