"""The privacy notice that people agree to, by version (R-SEC-01)."""

#: Raised whenever `templates/accounts/privacy.html` changes in meaning; who agreed to another one is asked again.
PRIVACY_VERSION = "2026-11"


def is_current(user) -> bool:
    """Tell whether nothing has to be asked of `user`: offices work on a legal duty and do not consent."""
    return user.needs_second_factor or user.consent_version == PRIVACY_VERSION
