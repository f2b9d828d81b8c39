"""Verification for programs; the QR link ``/v/<token>`` answers in JSON as well."""

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from certificates.actions import look_up
from certificates.forms import NumberQuery
from certificates.models import VerificationCount
from swms.middleware import client_ip

Way = VerificationCount.Way


class VerifyNumber(APIView):
    """Verify a certificate by its number and the holder's name (R-VER-01); no account, within limits."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        request=inline_serializer(
            "VerifyQuery",
            {"number": serializers.CharField(max_length=40), "name": serializers.CharField(max_length=50)},
        ),
        responses=inline_serializer(
            "Verification",
            {
                "code": serializers.CharField(),
                "valid": serializers.BooleanField(),
                "title": serializers.CharField(),
                "message": serializers.CharField(),
                "as_of": serializers.DateTimeField(),
                "subject": serializers.CharField(),
                "facts": serializers.ListField(child=serializers.DictField()),
                "log_number": serializers.IntegerField(allow_null=True),
            },
        ),
    )
    def post(self, request):
        """Answer as of now; unknown number and wrong name are one and the same answer, ``not_found``."""
        query = NumberQuery(request.data if isinstance(request.data, dict) else {})
        if not query.is_valid():
            body = {"code": "invalid", "message": "请检查填写的内容", "fields": query.errors.get_json_data()}
            return Response(body, status=400)
        number, name = query.cleaned_data["number"], query.cleaned_data["name"]
        found = look_up(number, name, ip=client_ip(request), way=Way.API)
        return Response(found.as_json(), headers={"Cache-Control": "no-store"})
