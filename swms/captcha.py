"""A question that a person answers and a form-filling machine does not expect: no picture, no script.

It stands in words, so screen readers read it and it works with JavaScript off. It only slows machines
down; what holds them off are the limits per address and number (S3, S4). The question travels signed
in the form and counts once.
"""

import secrets
from datetime import timedelta

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError

from swms import throttle
from swms.forms import narrow

LIFETIME = timedelta(minutes=30)
_NUMERALS = "零一二三四五六七八九十"
_SALT = "swms.captcha"


class Captcha:
    """Mix into a form: adds the question as its last field and judges it after all others.

    A right answer beside other mistakes is kept, so that nobody calculates twice for one form.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["asked"] = forms.CharField(widget=forms.HiddenInput, required=False)
        self.fields["answer"] = forms.CharField(
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "short"}),
            help_text="用来确认不是机器在填写",
            error_messages={"required": "请回答这个问题"},
        )
        asked = _read(self.data.get(self.add_prefix("asked"), "")) if self.is_bound else None
        if asked:
            self._put(asked)
        else:
            self.ask_again()

    def ask_again(self) -> None:
        """Put another question in place of the present one; the view calls it when it shows the form again."""
        asked = {"a": 2 + secrets.randbelow(8), "b": 1 + secrets.randbelow(9), "id": secrets.token_urlsafe(12)}
        self._put(asked)
        token = signing.dumps(asked, salt=_SALT)
        self.fields["asked"].initial = token
        if self.is_bound:
            self.data = self.data.copy()
            self.data[self.add_prefix("asked")] = token
            self.data[self.add_prefix("answer")] = ""

    def full_clean(self):
        """Judge the answer last; an expired or missing question was replaced before, with an empty answer."""
        super().full_clean()
        if self.is_bound:
            self._judge()

    def _put(self, asked: dict) -> None:
        self._asked = asked
        self.fields["answer"].label = f"{_NUMERALS[asked['a']]}加{_NUMERALS[asked['b']]}等于几（用数字回答）"

    def _judge(self) -> None:
        if "answer" in self.errors:
            return
        answer = narrow(self.cleaned_data["answer"]).strip()
        if answer != str(self._asked["a"] + self._asked["b"]):
            self.add_error("answer", ValidationError("回答不正确，请回答新的问题", code="captcha"))
            self.ask_again()
        elif not self.errors:
            try:
                throttle.hit("captcha", self._asked["id"], 1, LIFETIME)
            except throttle.Throttled:
                self.add_error("answer", ValidationError("这个问题已经用过，请回答新的问题", code="captcha_used"))
            self.ask_again()


def _read(token: str) -> dict | None:
    try:
        return signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return None
