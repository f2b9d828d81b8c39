"""The shape of a question to 职称对应. Nothing in it names anybody, so it may stand in an address."""

from django import forms

from certificates import titles
from certificates.titles.calculator import BY_SERIES, SOCIAL_WORK
from certificates.titles.data import kind_of
from swms.dates import today
from swms.forms import DateField, Form

YEARS = range(1950, 2101)  # whatever is counted from a day in them is a day


class TitleForm(Form):
    """What is held, since when, in which series, and the day that is asked about."""

    holding = forms.ChoiceField(label="已取得")
    obtained_on = DateField(label="取得日期", required=False, help_text="证书上的批准日期。规则要求年限时需要填写")
    series = forms.ChoiceField(label="系列或专业", required=False, help_text="社会工作者证书不需要选")
    working_since = DateField(
        label="从哪一天起从事相应技术技能工作",
        required=False,
        help_text="取得之前的工作不计入年限。早于取得日期的，从取得日期算起",
    )
    on = DateField(label="按哪一天计算", required=False, help_text="不填则按今天")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        groups = [(given["label"], list(given["items"].items())) for given in titles.HOLDINGS.values()]
        self.fields["holding"].choices = [("", "请选择"), *groups]
        others = [(SOCIAL_WORK, "社会工作"), ("other", "其他")]
        self.fields["series"].choices = [("", "请选择"), *titles.SERIES.items(), *others]

    def clean(self):
        said = super().clean()
        for name in ("obtained_on", "working_since", "on"):
            if said.get(name) and said[name].year not in YEARS:
                self.add_error(name, f"请填写{YEARS[0]}年到{YEARS[-1]}年之间的日期")
        day = said.get("on") or today()
        for name in ("obtained_on", "working_since"):
            if said.get(name) and said[name] > day:
                self.add_error(name, "不能晚于按其计算的那一天，请核对日期")
        if said.get("holding") and kind_of(said["holding"]) in BY_SERIES and not said.get("series"):
            self.add_error("series", "请选择系列或专业")
        return said

    def question(self) -> titles.Question:
        """Return what was asked."""
        said = self.cleaned_data
        return titles.Question(
            said["holding"],
            on=said["on"] or today(),
            obtained_on=said["obtained_on"],
            series=said["series"],
            working_since=said["working_since"],
        )
