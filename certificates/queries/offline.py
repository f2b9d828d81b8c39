"""The words of offline verification: one answer for everything that can be read, or not, without a network.

The same words stand on the offline page (``static/js/offline.js`` shows them), so that browser and command line
never disagree.
"""

from dataclasses import dataclass, field

from certificates.pdf import statement
from certificates.pdf.statement import Reading, Statement
from certificates.queries.examining import examined
from certificates.queries.printed import Row
from certificates.queries.statements import read_statement
from certificates.queries.verdicts import Answer, of_file
from certificates.queries.verification import LARGEST_FILE, Verification, verify_file
from swms.ui import cn_date, cn_datetime

#: What nobody can know without a network, said with every good answer.
CAVEAT = (
    "这是离线结果：只说明证书在签名那一刻的内容，查不到之后是否被撤销、注销、换发或终止。"
    "需要当前状态的，请联网扫码，或用编号和姓名查验。"
)

WORDS = {
    Reading.VALID: Answer("valid", "good", "签名有效，在有效期内", "以下内容由本系统签名，签名之后没有改动。"),
    Reading.EXPIRED: Answer(
        "expired", "wait", "签名有效，但已过有效期", "以下内容由本系统签名，没有改动，但所写的有效期已经过去。"
    ),
    Reading.CUT: Answer("cut", "bad", "二维码文字不完整", "文字被截断了。请重新扫描，完整复制全部内容后再试。"),
    Reading.ALTERED: Answer(
        "altered",
        "bad",
        "二维码文字被改动，不能采信",
        "签名与内容不符：有人改过，或者扫描、抄录有误。请重新扫描；仍然如此的，不要采信。",
    ),
    Reading.UNKNOWN_KEY: Answer(
        "unknown_key",
        "bad",
        "不是本系统的签名",
        "签名所用的密钥不在本系统公布的密钥之内。如果这一页是很久以前保存的，请联网刷新后再试；仍然如此的，不要采信。",
    ),
    Reading.UNKNOWN_VERSION: Answer(
        "unknown_version",
        "wait",
        "不认识的声明版本",
        "这段文字的版本比这一页新，请联网刷新这一页后再试，或者联网扫码查验。",
    ),
    Reading.WRONG_TIME: Answer(
        "wrong_time", "bad", "签名时间不对，不能采信", "签名时间不在该密钥的使用期内，请不要采信，并向发证机构核实。"
    ),
    Reading.NONE: Answer(
        "no_statement",
        "wait",
        "文字里没有可以离线查验的声明",
        "请粘贴扫描证书二维码得到的全部文字，以网址开头，包括 # 号后面的一长串数字。较早的证书没有这一段，请联网查验。",
    ),
}

LABELS = {
    statement.COPY: ("证书加注件", (
        ("姓名", "name"), ("证件号码", "id_number"), ("级别", "level"), ("管理号", "certificate"),
        ("加注编号", "number"), ("使用场景", "purpose"), ("加注有效期至", "valid_until"),
    )),
    statement.CERTIFICATE: ("登记证书", (
        ("姓名", "name"), ("证件号码", "id_number"), ("级别", "level"), ("管理号", "certificate"),
        ("登记证书编号", "number"), ("版本", "edition"), ("登记有效期至", "valid_until"),
    )),
}  # fmt: skip


@dataclass(frozen=True)
class Judgement:
    """An answer in words: what it is, what it says, and what it leaves open."""

    code: str
    tone: str
    title: str
    text: str
    facts: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def judge_text(text: str) -> Judgement:
    """Return the answer to the text of a QR code; no register is asked."""
    found = read_statement(text)
    words = WORDS[found.reading]
    facts, notes = [], []
    if found.statement and found.reading is not Reading.WRONG_TIME:
        facts = [*stated(found.statement), Row("签名时间", cn_datetime(found.signed_at))]
        notes = [f"截至{cn_datetime(found.signed_at)}（签名时间）。", CAVEAT]
    return Judgement(words.code, words.tone, words.title, words.text, facts, notes)


def stated(said: Statement) -> list[Row]:
    """Return the fields of a statement with their labels."""
    title, labels = LABELS.get(said.kind, LABELS[statement.COPY])
    rows = [
        Row(label, cn_date(said.valid_until) if name == "valid_until" else getattr(said, name))
        for label, name in labels
    ]
    return [Row("文件", title), *rows]


def judge_file(data: bytes, *, offline: bool) -> Judgement:
    """Return the answer to a file: by its signature alone, or with what the register says now."""
    if not offline:
        return _with_register(verify_file(data))
    found = examined(data, largest=LARGEST_FILE)
    answer = of_file(found)
    if not found.is_intact:
        return Judgement(answer.code, answer.tone, answer.title, answer.text)
    facts = [Row("编号", found.annotation or found.certificate), Row("签名时间", cn_datetime(found.signed_at))]
    facts.append(Row("签名证书", "，由".join(found.chain)))
    return Judgement("valid", "good", "文件签名有效", "文件自签发以来没有任何改动。", facts, [CAVEAT])


def _with_register(found: Verification) -> Judgement:
    notes = [f"查验时间：{cn_datetime(found.at)}。", *found.meaning]
    if found.place:
        notes.insert(0, f"已列入签发日志第 {found.place} 号。")
    code = "valid" if found.code in ("valid", "in_renewal") else found.code
    return Judgement(code, found.tone, found.title, found.text, found.facts + found.signed, notes)
