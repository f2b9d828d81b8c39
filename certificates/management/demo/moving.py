"""The demo's changes (变更): registered people who want to move, each change on its way or at its end."""

from __future__ import annotations

from datetime import timedelta

from certificates.management.demo import pictures
from certificates.management.demo.clock import at, office_hour
from certificates.management.demo.people import Person
from registration.actions import transfers
from registration.actions.transfers import Employer
from registration.models import Transfer, Worker
from swms.codes import EmployerType
from swms.dates import today
from swms.regions.models import Region
from swms.uploads.models import Purpose
from swms.uploads.storage import store

_PAPERS = {"leave_proof": "离职证明", "new_contract": "劳动合同", "region_evidence": "居住证"}
_REASONS = ("个人发展需要", "家庭搬迁", "原项目结束", "照顾家人，就近工作")
_REFUSED = "入职证明上没有单位公章，请重新上传盖章的证明后再申请。"


def change(person: Person, world, fate: str) -> Transfer:
    """Begin a change some weeks ago and lead it to its fate; ``world`` is that of the stories."""
    across = fate not in ("within", "within_done")
    # Nobody decides what is late: the offices above are told.
    begun = {"late": 30, "draft": 2, "withdrawn": 9}.get(fate) or world.day(12, 6)
    with at(office_hour(begun, world.chance)):
        transfer = _draft(person, world, across=across)
    if fate == "draft":
        return transfer
    with at(office_hour(begun, world.chance) + timedelta(minutes=20)):
        transfers.submit(transfer, by=person.user, seen=transfer.form_version)
    _decide(transfer, person, world, fate, begun)
    return transfer


def _decide(transfer: Transfer, person: Person, world, fate: str, begun: int) -> None:
    old, new = world.first(person), world.staff.first[transfer.to_region_id]

    def move(name, by, days_later, **said):
        with at(office_hour(max(0, begun - days_later), world.chance)):
            transfers.decide(transfer, name, by=by, seen=transfer.form_version, **said)

    match fate:
        case "withdrawn":
            with at(office_hour(begun - 1, world.chance)):
                transfers.withdraw(transfer, by=person.user)
        case "refused":
            move("reject", old, 2, reason=_REFUSED)
        case "let_go":
            move("approve_out", old, 2)
        case "moved":
            move("approve_out", old, 2)
            move("approve", new, 4)
        case "within_done":
            move("approve", old, 3)
        case "void":
            with at(office_hour(begun - 3, world.chance)):
                reason = "本人申请注销登记，经核实予以注销。"
                person.worker.registrations.get().move(
                    "cancel", actor=world.final(person), reason=reason, cause="own_request"
                )


def _draft(person: Person, world, *, across: bool) -> Transfer:
    worker = Worker.objects.get(pk=person.worker.pk)
    transfer = transfers.begin(worker, _target(person, worker, world, across=across), by=person.user)
    answers = {
        "to_post": "社工",
        "effective_date": today() + timedelta(days=world.chance.randint(0, 15)),
        "reason": world.chance.choice(_REASONS),
    }
    if not transfer.to_institution:
        answers |= {
            "to_employer": "示例街道办事处（演示）",
            "to_type": EmployerType.GOVERNMENT,
            "to_region": Region.objects.get(code=_neighbour(person, world)) if across else worker.region,
        }
    transfer = transfers.save_draft(transfer, answers, by=person.user, seen=None)
    for name in transfer.proofs:
        paper = store(pictures.paper(_PAPERS[name]), owner=person.user, purpose=Purpose.EVIDENCE, holder=transfer)
        setattr(transfer, name, paper)
    transfer.save()
    return transfer


def _target(person: Person, worker: Worker, world, *, across: bool) -> Employer:
    """Return another institution of the county, or of its neighbour; an employer to be typed where there is none."""
    now = worker.experiences.filter(end_date=None).first()
    county = _neighbour(person, world) if across else person.county
    others = [each for each in world.institutions[county] if now is None or each.pk != now.institution_id]
    return Employer(institution=world.chance.choice(others) if others else None)


def _neighbour(person: Person, world) -> str:
    """Return another county of the demo, of the same province where there is one."""
    others = sorted(code for code in world.staff.first if code != person.county)
    near = [code for code in others if code[:2] == person.county[:2]]
    return world.chance.choice(near or others)
