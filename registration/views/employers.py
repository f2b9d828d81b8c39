"""A worker's feedback about a missing institution, and linking one's work to it once it is there (R-PRO-10)."""

from django.contrib import messages
from django.db import models
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from registration import actions, queries
from registration.forms.institutions import LinkForm, ReportForm
from registration.models import InstitutionFeedback
from registration.queries import employers, institutions
from registration.views.page import WorkerPage
from swms.idnumbers import mask_mobile
from swms.regions.queries import full_name
from swms.signin.views.answers import too_often
from swms.throttle import Throttled
from swms.ui import cn_date
from swms.workflow import Refused


class EmployersPage(WorkerPage):
    """The worker's feedbacks about institutions, and how each stands."""

    def get(self, request):
        columns = [{"label": name} for name in ("机构名称", "回执编号", "提交时间", "状态")]
        rows = [
            [
                {"text": each.name, "url": each.get_absolute_url()},
                {"text": each.ref},
                {"date": each.created_at},
                {"badge": each.get_state_display()},
            ]
            for each in self.mine().order_by("-id")
        ]
        context = {"columns": columns, "rows": rows, "back_url": reverse("registration:profile_work")}
        return render(request, "registration/employers/list.html", context | {"back_label": "返回工作经历"})

    def mine(self) -> models.QuerySet:
        """Return the reader's own feedbacks."""
        return InstitutionFeedback.objects.visible_to(self.request.user).filter(worker=self.worker)


class ReportPage(WorkerPage):
    """反馈机构信息."""

    template = "layouts/form.html"

    def get(self, request):
        named = request.GET.get("name", "").replace("\0", "").strip()[:100]
        return self._show(ReportForm(initial={"name": named, "region": self.worker.region}))

    def post(self, request):
        form = ReportForm(request.POST)
        if not form.is_valid():
            return self._show(form)
        try:
            one = actions.report_institution(self.worker, form.cleaned_data)
        except Throttled as error:
            return too_often(request, form, self.template, self._context(), error)
        except Refused as refused:
            messages.info(request, refused.message)
            return redirect("registration:employer_feedback", refused.extra["ref"])
        messages.success(request, f"反馈已提交，回执编号{one.ref}。")
        return redirect(one)

    def _show(self, form):
        return render(self.request, self.template, self._context() | {"form": form})

    def _context(self) -> dict:
        return {
            "heading": "反馈机构信息",
            "lead": (
                "系统中找不到您的工作单位的，请反馈机构的基本信息。民政部门审核后会邀请机构注册，"
                "机构注册后您可以确认关联。在此之前，工作经历中可以先直接填写单位名称。"
            ),
            "status": "反馈尚未提交。按“提交反馈”后才算提交。",
            "submit_label": "提交反馈",
            "cancel_url": reverse("registration:profile_work_employer"),
        }


class FeedbackPage(EmployersPage):
    """One feedback: its receipt, how it stands, and what to do next."""

    def get(self, request, ref):
        shown = self.mine().select_related("region", "institution")
        one = get_object_or_404(shown, ref=ref)
        step = employers.next_step(one)
        rows = [
            {"label": "机构名称", "value": one.name},
            {"label": "统一社会信用代码", "value": one.uscc},
            {"label": "机构所在区域", "value": full_name(one.region)},
            {"label": "机构联系人", "value": one.contact_name},
            {"label": "联系人手机号", "value": mask_mobile(one.contact_mobile)},
            {"label": "提交时间", "value": cn_date(one.created_at)},
        ]
        context = {
            "feedback": one,
            "step": step,
            "step_url": reverse(step.url_name, args=step.url_args) if step.url_name else "",
            "steps": employers.steps(one),
            "rows": rows,
            "back_url": reverse("registration:employers"),
            "back_label": "返回机构反馈",
        }
        return render(request, "registration/employers/feedback.html", context)


class LinkPage(WorkerPage):
    """Ask which employments were at an institution that the worker missed, and link them; never by the name alone."""

    template = "registration/employers/link.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and request.user.is_worker:
            self.institution = institutions.offered(self.worker, kwargs["uid"])
            if self.institution is None:
                raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, uid):
        return self._show(self._form())

    def post(self, request, uid):
        form = self._form(request.POST)
        if not form.is_valid():
            return self._show(form)
        try:
            actions.link_institution(self.worker, form.chosen, self.institution, by=request.user)
        except Refused as refused:
            form.add_error(None, refused.message)
            return self._show(form)
        messages.success(request, f"工作经历已关联到“{self.institution.name}”。")
        return redirect("registration:profile_work")

    def _form(self, data=None) -> LinkForm:
        """Return the form over what may be edited now; what may not is told apart."""
        parts = queries.editable_parts(self.worker)
        rows = institutions.typed_experiences(self.worker)
        self.locked = [row for row in rows if ("work" if row.end_date else "employer") not in parts]
        free = [row for row in rows if row not in self.locked]
        names = institutions.names_told(self.worker, self.institution)
        return LinkForm(
            data, rows=free, ticked=[row for row in free if institutions.plain_name(row.employer_name) in names]
        )

    def _show(self, form):
        context = {
            "institution": self.institution,
            "facts": [
                {"label": "机构名称", "value": self.institution.name},
                {"label": "统一社会信用代码", "value": self.institution.uscc},
                {"label": "登记管理区域", "value": full_name(self.institution.region)},
            ],
            "form": form,
            "locked": [LinkForm.words(row) for row in self.locked],
            "back_url": reverse("registration:profile_work"),
            "back_label": "返回工作经历",
        }
        return render(self.request, self.template, context)
