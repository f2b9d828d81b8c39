"""What follows a move: a certificate after registration, a copy after the request, an end after revocation."""

from django.dispatch import receiver

from certificates import actions, tasks
from certificates.models import Annotation, Certificate, PaperBatch, Replacement
from certificates.queries import is_busy
from registration.models import Application, Qualification, Registration
from swms.jobs import enqueue
from swms.workflow import transitioned


@receiver(transitioned, sender=Application)
def registration_is_complete(instance, step, **kwargs):
    if step.transition.name == "complete":
        enqueue(tasks.issue, instance.pk)


@receiver(transitioned, sender=Replacement)
def replacement_is_approved(instance, step, **kwargs):
    if step.transition.name in ("approve", "pass_final"):
        enqueue(tasks.replace, instance.pk)


@receiver(transitioned, sender=Annotation)
def annotation_is_asked_for(instance, step, **kwargs):
    # With many in hand the sweep's drains take them in turn, fifty at a time.
    if step.transition.name == "begin" and instance.turn_at <= instance.submitted_at and not is_busy():
        enqueue(tasks.annotate, [instance.pk])


@receiver(transitioned, sender=PaperBatch)
def collection_goes_on(instance, step, **kwargs):
    if step.transition.name == "reopen":
        enqueue(tasks.move_paper_on)


@receiver(transitioned, sender=Qualification)
def certificate_is_no_longer_valid(instance, step, **kwargs):
    if step.transition.name in ("revoke", "cancel"):
        actions.revoke_annotations(instance)
        registration = Registration.objects.filter(qualification=instance).first()
        if registration:
            enqueue(tasks.close_replacements, registration.pk)


@receiver(transitioned, sender=Registration)
def registration_has_ended(instance, step, **kwargs):
    if step.transition.name == "revoke":  # R-REG-24
        actions.revoke_annotations(instance.qualification)
    if step.transition.name in ("revoke", "cancel", "supersede", "expire", "run_out"):
        enqueue(tasks.close_replacements, instance.pk)


@receiver(transitioned, sender=Certificate)
@receiver(transitioned, sender=Annotation)
def document_is_issued_or_withdrawn(instance, step, **kwargs):
    """Into 签发日志, in the transaction of the move (docs/decisions/0031)."""
    if step.transition.name in ("issue", "generate"):
        actions.log_issued(instance)
    elif step.transition.name in ("supersede", "end", "revoke") and instance.sha256:
        actions.log_withdrawn(instance, step.transition.label)


@receiver(transitioned, sender=Qualification)
@receiver(transitioned, sender=Registration)
def record_is_withdrawn(instance, step, **kwargs):
    if step.transition.name in ("revoke", "cancel", "supersede"):
        actions.log_withdrawn(instance, step.transition.label)
