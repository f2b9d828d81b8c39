"""What every page knows besides its own matter: names from the settings and the display mode."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

#: The cookie that carries the display mode (适老模式), and its only two values.
MODE_COOKIE = "mode"
MODES = ("plain", "elder")

#: The addresses that the frame of every page may lead to, by the name a template uses. An
#: installation without one of these apps simply shows no such link.
LINKS = {
    "sign_in": "signin:sign_in",
    "sign_out": "signin:sign_out",
    "register": "registration:register",
    "recover": "signin:recover",
    "account": "signin:account",
    "dashboard": "registration:dashboard",
    "institution": "services:dashboard",
    "verify": "certificates:verify",
    "console": "admin:index",
    "accessibility": "accessibility",
    "privacy": "signin:privacy",
    "contact": "contact",
}


def links() -> dict[str, str]:
    """Return the address of every link of ``LINKS`` that this installation has."""
    found = {}
    for name, view in LINKS.items():
        try:
            found[name] = reverse(view)
        except NoReverseMatch:
            continue
    return found


def display_mode(request: HttpRequest) -> str:
    """Return ``"plain"`` or ``"elder"``: the profile speaks for who is signed in, else the cookie."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return "elder" if user.elder_mode else "plain"
    return "elder" if request.COOKIES.get(MODE_COOKIE) == "elder" else "plain"


def site(request: HttpRequest) -> dict:
    """Context processor: the installation's names and the display mode of this reader."""
    return {
        "mode": display_mode(request),
        "links": links(),
        "site_name": getattr(settings, "SITE_NAME", "社会工作者登记与证书服务"),
        "authority_label": getattr(settings, "AUTHORITY_LABEL", "民政部门"),
        "issuer_contact": getattr(settings, "ISSUER_CONTACT", ""),
        "filing_numbers": getattr(settings, "FILING_NUMBERS", ()),
    }
