"""Time stamps of an authority (RFC 3161) over signatures: off unless its address is configured.

The token goes into the container as an unsigned attribute (PAdES-B-T, EN 319 142-1, 6.3), in room that is kept
free for it, and is trusted when it leads to a certificate in `tsa/*.pem` of the signing directory. A token that does
not verify is never put into a file: the file would count as altered.
"""

import hashlib
import logging
import secrets
import time
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from asn1crypto import algos, cms, tsp
from cryptography import x509
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from certificates.pdf import keys
from certificates.pdf.cms import TOKEN_ROOM, as_asn1
from certificates.pdf.coroutines import run

log = logging.getLogger(__name__)

_LARGEST_ANSWER = 64 * 1024
_PAUSE = 60  # seconds for which an authority that failed is not asked again, where one may issue without it


class TimestampUnavailable(Exception):
    """The authority gave no usable token, and nothing is to be issued without one."""


@dataclass
class HttpTimestamper:
    """An authority over HTTP (RFC 3161, 3.4)."""

    url: str
    timeout: float
    required: bool
    roots: tuple[x509.Certificate, ...]
    _rest_until: float = field(default=0.0, repr=False)

    def token(self, signature: bytes) -> bytes:
        if not self.required and time.monotonic() < self._rest_until:
            return b""
        try:
            return self._token(hashlib.sha256(signature).digest())
        except (OSError, HTTPException, ValueError, SignatureValidationError) as error:
            # urllib's errors are OSErrors, but for answers that are no HTTP; asn1crypto's are ValueErrors.
            log.error("time_stamp_unavailable", extra={"error": type(error).__name__, "required": self.required})
            if self.required:
                raise TimestampUnavailable(f"{self.url}: {error}") from error
            self._rest_until = time.monotonic() + _PAUSE
            return b""

    def _token(self, imprint: bytes) -> bytes:
        if not self.roots:
            raise ValueError("no certificate of the authority is in tsa/")
        nonce = secrets.randbits(64)
        asked = tsp.TimeStampReq(
            {
                "version": "v1",
                "message_imprint": {
                    "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                    "hashed_message": imprint,
                },
                "nonce": nonce,
                "cert_req": True,
            }
        )
        request = urllib.request.Request(
            self.url, data=asked.dump(), headers={"Content-Type": "application/timestamp-query"}
        )
        with urllib.request.urlopen(request, timeout=self.timeout) as answer:  # an operator's address, not a stranger's
            body = answer.read(_LARGEST_ANSWER + 1)
        return self._checked(body, imprint, nonce)

    def _checked(self, body: bytes, imprint: bytes, nonce: int) -> bytes:
        if len(body) > _LARGEST_ANSWER:
            raise ValueError("the answer is too long")
        try:
            answer = tsp.TimeStampResp.load(body, strict=True)
            status = answer["status"]["status"].native
            token = answer["time_stamp_token"]
            signed = token["content"]
            said = signed["encap_content_info"]["content"].parsed["nonce"].native
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError("the answer is no time stamp") from error
        if status not in ("granted", "granted_with_mods") or said != nonce:
            raise ValueError(f"the authority answered {status}")
        der = token.dump()
        if len(der) > TOKEN_ROOM:
            raise ValueError(f"the token takes {len(der)} bytes, more than the {TOKEN_ROOM} that are kept free")
        if not run(_is_good(signed, imprint, self.roots)):
            raise ValueError("the token does not verify, or its authority is not in tsa/")
        return der


async def _is_good(signed: cms.SignedData, imprint: bytes, roots: tuple[x509.Certificate, ...]) -> bool:
    context = ValidationContext(trust_roots=[as_asn1(root) for root in roots], allow_fetching=False)
    facts = await validate_tst_signed_data(signed, context, lambda name: imprint if name == "sha256" else b"")
    status = TimestampSignatureStatus(**facts)
    return bool(status.intact and status.valid and status.trusted)


def roots(directory: str | Path | None = None) -> tuple[x509.Certificate, ...]:
    """Return the certificates of time stamp authorities that verification trusts."""
    files = sorted((keys.directory_of(directory) / "tsa").glob("*.pem"))
    return tuple(one for file in files for one in keys.read_certificates(file))


_stampers: dict[tuple, HttpTimestamper] = {}


def stamper() -> HttpTimestamper | None:
    """Return the authority of the settings, ``None`` when none is configured; one per process, which knows its rest."""
    from django.conf import settings

    if not settings.TSA_URL:
        return None
    facts = (settings.TSA_URL, settings.TSA_TIMEOUT, settings.TSA_REQUIRED, roots())
    return _stampers.setdefault(facts, HttpTimestamper(*facts))
