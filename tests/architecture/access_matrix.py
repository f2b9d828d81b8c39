"""Who gets what: every address of the portal, for every role, by GET and by POST (S1).

An address without a row here fails ``test_access.py``. A row is made by the function that says who the
address is for, ``(get, post)`` being what those people are answered; everybody else gets what that
function says. ``but`` names those who differ, ``keys`` says which of 王芳's records stands in the
address, and ``data`` is what is posted. Addresses are routes as the resolver writes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.architecture.world import ROLES

SIGN_IN = (302, 302)
NOT_THERE = (404, 404)
WORKERS = "wang_fang chen_chen"
REVIEWERS = "li_jing zhang_wei zhao_min"
KEEPERS = "zhou_yan qian_li"
STAFF = f"{REVIEWERS} {KEEPERS} wu_qiang zheng_kai he_xin"


@dataclass(frozen=True)
class Access:
    """What each role is answered at one address: ``(GET, POST)``."""

    answers: dict[str, tuple[int, int]]
    why: str = ""  # an address for strangers says why
    keys: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)


def _row(everybody, *, stranger=SIGN_IN, but=None, **rest) -> Access:
    answers = dict.fromkeys(ROLES, everybody) | {"stranger": stranger}
    for names, answer in (but or {}).items():
        answers |= dict.fromkeys(names.split(), answer)
    return Access(answers, **rest)


def public(why: str, get: int, post: int, **rest) -> Access:
    """For everybody, signed in or not; ``why`` says why strangers may."""
    return _row((get, post), stranger=(get, post), why=why, **rest)


def members(get: int, post: int, **rest) -> Access:
    """For everybody who is signed in, about themselves."""
    return _row((get, post), **rest)


def workers(get: int, post: int, *, but=None, **rest) -> Access:
    """For every social worker, about the own affairs; that such pages exist is nobody else's business."""
    return _row(NOT_THERE, but={WORKERS: (get, post)} | (but or {}), **rest)


def owner(get: int, post: int, *, but=None, **rest) -> Access:
    """For the worker whose record it is; another worker sees at most that the page takes no such method."""
    foreign = (405 if get == 405 else 404, 405 if post == 405 else 404)
    return _row(NOT_THERE, but={"chen_chen": foreign, "wang_fang": (get, post)} | (but or {}), **rest)


def desk(whose: str, get: int, post: int, *, but=None, **rest) -> Access:
    """For the staff on duty."""
    return _row(NOT_THERE, but={whose: (get, post)} | (but or {}), **rest)


CASE = {"ref": "application.ref"}
ANNOTATION = {"number": "annotation.number"}
REGISTRATION = {"number": "registration.number"}
REPLACEMENT = {"ref": "replacement.ref"}
FEEDBACK = {"ref": "feedback.ref"}
APPEAL = {"ref": "appeal.ref"}
APPEALING = "who lost the mobile cannot sign in; without the new mobile one is led to the proof of it"
LINK = "whoever holds the mobile has the link; without its key there is nothing"
CHANGE = {"ref": "transfer.ref"}
INSPECTION = {"ref": "inspection.ref"}
CAMPAIGN = {"ref": "campaign.ref"}
PUBLISHED = "a draw is published so that anybody can repeat it; it names nobody"
INSTITUTION = {"ref": "institution.ref"}
BULLETIN = {"ref": "bulletin.ref"}
PAPER = {"mgmt_no": "paper.qualification.mgmt_no"}
PAPER_BATCH = {"key": "paper.batch.ref"}
EMPLOYER = {"ref": "institution_feedback.ref"}
TOKEN = {"token": "token"}
BY_ITSELF = "an institution registers before it has an account; without its mobile one is led to the proof of it"
BY_LINK = "the contact has nothing but the link in the SMS; any other opens nothing"
FOLLOWING = "a feedback is given without an account; without its mobile one is led to the proof of it"
ENTRY = "before there is an account"
VERIFY = "anybody may verify a certificate that is shown to them"
PHOTO_READERS = "wang_fang li_jing zhang_wei"

