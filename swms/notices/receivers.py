"""What people hear of a move: one text file per move says it (``templates/notices/``).

``templates/notices/<app>.<model>.<move>.txt`` begins with ``标题：…`` and, when it also goes out by
SMS and e-mail, ``渠道：短信``; after an empty line comes the body. Adding an announcement means
adding a file.
"""

from dataclasses import dataclass

from django.conf import settings
from django.dispatch import receiver
from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template

from swms.notices.send import notify, sms
from swms.workflow import transitioned


@dataclass(frozen=True)
class Announcement:
    """A rendered notice text."""

    title: str
    body: str
    sms: bool  # it also goes out, by SMS and e-mail


def template_name(model, move: str) -> str:
    return f"notices/{model._meta.label_lower}.{move}.txt"


def announcement(instance, step) -> Announcement | None:
    """Return what is said of this move, or ``None`` when nothing is."""
    return announced(template_name(type(instance), step.transition.name), record=instance, step=step)


def announced(template: str, **facts) -> Announcement | None:
    """Return what a text file says of ``facts``, or ``None`` when there is no such file or it says nothing."""
    try:
        found = get_template(template)
    except TemplateDoesNotExist:
        return None
    facts["authority"] = settings.AUTHORITY_LABEL
    text = found.template.render(Context(facts, autoescape=False))
    if not text.strip():  # the text itself says that this record's move needs no words
        return None
    head, _, body = text.partition("\n\n")
    facts = dict(line.split("：", 1) for line in head.splitlines() if "：" in line)
    return Announcement(facts["标题"].strip(), body.strip(), sms="短信" in facts.get("渠道", ""))


@receiver(transitioned)
def announce(sender, instance, step, **kwargs):
    people, mobile = instance.people_to_tell(), instance.mobile_to_tell()
    said = announcement(instance, step) if people or mobile else None
    if said is None:
        return
    kind = f"{instance._meta.label_lower}.{step.transition.name}"
    url = instance.get_absolute_url() if hasattr(instance, "get_absolute_url") else ""
    for person in people:
        notify(person, kind=kind, title=said.title, body=said.body, url=url, about=instance, outside=said.sms)
    if mobile:
        sms(mobile, said.body, kind=kind, about=instance)
