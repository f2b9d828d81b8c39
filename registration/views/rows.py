"""工作经历, 以往项目, 个人荣誉: lists, and adding, changing and deleting an entry (R-PRO-08…13)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode

from registration import actions, queries
from registration.forms.rows import ExperienceForm, HonourForm, ProjectForm
from registration.models import Honour, Institution, PastProject, WorkExperience
from registration.views.page import FormPage, WorkerPage
from swms.regions.queries import full_name
from swms.ui import cn_date
from swms.workflow import Refused


class Rows:
    """What is said of one kind of entry; mixed into its pages. ``name`` is its task and its URLs' prefix."""

    model = None
    name = ""
    noun = ""
    nothing = ""
    intro = ""

    @property
    def back(self) -> str:
        return f"registration:profile_{self.name}"

    @cached_property
    def row(self):
        """The entry that the address names; ``None`` where one is added, 404 for somebody else's."""
        if "pk" not in self.kwargs:
            return None
        mine = self.model.objects.visible_to(self.request.user).filter(worker=self.worker)
        return get_object_or_404(mine, pk=self.kwargs["pk"])

    def address(self, what: str, *args) -> str:
        return reverse(f"registration:profile_{self.name}_{what}", args=args)

    def part_of(self, row) -> str:
        """Return the part of the personal information that the entry belongs to."""
        return self.name

    def title(self, row) -> str:
        return str(row)

    def facts(self, row) -> list[dict]:
        """Return summary rows of an entry."""
        raise NotImplementedError


class Experiences(Rows):
    model = WorkExperience
    name = "work"
    noun = "工作经历"
    intro = "至少填写一段。没有工作的，添加一段“待业或在校”。"
    nothing = "还没有填写工作经历"

    def part_of(self, row):
        return "employer" if row is not None and row.end_date is None else "work"

    def title(self, row):
        return row.employer_name

    def facts(self, row):
        return [
            {"label": "时间", "value": f"{cn_date(row.start_date)}至{cn_date(row.end_date) or '今'}"},
            {"label": "单位性质", "value": row.get_employer_type_display()},
            {"label": "职务", "value": row.post},
        ]


class Projects(Rows):
    model = PastProject
    name = "projects"
    noun = "以往项目"
    intro = "填写以前完成的项目，没有的不填。属于三区计划或牵手计划的，务必选择“是”并上传证明材料。"
    nothing = "还没有填写以往项目"

    def facts(self, row):
        return [
            {"label": "时间", "value": f"{cn_date(row.start_date)}至{cn_date(row.end_date)}"},
            {"label": "三区计划或牵手计划", "value": row.get_plan_display() or "否"},
            {"label": "证明材料", "value": _names(row)},
        ]


class Honours(Rows):
    model = Honour
    name = "honours"
    noun = "个人荣誉"
    intro = "选填：有就填写，没有不用填写。"
    nothing = "还没有填写个人荣誉"

    def facts(self, row):
        return [
            {"label": "荣誉等级", "value": row.get_level_display()},
            {"label": "授予单位", "value": row.awarding_body},
            {"label": "授予时间", "value": cn_date(row.award_date)},
            {"label": "证明材料", "value": _names(row)},
        ]


def _names(row) -> str:
    return "、".join(file.name for file in row.evidence.all()) or "无"


class RowRights(Rows):
    """What may be done with the entries now (R-REG-10…14)."""

    @cached_property
    def parts(self):
        return queries.editable_parts(self.worker, self.opening)

    def may_change(self, row) -> bool:
        """Whether anything of the entry may be edited."""
        if self.part_of(row) not in self.parts:
            return False
        return self.opening.entry(self.name, row.pk) or self.opening.documents_alone(self.name, row.pk)

    def may_delete(self, row) -> bool:
        return self.part_of(row) in self.parts and self.opening.entry(self.name, row.pk)

    @property
    def may_add(self) -> bool:
        return self.name in self.parts and self.opening.adding(self.name)


class ListPage(RowRights, WorkerPage):
    """The entries of one kind, each with 更改 and 删除 where they may be used now."""

    def get(self, request):
        by_change = queries.moved_by_change(self.worker)
        rows = self.model.objects.visible_to(request.user).filter(worker=self.worker)
        if hasattr(self.model, "evidence"):
            rows = rows.prefetch_related("evidence")
        entries = [
            {
                "title": self.title(row),
                "facts": self.facts(row),
                "by_change": self.part_of(row) in by_change,
                "change_url": self.address("change", row.pk) if self.may_change(row) else None,
                "delete_url": self.address("delete", row.pk) if self.may_delete(row) else None,
            }
            for row in rows
        ]
        context = {
            "heading": self.noun,
            "intro": self.intro,
            "nothing": self.nothing,
            "entries": entries,
            "add_url": self.add_url() if self.may_add else None,
            "limited": self.opening.limited and self.name in queries.parts_of(self.worker),
            "unnamed": queries.UNNAMED,
            "unsent": self.unsent,
            "back_url": reverse("registration:profile"),
            "back_label": "返回个人信息",
        }
        return render(request, "registration/rows.html", context)

    def add_url(self) -> str:
        return self.address("add")


