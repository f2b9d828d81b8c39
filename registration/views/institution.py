"""机构注册: by an invitation or without one, before the institution has an account (R-SVC-07, Q41)."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from registration.actions import institutions as actions
from registration.forms.institutions import InstitutionForm, InstitutionStart, InstitutionStatus, InvitationStart
from registration.models import InstitutionLink
from registration.queries import institutions as queries
from registration.queries.progress import office
from registration.views import proving
from swms.accounts.models import SmsCode, User
from swms.regions.queries import full_name
from swms.signin.forms import NewPassword
from swms.signin.privacy import PRIVACY_VERSION
from swms.signin.views.answers import too_often
from swms.throttle import Throttled
from swms.uploads.models import Purpose
from swms.workflow import Refused

MATTER = proving.Matter(
    name="institution",
    label="机构注册",
    purpose=SmsCode.Purpose.INSTITUTION,
    files=Purpose.EVIDENCE,
    of_mobile=queries.of_mobile,
    start_form=InstitutionStart,
    status_form=InstitutionStatus,
    status_lead="凭回执编号和联系人手机号查询，不需要账户。被退回的，也在这里修改后重新提交。",
    elsewhere=("还没有提交过，去注册", "registration:institution"),
    content="机构信息",
)


class LinkPage:
    """Mix into a page that a link opens; any other is answered by ``link_over``."""

    opens = ""

    def dispatch(self, request, *args, **kwargs):
        self.link = queries.link_of(kwargs["token"], self.opens)
        if self.link is None and request.method in ("GET", "HEAD", "POST"):
            return link_over(request)
        return super().dispatch(request, *args, **kwargs)


def link_over(request):
    """Say that a link opens nothing (any more): the same for unknown, used and expired ones."""
    return render(request, "registration/institution/link_over.html", status=410)


class InvitationPage(LinkPage, proving.StartPage):
    """What the link of an invitation opens; the token goes on to the form, and is used up when that is sent."""

    matter = MATTER
    template = "registration/institution/invitation.html"
    form_class = InvitationStart
    opens = InstitutionLink.Purpose.INVITATION

    def carried(self):
        return {"token": self.kwargs["token"]}

    def context(self):
        institution = self.link.institution
        rows = [
            {"label": "机构名称", "value": institution.name},
            {"label": "机构所在区域", "value": full_name(institution.region)},
            {"label": "审核部门", "value": office(institution.region)},
        ]
        return {"rows": rows, "expires_at": self.link.expires_at}


class FormPage(proving.WritingPage):
    """机构信息 (§3.6). For who has proven the contact's mobile."""

    matter = MATTER
    form_class = InstitutionForm
    submit_label = "提交注册"

    def get(self, request):
        link = queries.link_of(self.facts.get("token", ""), InstitutionLink.Purpose.INVITATION)
        known = {name: getattr(link.institution, name) for name in InstitutionForm.KNOWN} if link else {}
        return self.show(InstitutionForm(initial=known, kept=self.kept()))

    def post(self, request):
        form, mobile = self.read_form(), self.facts["mobile"]
        if form.errors:
            return self.show(form)
        try:
            one = actions.submit(
                form.answers,
                mobile=mobile,
                scan=self.files["certificate_scan"],
                consent_version=PRIVACY_VERSION,
                token=self.facts.get("token", ""),
            )
        except Throttled as error:
            return too_often(request, form, self.template, self.context(), error)
        except Refused as error:
            if error.extra.get("ref"):
                messages.info(request, "机构信息已经提交过，不用重复提交。")
                return self.done(error.extra["ref"])
            if error.code == "link_over":
                return link_over(request)
            form.add_error("uscc", error.message)
            return self.show(form)
        return self.done(one.ref)


class ReceiptPage(proving.ReceiptPage):
    """What the contact keeps; public, and so without a word about whom it concerns or how it stands."""

    matter = MATTER
    given_on = queries.given_on
    answer_by = queries.answer_by
    next = (
        "登记管理区域的民政部门核对机构信息和登记证书。",
        "审核通过后，设置密码的链接会发到联系人手机，机构账户随之开立。",
        "信息有误被退回的，凭回执编号和联系人手机号修改后重新提交。",
    )


@method_decorator([never_cache, sensitive_post_parameters("password", "again")], name="dispatch")
class PasswordPage(LinkPage, View):
    """What the link to set the password opens, once."""

    template = "registration/institution/password.html"
    opens = InstitutionLink.Purpose.PASSWORD

    def get(self, request, token):
        return self._show(NewPassword())

    def post(self, request, token):
        account = self.link.institution.account
        form = NewPassword(request.POST, owner=User(username=account.username, mobile=account.mobile))
        if not form.is_valid():
            return self._show(form)
        try:
            actions.set_password(token, form.cleaned_data["password"])
        except Refused:  # it was pressed twice
            return link_over(request)
        messages.success(request, "密码已设置。请用统一社会信用代码作为用户名登录，首次登录时设置第二步验证。")
        return redirect("signin:sign_in")

    def _show(self, form):
        institution = self.link.institution
        rows = [
            {"label": "机构名称", "value": institution.name},
            {"label": "用户名", "value": institution.account.username},
        ]
        context = {"form": form, "rows": rows, "heading": "设置机构账户的密码", "submit_label": "设置密码"}
        return render(self.request, self.template, context | {"cancel_url": reverse("signin:sign_in")})