#: The frame of the portal, and what belongs to everybody.
FRAME = {
    "": public("the front page", 200, 405),
    "accessibility/": public("the accessibility statement", 200, 405),
    "health/live": public("the load balancer asks; it says ok and no more", 200, 405),
    "health/ready": public("the load balancer asks; it says which parts answer", 200, 405),
    "mode/<str:mode>": public("the display mode, a cookie", 302, 302, keys={"mode": "display_mode"}),
    "regions/<str:code>/children.json": public("published facts", 200, 405, keys={"code": "place"}),
    "api/schema": public("the description of the API, as committed", 200, 405),
    "demo/outbox/": public("there is none outside a demo", 404, 405),
    # Pages are drawn for those who review; 王芳 has her file itself.
    "files/<uuid:uid>/pages/<int:number>/": _row(
        (404, 405),
        stranger=(404, 405),
        but={"li_jing zhang_wei": (200, 405)},
        keys={"uid": "proof.uid", "number": "first"},
    ),
    "files/<uuid:uid>/": _row(
        (404, 405), stranger=(404, 405), but={PHOTO_READERS: (200, 405)}, keys={"uid": "photo.uid"}
    ),
    "bulletins/": public("what the offices say is for everybody", 200, 405),
    "bulletins/feed": public("what the offices say is for everybody", 200, 405),
    "bulletins/<str:ref>/": public("what the offices say is for everybody", 200, 405, keys=BULLETIN),
    "notices/": members(200, 405),
    "notices/read/": members(405, 302),
    "notices/<int:pk>/open/": members(405, 404, but={"wang_fang": (405, 302)}, keys={"pk": "notice.pk"}),
}

SIGN_IN_PAGES = {
    "account/": members(200, 405),
    "account/sign-in/": public(ENTRY, 302, 200, but={"stranger": (200, 200)}),
    "account/sign-out/": public("leaving twice is no error", 405, 302),
    "account/second-factor/": members(302, 200, but={WORKERS: NOT_THERE}),
    "account/second-factor/set-up/": members(302, 302, but={WORKERS: NOT_THERE}),
    "account/second-factor/recovery-codes/": members(200, 200, but={WORKERS: NOT_THERE}),
    "account/recover/": public("whoever forgot the password is not signed in", 200, 200),
    "account/recover/password/": public("the second step; without the first one is led back to it", 302, 302),
    "account/password/": members(200, 200),
    "account/mobile/": members(200, 200),
    "account/mobile/code/": members(302, 302),
    "account/sessions/end/": members(405, 302, but={"stranger": (405, 302)}),
    "account/privacy/": public("what is done with personal data is said before there is an account", 200, 302),
}

