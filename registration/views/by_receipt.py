"""What is asked for without an account: a mobile is proven first, and opens it again with the receipt number.

A code by SMS proves the mobile, before anything is written and again before anything is shown. What was
proven is kept in the session (swms.signin.flow); the address of a receipt alone shows nothing personal
(decision 0013). 反馈 and the registration of an institution are built of these pages.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views import View
from django.views.decorators.cache import never_cache

from registration.actions.feedback import keep_image
from registration.queries.feedback import kept_image
from swms import throttle
from swms.idnumbers import mask_mobile
from swms.middleware import client_ip
from swms.signin import codes, flow
from swms.signin.forms import CodeForm
from swms.signin.views.answers import too_often
from swms.signin.views.recovery import resend
from swms.throttle import Throttled
from swms.uploads.models import StoredFile
from swms.uploads.refusal import UploadRefused
from swms.workflow import Refused

PROVEN_FOR = timedelta(hours=1)  # there is much to fill in
PER_ADDRESS = (20, timedelta(hours=1))  # S4


@dataclass(frozen=True)
class Matter:
    """A kind of thing that is asked for: what it is called, and how one is found again.

    ``prefix`` begins the names of its addresses, and names what the session keeps while one is written.
    """

    prefix: str
    noun: str
    purpose: str
    of_mobile: Callable[[str, str], object | None]
    given_on: Callable[[str], datetime | None]
    answer_by: Callable[[datetime], date]

    @property
    def following(self) -> str:
        """The session's name of what was proven in order to follow one: facts ref, mobile, image, proven."""
        return f"{self.prefix}_status"

    def name(self, page: str = "") -> str:
        """Return the name of an address, ``registration:feedback_code``."""
        return f"registration:{self.prefix}_{page}" if page else f"registration:{self.prefix}"

    def url(self, page: str, *args) -> str:
        return reverse(self.name(page), args=args)

    def status_url(self, ref: str) -> str:
        """Return the page that asks for the mobile of this receipt number."""
        return f"{self.url('status')}?{urlencode({'ref': ref})}"


@method_decorator(never_cache, name="dispatch")
class MatterPage(View):
    """A page of one matter."""

    matter: Matter


class StartPage(MatterPage):
    """Step 1: what it is for, and which mobile. Public; looks nothing up."""

    template = ""
    form_class = None

    def get(self, request, **kwargs):
        form = self.form_class(initial={"mobile": self.known_mobile()})
        return render(request, self.template, self.context() | {"form": form})

    def post(self, request, **kwargs):
        form = self.form_class(request.POST)
        if not form.is_valid():
            return render(request, self.template, self.context() | {"form": form})
        mobile = form.cleaned_data["mobile"]
        try:
            throttle.hit(f"{self.matter.prefix}_address", client_ip(request), *PER_ADDRESS)
            codes.send_code(mobile, self.matter.purpose)
        except Throttled as error:
            return too_often(request, form, self.template, self.context(), error, "mobile")
        flow.begin(request, self.matter.prefix, mobile=mobile, **self.facts())
        return redirect(self.matter.name("code"))

    def known_mobile(self) -> str:
        known = flow.facts(self.request, self.matter.prefix) or {}
        return known.get("mobile", "")

    def facts(self) -> dict[str, str]:
        """Return what else to keep for the following pages."""
        return {}

    def context(self) -> dict:
        return {}


