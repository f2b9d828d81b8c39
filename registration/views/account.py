"""Registering an account (R-ACC-01…08). Why the answers come when they come: docs/decisions."""

from datetime import timedelta

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from registration import actions
from registration.forms.account import Register, RegisterCode
from registration.models import Qualification
from swms import throttle
from swms.accounts.models import SmsCode, User
from swms.idnumbers import mask_id, mask_mobile
from swms.middleware import client_ip
from swms.signin import codes, flow
from swms.signin.privacy import PRIVACY_VERSION
from swms.signin.views.answers import go_on, too_often
from swms.signin.views.door import enter
from swms.signin.views.recovery import resend
from swms.throttle import Throttled
from swms.views import WorkerRequired
from swms.workflow import Refused

FLOW = "register"
PURPOSE = SmsCode.Purpose.REGISTER
PER_ADDRESS = (5, timedelta(hours=1))  # S4
FIELD_OF = {"not_in_roster": "id_number", "already_registered": "id_number", "mobile_taken": "mobile"}


@method_decorator(never_cache, name="dispatch")
class RegisterPage(View):
    """Step 1: who, and which mobile. Public. Looks nothing up, so every well-filled form gets one answer (S4)."""

    template = "accounts/register.html"

    def get(self, request):
        if request.user.is_authenticated:
            return go_on(request)
        return render(request, self.template, {"form": Register(initial=flow.facts(request, FLOW))})

    def post(self, request):
        form = Register(request.POST)
        if not form.is_valid():
            return render(request, self.template, {"form": form})
        facts = {name: form.cleaned_data[name] for name in ("name", "id_number", "mobile")}
        try:
            throttle.hit("register_address", client_ip(request), *PER_ADDRESS)
        except Throttled as error:
            return too_often(request, form, self.template, {}, error)
        try:
            codes.send_code(facts["mobile"], PURPOSE)
        except Throttled as error:
            return too_often(request, form, self.template, {}, error, "mobile")
        flow.begin(request, FLOW, **facts, consent_version=PRIVACY_VERSION)
        return redirect("registration:register_code")


@method_decorator([never_cache, sensitive_post_parameters("password", "again")], name="dispatch")
class RegisterCodePage(View):
    """Step 2: the code and a password. Public. Who holds the mobile learns the outcome."""

    template = "accounts/register_code.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            return redirect("registration:welcome") if request.user.is_worker else go_on(request)
        self.facts = flow.facts(request, FLOW)
        if self.facts is None:
            messages.info(request, "请从这里开始注册。如果刚才已经设置了密码，请直接登录。")
            return redirect("registration:register")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return self._show(request, RegisterCode())

    def post(self, request):
        facts = self.facts
        if "resend" in request.POST:
            return resend(request, facts["mobile"], PURPOSE, "registration:register_code")
        owner = User(name=facts["name"], id_number=facts["id_number"], mobile=facts["mobile"])
        form = RegisterCode(request.POST, owner=owner)
        if not form.is_valid():
            return self._show(request, form)
        try:
            codes.check_code(facts["mobile"], PURPOSE, form.cleaned_data["code"])
            worker = actions.register_account(**facts, password=form.cleaned_data["password"])
        except Throttled as error:
            return too_often(request, form, self.template, self._context(), error)
        except Refused as error:
            if error.code not in FIELD_OF:
                form.add_error("code", error.message)
                return self._show(request, form)
            first = Register.refused(facts, FIELD_OF[error.code], error.message)
            return render(request, RegisterPage.template, {"form": first, "outcome": error.code})
        enter(request, worker.user)
        flow.end(request, FLOW)
        return redirect("registration:welcome")

    def _show(self, request, form):
        return render(request, self.template, self._context() | {"form": form})

    def _context(self):
        return {
            "name": self.facts["name"],
            "id_number": mask_id(self.facts["id_number"]),
            "mobile": mask_mobile(self.facts["mobile"]),
        }


@method_decorator(never_cache, name="dispatch")
class WelcomePage(WorkerRequired, View):
    """The account exists: shows the certificates that were attached, read-only (R-ACC-03)."""

    def get(self, request):
        certificates = Qualification.objects.visible_to(request.user).order_by("-level", "pk")
        return render(request, "accounts/welcome.html", {"certificates": certificates})
