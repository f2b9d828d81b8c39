"""申诉: a new password for who lost the bound mobile (R-APL-01…03); linked from the recovery only (R-APL-06)."""

from django.contrib import messages

from registration.actions import appeals as actions
from registration.forms.appeal import AppealForm, AppealStart, AppealStatus
from registration.queries import appeals as queries
from registration.views import proving
from swms.accounts.models import SmsCode
from swms.signin.privacy import PRIVACY_VERSION
from swms.signin.views.answers import too_often
from swms.throttle import Throttled
from swms.uploads.models import Purpose
from swms.workflow import Refused

MATTER = proving.Matter(
    name="appeal",
    label="申诉",
    purpose=SmsCode.Purpose.APPEAL,
    files=Purpose.ID_CARD,
    of_mobile=queries.of_mobile,
    start_form=AppealStart,
    status_form=AppealStatus,
    status_lead="凭回执编号和提交时填写的新手机号查询。也可以在这里补充材料、重新获取设置密码的链接。",
    elsewhere=("还没有申诉过，去找回密码", "signin:recover"),
)


class FormPage(proving.WritingPage):
    """Step 2: who it is, with both sides of the identity card. For who has proven the new mobile."""

    matter = MATTER
    form_class = AppealForm

    def get(self, request):
        return self.show(AppealForm(kept=self.kept()))

    def post(self, request):
        form, mobile = self.read_form(), self.facts["mobile"]
        if form.errors:
            return self.show(form)
        try:
            one = actions.submit(form.answers, mobile=mobile, images=self.files, consent_version=PRIVACY_VERSION)
        except Throttled as error:
            return too_often(request, form, self.template, self.context(), error)
        except Refused as error:
            if not error.extra.get("ref"):
                form.add_error("id_number", error.message)
                return self.show(form)
            messages.info(request, "这件申诉已经提交过，不用重复提交。")
            return self.done(error.extra["ref"])
        return self.done(one.ref)


class ReceiptPage(proving.ReceiptPage):
    """What a person keeps; public, and so without a word about whom it concerns or how it stands (R-APL-03)."""

    matter = MATTER
    given_on = queries.given_on
    answer_by = queries.answer_by
    next = (
        "工作人员核对您填写的信息和身份证图片。",
        "审核结果用短信发送到新手机号。",
        "审核通过的，短信中有设置新密码的链接，30分钟内有效；过期的，24小时内可以凭回执编号重新获取。",
    )
