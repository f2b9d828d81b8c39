"""The program that draws one page: ``python draw_page.py NUMBER LONGEST``, a PDF on stdin, a JPEG on stdout.

Run by ``swms.uploads.drawing`` as a process of its own, because what reads somebody's bytes may be crashed, held up
or filled by them. It knows nothing of the portal: no settings, no database, no keys.
"""

import io
import resource
import sys

import pypdfium2
from PIL import Image, JpegImagePlugin  # noqa: F401 - the plugin is loaded before files run out

MEMORY = 1024 * 1024 * 1024  # bytes, of which the program itself takes a fifth
SECONDS = 10  # of the processor
MOST_SCALE = 4  # 288 dots an inch; a stamp-sized page is not blown up to a poster
QUALITY = 85


def main(number: int, longest: int) -> None:
    """Draw the page with this number, counted from 1, so that its longer side has at most ``longest`` pixels."""
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),  # fonts of the machine, where a document brings none
    ):
        resource.setrlimit(limit, (most, most))
    document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    page = document[number - 1]
    width, height = page.get_size()
    scale = min(MOST_SCALE, longest / max(width, height, 1))
    picture = page.render(scale=scale, draw_annots=True, may_draw_forms=False).to_pil().convert("RGB")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    sys.stdout.buffer.write(out.getvalue())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
