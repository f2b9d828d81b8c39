"""The shape of what is asked of 证书查验 (R-VER-01)."""

from django import forms

from certificates.queries.verification import LARGEST_FILE
from swms.captcha import Captcha
from swms.forms import CodeField, Form
from swms.ui import file_size

LARGEST_TABLE = 2 * 1024 * 1024


class NumberForm(Captcha, Form):
    """Verification by number and name."""

    number = CodeField(
        label="证书编号",
        max_length=40,
        help_text="职业水平证书填管理号，登记证书填登记证书编号，加注件也可以填加注编号",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(label="持证人姓名", max_length=50, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class NumberQuery(Form):
    """The same for programs, which are held back by a limit and not by a question."""

    number = CodeField(max_length=40)
    name = forms.CharField(max_length=50)


class StatementForm(Form):
    """The text of a QR code; whatever it is gets an answer."""

    text = forms.CharField(
        label="二维码文字",
        help_text="扫描证书二维码得到的全部文字，以网址开头",
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
    )


class FileForm(Form):
    """Verification by the file itself. Whatever is sent gets an answer, so only the size is judged here."""

    file = forms.FileField(
        label="证书文件",
        allow_empty_file=True,
        help_text="下载得到的 PDF 原文件，不超过 10MB",
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(
                f"文件不能超过 10MB，这个文件是 {file_size(file.size)}，请上传下载得到的 PDF 原文件"
            )
        return file


class BulkForm(Form):
    """A file of numbers and names; what is in it is judged when it is read."""

    file = forms.FileField(
        label="表格文件",
        allow_empty_file=True,
        help_text="CSV 或 XLSX，第一行是列名，要有“证书编号”和“姓名”两列，不超过 2MB",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )
    kind = forms.ChoiceField(
        label="结果",
        choices=[("page", "在页面上看"), ("xlsx", "下载 XLSX"), ("csv", "下载 CSV")],
        initial="page",
        widget=forms.RadioSelect,
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST_TABLE:
            raise forms.ValidationError(f"文件不能超过 2MB，这个文件是 {file_size(file.size)}，请分成几个文件")
        return file
