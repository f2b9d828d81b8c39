"""What every page knows besides its own matter: names, the addresses of its frame, the menu, the display mode."""

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, get_urlconf, reverse

#: The cookie that carries the display mode (适老模式), and its only two values.
MODE_COOKIE = "mode"
MODES = ("plain", "elder")

#: The addresses that the frame of every page may lead to, by the name a template uses. An
#: installation without one of these apps simply shows no such link.
LINKS = {
    "home": "home",
    "sign_in": "signin:sign_in",
    "sign_out": "signin:sign_out",
    "account": "signin:account",
    "recover": "signin:recover",
    "privacy": "signin:privacy",
    "register": "registration:register",
    "feedback": "registration:feedback",
    "dashboard": "registration:dashboard",
    "clock": "registration:clock",
    "profile": "registration:profile",
    "transfers": "registration:transfers",
    "sampling": "registration:sampling",
    "certificates": "certificates:list",
    "verify": "certificates:verify",
    "titles": "certificates:titles",
    "education": "education:index",
    "services": "services:index",
    "institution": "registration:institution_own",
    "institution_start": "registration:institution",
    "institution_status": "registration:institution_status",
    "inbox": "notices:inbox",
    "bulletins": "bulletins:board",
    "console": "admin:index",
    "accessibility": "accessibility",
    "contact": "contact",
}

#: The menu of each kind of reader: label, link, and whether 适老 mode leaves it out.
MENUS = {
    "visitor": (
        ("首页", "home", False),
        ("注册账户", "register", False),
        ("证书查验", "verify", False),
        ("通知公告", "bulletins", True),
    ),
    "worker": (
        ("我的登记", "dashboard", False),
        ("登记时钟", "clock", False),
        ("个人信息", "profile", False),
        ("变更", "transfers", False),
        ("证书下载", "certificates", False),
        ("继续教育", "education", False),
        ("服务记录", "services", False),
        ("消息", "inbox", False),
        ("证书查验", "verify", True),
    ),
    "institution": (("本机构", "institution", False), ("消息", "inbox", False), ("证书查验", "verify", True)),
    "staff": (("工作台", "console", False), ("证书查验", "verify", False)),
}

#: Entries that only some readers have, by the name of their link; an app says who: ``condition(user) -> bool``.
ONLY_FOR: dict[str, Callable[[object], bool]] = {}


def links() -> dict[str, str]:
    """Return the address of every link of ``LINKS`` that this installation has; nobody may change it."""
    return _links(get_urlconf())


@lru_cache(maxsize=8)
def _links(urlconf: str | None) -> dict[str, str]:
    found = {}
    for name, view in LINKS.items():
        try:
            found[name] = reverse(view)
        except NoReverseMatch:
            continue
    return found


def menu(request: HttpRequest, addresses: dict[str, str]) -> list[dict]:
    """Return the reader's menu as ``label, url, current, secondary``; the deepest match is current."""
    user = getattr(request, "user", None)
    kind = user.kind if user is not None and user.is_authenticated else "visitor"
    items = [
        {"label": label, "url": addresses[name], "current": False, "secondary": secondary}
        for label, name, secondary in MENUS[kind]
        if name in addresses and (name not in ONLY_FOR or ONLY_FOR[name](user))
    ]
    here = [item for item in items if _within(request.path, item["url"])]
    if here:
        max(here, key=lambda item: len(item["url"]))["current"] = True
    return items


def _within(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))


def display_mode(request: HttpRequest) -> str:
    """Return ``"plain"`` or ``"elder"``: the profile speaks for who is signed in, else the cookie."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return "elder" if user.elder_mode else "plain"
    return "elder" if request.COOKIES.get(MODE_COOKIE) == "elder" else "plain"


def site(request: HttpRequest) -> dict:
    """Context processor: names from the settings, addresses, menu and display mode of this reader."""
    addresses = links()
    return {
        "mode": display_mode(request),
        "links": addresses,
        "nav": menu(request, addresses),
        "site_name": settings.SITE_NAME,
        "authority_label": settings.AUTHORITY_LABEL,
        "issuer_contact": settings.ISSUER_CONTACT,
        "filing_numbers": settings.FILING_NUMBERS,
    }
