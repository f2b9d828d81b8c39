"""Proving a mobile, before anything is written and again before anything is shown."""

from datetime import timedelta

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from registration.views.proving.matter import Matter
from swms import throttle
from swms.forms import Form
from swms.idnumbers import mask_mobile
from swms.middleware import client_ip
from swms.signin import codes, flow
from swms.signin.forms import CodeForm
from swms.signin.views.answers import too_often
from swms.signin.views.recovery import resend
from swms.throttle import Throttled
from swms.workflow import Refused

PROVEN_FOR = timedelta(hours=1)  # there is much to fill in
PER_ADDRESS = (20, timedelta(hours=1))  # S4


@method_decorator(never_cache, name="dispatch")
class StartPage(View):
    """Step 1: what it is for, and which mobile. Public; looks nothing up."""

    matter: Matter | None = None

    def get(self, request, **kwargs):
        known = flow.facts(request, self.matter.writing) or {}
        return self._show(self.form_class(initial={"mobile": known.get("mobile") or self.known_mobile()}))

    def post(self, request, **kwargs):
        form = self.form_class(request.POST)
        if not form.is_valid():
            return self._show(form)
        mobile = form.cleaned_data["mobile"]
        try:
            throttle.hit(f"{self.matter.name}_address", client_ip(request), *PER_ADDRESS)
            codes.send_code(mobile, self.matter.purpose)
        except Throttled as error:
            return too_often(request, form, self.template, self.context(), error, "mobile")
        flow.begin(request, self.matter.writing, mobile=mobile, **self.carried())
        return redirect(self.matter.url("code"))

    def known_mobile(self) -> str:
        """Return the mobile to offer, where there is a likely one."""
        return ""

    def carried(self) -> dict[str, str]:
        """Return what else to keep for the pages that follow, as the token of the link that led here."""
        return {}

    def context(self) -> dict:
        return {}

    @property
    def form_class(self) -> type[Form]:
        return self.matter.start_form

    @property
    def template(self) -> str:
        return f"registration/{self.matter.name}/start.html"

    def _show(self, form):
        return render(self.request, self.template, self.context() | {"form": form})


@method_decorator(never_cache, name="dispatch")
class CodePage(View):
    """The code that proves the mobile. Public."""

    matter: Matter | None = None
    template = "registration/proof/code.html"
    here = "code"

    @property
    def key(self) -> str:
        return self.matter.writing

    @property
    def begins_at(self) -> str:
        return self.matter.url("")

    def dispatch(self, request, *args, **kwargs):
        self.facts = flow.facts(request, self.key)
        if self.facts is None:
            messages.info(request, "请从这里开始。")
            return redirect(self.begins_at)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return render(request, self.template, self.context() | {"form": CodeForm()})

    def post(self, request):
        mobile, purpose = self.facts["mobile"], self.matter.purpose
        if "resend" in request.POST:
            return resend(request, mobile, purpose, self.matter.url(self.here), known=self.known())
        form = CodeForm(request.POST)
        if form.is_valid():
            try:
                codes.check_code(mobile, purpose, form.cleaned_data["code"])
            except Refused as error:
                form.add_error("code", error.message)
            else:
                flow.begin(request, self.key, PROVEN_FOR, **(self.facts | {"proven": "yes"}))
                return redirect(self.goes_on_at())
        return render(request, self.template, self.context() | {"form": form})

    def known(self) -> bool:
        """Whether a code is really sent."""
        return True

    def goes_on_at(self) -> str:
        return self.matter.url("form")

    def context(self) -> dict:
        return {
            "label": self.matter.label,
            "mobile": mask_mobile(self.facts["mobile"]),
            "back_to": self.begins_at,
            "writing": True,
        }


@method_decorator(never_cache, name="dispatch")
class StatusPage(View):
    """Ask for the receipt number and its mobile. Public; known and unknown ones get the same answer."""

    matter: Matter | None = None
    template = "registration/proof/status.html"

    def get(self, request):
        known = flow.facts(request, self.matter.following) or {}
        ref = request.GET.get("ref", "")[:32] or known.get("ref", "")
        mobile = known.get("mobile", "") if known.get("ref") == ref else ""
        return self._show(self.matter.status_form(initial={"ref": ref, "mobile": mobile}))

    def post(self, request):
        form = self.matter.status_form(request.POST)
        if not form.is_valid():
            return self._show(form)
        ref, mobile = form.cleaned_data["ref"], form.cleaned_data["mobile"]
        try:
            throttle.hit(f"{self.matter.name}_address", client_ip(request), *PER_ADDRESS)
            codes.send_code(mobile, self.matter.purpose, silently=self.matter.of_mobile(ref, mobile) is None)
        except Throttled as error:
            return too_often(request, form, self.template, self._context(), error, "mobile")
        flow.begin(request, self.matter.following, ref=ref, mobile=mobile)
        return redirect(self.matter.url("status_code"))

    def _context(self) -> dict:
        words, page = self.matter.elsewhere
        return {
            "label": self.matter.label,
            "lead": self.matter.status_lead,
            "elsewhere_label": words,
            "elsewhere_url": reverse(page),
        }

    def _show(self, form):
        return render(self.request, self.template, self._context() | {"form": form})


class StatusCodePage(CodePage):
    """The code that opens the record."""

    here = "status_code"

    @property
    def key(self):
        return self.matter.following

    @property
    def begins_at(self):
        return self.matter.url("status")

    def known(self):
        return self.matter.of_mobile(self.facts["ref"], self.facts["mobile"]) is not None

    def goes_on_at(self):
        return self.matter.url("case", self.facts["ref"])

    def context(self):
        return super().context() | {"writing": False, "ref": self.facts["ref"]}


class EndPage(View):
    """Forget the proof, as on a computer that others use."""

    matter: Matter | None = None

    def post(self, request):
        flow.end(request, self.matter.following)
        messages.success(request, "已结束查询。再次查看需要重新验证手机号。")
        return redirect(self.matter.url("status"))
