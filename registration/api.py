"""The worker's own applications as JSON; the same rules as on the pages, refusals as 409 with a stable code."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from registration import actions, queries
from registration.models import Application
from registration.promise import PROMISE_VERSION
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


def current_promise(version: str) -> str:
    """Return the version agreed to; raises ``Refused("changed")`` if the text is another one by now."""
    if version and version != PROMISE_VERSION:
        raise Refused("changed", "承诺声明已更新，请重新阅读", promise_version=PROMISE_VERSION)
    return version