class EditPage(RowRights, FormPage):
    """Add an entry, or change one."""

    template = "registration/row.html"

    @property
    def heading(self):
        return f"更改{self.noun}" if self.row else f"添加{self.noun}"

    @property
    def done(self):
        return self.saved(self.noun)

    @property
    def part(self):
        return self.part_of(self.row)

    @property
    def is_open(self):
        return self.may_change(self.row) if self.row else self.may_add

    def make_form(self, *data):
        return self.form_class(*data, instance=self.row or self.model(worker=self.worker))


class DeletePage(RowRights, WorkerPage):
    """Ask before an entry goes, then delete it."""

    def get(self, request, pk):
        if not self.may_delete(self.row):
            messages.info(request, self.why_closed(self.title(self.row), self.part_of(self.row)))
            return redirect(self.back)
        context = {
            "heading": f"删除{self.noun}",
            "text": f"将删除“{self.title(self.row)}”，删除后不能恢复。",
            "rows": self.facts(self.row),
            "submit_label": "删除",
            "kind": "danger",
            "cancel_url": reverse(self.back),
        }
        return render(request, "registration/confirm.html", context)

    def post(self, request, pk):
        try:
            actions.delete_row(self.worker, self.row, by=request.user)
        except Refused as refused:
            locked = refused.code == "locked"
            text = self.why_closed(self.title(self.row), self.part_of(self.row)) if locked else refused.message
            messages.error(request, text)
        else:
            messages.success(request, f"{self.noun}已删除")
        return redirect(self.back)


class WorkList(Experiences, ListPage):
    def add_url(self):
        return self.address("employer")


class EmployerPage(Experiences, WorkerPage):
    """Choose the employer: an institution of the system, found by its name, or a name to be typed (R-PRO-09)."""

    def get(self, request, pk=None):
        text = request.GET.get("q", "").strip()
        here = self.address("change", self.row.pk) if self.row else self.address("add")
        context = {
            "q": text,
            "found": [
                {
                    "name": each.name,
                    "region": full_name(each.region),
                    "url": f"{here}?institution={each.uid}",
                }
                for each in queries.institutions_named(text)
            ],
            "typed_url": f"{here}?typed=1",
            "report_url": f"{reverse('registration:employer_report')}?{urlencode({'name': text})}",
            "back_url": reverse(self.back),
            "back_label": "返回工作经历",
        }
        return render(request, "registration/employer.html", context)


class WorkEdit(Experiences, EditPage):
    form_class = ExperienceForm

    @cached_property
    def institution(self) -> Institution | None:
        """What was chosen on the page before; else what the entry has."""
        chosen = self.request.GET.get("institution")
        if chosen:
            found = queries.institution_chosen(chosen)
            if found is None:
                raise Http404
            return found
        return None if "typed" in self.request.GET or self.row is None else self.row.institution

    def make_form(self, *data):
        instance = self.row or self.model(worker=self.worker)
        return self.form_class(*data, instance=instance, institution=self.institution)

    def save(self, form):
        actions.save_experience(self.worker, self.row, form.answers, by=self.request.user, seen=form.seen)

    def context(self, form):
        employer = self.address("employer", self.row.pk) if self.row else self.address("employer")
        return {"institution": self.institution, "employer_url": employer}


class WorkDelete(Experiences, DeletePage):
    pass


class EvidencePage(EditPage):
    """An entry with evidence; where documents alone were named, the rest of it stays as it is (R-REG-14)."""

    def make_form(self, *data):
        row = self.row or self.model(worker=self.worker)
        alone = self.row is not None and self.opening.documents_alone(self.name, row.pk)
        return self.form_class(
            *data,
            instance=row,
            locked=self.form_class.Meta.fields if alone else (),
            may_remove=lambda file: self.row is None or self.opening.document(self.name, row.pk, file.uid),
        )

    def context(self, form):
        return {"kept": form.kept}


class ProjectList(Projects, ListPage):
    pass


class ProjectEdit(Projects, EvidencePage):
    template = "registration/project.html"
    form_class = ProjectForm

    def save(self, form):
        actions.save_project(
            self.worker,
            self.row,
            form.answers,
            by=self.request.user,
            seen=form.seen,
            files=form.files_to_add,
            removed=form.files_to_remove,
        )
        if form.ignored_files:
            messages.warning(self.request, "您选择了“否”，所选的证明材料没有保存。")


class ProjectDelete(Projects, DeletePage):
    pass


class HonourList(Honours, ListPage):
    pass


class HonourEdit(Honours, EvidencePage):
    form_class = HonourForm

    def save(self, form):
        actions.save_honour(
            self.worker,
            self.row,
            form.answers,
            by=self.request.user,
            seen=form.seen,
            files=form.files_to_add,
            removed=form.files_to_remove,
        )


class HonourDelete(Honours, DeletePage):
    pass
