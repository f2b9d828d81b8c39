"""纸质证书: the address for the courier, or the place on site and who comes instead (§3.13)."""

import re

from django import forms
from django.core.exceptions import ValidationError

from certificates.models import PaperCertificate, PaperPlace
from swms.forms import CodeField, Form
from swms.idnumbers import InvalidIdNumber, clean_mobile, clean_name
from swms.regions.fields import RegionField

LAST4 = re.compile(r"\d{3}[\dX]")


def judged(clean, typed: str) -> str:
    """Return what a rule of ours makes of a text, its refusal as a form's error."""
    try:
        return clean(typed)
    except InvalidIdNumber as error:
        raise ValidationError(error.message, code=error.code) from error


class AddressForm(Form):
    """Where the courier brings it; the receiver pays (R-PAP-03)."""

    recipient = forms.CharField(label="收件人", max_length=50, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    mobile = forms.CharField(
        label="手机号",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel-national"}),
    )
    region = RegionField(label="所在地区")
    address = forms.CharField(
        label="详细地址",
        max_length=100,
        help_text="街道、小区、门牌号。地址有误被退回的，只能到现场领取。",
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    postcode = CodeField(
        label="邮政编码",
        max_length=6,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "postal-code"}),
    )
    pays = forms.BooleanField(label="我自愿选择邮寄，收到时支付邮费（到付）")

    def clean_recipient(self) -> str:
        return judged(clean_name, self.cleaned_data["recipient"])

    def clean_mobile(self) -> str:
        return judged(clean_mobile, self.cleaned_data["mobile"])

    def clean_address(self) -> str:
        """Return an address that a courier could find."""
        address = self.cleaned_data["address"]
        if len(address) < 4:
            raise ValidationError("请写到门牌号", code="short")
        return address

    def clean_postcode(self) -> str:
        if not re.fullmatch(r"\d{6}", self.cleaned_data["postcode"], re.ASCII):
            raise ValidationError("邮政编码是6位数字", code="postcode")
        return self.cleaned_data["postcode"]

    @property
    def answers(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("recipient", "mobile", "region", "address", "postcode")}


class ProxyFields(Form):
    """Who collects for the holder (R-PAP-05)."""

    proxy_name = forms.CharField(label="代领人姓名", max_length=50, required=False)
    proxy_last4 = CodeField(label="代领人身份证后四位", max_length=4, required=False)
    proxy_relation = forms.CharField(
        label="代领人与本人的关系", max_length=20, required=False, help_text="例如：配偶、父母、同事"
    )

    def clean_proxy_name(self) -> str:
        typed = self.cleaned_data["proxy_name"]
        return judged(clean_name, typed) if typed else ""

    def clean_proxy_last4(self) -> str:
        typed = self.cleaned_data["proxy_last4"]
        if typed and not LAST4.fullmatch(typed):
            raise ValidationError("请填写身份证号码的最后四位，末位可以是X", code="last4")
        return typed

    def ask_for_proxy(self, said: dict) -> None:
        """Ask for whatever is missing of somebody who is to come instead."""
        for name in ("proxy_name", "proxy_last4", "proxy_relation"):
            if not said.get(name) and name not in self.errors:
                self.add_error(name, ValidationError(f"请填写{self.fields[name].label}", code="required"))


class PlaceForm(ProxyFields):
    """Where the holder goes, and whether somebody else goes instead (R-PAP-02, R-PAP-05)."""

    place = forms.ModelChoiceField(
        label="领取地点", queryset=PaperPlace.objects.none(), widget=forms.RadioSelect, empty_label=None
    )
    who = forms.ChoiceField(
        label="由谁领取", choices=[("self", "本人领取"), ("proxy", "他人代领")], widget=forms.RadioSelect
    )
    field_order = ("place", "who")

    def __init__(self, *args, paper: PaperCertificate, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["place"].queryset = paper.batch.places.all()
        self.fields["place"].label_from_instance = lambda place: (
            f"{place.get_kind_display()}：{place.name}，{place.address}"
        )
        if not paper.batch.proxy_allowed:
            for name in ("who", "proxy_name", "proxy_last4", "proxy_relation"):
                del self.fields[name]
        else:
            self.fields["proxy_name"].help_text = "以下三项由他人代领时填写"

    def clean(self):
        said = super().clean()
        if said.get("who") == "proxy":
            self.ask_for_proxy(said)
        return said

    # Only of a form that asks for a proxy; the base's own would look for fields that are gone.
    @property
    def proxy(self) -> dict | None:
        """Who comes instead, ``None`` if the holder does; only of a valid form."""
        if self.cleaned_data.get("who") != "proxy":
            return None
        return {name: self.cleaned_data[name] for name in ("proxy_name", "proxy_last4", "proxy_relation")}


def _named(place: PaperPlace) -> str:
    return f"{place.get_kind_display()}：{place.name}，{place.address}"
