"""What ``manage.py check``, and every command that starts the portal, says about the keys before they sign."""

import datetime as dt

from django.core.checks import CheckMessage, Error, Warning

from certificates.pdf import keys, statement_keys

RENEW_WITHIN = dt.timedelta(days=30)
HINT = "docs/operations.md, Keys and time stamps"


def signing_keys(app_configs=None, **kwargs) -> list[CheckMessage]:
    """Name a key that cannot be used with its reason, and one that soon cannot; nothing is made or written.

    An installation without a key is in order: it makes its own at the first signature.
    """
    try:
        signer = keys.signer_there()
        keys.trust_roots()
        statement_keys.signer_there()
        statement_keys.published()
    except keys.KeyUnusable as error:
        return [Error(str(error), hint=HINT, id="certificates.E001")]
    if signer is None:
        return []
    until = signer.certificate.not_valid_after_utc
    if until - dt.datetime.now(dt.UTC) > RENEW_WITHIN:
        return []
    text = f"the certificate of the signing key expires on {until:%Y-%m-%d %H:%M} UTC; nothing can be signed after that"
    return [Warning(text, hint=HINT, id="certificates.W001")]
