"""The worker's first page: the one thing to do next, and where everything stands."""

from django.db.models import prefetch_related_objects
from django.shortcuts import render
from django.urls import reverse

from registration import queries
from registration.models import Registration
from registration.queries.dates import personal_dates
from registration.queries.sampling import next_step, open_inspections
from registration.queries.transfers import open_change
from registration.views.corrections import unsent_banner
from registration.views.page import WorkerPage
from registration.workflows import RegistrationState
from swms.bulletins.queries import for_place
from swms.dates import today, working_days_left
from swms.notices.models import Notice

NOTICES = 3
IN_FORCE = (RegistrationState.VALID, RegistrationState.IN_REREG)


class Dashboard(WorkerPage):
    """我的登记."""

    def get(self, request):
        worker = self.worker
        applications = queries.latest_applications(worker)
        prefetch_related_objects(applications, "decisions")  # of the one the page is about, and of what is to be mended
        step = queries.next_step(worker, applications)
        registrations = list(
            Registration.objects.visible_to(request.user)
            .filter(worker=worker)
            .select_related("qualification")
            .order_by("-qualification__level")
        )
        in_force = [each for each in registrations if each.standing in IN_FORCE]
        by_qualification = {each.qualification_id: each for each in registrations}
        context = {
            "step": step,
            "unsent": _unsent(applications, step.application),
            "step_url": reverse(step.url_name, args=step.url_args) if step.url_name else None,
            "dates": personal_dates(step.application, in_force),
            "certificates": [
                {
                    "application": each,
                    "qualification": each.qualification,
                    "registration": by_qualification.get(each.qualification_id),
                }
                for each in applications
            ],
            "change": open_change(worker),
            "inspections": [_inspection(each) for each in open_inspections(worker)],
            "bulletins": for_place(worker.region),
            "notices": Notice.objects.filter(recipient=request.user)[:NOTICES],
        }
        return render(request, "registration/dashboard.html", context)


def _inspection(case) -> dict:
    """Return an open inspection as the page shows it; only what is asked of the person has a deadline here."""
    step = next_step(case)
    asked = bool(step.action_label)
    return {
        "case": case,
        "title": step.title,
        "due": case.due_on if asked else None,
        "left": working_days_left(today(), case.due_on) if asked else None,
    }


def _unsent(applications: list, foremost) -> list[dict]:
    """Return the banners of what was opened and not sent, the one that the page is about first."""
    ordered = sorted(applications, key=lambda each: each != foremost)
    return [banner for each in ordered if (banner := unsent_banner(each))]
