"""The form of somebody who has proven a mobile; its uploads outlive mistakes elsewhere in it."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from registration.actions import kept
from registration.queries.kept import kept_file
from registration.views.proving.following import FollowingPage
from registration.views.proving.matter import Matter
from registration.views.proving.proof import PROVEN_FOR
from swms.forms import Form
from swms.idnumbers import mask_mobile
from swms.signin import flow
from swms.throttle import Throttled
from swms.uploads.examine import Examined
from swms.uploads.models import StoredFile
from swms.uploads.refusal import UploadRefused


class Writing:
    """Mix into a page with the form: keeps the uploads over mistakes elsewhere in it."""

    matter: Matter
    form_class: type[Form]

    @property
    def key(self) -> str:
        return self.matter.writing

    def former(self, name: str) -> StoredFile | None:
        """Return the file of an earlier round in the field of this name."""
        return None

    def kept(self) -> dict[str, StoredFile | None]:
        """Return what was uploaded for the form, by field."""
        return {name: self._uploaded(name) or self.former(name) for name in self.form_class().file_names}

    def read_form(self, **kwargs) -> Form:
        """Return the posted form, judged; good files are kept at once and are in ``files`` by field."""
        request = self.request
        form = self.form_class(request.POST, request.FILES, kept=self.kept(), **kwargs)
        form.is_valid()
        self.files = {name: stored for name in form.file_names if (stored := self._keep(form, name))}
        flow.begin(request, self.key, PROVEN_FOR, **self.facts)
        return form

    def _keep(self, form: Form, name: str) -> StoredFile | None:
        stored, examined = self._uploaded(name), form.cleaned_data.get(name)
        if isinstance(examined, Examined):
            try:
                stored = kept.keep(examined, purpose=self.matter.files, mobile=self.facts["mobile"], instead_of=stored)
            except (Throttled, UploadRefused) as error:
                form.add_error(name, str(error))
            else:
                form.keep(name, stored)
                self.facts[name] = str(stored.uid)
        return stored

    def _uploaded(self, name: str) -> StoredFile | None:
        return kept_file(self.facts.get(name, ""), self.matter.files)

    def begin_following(self, ref: str) -> None:
        """Who has just made or completed it may look at it without another code."""
        facts = {"ref": ref, "mobile": self.facts["mobile"], "proven": "yes"}
        flow.begin(self.request, self.matter.following, PROVEN_FOR, **facts)


@method_decorator(never_cache, name="dispatch")
class WritingPage(Writing, View):
    """Step 2: the form. For who has proven the mobile."""

    template = "registration/proof/form.html"

    def dispatch(self, request, *args, **kwargs):
        self.facts = flow.facts(request, self.key)
        if self.facts is None or "proven" not in self.facts:
            messages.info(request, "请先验证手机号。如果刚才已经提交，回执编号已用短信发给您。")
            return redirect(self.matter.url(""))
        return super().dispatch(request, *args, **kwargs)

    def done(self, ref: str):
        """Show the receipt."""
        flow.end(self.request, self.key)
        self.begin_following(ref)
        return redirect(self.matter.url("receipt", ref))

    def show(self, form):
        return render(self.request, self.template, self.context() | {"form": form})

    def context(self) -> dict:
        written = self.matter.written
        return {
            "heading": f"填写{written}",
            "mobile": mask_mobile(self.facts["mobile"]),
            "status": f"{written}尚未提交。填写完整并按“{self.submit_label}”后才算提交。",
            "submit_label": self.submit_label,
        }

    @property
    def submit_label(self) -> str:
        return f"提交{self.matter.label}"


class CompletingPage(Writing, FollowingPage):
    """Complete what was returned."""

    template = "registration/proof/form.html"
    heading = ""
    names: tuple[str, ...] = ()

    @property
    def key(self):
        return self.matter.following

    def former(self, name):
        file = getattr(self.record, name, None)
        return file if file and not file.purged_at else None

    def show(self, form):
        context = {
            "heading": self.heading,
            "form": form,
            "mobile": mask_mobile(self.facts["mobile"]),
            "reason": self.record.decided_reason,
            "status": "修改尚未提交。按“重新提交”后才算提交。",
            "submit_label": "重新提交",
            "cancel_url": self.matter.url("case", self.record.ref),
        }
        return render(self.request, self.template, context)

    def initial(self) -> dict:
        return {name: getattr(self.record, name) for name in self.names}

    def sent(self):
        """Say that it was sent again, and look at it."""
        self.begin_following(self.record.ref)
        messages.success(self.request, f"修改后的{self.matter.written}已重新提交，请等待审核。")
        return self.back()
