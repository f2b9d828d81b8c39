"""The two certificates as pages: stored content in, PDF out, always the same bytes.

`render` lays out one A4-landscape page with WeasyPrint: the qualification certificate
(社会工作者职业水平证书), which has room left for its annotation, and the registration certificate
(社会工作者登记证书). Content is a flat mapping of strings, as the database keeps it in JSON, so a
certificate can be drawn again years later exactly as it was issued.
"""

import io
import logging
import os
import re
from base64 import b64decode
from dataclasses import asdict, dataclass, fields
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.template import Context, Engine
from PIL import Image
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from certificates.pdf import fonts, layout, ornament
from certificates.pdf.seal import WORDS, seal
from certificates.pdf.stamp import cn

QUALIFICATION = "qualification"
REGISTRATION = "registration"

EQUAL_FORCE = "纸质证书和电子证书具有同等法律效力。"  # R-CERT-01, the source's own words
DISCLAIMER = "本证书由开源演示系统生成，与民政部、人力资源社会保障部无关。"

_TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "pdf"
_DATES = {"birth_date", "issue_date", "first_registered_on", "valid_from", "valid_until"}


class ContentError(ValueError):
    """The stored content cannot be printed: a field is missing, unknown or malformed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Qualification:
    """What a qualification certificate prints. Dates are ISO (2025-09-15); photo is a data: URL or empty."""

    management_number: str
    name: str
    sex: str
    birth_date: str
    id_number: str
    level: str
    exam_year: str
    region: str
    issue_date: str
    office: str
    verify_url: str
    signer: str
    photo: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """What a registration certificate prints. Dates are ISO; verify_url is the QR code's ASCII text."""

    registration_number: str
    management_number: str
    name: str
    sex: str
    id_number: str
    level: str
    region: str
    employer: str
    first_registered_on: str
    valid_from: str
    valid_until: str
    issue_date: str
    version: str
    office: str
    verify_url: str
    signer: str
    photo: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One printed field: its label, its text as printed, and whether it takes the whole width."""

    label: str
    text: str
    wide: bool
    size: str

    @property
    def parts(self) -> list[str]:
        """Where the text may be broken: after the dots of a name, so that no line begins with one."""
        return re.findall("[^·]+·*|·+", self.text)


@dataclass(frozen=True, slots=True)
class _Kind:
    content: type
    title: str
    number: str
    number_label: str
    office_label: str
    accent: str
    rows: tuple[tuple[tuple[str, str], ...], ...]


_KINDS = {
    QUALIFICATION: _Kind(
        content=Qualification,
        title="社会工作者职业水平证书",
        number="management_number",
        number_label="管理号",
        office_label="发证机构",
        accent=layout.BLUE,
        rows=(
            (("姓名", "name"),),
            (("性别", "sex"), ("出生日期", "birth_date")),
            (("证件号码", "id_number"),),
            (("级别", "level"), ("考试年度", "exam_year")),
            (("管理号", "management_number"),),
            (("考区", "region"), ("签发日期", "issue_date")),
        ),
    ),
    REGISTRATION: _Kind(
        content=Registration,
        title="社会工作者登记证书",
        number="registration_number",
        number_label="登记证书编号",
        office_label="登记机关",
        accent="1b5a45",
        rows=(
            (("姓名", "name"), ("性别", "sex")),
            (("证件号码", "id_number"), ("级别", "level")),
            (("登记证书编号", "registration_number"), ("管理号", "management_number")),
            (("首次登记时间", "first_registered_on"), ("登记区域", "region")),
            (("工作单位", "employer"),),
            (("有效期", "validity"), ("证书版本", "version")),
        ),
    ),
}


def render(kind: str, content: dict[str, str]) -> bytes:
    """Return the certificate of `kind` (QUALIFICATION or REGISTRATION) as a one-page tagged PDF.

    The same content gives the same bytes: the file's dates and identifier come from it. Nothing is
    fetched: pictures are data: URLs (S7). The page carries no signature and no annotation yet
    (R-ANN-12); layout.STAMP and layout.DIAGONAL are left free on the qualification certificate.
    Raises ContentError when a field is missing, unknown or malformed, fonts.FontMissing without the font.
    """
    html = source(kind, content)
    identifier = sha256(html.encode()).digest()[:16]
    # Pango's font map must not be used by two threads at once.
    with _rendering:
        configuration, stylesheet = _setting(kind, os.getpid())
        return HTML(string=html, base_url=None, url_fetcher=_only_data).write_pdf(
            stylesheets=[stylesheet],
            font_config=configuration,
            pdf_identifier=identifier,
            pdf_tags=True,
            custom_metadata=True,
        )


def source(kind: str, content: dict[str, str]) -> str:
    """Return the HTML that `render` lays out. Raises as `render` does."""
    context = _context(kind, _checked(kind, content))
    return _engine().get_template(f"{kind}.html").render(Context(context))


def style(kind: str) -> str:
    """Return the CSS of `kind` without its font faces; with it alone, the system's font is used."""
    accent = f"#{_KINDS[kind].accent}"
    page = (
        f'@page {{ background: url("{_data_url(ornament.border(accent))}") 0 0 / 297mm 210mm }}\n'
        f'.rosette {{ background-image: url("{_data_url(ornament.rosette(accent))}") }}\n'
        f":root {{ --accent: {accent} }}\n"
    )
    return page + (_TEMPLATES / "certificate.css").read_text(encoding="utf-8")


def printed(kind: str, content: dict[str, str]) -> list[Fact]:
    """Return every fact as the certificate prints it, in reading order, for comparing (R-VER-01).

    Raises ContentError like `render`.
    """
    return [fact for row in _rows(kind, _checked(kind, content)) for fact in row]


