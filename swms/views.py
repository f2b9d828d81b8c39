"""The pages that belong to no app, and what every page shares."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.generic import TemplateView

from swms.bulletins import queries as bulletins


class Home(TemplateView):
    """The front page: three doors, a verification field that works right there, and the newest bulletins."""

    template_name = "home.html"

    def get_context_data(self, **kwargs):
        """Add 通知公告, as the template asks for them."""
        notices = [
            {"title": each.title, "url": each.get_absolute_url(), "date": each.publish_at}
            for each in bulletins.for_front_page()
        ]
        return super().get_context_data(**kwargs) | {"notices": notices, "notices_url": reverse("bulletins:board")}


class WorkerRequired(LoginRequiredMixin):
    """A page of the signed-in social worker; anybody else who is signed in gets 404."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not request.user.is_worker:
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class InstitutionRequired(LoginRequiredMixin):
    """A page of the signed-in institution; anybody else who is signed in gets 404."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not request.user.is_institution:
            raise Http404
        return super().dispatch(request, *args, **kwargs)


def csrf_failure(request, reason=""):
    """Say what to do when a page was left open too long; what was typed is one 'back' away."""
    return render(request, "errors/csrf.html", status=403)
