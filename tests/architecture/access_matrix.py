"""Who gets what: every address of the portal, for every role, by GET and by POST (S1).

An address without a row here fails ``test_access.py``. A row is made by the function that says who the
address is for, ``(get, post)`` being what those people are answered; everybody else gets what that
function says. ``but`` names those who differ, ``keys`` says which of 王芳's records stands in the
address, and ``data`` is what is posted. Addresses are routes as the resolver writes them.
The console's stand in ``access_console.py``, those functions in ``access_rows.py``.
"""

from __future__ import annotations

from tests.architecture.access_console import CONSOLE
from tests.architecture.access_rows import (
    KEEPERS,
    NOT_THERE,
    REVIEWERS,
    WORKERS,
    Access,
    desk,
    members,
    owner,
    public,
    row,
    workers,
)

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
    "files/<uuid:uid>/pages/<int:number>/": row(
        (404, 405),
        stranger=(404, 405),
        but={"li_jing zhang_wei": (200, 405)},
        keys={"uid": "proof.uid", "number": "first"},
    ),
    "files/<uuid:uid>/": row(
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