def prepare() -> None:
    """Cut the fonts if that has not been done, and read them: for set-up and for a worker's start.

    To be called in the process that will render, not before a fork. Raises fonts.FontMissing when the
    system lacks the full font.
    """
    with _rendering:
        for kind in _KINDS:
            _setting(kind, os.getpid())


def _checked(kind: str, content: dict[str, str]) -> Qualification | Registration:
    if kind not in _KINDS:
        raise ContentError(f"no certificate of kind {kind!r}")
    of_kind = _KINDS[kind].content
    names = {field.name for field in fields(of_kind)}
    if unknown := content.keys() - names:
        raise ContentError(f"unknown fields: {', '.join(sorted(unknown))}")
    required = names - {"photo"}
    if missing := [name for name in sorted(required) if not content.get(name)]:
        raise ContentError(f"missing fields: {', '.join(missing)}")
    if wrong := [name for name, value in sorted(content.items()) if not isinstance(value, str)]:
        raise ContentError(f"not text: {', '.join(wrong)}")
    if strange := fonts.uncovered("".join(content[name] for name in required)):
        shown = "、".join(f"{c!r} (U+{ord(c):04X})" for c in strange)
        raise ContentError(f"no certificate font draws {shown}")
    _check_photo(content.get("photo", ""))
    return of_kind(**content)


def _check_photo(url: str) -> None:
    """A photo that cannot be drawn would silently be left out; raise ContentError instead."""
    if not url:
        return
    head, _, data = url.partition(",")
    if head not in ("data:image/jpeg;base64", "data:image/png;base64"):
        raise ContentError("the photo is not a data: URL of a JPEG or PNG")
    try:
        with Image.open(io.BytesIO(b64decode(data, validate=True)), formats=("JPEG", "PNG")) as image:
            image.load()
    except (ValueError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ContentError("the photo cannot be decoded") from error


def _rows(kind: str, record: Qualification | Registration) -> list[list[Fact]]:
    values = asdict(record)
    texts = {name: _date(v) if name in _DATES else v for name, v in values.items()}
    if isinstance(record, Registration):
        texts["validity"] = f"{texts['valid_from']}至{texts['valid_until']}"
        texts["version"] = f"第 {record.version} 版"
    return [
        [Fact(label, texts[name], len(row) == 1, _size(name, texts[name], len(row) == 1)) for label, name in row]
        for row in _KINDS[kind].rows
    ]


def _date(iso: str) -> str:
    try:
        return cn(date.fromisoformat(iso))
    except ValueError as error:
        raise ContentError(f"not an ISO date: {iso!r}") from error


def _size(name: str, text: str, wide: bool) -> str:
    """Return the CSS class for a value of this length: long values are set smaller to keep the page."""
    if name == "name":
        return "name" if len(text) <= 8 else "name long" if len(text) <= 20 else "name longest"
    return "long" if len(text) > (40 if wide else 34) else ""


def _context(kind: str, record: Qualification | Registration) -> dict[str, object]:
    form = _KINDS[kind]
    return {
        "title": form.title,
        "kind": kind,
        "number": getattr(record, form.number),
        "number_label": form.number_label,
        "office_label": form.office_label,
        "record": record,
        "rows": _rows(kind, record),
        # A closing bracket is half air; hung out, the line ends where its neighbours end.
        "office_class": "long" if len(record.office) > 15 else "hangs" * record.office.endswith("）"),
        "issue_date": _date(record.issue_date),
        "equal_force": EQUAL_FORCE,
        "disclaimer": DISCLAIMER,
        "seal": _data_url(seal(_font_directory())),
        "seal_words": WORDS,
        "qr": _data_url(_qr_code(record)) if kind == REGISTRATION else "",
        "address": record.verify_url.partition("#")[0],  # the signed statement behind it is for machines
    }


def _qr_code(record: Registration) -> str:
    try:
        return ornament.qr_code(record.verify_url)
    except ValueError as error:
        raise ContentError(f"verify_url does not make a QR code: {error}") from error


def _data_url(svg: str) -> str:
    # Percent-encoding only what a URL and CSS's url("…") cannot hold keeps the page source readable.
    for character, code in (("%", "%25"), ("#", "%23"), ('"', "'"), ("<", "%3C"), (">", "%3E")):
        svg = svg.replace(character, code)
    return f"data:image/svg+xml;charset=utf-8,{svg}"


# WeasyPrint's warnings quote the data: URLs they are about, which hold people's photos.
logging.getLogger("weasyprint").setLevel(logging.CRITICAL)

_rendering = Lock()
_only_data = URLFetcher(allowed_protocols={"data"}, allow_redirects=False)


def _font_directory() -> Path:
    return Path(settings.FONT_DIR)


@cache
def _engine() -> Engine:
    return Engine(dirs=[str(_TEMPLATES)])


@cache
def _setting(kind: str, process: int) -> tuple[FontConfiguration, CSS]:
    """Return the font configuration and the stylesheet for `kind`.

    Made once per process: fontconfig's state must not be shared across a fork.
    """
    configuration = _configuration(process)
    faces = "".join(
        f'@font-face {{ font-family: "{fonts.CUT_FAMILY}"; font-weight: {weight}; src: url("{path.as_uri()}") }}\n'
        for weight, path in fonts.typefaces(_font_directory()).items()
    )
    stylesheet = CSS(
        string=faces + style(kind),
        font_config=configuration,
        # The stylesheet is ours and names our own font files; a page's content never gets this fetcher.
        url_fetcher=URLFetcher(allowed_protocols={"file"}, allow_redirects=False),
    )
    return configuration, stylesheet


@cache
def _configuration(process: int) -> FontConfiguration:
    return FontConfiguration()
