"""The numbers and names that identify a person or an institution: normalising, checking, masking.

Everything here is pure: text in, text or `IdNumber` out, `InvalidIdNumber` with a code for programs and
a sentence for people. Whether to show that sentence is the caller's decision: at registration all of
them become one and the same message (R-ACC-04).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from operator import mul

from swms.codes import IdType, Sex
from swms.dates import today

_PREFIXES = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83"
PROVINCES = frozenset(_PREFIXES.split())
"""Province prefixes of GB 11643; 81, 82 and 83 are the residence permits of 港澳台居民."""

_CITIZEN = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_OTHER = re.compile(r"[A-Z0-9]{5,20}", re.ASCII)
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_USCC = re.compile(r"[0-9A-HJ-NP-RT-UW-Y]{2}\d{6}[0-9A-HJ-NP-RT-UW-Y]{10}", re.ASCII)
_WEIGHTS = [pow(2, 17 - position, 11) for position in range(17)]
_ZEROS = ord("0") * sum(_WEIGHTS)
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100 leaves out I O S V Z
_USCC_WEIGHTS = [pow(3, position, 31) for position in range(17)]

_HAN = r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\ufa0e-\ufa29\U00020000-\U0003fffd]"  # with planes 2 and 3 as a whole
_LATIN = r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]"
_HAN_NAME = re.compile(f"{_HAN}+(?:·{_HAN}+)*")
# Beyond the letters and spaces of R-PRO-15 also what a passport prints inside a name: O'Brien, Anne-Marie.
_LATIN_NAME = re.compile(f"{_LATIN}+(?:[ ·'-]{_LATIN}+)*")
_MIDDLE_DOTS = str.maketrans(dict.fromkeys("•・.‧∙⋅･．●", "·"))
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "‐": "-", "‑": "-"})


class InvalidIdNumber(ValueError):
    """A number or name that cannot be right: `code` for programs, `message` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, repr=False)
class IdNumber:
    """A valid 18-character identity number and what it says about the person (R-ACC-11)."""

    number: str
    sex: str
    birth_date: date
    province: str

    def __repr__(self) -> str:
        return f"<IdNumber {mask_id(self.number)}>"


# --- identity numbers ----------------------------------------------------------------------------


