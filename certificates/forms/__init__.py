"""The shape of input; what it means is judged by guards and actions."""

from certificates.forms.holder import AnnotationForm, TermsForm
from certificates.forms.replacement import ReasonForm, ReplacementForm
from certificates.forms.titles import TitleForm
from certificates.forms.verification import BulkForm, FileForm, NumberForm, NumberQuery, StatementForm

__all__ = [
    "AnnotationForm",
    "BulkForm",
    "FileForm",
    "NumberForm",
    "NumberQuery",
    "ReasonForm",
    "ReplacementForm",
    "StatementForm",
    "TermsForm",
    "TitleForm",
]
