"""The one door through which stored files leave (S6)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from swms.audit import trail
from swms.uploads.drawing import CannotDraw, TooBusy, draw
from swms.uploads.models import Purpose, StoredFile
from swms.uploads.storage import FileMissing, open_file

AUDITED = frozenset({Purpose.ID_CARD})

#: More reasons to let somebody of the staff read a file, added by apps: ``reason(user, stored) -> bool``.
READERS: list[Callable[[models.Model, StoredFile], bool]] = []

#: Reasons to let everybody read a file, signed in or not, added by apps: ``reason(stored) -> bool``.
PUBLIC: list[Callable[[StoredFile], bool]] = []


@require_safe
def file(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Answer with a stored file for its owner and for those who may see its holder, with 404 for everybody else.

    What an app made public is everybody's. `?inline=1` shows an image inside a page; everything else is a download.
    """
    stored, data = _opened(request.user, uid)
    if stored.purpose in AUDITED:
        of = f"{stored.holder_type.model_class()._meta.label_lower}:{stored.holder_id}" if stored.holder_type else ""
        trail.record("read_file", stored, actor=request.user, changes={"of": of})
    inline = request.GET.get("inline") == "1" and stored.is_image
    response = HttpResponse(data, content_type=stored.media_type)
    response["Content-Disposition"] = content_disposition_header(not inline, stored.name)
    return _shut_in(response)


@require_safe
def page(request: HttpRequest, uid: UUID, number: int) -> HttpResponse:
    """Answer with one page of a stored PDF as a picture, to staff who may read the file.

    A document that cannot be drawn is answered 422: the page beside it offers the file itself.
    """
    if not request.user.is_authenticated or not request.user.is_staff:
        raise Http404
    stored, data = _opened(request.user, uid)
    if not 1 <= number <= stored.pages:
        raise Http404
    try:
        response = HttpResponse(draw(data, number), content_type="image/jpeg")
    except CannotDraw:
        response = _in_words("这一页无法在网页中显示，请下载文件查看。", status=422)
    except TooBusy:
        response = _in_words("现在查看材料的人较多，请稍后再试。", status=503)
        response["Retry-After"] = "5"
    response["Content-Disposition"] = "inline"
    return _shut_in(response)


def _in_words(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def _opened(user: models.Model, uid: UUID) -> tuple[StoredFile, bytes]:
    """Return a file that the user may read and its bytes, or answer 404."""
    stored = StoredFile.objects.select_related("holder_type").filter(uid=uid, purged_at=None).first()
    if stored is None or not may_read(user, stored):
        raise Http404
    try:
        return stored, open_file(stored)
    except FileMissing as error:
        raise Http404 from error


def _shut_in(response: HttpResponse) -> HttpResponse:
    """Let what came from outside do nothing in a browser but be seen, and be kept nowhere."""
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def may_read(user: models.Model, stored: StoredFile) -> bool:
    """Tell whether a file is the user's own, belongs to a record that the user may see, or an app says so."""
    if any(reason(stored) for reason in PUBLIC):
        return True
    if not user.is_authenticated or not user.is_active:
        return False
    if stored.owner_id == user.pk:
        return True
    model = stored.holder_type.model_class() if stored.holder_type else None
    visible_to = getattr(model and model._default_manager, "visible_to", None)
    if visible_to is not None and visible_to(user).filter(pk=stored.holder_id).exists():
        return True
    return user.is_staff and any(reason(user, stored) for reason in READERS)
