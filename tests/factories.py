"""Records for tests, made the way the portal makes them. Everybody in here is fictitious.

Functions take what a test cares about and fill in the rest. Identity numbers have a province's
prefix only, mobiles are 1990000xxxx: neither belongs to anybody.
"""

from __future__ import annotations

import io
import itertools
from datetime import date, timedelta
from functools import cache

from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageDraw

from registration import actions
from registration.models import (
    Appeal,
    Application,
    Feedback,
    Institution,
    PastProject,
    Qualification,
    Transfer,
    Worker,
    WorkExperience,
)
from registration.promise import PROMISE_VERSION
from registration.workflows import TransferState
from swms.accounts.models import User
from swms.dates import today
from swms.idnumbers import InvalidIdNumber, check_digit, clean_uscc, parse
from swms.references import new_receipt, synthetic_management_number
from swms.regions.models import Jurisdiction, Region
from swms.signin.privacy import PRIVACY_VERSION
from swms.uploads import storage
from swms.uploads.examine import EVIDENCE, ID_CARD, PHOTO, examine
from swms.uploads.models import Purpose, StoredFile
from tests.hostile import documents

_sequence = itertools.count(1)

#: Code: name, parent, level, whether it can be chosen as 登记区域.
_REGIONS = {
    "110000": ("北京市", None, 1, False),
    "110100": ("北京市", "110000", 2, False),
    "110105": ("朝阳区", "110100", 3, True),
    "110108": ("海淀区", "110100", 3, True),
    "310000": ("上海市", None, 1, False),
    "310100": ("上海市", "310000", 2, False),
    "310115": ("浦东新区", "310100", 3, True),
    "440000": ("广东省", None, 1, False),
    "440300": ("深圳市", "440000", 2, False),
    "440305": ("南山区", "440300", 3, True),
}


def region(code: str) -> Region:
    """Return one of the few regions of the tests, with those above it."""
    name, parent, level, is_leaf = _REGIONS[code]
    above = region(parent) if parent else None
    path = f"{above.path if above else '/'}{code}/"
    return Region.objects.get_or_create(
        code=code, defaults={"name": name, "parent": above, "level": level, "path": path, "is_leaf": is_leaf}
    )[0]


def id_number(born: date = date(1990, 3, 7), *, province: str = "110000", male: bool = False) -> str:
    """Return a fictitious identity number with a right check digit, another one each time."""
    serial = next(_sequence) % 499 * 2 + (1 if male else 0)
    digits = f"{province}{born:%Y%m%d}{serial:03}"
    return digits + check_digit(digits)


def mobile() -> str:
    """Return a mobile of the test block, another one each time."""
    return f"1990{next(_sequence):07}"


def staff(name: str, *duties: tuple[str, str | None], **fields) -> User:
    """Return a member of staff with duties ``(duty, region code)``; no code means the whole country."""
    user = User.objects.create_user(kind=User.Kind.STAFF, name=name, **fields)
    for duty, code in duties:
        Jurisdiction.objects.create(user=user, duty=duty, region=region(code) if code else None)
    return user


def user_of_institution(name: str) -> User:
    """Return the account of an institution."""
    return User.objects.create_user(kind=User.Kind.INSTITUTION, name=name, username=mobile())


def worker(name: str = "王芳", *, number: str | None = None, **fields) -> Worker:
    """Return a worker with an account and nothing filled in but what the identity number says."""
    identity = parse(number or id_number())
    user = User.objects.create_user(
        kind=User.Kind.WORKER, name=name, id_type="ID_CARD", id_number=identity.number, mobile=mobile()
    )
    return Worker.objects.create(user=user, sex=identity.sex, birth_date=identity.birth_date, **fields)


def qualification(
    name: str = "王芳",
    *,
    number: str | None = None,
    level: int = 1,
    issue_date: date | None = None,
    province: str = "110000",
    **fields,
) -> Qualification:
    """Return a row of the roster, issued a hundred days ago unless said otherwise."""
    issued = issue_date or today() - timedelta(days=100)
    fields.setdefault("mgmt_no", synthetic_management_number(issued.year, province[:2], level, next(_sequence)))
    fields.setdefault("exam_year", issued.year)
    return Qualification.objects.create(
        name=name,
        id_number=number or id_number(),
        level=level,
        issue_date=issued,
        province=region(province),
        **fields,
    )


