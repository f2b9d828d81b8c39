"""The base of a qualification certificate: laid out once, stamped and signed any number of times."""

import json

from certificates.models import LAYOUT, BaseCopy, keep
from certificates.pdf import page, ready
from certificates.pdf.sidecar import Sidecar
from certificates.queries.contents import photo_of, photo_url, qualification_content
from registration.models import Qualification
from swms.crashpoints import crashpoint


def base_for(qualification: Qualification, words: str, *, signer: str) -> tuple[bytes, Sidecar]:
    """Return the base of a certificate with its sidecar, ready to be stamped with ``words`` and signed by ``signer``.

    Laid out now when there is none yet, or when what it prints, its photo, the layout or the needed
    characters have changed since. Raises ``page.ContentError`` when it cannot be printed, ``OSError``.
    """
    facts, photo = qualification_content(qualification, signer=signer), photo_of(qualification)
    sealed = json.dumps(facts | {"photo": str(photo.uid) if photo else ""}, ensure_ascii=False, sort_keys=True)
    kept = getattr(qualification, "base_copy", None)
    if kept and kept.layout == LAYOUT and kept.sealed == sealed and kept.file.exists():
        sidecar = Sidecar.from_json(kept.sidecar)
        if set(words) <= set(sidecar.characters):
            return kept.read(), sidecar
    pdf = page.render(page.QUALIFICATION, facts | {"photo": photo_url(photo)})
    base, sidecar = ready.make_ready(pdf, kind=page.QUALIFICATION, certificate=qualification.mgmt_no, extra=words)
    kept = kept or BaseCopy(qualification=qualification, sealed=sealed)
    kept.path, kept.sha256 = keep(kept.uid, base, folder="base")
    crashpoint("annotate.base_written")
    kept.sealed, kept.layout, kept.sidecar = sealed, LAYOUT, json.loads(sidecar.to_json())
    kept.save()
    return base, sidecar
