"""抽查: a campaign from its draft to its draw, and what the person says in a drawn case (decision 0029)."""

import logging
import secrets
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction

from registration.models import PopulationRow, Registration, SampleAnswer, SampledCase, SamplingCampaign
from registration.queries.sampling import MOVE_OF, candidates, nights_due, offices_of, preview
from registration.workflows import CampaignState
from registration.workflows.sampling.case import BEFORE_DECISION
from registration.workflows.sampling.drawing import Commitment, opening, token
from swms.dates import today
from swms.references import next_reference
from swms.uploads.examine import Examined
from swms.uploads.models import Purpose
from swms.uploads.storage import purge, store
from swms.workflow import Refused

log = logging.getLogger(__name__)

MOST_FILES = 10


@transaction.atomic
def begin(answers: dict, *, by) -> SamplingCampaign:
    """Make the draft of a campaign of one of the user's own offices; raises ``PermissionDenied`` for any other."""
    if answers["region"] not in offices_of(by):
        raise PermissionDenied
    campaign = SamplingCampaign(
        **answers,
        ref=next_reference("CC", answers["region"].code, today().year),
        key=secrets.token_hex(32),
        created_by=by,
    )
    return campaign.begin(actor=by)


@transaction.atomic
def announce(campaign: SamplingCampaign, *, by) -> SamplingCampaign:
    """Freeze the population as it is now and publish its digest; nobody can choose the seed any more after it.

    The campaign is locked first: of two who press at once the second finds it announced.
    """
    one = SamplingCampaign.objects.select_for_update(of=("self",)).select_related("region").get(pk=campaign.pk)
    found = candidates(one) if one.state == CampaignState.DRAFT else []
    strata = preview(one, found)
    rows = [
        PopulationRow(
            application=each.application,
            region_id=each.region_id,
            stratum=each.stratum,
            token=token(each.application.ref, opening(one.key, each.application.ref)),
        )
        for each in found
    ]
    commitment = Commitment(
        one.ref,
        one.seed_on.isoformat(),
        {each.key: each.size for each in strata},
        tuple((each.token, each.stratum) for each in rows),
    )
    stored = [each.stored for each in strata]
    return campaign.move("announce", actor=by, rows=rows, strata=stored, commitment=commitment)


# --- what the person says --------------------------------------------------------------------------


def _draft(case: SampledCase) -> tuple[SampledCase, SampleAnswer]:
    """Return the case, locked, and the person's draft; raises ``wrong_state`` where nothing can be said now."""
    one = SampledCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if one.state not in MOVE_OF:
        raise Refused("wrong_state", f"抽查处于“{one.get_state_display()}”状态，不能提交材料", state=one.state)
    return one, one.answers.get_or_create(sent_at=None)[0]


@transaction.atomic
def save(case: SampledCase, *, text: str, files: Iterable[Examined], by) -> SampleAnswer:
    """Keep what was written and uploaded so far; nothing is sent. Raises ``too_many`` and ``wrong_state``."""
    _, draft = _draft(case)
    files = list(files)
    if draft.files.count() + len(files) > MOST_FILES:
        raise Refused("too_many", f"一次最多提交{MOST_FILES}个文件，请先删除不需要的，或者合并成一个PDF文件")
    draft.text = text
    draft.save(update_fields=["text"])
    for each in files:
        draft.files.add(store(each, owner=by, purpose=Purpose.EVIDENCE))
    return draft


@transaction.atomic
def remove_file(case: SampledCase, uid: str) -> bool:
    """Take a file out of the draft; ``False`` when it is not in it any more. What was sent stays."""
    _, draft = _draft(case)
    file = next((each for each in draft.files.all() if str(each.uid) == uid), None)
    if file is None:
        return False
    draft.files.remove(file)
    purge(file)
    return True


@transaction.atomic
def send(case: SampledCase, name: str, *, by) -> SampledCase:
    """Send the draft by the move that was shown; raises ``wrong_state`` when the case has gone on meanwhile."""
    if name not in MOVE_OF.values():
        raise Refused("wrong_state", "页面已过期，请重新查看", state=case.state)
    return case.move(name, actor=by)


def extend(case: SampledCase, *, by) -> SampledCase:
    """Ask for ten more working days, once."""
    return case.move("extend", actor=by)


# --- what the clock does -----------------------------------------------------------------------------


def tend() -> int:
    """Write down whose time is over, also of days when nothing ran; return how many. Nothing is decided by it."""
    return sum(_tend(pk, name) for pk, name in nights_due())


def registration_ended(registration: Registration) -> int:
    """What was revoked or cancelled is not inspected any more, until it was decided; return how many cases ended.

    A review goes on: it asks whether the decision was right.
    """
    open_ones = registration.sampled.filter(state__in=BEFORE_DECISION).order_by("pk").values_list("pk", flat=True)
    return sum(_tend(pk, "moot") for pk in open_ones)


def _tend(pk: int, name: str) -> bool:
    try:
        SampledCase.objects.get(pk=pk).move(name)
    except Refused as refused:  # the person was faster, or asked for more time
        log.info("nothing_to_do", extra={"move": name, "code": refused.code})
        return False
    return True
