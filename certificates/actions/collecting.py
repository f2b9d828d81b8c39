"""Paper certificates: the holder's choice, the batch, lists for the carrier, the nights (R-PAP-01…08)."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from certificates.models import PaperBatch, PaperCertificate, PaperExport, PaperPlace
from certificates.queries import paper as queries
from certificates.rules import keeps_batch
from certificates.workflows import UNDECIDED_PAPERS, BatchState, PaperState, PaperWay
from swms.audit.trail import record
from swms.bulletins import actions as bulletins
from swms.bulletins.workflows import BulletinState
from swms.crashpoints import crashpoint
from swms.dates import today
from swms.notices.receivers import announced
from swms.notices.send import notify
from swms.references import next_reference
from swms.regions.models import Duty, Region, holds_duty
from swms.workflow import Refused

log = logging.getLogger(__name__)

SLICE = 500
ADDRESSES_KEPT = timedelta(days=90)  # after the certificate arrived or was collected
CIVIL_HOURS = range(8, 21)

# --- the batch -----------------------------------------------------------------------------------------


@transaction.atomic
def begin_batch(region: Region, *, exam_year: int, level: int, said: dict, places: list[dict], by) -> PaperBatch:
    """Begin a batch that nobody sees yet. Raises ``Refused`` ``there_already``, PermissionDenied."""
    if not holds_duty(by, Duty.CERTIFICATE, region):
        raise PermissionDenied
    ref = next_reference("ZZ", region.pk, exam_year)
    batch = PaperBatch(ref=ref, region=region, exam_year=exam_year, level=level, created_by=by, **said)
    try:
        with transaction.atomic():
            batch.begin(actor=by)
    except IntegrityError as error:
        raise Refused("there_already", f"{batch}的批次已经建立，请在原批次上修改") from error
    _keep_places(batch, places)
    return batch


@transaction.atomic
def edit_batch(batch: PaperBatch, said: dict, places: list[dict], *, by, seen: int, note: str = "") -> PaperBatch:
    """Change a batch; once it is published, the notice gets another version that says what changed.

    Raises ``Refused``: ``changed``, ``closed``, ``earlier`` (a published last day only moves on), ``note_required``.
    """
    one = PaperBatch.objects.select_for_update(of=("self",)).select_related("region", "bulletin").get(pk=batch.pk)
    if not keeps_batch(by, one):
        raise PermissionDenied
    if one.edition != seen:
        raise Refused("changed", "这个批次刚刚被同事修改过，请看过新的内容后再改")
    if one.state == BatchState.CLOSED:
        raise Refused("closed", "领取已截止，需要时请重新开放领取")
    public = one.state != BatchState.DRAFT
    if public:
        said = {name: value for name, value in said.items() if name not in ("courier_days", "carrier")}
        if said.get("collect_until") and said["collect_until"] < one.collect_until:
            raise Refused("earlier", "通知已经发布，最后领取日只能推迟")
        if not note.strip():
            raise Refused("note_required", "通知已经发布，请写明修改了什么")
    changed = sorted(name for name, value in said.items() if getattr(one, name) != value)
    for name in changed:
        setattr(one, name, said[name])
    one.edition += 1
    one.save()
    if _keep_places(one, places):
        changed.append("places")
    record("certificates.paperbatch.edit", one, actor=by, reason=note.strip(), changes={"fields": changed})
    if public:
        _say(one, by=by, note=note)
    return one


def _keep_places(batch: PaperBatch, places: list[dict]) -> bool:
    """Make the places those of the list; each may name the one that it changes. Tell whether anything changed."""
    there = {place.pk: place for place in batch.places.all()}
    kept, changed = set(), False
    for each in places:
        facts = dict(each)
        place = there.get(facts.pop("pk", None)) or PaperPlace(batch=batch)
        if place.pk is None or any(getattr(place, name) != value for name, value in facts.items()):
            for name, value in facts.items():
                setattr(place, name, value)
            place.save()
            changed = True
        kept.add(place.pk)
    gone = there.keys() - kept
    batch.places.filter(pk__in=gone).delete()
    return changed or bool(gone)


@transaction.atomic
def publish_batch(batch: PaperBatch, *, by, seen: int | None = None) -> PaperBatch:
    """Publish the notice and list the certificates; the window for the courier begins (R-PAP-01, R-PAP-03).

    ``seen`` is the edition that ``by`` looked at; raises ``Refused`` ``changed`` when a colleague saved since.
    """
    batch.move("publish", actor=by)
    if seen is not None and batch.edition != seen:
        raise Refused("changed", "这个批次刚刚被同事修改过，请看过新的内容后再发布")
    fill(batch)
    _say(batch, by=by)
    return batch


@transaction.atomic
def reopen_batch(batch: PaperBatch, collect_until, *, by) -> PaperBatch:
    """Let what was sealed away be collected until another day, and say so (§2.15)."""
    batch.move("reopen", actor=by, collect_until=collect_until)
    _say(batch, by=by, note="重新开放领取")
    return batch


def _say(batch: PaperBatch, *, by, note: str = "") -> None:
    """Put the notice on the board, or another wording of it; one that was withdrawn there is written anew."""
    said = {
        "title": queries.notice_title(batch),
        "body": queries.notice_text(batch),
        "expires_on": batch.collect_until,
    }
    there = batch.bulletin
    if there is not None:
        there.refresh_from_db()
    if there is not None and there.state == BulletinState.PUBLISHED:
        bulletins.edit(there, said, by=by, seen=there.edition, note=note or "更新领取信息")
        return
    said |= {"action_url": reverse("certificates:paper"), "action_label": "查询和办理领取"}
    draft = bulletins.draft(region=batch.region, module="certificates", by=by, **said)
    batch.bulletin = bulletins.publish(draft, by=by)
    batch.save(update_fields=["bulletin"])


@transaction.atomic
def fill(batch: PaperBatch) -> int:
    """List the roster's certificates of a batch that are not in it yet; return how many.

    They come in bulk, like the roster's own rows: one event for all of them.
    """
    rows = queries.without_paper(batch).values_list("pk", flat=True)
    made = 0
    for keys in _slices(list(rows)):
        new = [PaperCertificate(batch=batch, qualification_id=key) for key in keys]
        made += len(PaperCertificate.objects.bulk_create(new, ignore_conflicts=True))
    if made:
        record("certificates.paperbatch.fill", batch, changes={"count": made})
    return made


def _slices(keys: list) -> Iterable[list]:
    for begin in range(0, len(keys), SLICE):
        yield keys[begin : begin + SLICE]


@transaction.atomic
def arrive(batch: PaperBatch, *, by) -> PaperBatch:
    """Note that the certificates that were being made are ready; ``shelve_arrived`` moves them one by one."""
    one = PaperBatch.objects.select_for_update(of=("self",)).select_related("region").get(pk=batch.pk)
    if not keeps_batch(by, one):
        raise PermissionDenied
    if not one.is_open:
        raise Refused("collection_over", "通知还没有发布，或者已过最后领取日")
    if not one.papers.filter(state=PaperState.PRODUCING).exists():
        raise Refused("nothing_new", "没有正在制发的证书")
    one.arrived_at, one.arrived_by = timezone.now(), by
    one.save(update_fields=["arrived_at", "arrived_by"])
    record("certificates.paperbatch.arrive", one, actor=by)
    return one


# --- the list for the carrier -------------------------------------------------------------------------------


@transaction.atomic
def export_requests(batch: PaperBatch, *, by) -> PaperExport:
    """Put every request that waits on a new list for the carrier: from now on its address stays as it is.

    Raises ``Refused`` ``nothing_new``. Two at once make one list: the second finds nothing left.
    """
    one = PaperBatch.objects.select_for_update(of=("self",)).select_related("region").get(pk=batch.pk)
    if not keeps_batch(by, one):
        raise PermissionDenied
    keys = list(queries.to_export(one).select_for_update(of=("self",)).values_list("pk", flat=True))
    if not keys:
        raise Refused("nothing_new", "没有新的邮寄申请，上次的清单仍可下载")
    export = PaperExport.objects.create(batch=one, number=one.exports.count() + 1, by=by)
    PaperCertificate.objects.filter(pk__in=keys).update(export=export)
    record("certificates.paperbatch.list_parcels", one, actor=by, changes={"list": export.number, "count": len(keys)})
    return export


def note_download(export: PaperExport, *, by) -> None:
    """Addresses left the portal: who took them, and which (R-ACC-13)."""
    changes = {"list": export.number, "count": export.papers.count()}
    record("certificates.paperbatch.download", export.batch, actor=by, changes=changes)


@transaction.atomic
def note_tracking(batch: PaperBatch, numbers: list[tuple[int, str, str]], *, by) -> int:
    """Note the numbers of parcels ``(line, mgmt_no, tracking_no)``, all or none; return how many were sent.

    Raises ``Refused`` ``lines`` with ``extra["problems"]``, a list of texts.
    """
    if not keeps_batch(by, batch):
        raise PermissionDenied
    asked = [mgmt_no for _, mgmt_no, _ in numbers]
    rows = batch.papers.filter(qualification__mgmt_no__in=asked).select_related("qualification", "batch__region")
    there = {row.qualification.mgmt_no: row for row in rows}
    problems = []
    for line, mgmt_no, tracking_no in numbers:
        paper = there.get(mgmt_no)
        if paper is None:
            problems.append(f"第{line}行：这批证书中没有管理号{mgmt_no}")
            continue
        try:
            mail(paper, tracking_no, by=by)
        except Refused as refused:
            problems.append(f"第{line}行：{paper.qualification.name}，{refused.message}")
    if problems:
        raise Refused("lines", "有不能登记的行，全部没有保存", problems=problems)
    return len(numbers)


def mail(paper: PaperCertificate, tracking_no: str, *, by) -> PaperCertificate:
    """Note that it was sent; a number belongs to one parcel. Raises ``Refused``, ``number_taken`` among others."""
    try:
        with transaction.atomic():
            return paper.move("mail", actor=by, tracking_no=tracking_no)
    except IntegrityError as error:
        raise Refused("number_taken", f"快递单号{tracking_no}已经登记在另一份证书上") from error


# --- the holder's choice ----------------------------------------------------------------------------------------


def request_mail(paper: PaperCertificate, address: dict, *, by) -> PaperCertificate:
    """Ask for the courier, or change the address while it is on no list (R-PAP-03, §2.15)."""
    with transaction.atomic():
        one = _mine(paper, by)
        if one.state != PaperState.MAIL_REQUESTED:
            return one.move("request_mail", actor=by, **address)
        if one.export_id is not None:
            raise Refused("exported", "地址已经交给快递公司，不能再修改")
        for name, value in address.items():
            setattr(one, name, value)
        one.save()
        record("certificates.papercertificate.edit", one, actor=by, changes={"fields": sorted(address)})
        return one


def cancel_mail(paper: PaperCertificate, *, by) -> PaperCertificate:
    """Take the request back; it is made, or lies ready, as before."""
    made = PaperCertificate.objects.values_list("available_at", flat=True).get(pk=paper.pk)
    return paper.move("cancel_mail" if made else "cancel_mail_early", actor=by)


@transaction.atomic
def choose_place(paper: PaperCertificate, place: PaperPlace, *, by, proxy: dict | None = None) -> PaperCertificate:
    """Note where the holder wants to collect it, and who comes instead (R-PAP-02, R-PAP-05)."""
    one = _mine(paper, by)
    if one.state not in UNDECIDED_PAPERS:
        raise Refused("wrong_state", f"证书{one.get_state_display()}，不能再选择领取地点")
    if not one.batch.is_open:
        raise Refused("collection_over", "已过最后领取日，不能再选择领取地点")
    if place.batch_id != one.batch_id:
        raise PermissionDenied
    if proxy and not one.batch.proxy_allowed:
        raise Refused("no_proxy", "这批证书不允许代领，须由本人领取")
    one.way, one.place = PaperWay(place.kind), place
    said = proxy or {"proxy_name": "", "proxy_last4": None, "proxy_relation": ""}
    for name, value in said.items():
        setattr(one, name, value)
    one.save()
    record("certificates.papercertificate.edit", one, actor=by, changes={"fields": ["place", "way", *sorted(said)]})
    return one


def _mine(paper: PaperCertificate, by) -> PaperCertificate:
    rows = PaperCertificate.objects.select_for_update(of=("self",)).select_related(
        "qualification__worker", "batch__region"
    )
    one = rows.get(pk=paper.pk)
    worker = one.qualification.worker
    if worker is None or worker.user_id != by.pk:
        raise PermissionDenied
    return one


# --- what time does -----------------------------------------------------------------------------------------------


def close_batches() -> int:
    """Close the batches whose last day is over; return how many."""
    return sum(_moved(batch, "close") for batch in queries.batches_over())


def move_on(limit: int = SLICE) -> int:
    """Move what waits for no person: what arrived, what was not collected, what may be collected again.

    At most ``limit`` of each; return how many moved. Every one is a transaction of its own, so that a night that
    was cut short goes on where it stopped.
    """
    done = 0
    for name, rows in (
        ("make_available", queries.papers_arrived()),
        ("seal_up", queries.papers_unclaimed()),
        ("unseal", queries.papers_to_unseal()),
    ):
        for paper in rows.select_related("batch__region", "batch__arrived_by", "qualification__worker__user")[:limit]:
            done += _moved(paper, name, actor=paper.batch.arrived_by if name == "make_available" else None)
            crashpoint("collect.moved")
    return done


def _moved(row, name: str, *, actor=None) -> bool:
    try:
        row.move(name, actor=actor)
    except (Refused, PermissionDenied) as refused:  # somebody was faster, or whoever said so left the office
        log.info("nothing_to_do", extra={"move": name, "code": getattr(refused, "code", "denied")})
        return False
    return True


def remind_of_last_day(limit: int = SLICE) -> int:
    """Remind of certificates that lie ready a week before the last day, once of each day; return how many (§2.15)."""
    if timezone.localtime().hour not in CIVIL_HOURS:
        return 0
    keys = list(queries.papers_to_remind().values_list("pk", flat=True)[:limit])
    return sum(_remind(key) for key in keys)


@transaction.atomic
def _remind(key: int) -> bool:
    rows = PaperCertificate.objects.select_for_update(of=("self",)).select_related(
        "batch__region", "place", "qualification__worker__user"
    )
    paper = rows.get(pk=key)
    last_day = paper.batch.collect_until
    if paper.state != PaperState.AVAILABLE or paper.reminded_of == last_day or last_day < today():
        return False
    paper.reminded_of = last_day
    paper.save(update_fields=["reminded_of"])
    said = announced("notices/reminders/paper.txt", record=paper)
    notify(
        paper.qualification.worker.user,
        kind="certificates.papercertificate.last_day",
        title=said.title,
        body=said.body,
        url=paper.get_absolute_url(),
        about=paper,
        outside=said.sms,
    )
    return True


def purge_addresses() -> int:
    """Drop the addresses of what arrived or was collected 90 days ago; return how many."""
    rows = list(queries.addresses_due(timezone.now() - ADDRESSES_KEPT)[:SLICE])
    for paper in rows:
        paper.forget_address()
        paper.save(update_fields=["recipient", "mobile", "region", "address", "postcode"])
    return len(rows)
