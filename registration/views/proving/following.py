"""Following a record by its receipt number and its mobile."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from registration.views.proving.matter import Matter
from registration.views.proving.proof import PROVEN_FOR
from swms.signin import flow


@method_decorator(never_cache, name="dispatch")
class ReceiptPage(View):
    """What a person keeps; public, and so without a word about whom it concerns or how it stands."""

    matter: Matter
    #: When a record of this receipt number was made, and by when it is answered.
    given_on: Callable
    answer_by: Callable
    next: list[str]

    def get(self, request, ref):
        given_at = type(self).given_on(ref)
        if given_at is None:
            raise Http404
        context = {
            "label": self.matter.label,
            "ref": ref,
            "given_at": given_at,
            "by": type(self).answer_by(given_at),
            "next": self.next,
            "status_url": self.matter.url("case", ref),  # asks for the mobile where needed
        }
        return render(request, "registration/proof/receipt.html", context)


@method_decorator(never_cache, name="dispatch")
class FollowingPage(View):
    """A page of one record, for who has proven to hold its mobile; everybody else is asked to."""

    matter: Matter

    def dispatch(self, request, *args, **kwargs):
        ref = kwargs["ref"]
        self.facts = flow.facts(request, self.matter.following) or {}
        if "proven" not in self.facts or self.facts["ref"] != ref:
            messages.info(request, f"请先验证手机号，再查看{self.matter.label}。")
            return HttpResponseRedirect(self.matter.status_url(ref))
        self.record = self.matter.of_mobile(ref, self.facts["mobile"])
        if self.record is None:
            raise Http404
        flow.begin(request, self.matter.following, PROVEN_FOR, **self.facts)
        return super().dispatch(request, *args, **kwargs)

    def back(self):
        return redirect(self.matter.url("case", self.record.ref))

    def closed_to(self, what: str):
        """Say that the record's state does not allow it, and go back."""
        messages.info(self.request, f"{self.matter.label}处于“{self.record.get_state_display()}”状态，不能{what}。")
        return self.back()


class CasePage(FollowingPage):
    """How the record stands, why, and what to do next."""

    def get(self, request, ref):
        one, step = self.record, self.next_step()
        context = {
            "label": self.matter.label,
            "ref": one.ref,
            "state_label": one.get_state_display(),
            "step": step,
            "step_url": reverse(step.url_name, args=step.url_args) if step.url_name else "",
            "reason": self.reason(),
            "steps": self.steps(),
            "rows": self.rows(),
            "rows_heading": self.matter.content or f"{self.matter.label}内容",
            "links": [{"label": "查看回执", "url": self.matter.url("receipt", ref)}, *self.links()],
            "end_url": self.matter.url("end"),
        }
        return render(request, "registration/proof/case.html", context)

    def next_step(self):
        """Return the one thing to do next, as ``ui/next.html`` takes it."""
        raise NotImplementedError

    def steps(self) -> list:
        raise NotImplementedError

    def rows(self) -> list[dict]:
        raise NotImplementedError

    def reason(self) -> str:
        """Return the reason of the last decision, where it matters."""
        return ""

    def links(self) -> list[dict]:
        """Return what else can be done, ``{"label", "url"}`` each."""
        return []
