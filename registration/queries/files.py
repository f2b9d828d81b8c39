"""Who else may read a file of the personal information: the offices whose cases showed it."""

from registration.models import Application
from swms.uploads.models import StoredFile


def stood_in_a_form(user, stored: StoredFile) -> bool:
    """Whether a form that was sent to the reader's region named this file (R-CHG-07).

    After a change of region the person's records are the new office's; the old one keeps its cases with
    all they showed, and sees nothing that came later.
    """
    if stored.owner_id is None:
        return False
    cases = Application.objects.visible_to(user).filter(worker__user=stored.owner_id).prefetch_related("forms")
    uid = str(stored.uid)
    return any(uid in form.sealed for case in cases for form in case.forms.all())