def normalise(text: str) -> str:
    """Return an identity number as it is stored and looked up: half-width, without blanks, in capitals (R-ACC-09)."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def parse(text: str) -> IdNumber:
    """Return the identity number in `text`, normalised, with sex and birth date (R-ACC-09, R-ACC-11).

    The county code is not looked at: codes are abolished and made while people keep their numbers.
    Raises InvalidIdNumber: `format`, `province`, `birth_date` or `check_digit`.
    """
    number = normalise(text)
    if not _CITIZEN.fullmatch(number):
        raise InvalidIdNumber("format", "身份证号应为18位，前17位是数字，最后一位是数字或X")
    if number[:2] not in PROVINCES:
        raise InvalidIdNumber("province", "身份证号的前两位不是有效的省级代码，请核对")
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        born = None
    if born is None or born.year < 1900 or born > today():
        raise InvalidIdNumber("birth_date", "身份证号第7至14位不是有效的出生日期，请核对")
    if number[17] != check_digit(number):
        raise InvalidIdNumber("check_digit", "身份证号的最后一位校验不通过，请逐位核对")
    sex = Sex.MALE if int(number[16]) % 2 else Sex.FEMALE
    return IdNumber(number, str(sex.value), born, number[:2])


def check_digit(number: str) -> str:
    """Return the 18th character that belongs to the first 17 digits (ISO 7064 MOD 11-2, GB 11643)."""
    # Over bytes and in C: an import of the roster asks for millions.
    remainder = (sum(map(mul, number[:17].encode("ascii"), _WEIGHTS)) - _ZEROS) % 11
    return "10X98765432"[remainder]


def clean_id_number(text: str, id_type: str = IdType.ID_CARD) -> str:
    """Return the normalised number of an identity document of the given type (R-ACC-09, R-ACC-10).

    Residence permits of 港澳台居民 have 18-digit numbers like an identity card's. Raises InvalidIdNumber.
    """
    if id_type in IdType.with_citizen_number():
        return parse(text).number
    number = normalise(text)
    if not _OTHER.fullmatch(number):
        raise InvalidIdNumber("format", "证件号码应为5至20位字母或数字，不含括号和短横线")
    return number


def mask_id(number: str) -> str:
    """Return an identity number fit for the screen: `110105********005X` (R-ACC-13).

    Shorter numbers keep two characters at either end.
    """
    if len(number) >= 18:
        return number[:6] + "*" * (len(number) - 10) + number[-4:]
    return number[:2] + "*" * (len(number) - 4) + number[-2:] if len(number) > 4 else "*" * len(number)


# --- unified social credit codes ------------------------------------------------------------------


def normalise_uscc(text: str) -> str:
    """Return a 统一社会信用代码 as it is stored: half-width, without blanks and hyphens, in capitals."""
    return normalise(text).replace("-", "")


def clean_uscc(text: str) -> str:
    """Return the normalised 统一社会信用代码 in `text` (GB 32100, R-SVC-07).

    Raises InvalidIdNumber: `format` or `check_digit`.
    """
    code = normalise_uscc(text)
    if not _USCC.fullmatch(code):
        raise InvalidIdNumber("format", "统一社会信用代码应为18位数字或大写字母（不含I、O、S、V、Z）")
    total = sum(_USCC_ALPHABET.index(char) * weight for char, weight in zip(code, _USCC_WEIGHTS, strict=False))
    if code[17] != _USCC_ALPHABET[-total % 31]:
        raise InvalidIdNumber("check_digit", "统一社会信用代码的最后一位校验不通过，请逐位核对")
    return code


# --- mobile numbers -------------------------------------------------------------------------------


def normalise_mobile(text: str) -> str:
    """Return a mobile number as it is stored: half-width digits, without blanks, hyphens and the country code."""
    number = re.sub(r"[\s()-]", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"^(?:\+|00)?86(?=1\d{10}$)", "", number)


def clean_mobile(text: str) -> str:
    """Return the normalised mainland mobile number in `text` (§3.1). Raises InvalidIdNumber: `mobile`."""
    number = normalise_mobile(text)
    if not _MOBILE.fullmatch(number):
        raise InvalidIdNumber("mobile", "手机号应为11位数字，以13至19开头")
    return number


def mask_mobile(number: str) -> str:
    """Return a mobile number fit for the screen: `138****5678` (R-ACC-13)."""
    return number[:3] + "****" + number[-4:] if len(number) == 11 else "*" * len(number)


def mask_mail(address: str) -> str:
    """Return an e-mail address fit for the screen: `w***@example.org`."""
    name, at, host = address.partition("@")
    return f"{name[:1]}***@{host}" if at else address


# --- names of persons -----------------------------------------------------------------------------


def normalise_name(text: str) -> str:
    """Return a person's name as it is stored and compared (R-PRO-15).

    NFC; one kind of middle dot; no blanks in Han names, single ones between Latin words. Full-width
    Latin letters become half-width. Han characters stay what they are: NFKC would replace rare ones.
    """
    text = "".join(unicodedata.normalize("NFKC", char) if "！" <= char <= "～" else char for char in text)
    words = unicodedata.normalize("NFC", text.translate(_APOSTROPHES)).split()
    joined = " ".join(words)
    if re.search(_HAN, joined):
        return "".join(words).translate(_MIDDLE_DOTS)
    return joined


def clean_name(text: str) -> str:
    """Return the normalised name in `text`: 2 to 50 characters, all Han or all Latin (R-PRO-15).

    Raises InvalidIdNumber: `name_length`, `name_private_use` or `name_characters`.
    """
    name = normalise_name(text)
    if not 2 <= len(name) <= 50:
        raise InvalidIdNumber("name_length", "姓名应为2至50个字")
    if any(unicodedata.category(char) == "Co" for char in name):
        raise InvalidIdNumber("name_private_use", "姓名中有系统无法识别的造字，请用输入法的生僻字功能重新输入")
    if not (_HAN_NAME.fullmatch(name) or _LATIN_NAME.fullmatch(name)):
        raise InvalidIdNumber("name_characters", "姓名只能用汉字和间隔号“·”；外籍人士可用拉丁字母和空格")
    return name
