"""The form field for a region: three selects that work as plain pages (R-PRO-07).

Without JavaScript a person chooses a province and presses 显示下一级: an unfinished choice never
validates, so the form comes back with the next select filled, in any view. With JavaScript the
selects fill themselves from ``/regions/<code>/children.json``. The field may also be posted as
one value under its own name (``region=110105``).
"""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy

from swms.regions import queries
from swms.regions.models import Region

SELECTS = 3
WORDS_BELOW = (queries.PREFECTURES, queries.COUNTIES)  # of selects that have nothing to offer yet


@dataclass(frozen=True)
class Opening:
    """A code that was posted by 显示下一级: to be looked at again, never to be saved."""

    code: str


class RegionCascade(forms.Widget):
    """Three selects, the deepest of which counts. Its template is ``ui/region_cascade.html``."""

    template_name = "ui/region_cascade.html"
    use_fieldset = True

    def value_from_datadict(self, data, files, name):
        """Return the chosen code, ``""`` for none; an ``Opening`` if the button was pressed.

        A select left over from another choice is ignored.
        """
        posted = [str(data.get(f"{name}_{i}") or "").strip() for i in range(SELECTS)]
        code = _deepest(posted) or str(data.get(name) or "").strip()
        return Opening(code) if f"{name}-next" in data else code

    def value_omitted_from_data(self, data, files, name):
        return name not in data and f"{name}_0" not in data

    def id_for_label(self, id_):
        return f"{id_}_0" if id_ else id_

    def get_context(self, name, value, attrs):
        """Add what the template shows: see its header comment."""
        context = super().get_context(name, value, attrs)
        chain, note = _shown(value)
        id_ = context["widget"]["attrs"].get("id") or f"id_{name}"
        context["widget"] |= {
            "levels": [_select(chain, i) | {"name": f"{name}_{i}", "id": f"{id_}_{i}"} for i in range(SELECTS)],
            "next_name": f"{name}-next",
            "full_name": " ".join(step.name for step in chain),
            "note": note,
            "children_url": CHILDREN_URL,
        }
        return context


# The script puts a code in the place of CODE.
CHILDREN_URL = reverse_lazy("regions:children", kwargs={"code": "CODE"})


class RegionField(forms.Field):
    """A ``Region``, chosen by cascade; ``None`` if not required and left blank.

    With ``leaf_only`` (the default) only a county, a Corps city or a city without counties is
    taken; otherwise any level. Abolished divisions are refused, naming the successor. Error
    codes: ``required``, ``region_unknown``, ``region_incomplete``, ``region_abolished``, ``region_next``.
    """

    widget = RegionCascade
    default_error_messages = {
        "required": "请选择区域",
        "region_unknown": "没有这个区域，请重新选择",
        "region_incomplete": "请继续选择%(name)s下的%(below)s",
        "region_abolished": "%(name)s已撤销，现为%(successor)s，请重新选择",
        "region_abolished_without_successor": "%(name)s已撤销，请重新选择",
        "region_next": "已选%(name)s，请核对后提交",
    }

    def __init__(self, *, leaf_only: bool = True, **kwargs):
        self.leaf_only = leaf_only
        super().__init__(**kwargs)

    def prepare_value(self, value):
        return value.code if isinstance(value, (Region, Opening)) else value

    def has_changed(self, initial, data):
        return (self.prepare_value(initial) or "") != (self.prepare_value(data) or "")

    def clean(self, value):
        """Return the region, or raise ``ValidationError`` with one of the codes above."""
        region = super().clean(self.prepare_value(value))
        if isinstance(value, Opening):
            if region is None:
                raise self._error("required")
            raise self._error("region_next", name=queries.full_name(region))
        return region

    def to_python(self, value):
        if value in self.empty_values:
            return None
        code = self.prepare_value(value)
        region = Region.objects.filter(pk=code).select_related("successor").first() if queries.is_code(code) else None
        if region is None:
            raise self._error("region_unknown")
        if region.valid_to:
            raise self._abolished(region)
        if self.leaf_only and not region.is_leaf:
            below = queries.choices(region.pk).label.partition("（")[0]
            raise self._error("region_incomplete", name=region.name, below=below)
        return region

    def _abolished(self, region: Region) -> ValidationError:
        if region.successor is None:
            return self._error("region_abolished_without_successor", name=region.name)
        successor = queries.full_name(queries.current(region))
        return self._error("region_abolished", name=region.name, successor=successor)

    def _error(self, code: str, **params) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params)


def _deepest(posted: list[str]) -> str:
    """Return the last code of the posted selects that lies inside the one before it."""
    code = ""
    for each in posted:
        if not each:
            break
        if code and code not in [step.code for step in queries.steps(each)]:
            break
        code = each
    return code


def _select(chain: list[queries.Division], i: int) -> dict:
    """Return what select number ``i`` offers when ``chain`` is chosen; hidden if there is nothing to offer."""
    above = chain[i - 1] if 0 < i <= len(chain) else None
    if i and (above is None or above.leaf):
        label, blank = WORDS_BELOW[i - 1]
        return {"label": label, "blank": blank, "hidden": True, "options": []}
    offered = queries.choices(above.code if above else None)
    chosen = chain[i].code if i < len(chain) else ""
    options = [
        {"code": d.code, "name": d.name, "leaf": d.leaf, "selected": d.code == chosen} for d in offered.divisions
    ]
    return {"label": offered.label, "blank": offered.blank, "hidden": False, "options": options}


def _shown(value) -> tuple[list[queries.Division], str]:
    """Return the steps to show as selected and, for an abolished division, a note on what replaced it."""
    steps = queries.steps(value) if queries.is_code(value) else []
    if not steps or steps[-1].existing:
        return steps, ""
    name = steps[-1].name
    successor = queries.current(Region.objects.select_related("successor").get(pk=value))
    if successor.valid_to:
        return steps[:1], f"原选的{name}已撤销，请重新选择。"
    return queries.steps(successor.pk), f"原选的{name}已撤销，现为{successor.name}，请核对。"
