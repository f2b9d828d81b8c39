"""What the tests of changes do again and again; everybody in here is fictitious."""

from registration import actions
from registration.actions import transfers
from registration.actions.transfers import Employer
from registration.models import Institution, Registration, Transfer, Worker
from registration.promise import PROMISE_VERSION
from swms.dates import today
from tests import factories

REASON = "入职证明不清晰，请重新上传后再申请。"
CHAOYANG, HAIDIAN, PUDONG = "110105", "110108", "310115"


def registered(name: str = "王芳", *, levels: tuple[int, ...] = (1,), code: str = CHAOYANG, **employment) -> Worker:
    """Return a worker registered in ``code`` for a certificate of each level, employed there."""
    application = factories.application(name, code=code, level=levels[0])
    worker = application.worker
    if employment:
        worker.experiences.update(**employment)
    for level in levels[1:]:
        factories.qualification(name, number=worker.user.id_number, level=level, province=f"{code[:2]}0000")
    actions.attach_qualifications(worker)
    first = factories.staff("初审甲", ("first_review", f"{code[:2]}0000"), username=factories.mobile())
    final = factories.staff("终审乙", ("final_review", f"{code[:2]}0000"), username=factories.mobile())
    for each in worker.applications.order_by("pk"):
        actions.apply(each, by=worker.user, promise_version=PROMISE_VERSION)
        each.move("pass_first", actor=first, seen=each.form_version)
        each.move("pass_final", actor=final, seen=each.form_version)
        actions.complete(each.pk)
    for each in (first, final):  # nobody whom a test speaks of
        each.is_active = False
        each.save()
    return Worker.objects.get(pk=worker.pk)


def at_institution(worker: Worker, institution: Institution) -> Worker:
    """Let the worker's present employment be at an institution of the system."""
    worker.experiences.filter(end_date=None).update(institution=institution, employer_name=institution.name)
    return worker


def draft(worker: Worker, employer: Employer, **answers) -> Transfer:
    """Return a draft with everything filled in and uploaded that its kind asks for."""
    one = transfers.begin(worker, employer, by=worker.user)
    given = {"to_post": "社工", "effective_date": today(), "reason": "个人发展", **answers}
    if employer.stays:
        del given["to_post"]
    one = transfers.save_draft(one, given, by=worker.user, seen=None)
    for name in one.proofs:
        setattr(one, name, factories.evidence(one, worker.user))
    one.save()
    return one


def sent(worker: Worker, employer: Employer, **answers) -> Transfer:
    """Return a change under review."""
    one = draft(worker, employer, **answers)
    return transfers.submit(one, by=worker.user, seen=one.form_version)


def decide(transfer, name, by, **said):
    return transfers.decide(transfer, name, by=by, seen=transfer.form_version, **said)


def to(code: str = HAIDIAN, name: str = "同心社会工作服务中心") -> Employer:
    """Return an institution of that county as the new employer."""
    return Employer(institution=Institution.objects.filter(name=name).first() or factories.institution(name, code=code))


def leave(institution: Institution, move: str = "deregister") -> Institution:
    """Let its bureau suspend or deregister an institution, as of now."""
    institution.refresh_from_db()
    bureau = factories.staff("机构科", ("first_review", institution.region_id), username=factories.mobile())
    return institution.move(move, actor=bureau, reason="机构已办理注销登记，特此说明。")


def standing(worker: Worker) -> dict:
    """Return everything that a change moves, and what it must not touch."""
    worker = Worker.objects.get(pk=worker.pk)
    return {
        "region": worker.region_id,
        "work": list(worker.experiences.order_by("pk").values_list("employer_name", "start_date", "end_date")),
        "registrations": list(
            Registration.objects.filter(worker=worker)
            .order_by("pk")
            .values_list("number", "valid_from", "valid_until", "region_id", "state")
        ),
        "cases": list(worker.applications.order_by("pk").values_list("state", "region_id")),
    }