class CodePage(MatterPage):
    """The code that proves the mobile. Public."""

    template = "registration/by_receipt/code.html"

    def dispatch(self, request, *args, **kwargs):
        self.facts = flow.facts(request, self.kept_as)
        if self.facts is None:
            messages.info(request, "请从这里开始。")
            return redirect(self.begins_at)
        return super().dispatch(request, *args, **kwargs)

    @property
    def kept_as(self) -> str:
        return self.matter.prefix

    @property
    def begins_at(self) -> str:
        return self.matter.name()

    @property
    def here(self) -> str:
        return self.matter.name("code")

    def get(self, request):
        return render(request, self.template, self.context() | {"form": CodeForm()})

    def post(self, request):
        mobile = self.facts["mobile"]
        if "resend" in request.POST:
            return resend(request, mobile, self.matter.purpose, self.here, known=self.known())
        form = CodeForm(request.POST)
        if form.is_valid():
            try:
                codes.check_code(mobile, self.matter.purpose, form.cleaned_data["code"])
            except Refused as error:
                form.add_error("code", error.message)
            else:
                flow.begin(request, self.kept_as, PROVEN_FOR, **self.facts, proven="yes")
                return self.go_on()
        return render(request, self.template, self.context() | {"form": form})

    def known(self) -> bool:
        """Whether a code is really sent."""
        return True

    def go_on(self):
        return redirect(self.matter.name("form"))

    def context(self) -> dict:
        mobile = mask_mobile(self.facts["mobile"])
        return {"mobile": mobile, "back_to": reverse(self.begins_at), "giving": True, "noun": self.matter.noun}


class Writing:
    """Mix into a page with the form: keeps its file over mistakes elsewhere in it."""

    form_class = None
    former: StoredFile | None = None  # the file of an earlier round

    @property
    def kept_as(self) -> str:
        return self.matter.prefix

    def kept(self) -> StoredFile | None:
        return kept_image(self.facts.get("image", "")) or self.former

    def read_form(self):
        """Return the posted form, judged; a good file is kept at once."""
        facts, request = self.facts, self.request
        kept = kept_image(facts.get("image", ""))
        form = self.form_class(request.POST, request.FILES, kept=kept or self.former)
        form.is_valid()
        examined = form.cleaned_data.get(form.upload)
        if examined:
            try:
                kept = keep_image(examined, mobile=facts["mobile"], instead_of=kept)
            except (Throttled, UploadRefused) as error:
                form.add_error(form.upload, str(error))
            else:
                form.keep(kept)
                facts["image"] = str(kept.uid)
        flow.begin(request, self.kept_as, PROVEN_FOR, **facts)
        self.image = kept
        return form


class NewPage(Writing, MatterPage):
    """Step 2: the form itself. For who has proven the mobile."""

    def dispatch(self, request, *args, **kwargs):
        self.facts = flow.facts(request, self.matter.prefix)
        if self.facts is None or "proven" not in self.facts:
            messages.info(request, "请先验证手机号。如果刚才已经提交，回执编号已用短信发给您。")
            return redirect(self.matter.name())
        return super().dispatch(request, *args, **kwargs)

    def done(self, ref: str):
        """Forget what was written, let who wrote it follow it, and show the receipt."""
        flow.end(self.request, self.matter.prefix)
        follow(self.request, self.matter, ref, self.facts["mobile"])
        return redirect(self.matter.name("receipt"), ref)


class ReceiptPage(MatterPage):
    """What a person keeps; public, and so without a word about whom it concerns or how it stands."""

    next: tuple[str, ...] = ()

    def get(self, request, ref):
        given_at = self.matter.given_on(ref)
        if given_at is None:
            raise Http404
        context = {
            "noun": self.matter.noun,
            "ref": ref,
            "given_at": given_at,
            "by": self.matter.answer_by(given_at),
            "next": self.next,
            "status_url": self.matter.url("case", ref),  # asks for the mobile where needed
        }
        return render(request, "registration/by_receipt/receipt.html", context)


