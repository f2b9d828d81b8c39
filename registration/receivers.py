"""What follows a move of the hub's records."""

from django.dispatch import receiver

from registration import actions, tasks
from registration.models import (
    Application,
    Feedback,
    Institution,
    InstitutionLink,
    Registration,
    RosterConflict,
    RosterImport,
    RosterMerge,
    Transfer,
    Worker,
)
from registration.roster import staged, take
from swms.crypto import index_candidates
from swms.jobs import enqueue
from swms.signin.actions import mobile_changed
from swms.workflow import transitioned


@receiver(transitioned, sender=Application)
def complete_after_final_approval(instance, step, **kwargs):
    """F8 follows F6 at once; the sweep finds it if the message is lost."""
    if step.transition.name == "pass_final":
        enqueue(tasks.complete, instance.pk)


@receiver(transitioned, sender=Registration)
def close_renewals_of_ended_records(instance, step, **kwargs):
    """What renews a record that is gone has lost its object; the sweep finds it if the message is lost."""
    if step.transition.name in ("revoke", "cancel", "supersede"):
        enqueue(tasks.void_renewals, instance.pk)


@receiver(transitioned, sender=Feedback)
def attach_after_approval(instance, step, **kwargs):
    """Somebody who has an account already finds the new certificate in it (R-ACC-03)."""
    if step.transition.name in ("approve", "arrive"):
        identity = index_candidates("identity", instance.id_number)
        for worker in Worker.objects.filter(user__id_index__in=identity):
            actions.attach_qualifications(worker)


@receiver(transitioned, sender=Registration)
def end_changes_of_the_unregistered(instance, step, **kwargs):
    """Whoever is not registered any more has nothing to move (§2.5)."""
    if step.transition.name in ("revoke", "cancel"):
        actions.transfers.registration_ended(instance)


@receiver(transitioned, sender=Registration)
def stop_inspections_of_ended_records(instance, step, **kwargs):
    """There is nothing left to inspect (decision 0029)."""
    if step.transition.name in ("revoke", "cancel"):
        actions.sampling.registration_ended(instance)


@receiver(transitioned, sender=Institution)
def end_changes_to_a_closed_institution(instance, step, **kwargs):
    """Nobody moves to an institution that has left (R-CHG-07)."""
    actions.transfers.institution_left(instance)


@receiver(transitioned, sender=Transfer)
def tell_both_institutions(instance, step, **kwargs):
    """They are informed of what was sent and how it ended (R-CHG-11, Q29)."""
    actions.transfers.tell_institutions(instance, step)


@receiver(transitioned, sender=Institution)
def follow_the_institution(instance, step, **kwargs):
    """What an institution's contact is sent, and what its staff are told, belongs to the move itself (§2.8, §2.9)."""
    match step.transition.name:
        case "begin" | "invite" if step.actor is not None:
            actions.institutions.send_link(instance, InstitutionLink.Purpose.INVITATION)
        case "approve":
            actions.institutions.welcome(instance, by=step.actor)
        case "send_password_link":
            actions.institutions.send_link(instance, InstitutionLink.Purpose.PASSWORD)
        case "deregister":
            actions.institutions.tell_staff_of_the_end(instance)


@receiver(transitioned)
def close_escalations(sender, instance, step, **kwargs):
    """Whoever moves a case that was raised to an office above has answered it (R-REG-16, R-CHG-10)."""
    if actions.escalations.runs_out(sender, step.transition.source):
        actions.escalations.close(instance, step.transition.source)


@receiver(mobile_changed)
def follow_the_mobile(user, by, **kwargs):
    """The mobile is part of the personal information: a form under review gets a new version (R-REG-12)."""
    worker = Worker.objects.filter(user=user).first()
    if worker:
        actions.profile_changed(worker, by=by, part="contact")


@receiver(transitioned, sender=RosterConflict)
def apply_what_was_taken(instance, step, **kwargs):
    """A row that is taken is in the roster in the same moment, or the decision is refused (§2.16)."""
    if step.transition.name == "take":
        take(instance, by=step.actor)


@receiver(transitioned, sender=RosterMerge)
def merge_the_people(instance, step, **kwargs):
    """Two people become one by the confirmation itself, or it is refused (§2.16)."""
    if step.transition.name == "approve":
        actions.merging.carry_out(instance, by=step.actor)


@receiver(staged, sender=RosterImport)
def carry_out_import(instance, **kwargs):
    """An upload of the console is read by a worker, not by the request."""
    enqueue(tasks.import_roster, instance.pk)