@cache
def _picture(width: int, height: int, words: str) -> bytes:
    picture = Image.new("RGB", (width, height), "#dfe7ef")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((width * 0.3, height * 0.2, width * 0.7, height * 0.55), fill="#5b6b7a")
    draw.ellipse((width * 0.1, height * 0.6, width * 0.9, height * 1.3), fill="#5b6b7a")
    draw.text((4, 4), words, fill="#1b1f24")
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


def photo(owner: User) -> StoredFile:
    """Return a stored one-inch photo of nobody."""
    file = io.BytesIO(_picture(295, 413, "photo"))
    file.name = "photo.jpg"
    return storage.store(examine(file, PHOTO), owner=owner, purpose=Purpose.PHOTO)


def new_photo(of: Worker) -> StoredFile:
    """Give a worker another photo, the way the personal information is edited; return it."""
    with transaction.atomic():
        of.photo = photo(of.user)
        storage.attach(of.photo, of)
        of.save(update_fields=["photo"])
        actions.profile_changed(of, by=of.user, part="photo")
    return of.photo


def evidence(holder, owner: User) -> StoredFile:
    """Return a stored piece of evidence that belongs to ``holder``."""
    file = io.BytesIO(_picture(600, 400, f"evidence {next(_sequence)}"))
    file.name = "evidence.jpg"
    return storage.store(examine(file, EVIDENCE), owner=owner, purpose=Purpose.EVIDENCE, holder=holder)


def document(holder, owner: User, *, pages: int = 2) -> StoredFile:
    """Return a stored PDF of empty pages that belongs to ``holder``."""
    file = io.BytesIO(documents.plain(pages))
    file.name = "证明.pdf"
    return storage.store(examine(file, EVIDENCE), owner=owner, purpose=Purpose.EVIDENCE, holder=holder)


def experience(of: Worker, **fields) -> WorkExperience:
    """Return an employment, the current one unless an end is given."""
    defaults = {
        "employer_name": "春风社会工作服务中心",
        "employer_type": "SOCIAL_WORK_INSTITUTION",
        "post": "社工",
        "start_date": date(2020, 7, 1),
    }
    return WorkExperience.objects.create(worker=of, **defaults | fields)


def past_project(of: Worker, **fields) -> PastProject:
    """Return a finished project that belongs to no plan unless said otherwise."""
    defaults = {
        "name": "社区为老服务",
        "start_date": date(2021, 1, 1),
        "end_date": date(2021, 6, 30),
        "is_special": False,
    }
    return PastProject.objects.create(worker=of, **defaults | fields)


def uscc(code: str = "110105", *, kind: str = "52") -> str:
    """Return a fictitious 统一社会信用代码 with a right check character, another one each time."""
    digits = f"{kind}{code}TEHT{next(_sequence):05}"  # no S in the alphabet of GB 32100
    return next(clean for last in "0123456789ABCDEFGHJKLMNPQRTUWXY" if (clean := _checked(digits + last)))


def _checked(text: str) -> str:
    try:
        return clean_uscc(text)
    except InvalidIdNumber:
        return ""


def institution(name: str = "春风社会工作服务中心", *, code: str = "110105", **fields) -> Institution:
    """Return an institution that social workers can choose."""
    fields.setdefault("uscc", uscc(code))
    fields.setdefault("state", "ACTIVE")
    return Institution.objects.create(name=name, region=region(code), org_type="PRIVATE_NON_ENTERPRISE", **fields)


def institution_facts(name: str = "夏雨社会工作服务中心", *, code: str = "110105", **fields) -> dict:
    """Return what an institution's form asks for (§3.6), as its fields; the contact and the scan apart."""
    defaults = {
        "name": name,
        "uscc": uscc(code),
        "org_type": "PRIVATE_NON_ENTERPRISE",
        "region": region(code),
        "legal_rep": "周明",
        "established": date(2018, 5, 20),
        "address": "示例路8号",
        "contact_name": "周敏",
        "business_scope": "社区为老服务、青少年服务",
        "staff_total": 9,
        "staff_licensed": 3,
    }
    return defaults | fields


def scan() -> StoredFile:
    """Return a stored scan that belongs to nobody yet."""
    file = io.BytesIO(_picture(800, 600, f"scan {next(_sequence)}"))
    file.name = "登记证书.jpg"
    return storage.store(examine(file, EVIDENCE), owner=None, purpose=Purpose.EVIDENCE)


def registering(name: str = "夏雨社会工作服务中心", *, contact: str | None = None, **fields) -> Institution:
    """Return an institution that registered by itself, in 待审核."""
    facts = institution_facts(name, **fields)
    return actions.institutions.submit(facts, mobile=contact or mobile(), scan=scan(), consent_version="2026-11")