ENTRANCE = {
    "registration/account/": public(ENTRY, 302, 200, but={"stranger": (200, 200)}),
    "registration/account/code/": public(ENTRY, 302, 302),
    "registration/account/done/": workers(200, 405),
    "registration/appeal/": public(APPEALING, 200, 200),
    "registration/appeal/code/": public(APPEALING, 302, 302),
    "registration/appeal/form/": public(APPEALING, 302, 302),
    "registration/appeal/status/": public(APPEALING, 200, 200),
    "registration/appeal/status/code/": public(APPEALING, 302, 302),
    "registration/appeal/status/end/": public(APPEALING, 405, 302),
    "registration/appeal/password/": public(LINK, 410, 410),
    "registration/appeal/objection/": public(LINK, 410, 410),
    "registration/appeal/<str:ref>/": public(APPEALING, 302, 302, keys=APPEAL),
    "registration/appeal/<str:ref>/receipt/": public(
        "says a number and a date, nothing of whom it concerns", 200, 405, keys=APPEAL
    ),
    "registration/appeal/<str:ref>/edit/": public(APPEALING, 302, 302, keys=APPEAL),
    "registration/appeal/<str:ref>/link/": public(APPEALING, 302, 302, keys=APPEAL),
    "registration/feedback/": public(FOLLOWING, 200, 200),
    "registration/feedback/code/": public(FOLLOWING, 302, 302),
    "registration/feedback/form/": public(FOLLOWING, 302, 302),
    "registration/feedback/status/": public(FOLLOWING, 200, 200),
    "registration/feedback/status/code/": public(FOLLOWING, 302, 302),
    "registration/feedback/status/end/": public(FOLLOWING, 405, 302),
    "registration/feedback/<str:ref>/": public(FOLLOWING, 302, 302, keys=FEEDBACK),
    "registration/feedback/<str:ref>/receipt/": public(
        "says a number and a date, nothing of whom it concerns", 200, 405, keys=FEEDBACK
    ),
    "registration/feedback/<str:ref>/edit/": public(FOLLOWING, 302, 302, keys=FEEDBACK),
    "registration/feedback/<str:ref>/withdraw/": public(FOLLOWING, 302, 302, keys=FEEDBACK),
    "registration/sampling/": public(PUBLISHED, 200, 405),
    "registration/sampling/<str:ref>/": public(PUBLISHED, 200, 405, keys=CAMPAIGN),
    "registration/sampling/<str:ref>/draw.json": public(PUBLISHED, 200, 405, keys=CAMPAIGN),
    "registration/institutions/": public(BY_ITSELF, 200, 200),
    "registration/institutions/code/": public(BY_ITSELF, 302, 302),
    "registration/institutions/form/": public(BY_ITSELF, 302, 302),
    "registration/institutions/status/": public(BY_ITSELF, 200, 200),
    "registration/institutions/status/code/": public(BY_ITSELF, 302, 302),
    "registration/institutions/status/end/": public(BY_ITSELF, 405, 302),
    "registration/institutions/invitation/<str:token>/": public(BY_LINK, 410, 410, keys=TOKEN),
    "registration/institutions/password/<str:token>/": public(BY_LINK, 410, 410, keys=TOKEN),
    "registration/institutions/<str:ref>/": public(BY_ITSELF, 302, 302, keys=INSTITUTION),
    "registration/institutions/<str:ref>/receipt/": public(
        "says a number and a date, nothing of whom it concerns", 200, 405, keys=INSTITUTION
    ),
    "registration/institutions/<str:ref>/edit/": public(BY_ITSELF, 302, 302, keys=INSTITUTION),
}


def _entries(part: str, name: str, *, get: int, delete: int) -> dict[str, Access]:
    """Return the four pages of a list in the personal information."""
    keys = {"pk": f"{name}.pk"}
    return {
        f"registration/profile/{part}/": workers(200, 405),
        f"registration/profile/{part}/add/": workers(200, 200),
        f"registration/profile/{part}/<int:pk>/": owner(get, 200, keys=keys),
        f"registration/profile/{part}/<int:pk>/delete/": owner(delete, 302, keys=keys),
    }


