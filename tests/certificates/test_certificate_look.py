"""Every page of the module in a real browser, in every state: no axe finding, no complaint, no sideways scrolling."""

import mimetypes
import os
import shutil
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from playwright.sync_api import sync_playwright

from certificates import actions
from certificates.actions import collecting
from certificates.models import Annotation
from certificates.workflows import AnnotationState
from registration.models import Registration
from swms.context import MODE_COOKIE
from tests.certificates import papers
from tests.certificates.makers import agreed_holder, ask, holder, replacement
from tests.people import signed_in

pytestmark = pytest.mark.django_db
ORIGIN = "http://portal.test"


def at(name: str, *args) -> str:
    return reverse(f"certificates:{name}", args=args)


@pytest.fixture
def pages(client, completed, annotation, people, monkeypatch):
    """Return what the server answers for every page in every state, by name: ``(path, HTML, policy)``."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # a browser of an earlier test may still have its loop
    found = {}

    def keep(name, method, path, *args):
        answer = getattr(client, method)(path, *args)
        found[name] = path, answer.content, answer["Content-Security-Policy"]

    keep("verify", "get", at("verify"))
    keep("verify with errors", "post", at("verify"), {"asked": "", "number": "", "name": ""})
    keep("a file with errors", "post", at("verify_file"))
    keep("titles", "get", at("titles"))
    keep(
        "titles with an answer",
        "get",
        at("titles"),
        {"holding": "middle_title", "series": "arts", "obtained_on": "2020-01-01"},
    )
    keep("titles with errors", "get", at("titles"), {"holding": ""})
    keep("offline", "get", at("offline"))
    keep("offline, answered", "post", at("offline"), {"text": "https://example.org/"})
    keep("a valid copy", "get", f"/v/{annotation.verify_token}")
    keep("an unknown token", "get", "/v/nothing")
    newcomer = holder("陈晨").worker.user
    client.force_login(newcomer)
    keep("terms", "get", at("terms"))
    qualification = annotation.qualification
    client.force_login(qualification.worker.user)
    keep("the list", "get", at("list"))
    keep("a certificate with an open copy", "get", at("qualification", qualification.mgmt_no))
    keep("the application with errors", "post", at("qualification", qualification.mgmt_no), {"days": "own"})
    keep("an open copy", "get", at("annotation", annotation.number))
    keep("ending it", "get", at("annotation_end", annotation.number))
    waiting = ask(qualification)
    keep("a copy in the making", "get", at("annotation", waiting.number))
    keep("a copy in the making, refused", "get", at("annotation_view", waiting.number))
    actions.revoke_annotations(qualification)
    keep("a closed copy", "get", at("annotation", waiting.number))
    for _ in range(3):
        Annotation.objects.filter(pk=ask(qualification).pk).update(state=AnnotationState.ENDED)
    keep("a used quota", "get", at("qualification", qualification.mgmt_no))
    agreed = agreed_holder("丁某", issue_date=date(2020, 1, 1))
    client.force_login(agreed.worker.user)
    keep("paper only", "get", at("qualification", agreed.mgmt_no))
    client.force_login(completed.worker.user)
    number = Registration.objects.get().number
    keep("a registration before its file", "get", at("registration", number))
    actions.issue(completed.pk)
    keep("a registration", "get", at("registration", number))
    keep_replacement(keep, client, Registration.objects.get(), people)
    keep_paper(keep, client, people)
    client.cookies[MODE_COOKIE] = "elder"
    client.logout()
    keep("verify, large", "get", at("verify"))
    return found


def keep_replacement(keep, client, registration, people) -> None:
    """换发 in its states, for the worker and at the desks."""
    worker, number = registration.worker.user, registration.number
    client.force_login(worker)
    keep("why to replace", "get", at("replacement_start", number))
    keep("why to replace, with errors", "post", at("replacement_start", number))
    one = replacement(registration, "correction", submit=False)
    keep("a correction", "get", at("replacement_edit", one.ref))
    keep("a correction with errors", "post", at("replacement_edit", one.ref), {"new_name": "王芳"})
    keep("checking it", "get", at("replacement_check", one.ref))
    keep("a draft", "get", at("replacement", one.ref))
    actions.replacing.submit(one, by=worker)
    keep("the receipt", "get", at("replacement_receipt", one.ref))
    keep("taking it back", "get", at("replacement_withdraw", one.ref))
    keep("the case under review", "get", at("replacement", one.ref))
    client.cookies = signed_in(people.li_jing).cookies
    keep("many at once", "get", at("bulk"))
    rows = SimpleUploadedFile("名单.csv", f"证书编号,姓名\n{registration.number},王芳\n123,".encode())
    keep("many answered", "post", at("bulk"), {"file": rows, "kind": "page"})
    keep_at(keep, client, people.zhou_yan, "the log", "/console/certificates/logentry/")
    desk = f"/console/certificates/replacement/{one.ref}/"
    keep_at(keep, client, people.li_jing, "the first desk", desk)
    keep_at(keep, client, people.li_jing, "the queue", "/console/certificates/replacement/")
    one.move("pass_first", actor=people.li_jing)
    keep_at(keep, client, people.zhang_wei, "the final desk", desk)
    one.move("pass_final", actor=people.zhang_wei)
    actions.replace(one.pk)
    client.force_login(worker)
    keep("the case when done", "get", at("replacement", one.ref))
    keep("both versions", "get", at("registration", number))
    keep("the old version", "get", f"/v/{registration.certificates.get(version=1).verify_token}")
    end = {"move": "cancel", "reason": "本人申请注销登记，经核实。", "cause": "own_request"}
    record = f"/console/registration/registration/{number}/"
    keep_at(keep, client, people.zhang_wei, "asked once more", record, end)
    keep_at(keep, client, people.zhang_wei, "the cause is missing", record, end | {"cause": ""})
    registration.refresh_from_db()
    registration.move("revoke", actor=people.zhang_wei, reason="申请材料虚假，依规定撤销登记。")
    client.force_login(worker)
    keep("a revoked registration", "get", at("registration", number))
    keep("its file", "get", at("registration_view", number))


def keep_paper(keep, client, people) -> None:
    """The board and 纸质证书 in their states, for everybody, the holder and the desks."""
    row, keeper = holder("王芸"), people.zhou_yan
    draft = papers.drafted(keeper, year=row.exam_year)
    batch_page = reverse("admin:certificates_paperbatch_change", args=[draft.ref])
    keep_at(keep, client, keeper, "a draft of a batch", batch_page)
    keep_at(keep, client, keeper, "publishing it", batch_page, {"move": "publish"})
    batch = collecting.publish_batch(draft, by=keeper)
    edit = reverse("admin:certificates_paperbatch_edit", args=[draft.ref])
    keep_at(keep, client, keeper, "a batch with errors", edit, {"slots": "3", "place0_kind": "ONSITE_MZJ"})
    board, change = batch.bulletin, {"note": "请错峰领取。"}
    collecting.edit_batch(batch, change, [papers.PLACE], by=keeper, seen=1, note="补充说明")
    client.force_login(row.worker.user)
    keep("my paper certificates", "get", at("paper"))
    keep("a paper certificate", "get", at("paper_status", row.mgmt_no))
    keep("the courier with errors", "post", at("paper_courier", row.mgmt_no), {"mobile": "1", "region": "110000"})
    keep("a proxy with errors", "post", at("paper_place", row.mgmt_no), {"who": "proxy"})
    collecting.request_mail(papers.paper_of(row), papers.address(), by=row.worker.user)
    keep("asked for by courier", "get", at("paper_status", row.mgmt_no))
    keep("taking the request back", "get", at("paper_cancel", row.mgmt_no))
    collecting.export_requests(batch, by=keeper)
    keep_at(keep, client, keeper, "a batch", batch_page)
    keep_at(keep, client, keeper, "numbers with errors", batch_page, {"do": "tracking", "text": "1 2"})
    other = holder("李雷")
    collecting.fill(batch)
    papers.paper_of(other).move("make_available", actor=keeper)
    counter = reverse("admin:certificates_papercertificate_change", args=[other.mgmt_no])
    keep_at(keep, client, keeper, "at the counter with errors", counter, {"move": "hand_over"})
    keep_at(keep, client, keeper, "paper of a batch", reverse("admin:certificates_papercertificate_changelist"))
    keep_at(keep, client, keeper, "bulletins of the office", reverse("admin:bulletins_bulletin_changelist"))
    keep_at(keep, client, keeper, "a new bulletin with errors", reverse("admin:bulletins_bulletin_add"), {"title": ""})
    keep_at(
        keep, client, keeper, "a bulletin at the office", reverse("admin:bulletins_bulletin_change", args=[board.ref])
    )
    client.logout()
    keep("the board", "get", reverse("bulletins:board"))
    keep("the board without any", "get", reverse("bulletins:board") + "?module=education")
    keep("a bulletin in its second version", "get", board.get_absolute_url())
    keep("an earlier version", "get", board.get_absolute_url() + "?version=1")
    board.refresh_from_db()
    board.move("withdraw", actor=keeper, reason="通知中的日期有误，更正后重新发布。")
    keep("a withdrawn bulletin", "get", board.get_absolute_url())


def keep_at(keep, client, user, name, path, data=None) -> None:
    """Keep a page of the console as one of its people sees it."""
    client.cookies = signed_in(user).cookies
    keep(name, *(("post", path, data) if data else ("get", path)))


def complaints_about(page) -> list[str]:
    """Return what axe and the width of the page have to say."""
    found = [f"{v['id']}: {v['nodes'][0]['html']}" for v in Axe().run(page).response["violations"]]
    page.set_viewport_size({"width": 320, "height": 800})
    width = page.evaluate("document.documentElement.scrollWidth")
    return found + ([f"{width} px wide"] if width > 320 else [])


@pytest.mark.long
def test_axe_the_browser_and_the_narrowest_screen_find_nothing_to_complain_of(pages):  # S8
    found = {}
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for name, answer in pages.items():
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            said = []
            page.on("console", lambda m, said=said: m.type in {"error", "warning"} and said.append(m.text))
            page.on("pageerror", lambda error, said=said: said.append(str(error)))
            page.route("**/*", partial(_answer, answer))
            page.goto(ORIGIN + answer[0])
            if all_said := said + complaints_about(page):
                found[name] = all_said
            page.close()
        browser.close()
    assert found == {}


def _answer(answer, route):
    path, html, policy = answer
    asked = route.request.url.removeprefix(ORIGIN)
    if asked == path and route.request.headers.get("hx-request") is None:
        headers = {"content-security-policy": policy, "content-type": "text/html; charset=utf-8"}
        route.fulfill(body=html, headers=headers)
        return
    static = asked.startswith(settings.STATIC_URL) and finders.find(asked.removeprefix(settings.STATIC_URL))
    if static:
        route.fulfill(body=Path(static).read_bytes(), content_type=mimetypes.guess_type(static)[0])
    else:
        route.fulfill(body="", content_type="text/html")
