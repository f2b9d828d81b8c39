"""What every endpoint shares: refusals as 409 with a stable ``code``."""

from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from swms.throttle import Throttled
from swms.workflow import Refused


def exception_handler(exception, context):
    """Answer ``{"code", "message", …}``; codes are stable, messages are for people."""
    if isinstance(exception, Refused):
        body = {"code": exception.code, "message": exception.message, **exception.extra}
        return Response(body, status=status.HTTP_409_CONFLICT)
    if isinstance(exception, Throttled):
        response = Response({"code": "throttled", "message": str(exception)}, status=status.HTTP_429_TOO_MANY_REQUESTS)
        response["Retry-After"] = str(exception.retry_after)
        return response
    response = drf_handler(exception, context)
    if response is not None and isinstance(response.data, dict) and "detail" in response.data:
        detail = response.data["detail"]
        response.data = {"code": getattr(detail, "code", "error"), "message": str(detail)}
    elif response is not None:
        response.data = {"code": "invalid", "message": "请检查填写的内容", "fields": response.data}
    return response
