"""What a file is, judged with everything that this installation trusts."""

from certificates.pdf import keys, timestamps
from certificates.pdf.verify import LARGEST, Examination, examine


def examined(data: bytes, *, largest: int = LARGEST) -> Examination:
    """Return what the file is; see ``examine``."""
    return examine(data, keys.trust_roots(), tsa_roots=timestamps.roots(), largest=largest)
