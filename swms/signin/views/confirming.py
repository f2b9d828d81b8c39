"""The password asked once more inside a session."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render

from swms import throttle
from swms.signin.views.answers import too_often

LIMIT = (5, timedelta(minutes=30))


def confirm_password(request, form, template: str, context: dict) -> HttpResponse | None:
    """Check the form and its field `present`; return the page to show instead of going on, or None.

    An open screen or a stolen session must not become a place to guess the password, so tries are limited.
    """
    if not form.is_valid():
        return render(request, template, context | {"form": form})
    try:
        throttle.hit("present_password", str(request.user.pk), *LIMIT)
    except throttle.Throttled as error:
        return too_often(request, form, template, context, error, "present")
    if not request.user.check_password(form.cleaned_data["present"]):
        form.add_error("present", "密码不正确")
        return render(request, template, context | {"form": form})
    throttle.clear("present_password", str(request.user.pk))
    return None