HUB = {
    "registration/": workers(200, 405),
    "registration/clock/": workers(200, 405),
    "registration/clock.ics": workers(200, 405),
    "registration/profile/": workers(200, 405),
    "registration/profile/basic/": workers(200, 200),
    "registration/profile/email/": workers(200, 200),
    "registration/profile/photo/": workers(200, 200),
    # 王芳's 登记区域 is fixed: her other case is finished.
    "registration/profile/region/": workers(200, 200, but={"wang_fang": (302, 200)}),
    "registration/profile/experience/employer/": workers(200, 405),
    "registration/profile/experience/<int:pk>/employer/": owner(200, 405, keys={"pk": "experience.pk"}),
    **_entries("experience", "experience", get=302, delete=302),
    **_entries("projects", "project", get=200, delete=200),
    **_entries("honours", "honour", get=200, delete=200),
    "registration/renewals/<str:number>/": owner(200, 302, keys=REGISTRATION),
    "registration/institutions/own/": desk("spring", 200, 405),
    "registration/employers/": workers(200, 405),
    "registration/employers/report/": workers(200, 200),
    "registration/employers/<str:ref>/": owner(200, 405, keys=EMPLOYER),
    "registration/employers/link/<uuid:uid>/": owner(200, 200, keys={"uid": "spring.uid"}),
    "registration/applications/<str:ref>/": owner(200, 405, keys=CASE),
    "registration/applications/<str:ref>/check/": owner(302, 200, keys=CASE),
    "registration/applications/<str:ref>/receipt/": owner(200, 405, keys=CASE),
    "registration/applications/<str:ref>/withdraw/": owner(200, 302, keys=CASE),
    "registration/applications/<str:ref>/reopen/": owner(302, 302, keys=CASE),
    "registration/transfers/": workers(200, 405),
    # 王芳's case is under review and 陈晨 is not registered: neither may begin a change (R-CHG-08).
    "registration/transfers/start/": workers(302, 405),
    "registration/transfers/new/": workers(302, 302),
    "registration/transfers/<str:ref>/": owner(200, 405, keys=CHANGE),
    # 王芳's change is under review, so its draft is closed.
    "registration/transfers/<str:ref>/employer/": owner(302, 405, keys=CHANGE),
    "registration/transfers/<str:ref>/edit/": owner(302, 302, keys=CHANGE),
    "registration/transfers/<str:ref>/check/": owner(302, 302, keys=CHANGE),
    "registration/transfers/<str:ref>/receipt/": owner(200, 405, keys=CHANGE),
    "registration/transfers/<str:ref>/withdraw/": owner(200, 302, keys=CHANGE),
    "registration/transfers/<str:ref>/discard/": owner(302, 302, keys=CHANGE),
    "registration/transfers/<str:ref>/copy/": owner(302, 302, keys=CHANGE),
    "registration/inspections/<str:ref>/": owner(200, 405, keys=INSPECTION),
    "registration/inspections/<str:ref>/answer/": owner(200, 302, keys=INSPECTION),
    # It is under examination, so there is nothing to extend.
    "registration/inspections/<str:ref>/extend/": owner(302, 302, keys=INSPECTION),
    # The API answers in JSON, so a stranger is told 403 and not led to a page.
    "registration/api/clock/": members(200, 405, but={"stranger": (403, 403)}),
    "registration/api/applications/": members(200, 405, but={"stranger": (403, 403)}),
    "registration/api/applications/<str:ref>/": members(
        404, 405, but={"stranger": (403, 403), "wang_fang": (200, 405)}, keys=CASE
    ),
    "registration/api/applications/<str:ref>/<str:move>/": members(
        405,
        404,
        but={"stranger": (403, 403), "wang_fang": (405, 200)},
        keys=CASE | {"move": "move"},
    ),
}

CERTIFICATES = {
    "certificates/": public(VERIFY, 200, 200),
    "certificates/file": public(VERIFY, 200, 200),
    "certificates/api/verify": public(VERIFY, 405, 400),
    "v/<str:token>": public(VERIFY, 200, 405, keys={"token": "annotation.verify_token"}),
    "certificates/titles": public("public rules, and nobody is named", 200, 405),
    "certificates/titles.json": public("open data", 200, 405),
    "certificates/titles.csv": public("open data", 200, 405),
    "v/<str:token>/proof": public(VERIFY, 200, 405, keys={"token": "annotation.verify_token"}),
    "certificates/offline": public(VERIFY, 200, 200),
    "certificates/offline/worker.js": public(VERIFY, 200, 405),
    "certificates/bulk": members(404, 404, but={f"spring {REVIEWERS} {KEEPERS}": (200, 200)}),
    "certificates/mine": workers(200, 405),
    "certificates/terms": workers(200, 200),
    "certificates/q/<str:mgmt_no>": owner(200, 200, keys={"mgmt_no": "finished.qualification.mgmt_no"}),
    "certificates/a/<str:number>": owner(200, 405, keys=ANNOTATION),
    "certificates/a/<str:number>/view": owner(200, 405, keys=ANNOTATION),
    "certificates/a/<str:number>/download": owner(200, 405, keys=ANNOTATION),
    "certificates/a/<str:number>/end": owner(200, 302, keys=ANNOTATION),
    "certificates/r/<str:number>/replace": owner(302, 200, keys=REGISTRATION),
    "certificates/paper": workers(200, 405),
    "certificates/paper/<str:mgmt_no>": owner(200, 405, keys=PAPER),
    "certificates/paper/<str:mgmt_no>/courier": owner(200, 200, keys=PAPER),
    # She asked for the courier, so no place is chosen any more.
    "certificates/paper/<str:mgmt_no>/place": owner(302, 302, keys=PAPER),
    "certificates/paper/<str:mgmt_no>/cancel": owner(200, 302, keys=PAPER),
    "certificates/replacements/<str:ref>": owner(200, 405, keys=REPLACEMENT),
    "certificates/replacements/<str:ref>/edit": owner(302, 200, keys=REPLACEMENT),
    "certificates/replacements/<str:ref>/check": owner(302, 302, keys=REPLACEMENT),
    "certificates/replacements/<str:ref>/receipt": owner(200, 405, keys=REPLACEMENT),
    "certificates/replacements/<str:ref>/withdraw": owner(200, 302, keys=REPLACEMENT),
    **{
        f"certificates/r/<str:number>{page}": members(404, 405, but={PHOTO_READERS: (200, 405)}, keys=REGISTRATION)
        for page in ("", "/view", "/download")
    },
}