class StatusPage(MatterPage):
    """Ask for the receipt number and its mobile. Public; known and unknown ones get the same answer."""

    template = "registration/by_receipt/status.html"
    form_class = None
    lead = ""
    not_yet = ""

    def get(self, request):
        known = flow.facts(request, self.matter.following) or {}
        ref = request.GET.get("ref", "")[:32] or known.get("ref", "")
        mobile = known.get("mobile", "") if known.get("ref") == ref else ""
        return self.show(self.form_class(initial={"ref": ref, "mobile": mobile}))

    def post(self, request):
        form = self.form_class(request.POST)
        if not form.is_valid():
            return self.show(form)
        ref, mobile = form.cleaned_data["ref"], form.cleaned_data["mobile"]
        try:
            throttle.hit(f"{self.matter.prefix}_address", client_ip(request), *PER_ADDRESS)
            codes.send_code(mobile, self.matter.purpose, silently=self.matter.of_mobile(ref, mobile) is None)
        except Throttled as error:
            return too_often(request, form, self.template, self.context(), error, "mobile")
        flow.begin(request, self.matter.following, ref=ref, mobile=mobile)
        return redirect(self.matter.name("status_code"))

    def show(self, form):
        return render(self.request, self.template, self.context() | {"form": form})

    def context(self) -> dict:
        start_url = reverse(self.matter.name())
        return {"noun": self.matter.noun, "lead": self.lead, "not_yet": self.not_yet, "start_url": start_url}


class StatusCodePage(CodePage):
    """The code that opens what is followed."""

    @property
    def kept_as(self):
        return self.matter.following

    @property
    def begins_at(self):
        return self.matter.name("status")

    @property
    def here(self):
        return self.matter.name("status_code")

    def known(self):
        return self.matter.of_mobile(self.facts["ref"], self.facts["mobile"]) is not None

    def go_on(self):
        return redirect(self.matter.name("case"), self.facts["ref"])

    def context(self):
        return super().context() | {"giving": False, "ref": self.facts["ref"]}


class FollowingPage(MatterPage):
    """A page of one record, for who has proven to hold its mobile; everybody else is asked to."""

    def dispatch(self, request, *args, **kwargs):
        ref = kwargs["ref"]
        self.facts = flow.facts(request, self.matter.following) or {}
        if "proven" not in self.facts or self.facts["ref"] != ref:
            messages.info(request, f"请先验证手机号，再查看{self.matter.noun}。")
            return HttpResponseRedirect(self.matter.status_url(ref))
        self.record = self.matter.of_mobile(ref, self.facts["mobile"])
        if self.record is None:
            raise Http404
        flow.begin(request, self.matter.following, PROVEN_FOR, **self.facts)
        return super().dispatch(request, *args, **kwargs)

    @property
    def kept_as(self) -> str:
        return self.matter.following

    def back(self):
        return redirect(self.matter.name("case"), self.record.ref)

    def proven_anew(self):
        """Go back to the record with nothing kept but the proof."""
        follow(self.request, self.matter, self.record.ref, self.facts["mobile"])
        return self.back()

    def closed_to(self, what: str):
        """Say that the record's state does not allow it, and go back."""
        state = self.record.get_state_display()
        messages.info(self.request, f"{self.matter.noun}处于“{state}”状态，不能{what}。")
        return self.back()

    def show_case(self, step, *, steps, rows, reason: str, heading: str, withdraw_url: str = ""):
        """Show how the record stands, why, and what to do next."""
        one = self.record
        context = {
            "noun": self.matter.noun,
            "record": one,
            "step": step,
            "step_url": reverse(step.url_name, args=step.url_args) if step.url_name else "",
            "reason": reason,
            "steps": steps,
            "rows": rows,
            "rows_heading": heading,
            "receipt_url": self.matter.url("receipt", one.ref),
            "withdraw_url": withdraw_url,
            "end_url": self.matter.url("end"),
        }
        return render(self.request, "registration/by_receipt/case.html", context)


class EndPage(View):
    """Forget the proof, as on a computer that others use."""

    matter: Matter

    def post(self, request):
        flow.end(request, self.matter.following)
        messages.success(request, "已结束查询。再次查看需要重新验证手机号。")
        return redirect(self.matter.name("status"))


def follow(request, matter: Matter, ref: str, mobile: str) -> None:
    """Keep that the mobile of this receipt was proven."""
    flow.begin(request, matter.following, PROVEN_FOR, ref=ref, mobile=mobile, proven="yes")
