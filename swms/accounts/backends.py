"""How a name and a password become a user."""

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.db.models import Q

from swms.accounts.models import User
from swms.crypto import index_candidates
from swms.idnumbers import normalise


def find_user(identifier: str) -> User | None:
    """Return the active account for an identity number, a mobile, or a user name."""
    identifier = identifier.strip()
    if not identifier:
        return None
    who = (
        Q(username=identifier)
        | Q(id_index__in=index_candidates("identity", identifier))
        | Q(mobile_index__in=index_candidates("mobile", identifier))
    )
    return User.objects.filter(who, is_active=True).order_by("id").first()


def axes_username(request, credentials: dict | None) -> str:
    """Return the lock-out key: the account where there is one, never what was typed.

    What was typed may be an identity number, which must not reach a plain column.
    """
    typed = (credentials or {}).get("username") or (request.POST.get("username", "") if request else "")
    user = find_user(typed)
    # Normalised like an identity number: spelling it in five ways must not tell that nobody has it.
    return user.username if user else index_candidates("login", normalise(typed) or "-")[0]


class IdentityBackend(BaseBackend):
    """Checks the password; takes as long for nobody as for somebody."""

    def authenticate(self, request, username: str | None = None, password: str | None = None):
        if username is None or password is None:
            return None
        user = find_user(username)
        if user is None:
            make_password(password)
            return None
        return user if user.check_password(password) else None

    def get_user(self, user_id):
        return User.objects.filter(pk=user_id, is_active=True).first()
