"""What people do on a journey, in the words of the main job; ``person`` is a ``Visitor``."""

import subprocess
import time
from datetime import date
from pathlib import Path

from PIL import Image

from registration.models import Application, Qualification
from registration.workflows import ApplicationState
from swms.accounts.models import User
from swms.regions.models import Duty
from swms.signin.privacy import PRIVACY_VERSION
from tests import factories
from tests.journeys.browsing import newest_code
from tests.people import PASSWORD

WITHIN = 30  # seconds that Celery is given
CHAOYANG = ("110000", "110105")  # 北京市 has no step between


def staff(name: str, username: str, duty: str, code: str) -> User:
    """Return a member of staff who can sign in; one of them serves all journeys."""
    known = User.objects.filter(username=username).first()
    return known or factories.staff(name, (Duty[duty], code), username=username, password=PASSWORD)


def applicant(name: str = "王芳", **options) -> Application:
    """Return the application of somebody with complete personal information, who can sign in."""
    application = factories.application(name, **options)
    give_password(application.worker.user)
    return application


def newcomer(name: str) -> Qualification:
    """Return the row of somebody who passed the exam and has no account."""
    return factories.qualification(name, number=factories.id_number(date(1992, 5, 20)))


def give_password(user: User) -> None:
    """Let somebody sign in who has agreed to the privacy notice."""
    user.set_password(PASSWORD)
    user.consent_version = PRIVACY_VERSION
    user.save()


def wait_for(found, within=WITHIN):
    """Return what ``found()`` gives as soon as it gives something."""
    until = time.monotonic() + within
    while not (result := found()):
        assert time.monotonic() < until, f"nothing within {within} s"
        time.sleep(0.2)
    return result


def register(person, row, mobile):
    """Make an account: name, identity number, mobile, code, password (R-ACC-01…03)."""
    person.open("/")
    person.press("注册账户")
    person.fill(name=row.name, id_number=row.id_number, mobile=mobile)
    person.answer_question()
    person.page.check("[name=consent]")
    person.press("获取验证码")
    person.fill(code=newest_code(mobile), password=PASSWORD, again=PASSWORD)
    person.press("注册")
    assert row.mgmt_no in person.text
    person.press("继续")


def fill_in(person, photo):
    """Answer the task list of 个人信息 (R-PRO-01…13)."""
    person.open("/registration/profile/")
    person.press("基础信息")
    person.fill(
        ethnicity="01", political_status="13", education="21", degree="BACHELOR", school="示例大学",
        major="社会工作", is_sw_major="True", no_email="on", household_address="示例街道1号",
        address="示例街道1号", work_years="5",
    )  # fmt: skip
    person.choose_region("household_region", *CHAOYANG)
    person.choose_region("address_region", *CHAOYANG)
    person.save()
    person.open("/registration/profile/photo/")
    person.fill(photo=str(photo))
    person.save()
    person.open("/registration/profile/region/")
    person.choose_region("region", *CHAOYANG)
    person.fill(has_local_cert="False")
    person.save()
    person.open("/registration/profile/experience/")
    person.press("添加工作经历")
    if "/employer/" in person.page.url:
        person.press("不在系统中，直接填写")
    person.fill(employer_name="春风社会工作服务中心", post="社工", start_date="2020-07-01")
    person.page.select_option("[name=employer_type]", index=1)
    person.save()
    person.open("/registration/profile/honours/add/")
    person.fill(title="优秀社会工作者", awarding_body="示例街道办事处", award_date="2024-03-19")
    person.page.select_option("[name=level]", index=1)
    person.save()


def apply(person):
    """Check the answers, promise, send; return the reference on the receipt (R-REG-08)."""
    person.open("/registration/profile/")
    person.press("核对并申请登记证书")
    person.page.check("[name=promise]")
    person.press("申请登记证书")
    ref = person.page.inner_text(".receipt__number")
    assert Application.objects.get(ref=ref).state == ApplicationState.PENDING_REVIEW
    return ref


def find_case(reviewer, ref):
    """Open the queue and from it the case."""
    reviewer.open("/console/registration/application/")
    assert ref in reviewer.text
    reviewer.page.get_by_role("row").filter(has_text=ref).get_by_role("link").first.click()
    reviewer.page.wait_for_load_state()
    reviewer.look()


def pass_review(reviewer, ref, name, label):
    """Find the case in the queue, look at it, pass it."""
    find_case(reviewer, ref)
    assert name in reviewer.text
    reviewer.press(label)


def annotate(person) -> bytes:
    """Agree to 服务须知, check the information, apply for an annotated copy and download it (R-CERT-03, R-ANN-01)."""
    person.open("/registration/")
    person.press("证书下载")
    assert "服务须知" in person.page.title()
    person.press("同意")
    person.press("核对信息并加注")
    person.page.check("[name=info_confirmed]")
    person.page.locator("[name=scenario]").first.check()
    person.page.locator("[name=days]").first.check()
    person.press("提交加注申请")
    ready = person.page.get_by_role("link", name="下载", exact=True)
    if person.script:
        ready.wait_for(timeout=WITHIN * 1000)  # the page looks again by itself
    else:
        wait_for(lambda: ready.count() or (person.page.reload() and False))
    person.look()
    return download(person, "下载")


def signed_correctly(pdf: bytes, folder: Path) -> bool:
    """Whether poppler, which is not ours, finds the signature valid and the page not blank."""
    path = folder / "certificate.pdf"
    path.write_bytes(pdf)
    said = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False).stdout
    subprocess.run(["pdftoppm", "-r", "40", "-png", "-singlefile", path, folder / "page"], check=True)
    inks = len(Image.open(folder / "page.png").convert("L").getcolors(256))
    return "Signature is Valid" in said and "Total document signed" in said and inks > 20


def download(person, words) -> bytes:
    """Press a link that downloads, and return the file."""
    with person.page.expect_download() as coming:
        person.page.get_by_role("link", name=words, exact=True).first.click()
    return coming.value.path().read_bytes()


def drop(person, pdf: bytes, folder) -> None:
    """Have a file judged by 查验文件."""
    path = folder / "查验.pdf"
    path.write_bytes(pdf)
    person.open("/certificates/")
    person.page.set_input_files("input[type=file]", path)
    person.press("查验文件")
