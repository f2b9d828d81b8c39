"""Where the reviewers of applications look, and how they press a button there."""

from django.urls import reverse

LIST = reverse("admin:registration_application_changelist")


def page_of(application):
    return reverse("admin:registration_application_change", args=[application.ref])


def press(client, application, move, **said):
    return client.post(page_of(application), {"move": move, "version": application.form_version} | said)
