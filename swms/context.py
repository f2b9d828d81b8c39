"""What every page knows besides its own matter: names from the settings and the display mode."""

from django.conf import settings
from django.http import HttpRequest

#: The cookie that carries the display mode (适老模式), and its only two values.
MODE_COOKIE = "mode"
MODES = ("plain", "elder")


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
        "site_name": getattr(settings, "SITE_NAME", "社会工作者登记与证书服务"),
        "authority_label": getattr(settings, "AUTHORITY_LABEL", "民政部门"),
        "issuer_contact": getattr(settings, "ISSUER_CONTACT", ""),
        "filing_numbers": getattr(settings, "FILING_NUMBERS", ()),
    }
