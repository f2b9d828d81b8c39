"""The shape of input; what it means is judged by guards and actions."""

from certificates.forms.holder import AnnotationForm, TermsForm
from certificates.forms.replacement import ReasonForm, ReplacementForm
from certificates.forms.titles import TitleForm
from certificates.forms.verification import FileForm, NumberForm, NumberQuery

__all__ = [
    "AnnotationForm",
    "FileForm",
    "NumberForm",
    "NumberQuery",
    "ReasonForm",
    "ReplacementForm",
    "TermsForm",
    "TitleForm",
]