def _screen(part: str, whose: str) -> dict[str, Access]:
    """Return the list of a screen of the console; a search in it is posted."""
    return {f"console/{part}/": desk(whose, 200, 200)}


def _case(
    part: str, key: str, *, sees: str, others: str = "", decides: dict, data: dict, secret: str = "id_number"
) -> dict[str, Access]:
    """Return a record's page and the unmasking of its numbers, which ``others`` on that duty find nothing at."""
    return {
        f"console/{part}/<str:key>/": desk(sees, 200, 302, but=decides, keys={"key": key}, data=data),
        f"console/{part}/<str:key>/reveal/": desk(
            sees,
            405,
            200,
            but={others: (405, 404)} if others else None,
            keys={"key": key},
            data={"field": secret},
        ),
    }


IMPORT = {"uid": "roster_import.uid"}
PROVINCE = {"code": "province"}

CONSOLE = {
    "console/": desk(STAFF, 200, 405),
    "console/ui/": desk(STAFF, 200, 405),
    **_screen("registration/decision", REVIEWERS),  # 统计
    **_screen("registration/application", REVIEWERS),
    # Who does not say what for is asked again.
    "console/registration/application/export/": desk(REVIEWERS, 200, 200),
    **_case(
        "registration/application",
        "application.ref",
        sees="li_jing zhang_wei",
        others="zhao_min",
        decides={"zhang_wei": (200, 403)},
        data={"move": "pass_first", "version": "1"},
    ),
    "console/registration/application/batch/": desk(REVIEWERS, 200, 200, data={"row": "DJ-110105-2026-00001 1"}),
    # A sheet is of the reviewer who confirmed it.
    "console/registration/application/batch/<uuid:uid>/": desk("li_jing", 200, 302, keys={"uid": "batch.uid"}),
    **_screen("registration/feedback", "li_jing zhao_min"),
    **_case(
        "registration/feedback",
        "feedback.ref",
        sees="li_jing",
        others="zhao_min",
        decides={},
        data={"move": "approve", "version": "1"},
    ),
    **_screen("registration/appeal", "li_jing zhao_min zheng_kai"),
    # The account has a region, so the security administrator finds nothing either.
    **_case(
        "registration/appeal",
        "appeal.ref",
        sees="li_jing",
        others="zhao_min zheng_kai",
        decides={},
        data={"move": "approve", "version": "1"},
    ),
    "console/registration/appeal/<str:key>/release/": desk(
        "zheng_kai",
        405,
        302,
        but={"li_jing zhao_min": (405, 404)},
        keys={"key": "objected.ref"},
        data={"keep": "old", "reason": "本人携带身份证到场，已核实身份。"},
    ),
    **_screen("registration/transfer", REVIEWERS),
    **_case(
        "registration/transfer",
        "transfer.ref",
        sees="li_jing zhang_wei",
        others="zhao_min",
        decides={"zhang_wei": (200, 403)},
        data={"move": "approve", "version": "1"},
    ),
    **_screen("registration/samplingcampaign", "zhang_wei zhao_min"),
    "console/registration/samplingcampaign/new/": desk("zhang_wei zhao_min", 200, 200),
    "console/registration/samplingcampaign/<str:key>/": desk(
        "zhang_wei",
        200,
        409,
        but={"zhao_min": NOT_THERE},
        keys={"key": "campaign.ref"},
        data={"move": "close", "confirmed": "yes"},
    ),
    # Nothing in a campaign is masked.
    "console/registration/samplingcampaign/<str:key>/reveal/": desk(
        "", 405, 404, but={"zhang_wei zhao_min": (405, 404)}, keys={"key": "campaign.ref"}, data={"field": "key"}
    ),
    **_screen("registration/sampledcase", REVIEWERS),
    **_case(
        "registration/sampledcase",
        "inspection.ref",
        sees="li_jing zhang_wei",
        others="zhao_min",
        decides={},
        data={"move": "propose_pass", "version": "2"},
    ),
    **_screen("registration/registration", REVIEWERS),
    "console/registration/registration/export/": desk(REVIEWERS, 200, 200),
    **_case(
        "registration/registration",
        "registration.number",
        sees="li_jing zhang_wei",
        others="zhao_min",
        decides={"li_jing": (200, 403)},
        data={"move": "revoke", "reason": "提交的材料经核实为虚假材料", "confirmed": "yes"},
    ),
    **_screen("registration/qualification", f"zhang_wei zhao_min {KEEPERS}"),
    **_case(
        "registration/qualification",
        "finished.qualification.mgmt_no",
        sees=f"zhang_wei {KEEPERS}",
        others="zhao_min",
        decides={"zhang_wei": (200, 403)},
        data={"move": "revoke", "reason": "提交的材料经核实为虚假材料"},
    ),
    **_screen("registration/deadlinereminder", REVIEWERS),
    **_screen("registration/escalation", f"{REVIEWERS} wu_qiang"),
    **_screen("registration/institutionfeedback", "li_jing zhao_min"),
    **_case(
        "registration/institutionfeedback",
        "institution_feedback.ref",
        sees="li_jing",
        others="zhao_min",
        decides={},
        data={"move": "reject", "reason": "该单位不是社会工作服务机构"},
        secret="contact_mobile",
    ),
    **_screen("registration/institution", REVIEWERS),
    **_case(
        "registration/institution",
        "institution.uid",
        sees="li_jing zhang_wei",
        others="zhao_min",
        decides={"zhang_wei": (200, 403)},
        data={"move": "approve", "version": "1"},
        secret="contact_mobile",
    ),
    "console/registration/provincepolicy/": desk("zhang_wei zhao_min wu_qiang", 200, 405),
    "console/registration/provincepolicy/<str:code>/": desk(
        "zhang_wei wu_qiang", 200, 405, but={"zhao_min": (404, 405)}, keys=PROVINCE
    ),
    "console/registration/provincepolicy/<str:code>/new/": desk("zhang_wei", 200, 200, keys=PROVINCE),
    **_screen("registration/rosterimport", "qian_li"),
    "console/registration/rosterimport/template/": desk("qian_li", 200, 405),
    "console/registration/rosterimport/<uuid:uid>/": desk("qian_li", 200, 405, keys=IMPORT),
    "console/registration/rosterimport/<uuid:uid>/progress/": desk("qian_li", 200, 405, keys=IMPORT),
    "console/registration/rosterimport/<uuid:uid>/confirm/": desk("qian_li", 405, 302, keys=IMPORT),
    # This import was without errors, so even its owner finds no list of them.
    "console/registration/rosterimport/<uuid:uid>/errors/": desk("qian_li", 404, 405, keys=IMPORT),
    "console/registration/rosterimport/<uuid:uid>/undo/": desk("qian_li", 302, 302, keys=IMPORT),
    **_screen("registration/rosterconflict", KEEPERS),
    **_case(
        "registration/rosterconflict",
        "roster_conflict.uid",
        sees=KEEPERS,
        others="",
        decides={},
        data={"move": "return_to_source", "reason": "请核对原始档案后重新报送这一行"},
    ),
    **_screen("registration/rostermerge", KEEPERS),
    "console/registration/rostermerge/add/": desk(KEEPERS, 200, 200),
    **_case(
        "registration/rostermerge",
        "roster_merge.uid",
        sees=KEEPERS,
        others="",
        decides={"qian_li": (200, 409)},
        data={"move": "reject", "reason": "两人的出生日期不同，不是同一人"},
        secret="old_number",
    ),
    **_screen("certificates/annotation", KEEPERS),
    **_screen("certificates/certificate", REVIEWERS),
    **_screen("certificates/logentry", f"{KEEPERS} wu_qiang he_xin"),
    **_screen("certificates/replacement", REVIEWERS),
    **_case(
        "certificates/replacement",
        "replacement.ref",
        sees="li_jing zhang_wei",
        others="zhao_min",
        decides={"zhang_wei": (200, 403)},
        data={"move": "approve"},
    ),
    **_screen("certificates/paperbatch", KEEPERS),
    "console/certificates/paperbatch/new/": desk(KEEPERS, 200, 200),
    "console/certificates/paperbatch/<str:key>/": desk(KEEPERS, 200, 302, keys=PAPER_BATCH, data={"do": "export"}),
    "console/certificates/paperbatch/<str:key>/edit/": desk(KEEPERS, 200, 200, keys=PAPER_BATCH),
    "console/certificates/paperbatch/<str:key>/lists/<int:number>/": desk(
        KEEPERS, 200, 405, keys=PAPER_BATCH | {"number": "list_number"}
    ),
    **_screen("certificates/papercertificate", KEEPERS),
    **_case(
        "certificates/papercertificate",
        "paper.qualification.mgmt_no",
        sees=KEEPERS,
        decides={KEEPERS: (200, 409)},  # her new address is on no list yet
        data={"move": "mail", "tracking_no": "EX000000001CN"},
    ),
    **_screen("bulletins/bulletin", f"{REVIEWERS} {KEEPERS} wu_qiang"),
    "console/bulletins/bulletin/new/": desk(f"{REVIEWERS} {KEEPERS} wu_qiang", 200, 200),
    # It is 北京市's: its offices look on, those who keep its certificates decide.
    "console/bulletins/bulletin/<str:key>/": desk(
        KEEPERS,
        200,
        302,
        but={"zhang_wei wu_qiang": (200, 403)},
        keys={"key": "bulletin.ref"},
        data={"move": "withdraw", "reason": "领取地址有误，另行通知。", "confirmed": "yes"},
    ),
    "console/bulletins/bulletin/<str:key>/edit/": desk(
        KEEPERS, 200, 200, but={"zhang_wei wu_qiang": (302, 302)}, keys={"key": "bulletin.ref"}
    ),
    **_screen("notices/delivery", "wu_qiang"),
    **_screen("notices/notice", "wu_qiang"),
    **_screen("swms/heartbeat", "wu_qiang"),
    "console/swms/announcedday/": desk("wu_qiang", 200, 405),
    "console/swms/announcedday/<int:year>/": desk("wu_qiang", 200, 400, keys={"year": "next_year"}),
    **_screen("accounts/user", "zheng_kai"),
    "console/accounts/user/new/": desk("zheng_kai", 200, 200),
    "console/accounts/user/<uuid:uid>/": desk("zheng_kai", 200, 400, keys={"uid": "li_jing.uid"}),
    **_screen("audit/auditevent", "he_xin"),
    "console/audit/auditevent/chain/": desk("he_xin", 200, 405),
}

MATRIX: dict[str, Access] = FRAME | SIGN_IN_PAGES | ENTRANCE | HUB | CERTIFICATES | CONSOLE

#: What may be opened between the password and the second factor (S10): nothing of anybody's records.
BEFORE_THE_SECOND_FACTOR = {
    "account/second-factor/": "here it is given",
    "account/second-factor/set-up/": "here the first device is set up",
    "account/sign-out/": "one may always leave",
    "account/privacy/": "a public text",
    "mode/<str:mode>": "a cookie",
    "health/live": "the load balancer asks",
    "health/ready": "the load balancer asks",
}
