"""The words of verification: for every standing of a record or a file one verdict, one sentence, one tone."""

from dataclasses import dataclass

from certificates.models import Annotation, Certificate
from certificates.pdf.verify import Change, Examination, Verdict
from certificates.workflows import AnnotationState, DocumentState
from registration.models import Qualification, Registration
from registration.workflows import QualificationState, RegistrationState
from swms.dates import today
from swms.ui import cn_date


@dataclass(frozen=True)
class Answer:
    """One verdict. ``status`` is the record's state as a label; ``explained``: say what it means below."""

    code: str
    tone: str
    title: str
    text: str
    status: str = ""
    explained: bool = True


NOT_FOUND = Answer(
    "not_found",
    "wait",
    "没有查到这份证书",
    "编号和姓名不一致，或者没有这个编号。请对照证书逐字核对；仍查不到的，请向发证机构核实。",
    explained=False,
)
UNRECORDED = Answer(
    "unrecorded",
    "bad",
    "签名有效，但没有这份文件的发放记录",
    "文件带有本系统的签名，但与登记在册的文件不一致，请不要采信，并向发证机构核实。",
    explained=False,
)
FILE_ANSWERS = {
    Verdict.NOT_PDF: Answer(
        "not_pdf",
        "wait",
        "这不是 PDF 文件",
        "请上传下载得到的 PDF 原文件；截图、照片和扫描件无法验证签名，可以改用编号和姓名查验。",
        explained=False,
    ),
    Verdict.TOO_LARGE: Answer(
        "too_large", "wait", "文件太大，无法查验", "证书文件不超过 10MB，请上传下载得到的 PDF 原文件。", explained=False
    ),
    Verdict.ENCRYPTED: Answer(
        "encrypted",
        "wait",
        "文件加了密码，无法查验",
        "本系统发出的证书不加密码，请上传下载得到的 PDF 原文件。",
        explained=False,
    ),
    Verdict.NOT_OURS: Answer(
        "not_ours",
        "bad",
        "不是本系统发出的证书",
        "文件里没有本系统的签名。打印后重新扫描、另存或转换过的文件也会如此，请索取 PDF 原文件。",
        explained=False,
    ),
    Verdict.ALTERED: Answer(
        "altered",
        "bad",
        "文件已被改动",
        "文件在签发之后被改动过，签名已经失效，上面的内容不能采信。",
        explained=False,
    ),
}

#: How an altered file differs, where that is known: what somebody can do about it is not the same.
CHANGE_ANSWERS = {
    Change.APPENDED: Answer(
        "appended",
        "bad",
        "文件在签发之后被追加了内容",
        "签发时的部分完好，但后面又加了内容，显示出来的可能已不是签发时的样子，不能采信。请索取下载得到的 PDF 原文件。",
        explained=False,
    ),
    Change.CUT: Answer(
        "cut",
        "bad",
        "文件不完整",
        "文件的后半部分缺失，签名无法查验，多半是下载或传送中断。请重新下载或索取 PDF 原文件。",
        explained=False,
    ),
}


def of_file(found: Examination) -> Answer:
    """Return the verdict on a file that is not whole and ours."""
    return CHANGE_ANSWERS.get(found.change) or FILE_ANSWERS.get(found.verdict, UNRECORDED)


#: What a verdict means and does not mean, by subject.
MEANINGS = {
    "qualification": [
        "请把上面每一项与证书逐项对照，有一项不同，就不是这份证书。",
        "这里说明职业水平证书本身的状态，不说明持证人是否已经登记。",
    ],
    "registration": [
        "请把上面每一项与证书逐项对照，有一项不同，就不是这份证书。",
        "登记到期后需要再登记；职业水平证书的效力不受登记影响。",
    ],
    "annotation": [
        "请把上面每一项与证书逐项对照，有一项不同，就不是这份证书。",
        "加注件只用于所写的使用场景，到期后请持证人重新加注；证书本身的效力不受影响。",
    ],
    "file": ["文件自签发以来没有任何改动。"],
}

_LOST = {
    QualificationState.REVOKED: Answer("revoked", "bad", "证书已撤销", "该职业水平证书已被撤销，不再有效。"),
    QualificationState.CANCELLED: Answer("cancelled", "bad", "证书已注销", "该职业水平证书已注销，不再有效。"),
}


def of_qualification(qualification: Qualification) -> Answer:
    """Return the verdict on a 职业水平证书: 有效, 已撤销 or 已注销."""
    return _LOST.get(qualification.state) or Answer("valid", "good", "证书有效", "该职业水平证书登记在册，状态为有效。")


def of_annotation(annotation: Annotation) -> Answer:
    """Return the verdict on an annotated copy; the certificate's own state goes first (R-ANN-13)."""
    if not annotation.qualification.is_valid:
        return of_qualification(annotation.qualification)
    until = cn_date(annotation.valid_until)
    if annotation.standing == AnnotationState.ACTIVE and annotation.is_outdated:
        return Answer(
            "annotation_outdated",
            "wait",
            "持证人信息已更正",
            "这份加注件是真实的，但制作之后，持证人的姓名或证件号码经核实已更正，以下是更正前印在上面的内容。"
            "职业水平证书本身仍然有效，请持证人重新加注。",
        )
    return {
        AnnotationState.ACTIVE: Answer("valid", "good", "证书有效，加注有效", f"加注有效期至{until}，当日 24 时止。"),
        AnnotationState.EXPIRED: Answer(
            "annotation_expired",
            "wait",
            "加注已过期",
            f"加注有效期至{until}。职业水平证书本身仍然有效，请持证人重新加注。",
        ),
        AnnotationState.ENDED: Answer(
            "annotation_ended",
            "wait",
            "加注已由本人终止",
            "持证人已终止这次加注。职业水平证书本身仍然有效，请持证人重新加注。",
        ),
        AnnotationState.REVOKED: Answer("annotation_revoked", "bad", "加注已撤销", "这份加注件已被撤销，不能再使用。"),
    }[annotation.standing]


def of_certificate(registration: Registration, certificate: Certificate | None) -> Answer:
    """Return the verdict on a 登记证书: 有效, 再登记审核中, 已过期, 已撤销, 已注销, 已换发 or 已被高级别替代."""
    until, standing = cn_date(registration.valid_until), registration.standing
    match standing:
        case RegistrationState.REVOKED:
            return Answer("revoked", "bad", "登记已撤销", "该登记已被撤销，登记证书不再有效。", standing.label)
        case RegistrationState.CANCELLED:
            return Answer("cancelled", "bad", "登记已注销", "该登记已注销，登记证书不再有效。", standing.label)
        case RegistrationState.SUPERSEDED:
            text = "持证人已按更高级别登记，请查验新的登记证书。"
            return Answer("superseded", "wait", "登记已由更高级别替代", text, standing.label)
    if certificate and certificate.state == DocumentState.SUPERSEDED:
        return Answer("replaced", "wait", "证书已换发", "这一版证书已经换发，请查验新版证书。", "已换发")
    match standing:
        case RegistrationState.EXPIRED:
            text = f"登记有效期至{until}，之后没有再登记。职业水平证书本身不受影响。"
            return Answer("registration_expired", "wait", "登记已过期", text, standing.label)
        case RegistrationState.IN_REREG if registration.valid_until < today():
            text = f"登记有效期至{until}。持证人已在受理期限内申请再登记，审核期间登记视为连续。"
            return Answer("in_renewal", "good", "登记连续，再登记审核中", text, standing.label)
    return Answer("valid", "good", "登记有效", f"登记有效期至{until}，当日 24 时止。", standing.label)
