"""个人信息: the task list, and the sections that are one form (R-PRO-01…07)."""

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse

from registration import actions, queries
from registration.forms.answers import LATER
from registration.forms.profile import BasicForm, EmailForm, PhotoForm, RegionForm
from registration.models import Qualification, Registration
from registration.views.corrections import unsent_banner
from registration.views.page import FormPage, WorkerPage
from registration.workflows import EDITABLE_STATES
from swms.codes import IdType

TASK_TONES = {"done": "good", "missing": "wait", "to_mend": "wait", "mended": "good"}


class ProfilePage(WorkerPage):
    """The personal information as a task list (R-PRO-01), and 查看证书 below it (R-REG-20, SEED 37)."""

    def get(self, request):
        worker = self.worker
        tasks = queries.profile_tasks(worker)
        applications = list(worker.applications.visible_to(request.user).select_related("qualification").order_by("pk"))
        open_ones = [each for each in applications if each.state in EDITABLE_STATES]
        unsent = unsent_banner(open_ones[0]) if open_ones else None
        first = next((reverse(task.url_name) for task in tasks if task.state in ("missing", "to_mend")), None)
        if unsent and unsent["url"] == request.path and first:
            unsent["url"] = first
        context = {
            "worker": worker,
            "unsent": unsent,
            "tasks": [_line(task) for task in tasks],
            "missing": sum(len(task.missing) for task in tasks),
            "left": sum(task.state == "missing" for task in tasks),
            "facts": _facts(worker),
            "certificates": Qualification.objects.visible_to(request.user).order_by("-level", "pk"),
            "application": open_ones[0] if open_ones else None,
            "viewable": certificates_to_view(request.user, applications),
            "region_strays": bool(worker.region and worker.region_fit(worker.region) == "elsewhere"),
        }
        return render(request, "registration/profile.html", context)


def certificates_to_view(user, applications) -> list[Registration]:
    """Return the registrations whose 查看证书 is offered: only in the two last states (R-REG-20)."""
    done = [each.qualification_id for each in applications if each.certificate_viewable]
    if not done:
        return []
    mine = Registration.objects.visible_to(user).filter(qualification__in=done)
    return list(mine.select_related("qualification").order_by("-qualification__level"))


def _line(task) -> dict:
    return {
        "label": task.label,
        "url": None if task.state in ("locked", "unnamed") else reverse(task.url_name),
        "status": task.status,
        "tone": TASK_TONES.get(task.state, "idle"),
        "hint": f"待填写：{'、'.join(task.missing)}" if task.missing else "",
    }


def _facts(worker) -> list[dict]:
    """What the account and the identity number say; nobody types it here (R-ACC-11)."""
    user = worker.user
    rows = [
        {"label": "姓名", "value": user.name},
        {"label": user.get_id_type_display() or "证件号码", "value": user.masked_id},
    ]
    if user.id_type in IdType.with_citizen_number():
        rows += [
            {"label": "性别", "value": worker.get_sex_display()},
            {"label": "出生日期", "date": worker.birth_date},
        ]
    email = "无" if worker.no_email else user.email
    return [
        *rows,
        {"label": "手机号", "value": user.masked_mobile, "change_name": "signin:change_mobile"},
        {"label": "电子邮箱", "value": email, "change_name": "registration:profile_email"},
    ]


class AnswersPage(FormPage):
    """A section whose answers are fields of the worker."""

    uploads: tuple[str, ...] = ()

    def save(self, form):
        files = {name: form.cleaned_data[name] for name in self.uploads if form.cleaned_data.get(name)}
        actions.save_answers(
            self.worker, form.answers, part=self.part, by=self.request.user, seen=form.seen, files=files
        )

    def context(self, form):
        return {"later": self.offers_later and LATER}

    offers_later = False


class BasicPage(AnswersPage):
    """基础信息."""

    template = "registration/basic.html"
    form_class = BasicForm
    part = "basic"
    answers = {
        **{
            name: (name,)
            for name in (
                *("sex", "birth_date", "ethnicity", "political_status", "education", "degree", "school", "major"),
                *("is_sw_major", "work_years"),
            )
        },
        "household": ("household_region", "household_address"),
        "address": ("address_region", "address"),
    }
    heading = "基础信息"
    lead = "全部为必填项。请如实填写，不得弄虚作假、隐瞒真实情况。"
    offers_later = True

    def context(self, form):
        return super().context(form) | {"facts": _facts(self.worker)[:-2]}


class EmailPage(AnswersPage):
    """电子邮箱, which may be changed at any time (§2.2)."""

    form_class = EmailForm
    part = "contact"
    heading = "电子邮箱"
    lead = "用来接收办理进度通知。"


class PhotoPage(AnswersPage):
    """照片."""

    form_class = PhotoForm
    part = "photo"
    heading = "照片"
    lead = "照片会印在登记证书上，请使用本人近期的免冠证件照。"
    uploads = ("photo",)


class RegionPage(AnswersPage):
    """登记区域与首次登记时间."""

    template = "registration/region.html"
    form_class = RegionForm
    part = "region"
    answers = {"region": ("region", "stated"), "has_local_cert": ("has_local_cert", *RegionForm.local)}
    heading = "登记区域与首次登记时间"
    uploads = ("local_cert_file",)
    offers_later = True

    def save(self, form):
        super().save(form)
        if form.cleaned_data.get("stated"):
            self.worker.refresh_from_db()
            actions.state_region(self.worker, by=self.request.user)
        if form.ignored_files:
            messages.warning(self.request, "您选择了“否”，所选的地方登记证书扫描件没有保存。")
