"""Writing a bulletin: the draft, its wordings once it is public, its attachments."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from swms.audit.trail import record
from swms.bulletins.models import Bulletin, BulletinVersion
from swms.bulletins.rules import may_publish
from swms.bulletins.workflows import BulletinState
from swms.dates import today
from swms.references import next_reference
from swms.regions.models import Region
from swms.uploads.examine import Examined
from swms.uploads.models import Purpose, StoredFile
from swms.uploads.storage import purge, store
from swms.workflow import Refused

COUNTRY = "000000"
MAX_FILES = 5
WRITTEN = ("title", "body", "publish_at", "expires_on", "action_url", "action_label")


@transaction.atomic
def draft(*, region: Region | None, module: str, by, files: Iterable[Examined] = (), **written) -> Bulletin:
    """Begin a bulletin that nobody sees yet. Raises PermissionDenied for a region or a module that is not ``by``'s."""
    if not may_publish(by, module, region):
        raise PermissionDenied
    ref = next_reference("GG", region.pk if region else COUNTRY, today().year)
    bulletin = Bulletin(ref=ref, region=region, module=module, created_by=by, **written).begin(actor=by)
    _keep_files(bulletin, files, ())
    return bulletin


@transaction.atomic
def publish(bulletin: Bulletin, *, by, seen: int | None = None) -> Bulletin:
    """Make it public, at once or at the moment that was set; what is public from then on is its first wording.

    ``seen`` is the edition that ``by`` looked at; raises ``Refused`` ``changed`` when a colleague saved since.
    """
    bulletin.move("publish", actor=by)
    if seen is not None and bulletin.edition != seen:
        raise Refused("changed", "这则公告刚刚被同事修改过，请看过新的内容后再发布")
    _keep_wording(bulletin, by=by, note="", at=bulletin.publish_at)
    return bulletin


@transaction.atomic
def edit(
    bulletin: Bulletin,
    written: dict,
    *,
    by,
    seen: int,
    note: str = "",
    files: Iterable[Examined] = (),
    removed: Iterable[StoredFile] = (),
) -> Bulletin:
    """Change what a bulletin says; once people may have read it, that is another version beside the earlier ones.

    Raises ``Refused``: ``changed`` when a colleague saved meanwhile, ``closed`` when it is withdrawn or discarded,
    ``note_required`` when a public text changes without a word on what changed; and UploadRefused.
    """
    one = Bulletin.objects.select_for_update(of=("self",)).select_related("region").get(pk=bulletin.pk)
    if not may_publish(by, one.module, one.region):
        raise PermissionDenied
    if one.state not in (BulletinState.DRAFT, BulletinState.PUBLISHED):
        raise Refused("closed", f"公告{one.get_state_display()}，不能再修改")
    if one.edition != seen:
        raise Refused("changed", "这则公告刚刚被同事修改过，请看过新的内容后再改")
    was_out = one.state == BulletinState.PUBLISHED and one.is_out
    if was_out:
        written = {name: value for name, value in written.items() if name != "publish_at"}
    changed = [name for name, value in written.items() if getattr(one, name) != value]
    reworded = bool({"title", "body"} & set(changed))
    if was_out and reworded and not note.strip():
        raise Refused("note_required", "公告已经公开，请写明修改了什么")
    for name in changed:
        setattr(one, name, written[name])
    if one.state == BulletinState.PUBLISHED and one.publish_at is None:
        one.publish_at = timezone.now()
    one.edition += 1
    one.save()
    files, removed = list(files), list(removed)
    _keep_files(one, files, removed)
    if one.state == BulletinState.PUBLISHED and reworded:
        if was_out:
            _keep_wording(one, by=by, note=note.strip(), at=timezone.now())
        else:
            one.versions.filter(number=one.version).update(title=one.title, body=one.body, by=by)
    if one.state == BulletinState.PUBLISHED and not was_out:
        one.versions.filter(number=one.version).update(at=one.publish_at)
    changed += ["files"] if files or removed else []
    record("bulletins.bulletin.edit", one, actor=by, reason=note.strip(), changes={"fields": sorted(changed)})
    return one


@transaction.atomic
def unschedule(bulletin: Bulletin, *, by) -> Bulletin:
    """Take it back to the desk before anybody could read it; it has had no wording yet."""
    bulletin.move("unschedule", actor=by)
    bulletin.versions.all().delete()
    bulletin.version = 0
    bulletin.save(update_fields=["version"])
    return bulletin


def _keep_wording(bulletin: Bulletin, *, by, note: str, at) -> None:
    bulletin.version += 1
    bulletin.save(update_fields=["version"])
    BulletinVersion.objects.create(
        bulletin=bulletin, number=bulletin.version, title=bulletin.title, body=bulletin.body, note=note, by=by, at=at
    )


def _keep_files(bulletin: Bulletin, files: Iterable[Examined], removed: Iterable[StoredFile]) -> None:
    for stored in removed:
        stored.holder = None
        stored.save(update_fields=["holder_type", "holder_id"])
        purge(stored)
    files = list(files)
    if bulletin.files.filter(purged_at=None).count() + len(files) > MAX_FILES:
        raise Refused("too_many", f"最多保留{MAX_FILES}个附件，请先删除不再需要的附件")
    for examined in files:  # they are the office's: nobody's quota, and readable by whoever may see the bulletin
        store(examined, owner=None, purpose=Purpose.ATTACHMENT, holder=bulletin)
