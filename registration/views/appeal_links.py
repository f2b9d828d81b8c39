"""What the links in short messages open: a new password, and the objection of the old mobile (R-APL-04).

Opening a link changes nothing: programs that look at messages open links too. What acts is the button.
"""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from registration.actions import appeals as actions
from registration.queries import appeals as queries
from registration.workflows import AppealState
from registration.workflows.appeal import link_is_open, may_be_objected
from swms.signin.forms import NewPassword
from swms.workflow import Refused

GONE = 410


def _key(request) -> str:
    given = request.POST if request.method == "POST" else request.GET
    return given.get("key", "")[:100]


@method_decorator([never_cache, sensitive_post_parameters("key", "password", "again")], name="dispatch")
class ResetPage(View):
    """Set the new password. Public: whoever holds the new mobile has the link."""

    def get(self, request):
        appeal = queries.of_link(_key(request))
        if appeal is None or not link_is_open(appeal):
            return self._dead()
        return self._show(NewPassword(owner=appeal.account))

    def post(self, request):
        appeal = queries.of_link(_key(request))
        if appeal is None or not link_is_open(appeal):
            return self._dead()
        form = NewPassword(request.POST, owner=appeal.account)
        if not form.is_valid():
            return self._show(form)
        try:
            actions.reset_password(_key(request), form.cleaned_data["password"])
        except Refused:  # used, sent anew or objected to at this very moment
            return self._dead()
        messages.success(request, "新密码已设置，其他设备上的登录已经退出。请用新手机号或身份证号登录。")
        return redirect("signin:sign_in")

    def _show(self, form):
        return render(self.request, "registration/appeal/reset.html", {"form": form, "key": _key(self.request)})

    def _dead(self):
        return render(self.request, "registration/appeal/dead_link.html", status=GONE)


@method_decorator([never_cache, sensitive_post_parameters("key")], name="dispatch")
class ObjectionPage(View):
    """Object to the binding of another mobile. Public: whoever holds the old mobile has the link."""

    def get(self, request):
        appeal = queries.of_objection(_key(request))
        if appeal and appeal.state == AppealState.BLOCKED:
            return self._blocked(appeal)
        if appeal is None or appeal.state != AppealState.APPROVED or not may_be_objected(appeal):
            return self._late()
        context = {"key": _key(request), "account": appeal.account}
        return render(request, "registration/appeal/objection.html", context)

    def post(self, request):
        try:
            appeal = actions.object_to(_key(request))
        except Refused:
            appeal = queries.of_objection(_key(request))
            if appeal is None or appeal.state != AppealState.BLOCKED:
                return self._late()
        return self._blocked(appeal)  # pressing twice is no error

    def _blocked(self, appeal):
        return render(self.request, "registration/appeal/blocked.html", {"released": appeal.released_at is not None})

    def _late(self):
        return render(self.request, "registration/appeal/dead_objection.html", status=GONE)
