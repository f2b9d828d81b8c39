"""The worker's own applications as JSON; the same rules as on the pages, refusals as 409 with a stable code."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from registration import actions, queries
from registration.models import Application, Worker
from registration.promise import PROMISE_VERSION
from registration.queries.clock import WORKING_DAYS, entries
from swms.workflow import Refused


class StepSerializer(serializers.Serializer):
    """One step of 进度."""

    label = serializers.CharField()
    state = serializers.CharField()
    office = serializers.CharField()
    date = serializers.DateField(allow_null=True)
    expected = serializers.DateField(allow_null=True)


class NamedSerializer(serializers.Serializer):
    """One thing that a refusal named, and whether it has been mended since (R-REG-14)."""

    section = serializers.CharField(source="item.section")
    label = serializers.CharField()
    reason = serializers.CharField()
    remark = serializers.CharField()
    mended = serializers.BooleanField()


class ApplicationSerializer(serializers.ModelSerializer):
    """An application as its worker sees it. ``moves`` are what may be posted now."""

    state_label = serializers.CharField(source="get_state_display", read_only=True)
    management_number = serializers.CharField(source="qualification.mgmt_no", read_only=True)
    moves = serializers.SerializerMethodField()

    class Meta:
        model = Application
        fields = [
            "ref",
            "kind",
            "term_end",
            "state",
            "state_label",
            "management_number",
            "region",
            "round",
            "form_version",
            "first_registered_on",
            "submitted_at",
            "due_on",
            "moves",
        ]

    def get_moves(self, application) -> list[str]:
        return [move.name for move in application.moves_for(self.context["request"].user)]


class ApplicationDetailSerializer(ApplicationSerializer):
    """With 进度, and what the refusal for 补正 named that stands or is being mended: nothing else may be edited."""

    progress = serializers.SerializerMethodField()
    named = serializers.SerializerMethodField()

    class Meta(ApplicationSerializer.Meta):
        fields = [*ApplicationSerializer.Meta.fields, "progress", "named"]

    @extend_schema_field(NamedSerializer(many=True))
    def get_named(self, application):
        return NamedSerializer(queries.named_now(application), many=True).data

    @extend_schema_field(StepSerializer(many=True))
    def get_progress(self, application):
        return StepSerializer(queries.progress(application), many=True).data


class MoveSerializer(serializers.Serializer):
    """What ``apply`` needs: the version of 承诺声明 that was agreed to and, in the make-up channel, why it is late."""

    promise_version = serializers.CharField(required=False, default="", allow_blank=True, max_length=16)
    late_reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class WorkersOwn(APIView):
    """Applications of the person who asks; everybody else's are 404."""

    def mine(self):
        rows = Application.objects.visible_to(self.request.user).filter(worker__user=self.request.user)
        return rows.select_related("worker__user", "worker__region", "qualification", "region").order_by("pk")

    def answer(self, application: Application) -> Response:
        return Response(ApplicationDetailSerializer(application, context={"request": self.request}).data)


class ApplicationList(WorkersOwn):
    """GET /registration/api/applications/"""

    @extend_schema(responses=ApplicationSerializer(many=True))
    def get(self, request):
        return Response(ApplicationSerializer(self.mine(), many=True, context={"request": request}).data)


class ApplicationDetail(WorkersOwn):
    """GET /registration/api/applications/<ref>/"""

    @extend_schema(responses=ApplicationDetailSerializer)
    def get(self, request, ref):
        return self.answer(get_object_or_404(self.mine(), ref=ref))


class ApplicationMove(WorkersOwn):
    """POST /registration/api/applications/<ref>/<move>/, for the moves that ``moves`` lists."""

    @extend_schema(request=MoveSerializer, responses=ApplicationDetailSerializer)
    def post(self, request, ref, move):
        application = get_object_or_404(self.mine(), ref=ref)
        asked = MoveSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        match move:
            case "apply":
                promise, late_reason = asked.validated_data["promise_version"], asked.validated_data["late_reason"]
                actions.apply(
                    application, by=request.user, promise_version=current_promise(promise), late_reason=late_reason
                )
            case "withdraw":
                actions.withdraw(application, by=request.user)
            case "reopen":
                actions.reopen(application, by=request.user)
            case _:
                raise Http404
        return self.answer(application)


class ClockCertificateSerializer(serializers.Serializer):
    """The certificate that a date is about."""

    management_number = serializers.CharField(source="mgmt_no")
    level = serializers.IntegerField()
    level_label = serializers.CharField(source="get_level_display")


class ClockRuleSerializer(serializers.Serializer):
    """The rule that a date comes from; ``id`` is stable, the words are for people."""

    id = serializers.CharField()
    words = serializers.CharField()


class ClockActionSerializer(serializers.Serializer):
    """What can be done now: ``move`` is stable, ``url`` the page where it is done."""

    move = serializers.CharField()
    label = serializers.CharField()
    url = serializers.CharField()


class ClockLinkSerializer(serializers.Serializer):
    """A page to look at."""

    label = serializers.CharField()
    url = serializers.CharField()


class ClockBalanceSerializer(serializers.Serializer):
    """How far a condition is met, in ``unit``."""

    needed = serializers.DecimalField(max_digits=8, decimal_places=1)
    obtained = serializers.DecimalField(max_digits=8, decimal_places=1)
    pending = serializers.DecimalField(max_digits=8, decimal_places=1)
    short = serializers.DecimalField(max_digits=8, decimal_places=1)
    unit = serializers.CharField()


class ClockEntrySerializer(serializers.Serializer):
    """One date of 登记时钟. ``left`` counts days or working days, negative once it is past.

    Where ``action`` is null, ``why_not`` says in words why nothing can be done now.
    """

    uid = serializers.CharField()
    name = serializers.CharField()
    certificate = ClockCertificateSerializer(source="qualification")
    label = serializers.CharField()
    text = serializers.CharField()
    rule = ClockRuleSerializer()
    opens = serializers.DateField(allow_null=True)
    last_day = serializers.DateField(allow_null=True)
    left = serializers.IntegerField(allow_null=True)
    unit = serializers.SerializerMethodField()
    action = ClockActionSerializer(allow_null=True)
    why_not = serializers.CharField(allow_blank=True)
    link = ClockLinkSerializer(allow_null=True)
    balance = ClockBalanceSerializer(allow_null=True)
    unsent = serializers.BooleanField()

    @extend_schema_field(serializers.ChoiceField(choices=["days", "working_days"]))
    def get_unit(self, entry) -> str:
        return "working_days" if entry.unit == WORKING_DAYS else "days"


class Clock(APIView):
    """GET /registration/api/clock/: every personal date of the person who asks, as the page shows it."""

    @extend_schema(responses=ClockEntrySerializer(many=True))
    def get(self, request):
        worker = Worker.objects.visible_to(request.user).select_related("user", "region").filter(user=request.user)
        found = [entry for each in worker for entry in entries(each)]
        answer = Response(ClockEntrySerializer(found, many=True).data)
        answer["Cache-Control"] = "no-store"
        return answer


def current_promise(version: str) -> str:
    """Return the version agreed to; raises ``Refused("changed")`` if the text is another one by now."""
    if version and version != PROMISE_VERSION:
        raise Refused("changed", "承诺声明已更新，请重新阅读", promise_version=PROMISE_VERSION)
    return version
