"""What the social worker's pages share."""

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.views import View
from django.views.decorators.cache import never_cache

from registration import queries
from registration.models import Application, Worker
from registration.queries.profile import CHANGES
from registration.views.corrections import unsent_banner
from registration.workflows import EDITABLE_STATES, ApplicationState
from swms.views import WorkerRequired
from swms.workflow import Refused

#: The field that a refusal speaks of, where it speaks of one.
FIELD_OF = {"already_current": "end_date", "evidence_missing": "files_added", "too_many": "files_added"}


@method_decorator(never_cache, name="dispatch")
class WorkerPage(WorkerRequired, View):
    """A page about the reader's own registration; ``self.worker`` is the reader."""

    @cached_property
    def worker(self) -> Worker:
        mine = Worker.objects.visible_to(self.request.user).select_related(
            "user", "region", "household_region", "address_region", "photo", "local_cert_file"
        )
        return get_object_or_404(mine, user=self.request.user)

    @cached_property
    def opening(self) -> queries.Opening:
        """What a refusal lets the reader edit in the round that mends it."""
        return queries.opening_of(self.worker)

    @cached_property
    def follows(self) -> Application | None:
        """The application that an edit belongs to: one in 待审核 changes at once (R-REG-12)."""
        open_ones = self.worker.applications.filter(state__in=EDITABLE_STATES).select_related("qualification")
        return open_ones.order_by(F("submitted_at").desc(nulls_last=True), "pk").first()

    @cached_property
    def unsent(self) -> dict | None:
        """The banner of a case that was opened and not sent."""
        return self.follows and unsent_banner(self.follows)

    def why_closed(self, what: str, part: str) -> str:
        """Say why something cannot be edited now; what moves by 变更 is linked there (R-CHG-01)."""
        if part in queries.moved_by_change(self.worker):
            words = '登记已完成，{}不能直接修改，请通过<a href="{}">变更</a>办理'
            return format_html(words, what, reverse(CHANGES))
        if self.opening.limited and part in queries.parts_of(self.worker):
            return f"{what}：{queries.UNNAMED}"
        return f"{what}现在不能修改"

    def saved(self, what: str) -> str:
        """Say that something was saved, and that this sends nothing."""
        waits = self.worker.applications.filter(state=ApplicationState.NOT_APPLIED).exists()
        return f"{what}已保存，申请尚未提交" if waits else f"{what}已保存"

    def application(self, ref: str) -> Application:
        """Return the reader's application of that reference; 404 for everybody else's."""
        mine = Application.objects.visible_to(self.request.user).select_related(
            "worker__user", "worker__region", "qualification", "region"
        )
        application = get_object_or_404(mine, ref=ref, worker=self.worker)
        application.worker = self.worker
        return application


class FormPage(WorkerPage):
    """A page with one form: what was typed stays, whatever is refused.

    Subclasses say ``form_class``, ``heading``, ``part`` (of ``queries.PARTS``), ``back`` (a URL name) and ``save``;
    ``answers`` says which fields write which answer of the form that is sent, where one name does not do for both.
    """

    template = "registration/form.html"
    form_class = None
    answers: dict[str, tuple[str, ...]] = {}
    part = ""
    heading = ""
    lead = ""
    back = "registration:profile"

    def get(self, request, **kwargs):
        if not self.is_open:
            messages.info(request, self.why_closed(self.heading, self.part))
            return redirect(self.back)
        return self.show(self.make_form())

    def post(self, request, **kwargs):
        form = self.make_form(request.POST, request.FILES)
        if not form.is_valid():
            form.choose_files_again()
            return self.show(form)
        try:
            self.save(form)
        except Refused as refused:
            return self.refused(form, refused)
        messages.success(request, self.done)
        return redirect(self.back)

    @property
    def is_open(self) -> bool:
        """Whether anything on this page may be edited now (R-REG-10…14)."""
        return self.part in queries.editable_parts(self.worker, self.opening)

    def make_form(self, *data):
        """Return the form, over the record as it is now."""
        return self.form_class(*data, instance=self.worker, locked=self.locked)

    @property
    def locked(self) -> list[str]:
        """The fields that nobody named in the refusal that is being mended."""
        if not self.opening.limited:
            return []
        unnamed = [names for key, names in self.answers.items() if not self.opening.answer(self.part, key)]
        return [name for names in unnamed for name in names]

    def save(self, form) -> None:
        """Hand the answers to an action; may raise ``Refused``."""
        raise NotImplementedError

    def refused(self, form, refused: Refused) -> HttpResponse:
        """Say why nothing was saved; where it was changed elsewhere, show both (R-REG-12)."""
        context = {}
        if refused.code == "stale":
            context["beside"] = form.beside
            form.offer_again()
        field = FIELD_OF.get(refused.code)
        form.add_error(field if field in form.fields else None, refused.message)
        if refused.code == "locked":
            messages.info(self.request, self.why_closed(self.heading, self.part))
        form.choose_files_again()
        return self.show(form, **context)

    def show(self, form, **context) -> HttpResponse:
        context |= {"form": form, "heading": self.heading, "lead": self.lead, "cancel_url": reverse(self.back)}
        context |= {"follows": self.follows, "unsent": self.unsent}
        return render(self.request, self.template, context | self.context(form))

    @property
    def done(self) -> str:
        """What to say once it is saved."""
        return self.saved(self.heading)

    def context(self, form) -> dict:
        """Return what the template of this page needs beyond that."""
        return {}