def institution_feedback(of: Worker, name: str = "夏雨社会工作服务中心", *, code: str = "110105", **fields):
    """Return a worker's feedback about an institution that is missing, in 待审核."""
    defaults = {"uscc": "", "contact_name": "周敏", "contact_mobile": mobile()}
    return actions.report_institution(of, defaults | {"name": name, "region": region(code)} | fields)


def fill_in(one: Worker, *, code: str = "110105") -> Worker:
    """Answer everything that 首次登记 needs, for somebody who lives and works in ``code``."""
    place = region(code)
    answers = {
        "ethnicity": "01",
        "political_status": "13",
        "education": "21",
        "degree": "BACHELOR",
        "school": "示例大学",
        "major": "社会工作",
        "is_sw_major": True,
        "no_email": True,
        "household_region": place,
        "household_address": "示例街道1号",
        "address_region": place,
        "address": "示例街道1号",
        "work_years": 5,
        "has_local_cert": False,
        "region": place,
        "photo": one.photo or photo(one.user),
    }
    for name, value in answers.items():
        setattr(one, name, value)
    one.save()
    storage.attach(one.photo, one)
    if not one.experiences.exists():
        experience(one)
    return one


def application(
    name: str = "王芳",
    *,
    code: str = "110105",
    level: int = 1,
    issue_date: date | None = None,
    number: str | None = None,
    **roster,
):
    """Return the application of somebody whose personal information is complete, in 未申请登记证书."""
    number = number or id_number(province=f"{code[:2]}0000")
    row = qualification(name, number=number, level=level, issue_date=issue_date, province=f"{code[:2]}0000", **roster)
    one = fill_in(worker(name, number=number), code=code)
    actions.attach_qualifications(one)
    return Application.objects.get(qualification=row)


def change(of: Worker, *, into: Institution | None = None, **fields) -> Transfer:
    """Return a change within 朝阳区 as it stands under review; its way there is not told."""
    place = region("110105")
    defaults = {
        "ref": f"BG-110105-2026-{next(_sequence):05}",
        "kind": Transfer.Kind.INST_ONLY,
        "from_region": place,
        "to_region": place,
        "from_employer": "春风社会工作服务中心",
        "from_type": "SOCIAL_WORK_INSTITUTION",
        "from_start": date(2020, 7, 1),
        "to_institution": into,
        "to_employer": "" if into else "某社区居委会",
        "to_type": "" if into else "COMMUNITY",
        "to_post": "社工",
        "effective_date": today(),
        "reason": "个人发展",
        "submitted_at": timezone.now(),
        "due_on": today() + timedelta(days=21),
        "state": TransferState.PENDING_IN,
    }
    return Transfer.objects.create(worker=of, **defaults | fields)


def submitted(name: str = "王芳", **options) -> Application:
    """Return an application in 待审核."""
    one = application(name, **options)
    return actions.apply(one, by=one.worker.user, promise_version=PROMISE_VERSION)


def feedback(name: str = "陈晨", **fields) -> Feedback:
    """Return feedback in 待审核 of somebody whom the roster does not know."""
    known = {
        "ref": new_receipt("FK", today()),
        "id_number": id_number(),
        "mobile": mobile(),
        "level": 1,
        "exam_year": 2025,
        "issue_date": date(2025, 9, 15),
        "mgmt_no": "202511000010000017",
        "region": region("110105"),
    }
    return Feedback(name=name, **known | fields).begin()


def id_card(side: str) -> io.BytesIO:
    """Return a picture of one side of nobody's identity card, as a browser sends it."""
    # The font of the picture knows no Chinese: two sides have to differ by their bytes.
    file = io.BytesIO(_picture(856, 540, f"identity card {side.encode().hex()}"))
    file.name = f"{side}.jpg"
    return file


def appeal(of: Worker | None = None, *, mobile_now: str | None = None, **answers) -> Appeal:
    """Return an appeal in 待审核 of the owner of an account, or of somebody who has none."""
    if of:
        answers = {"name": of.user.name, "id_number": of.user.id_number} | answers
    answers = {"name": "何平", "id_number": answers.get("id_number") or id_number()} | answers
    images = {
        side: storage.store(examine(id_card(side), ID_CARD), owner=None, purpose=Purpose.ID_CARD)
        for side in ("front", "back")
    }
    return actions.appeals.submit(
        answers, mobile=mobile_now or mobile(), images=images, consent_version=PRIVACY_VERSION
    )
