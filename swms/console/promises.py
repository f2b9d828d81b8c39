"""Whether the system keeps its promises: for the system administrator."""

from django.contrib import admin
from django.views.decorators.http import require_http_methods

from swms.console.screens import Screen
from swms.heartbeats import Heartbeat
from swms.invariants import judge
from swms.regions.models import Duty


@admin.register(Heartbeat)
class PromisesScreen(Screen):
    """The promises of the system, judged on demand."""

    label = "运行检查"
    duties = (Duty.SYSTEM,)
    key = "name"

    def records(self, user):
        return Heartbeat.objects.order_by("name")

    def list_page(self, request):
        """When the jobs last gave a sign of life (GET); every promise judged now (POST, as it reads everything)."""
        return require_http_methods(["GET", "HEAD", "POST"])(self._promises)(request)

    def _promises(self, request):
        context = {
            "heading": self.label,
            "beats": self.records(request.user),
            "verdicts": judge() if request.method == "POST" else None,
        }
        return self.show(request, "console/promises.html", context)
