"""The pages of a PDF as pictures, so that reviewers read them inside a page whose policy lets no document run."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

LONGEST = 2000  # pixels of the longer side: A4 at 170 dots an inch
PATIENCE = 15  # seconds for one page, also while the processor is busy with others
AT_ONCE = 2  # pages that a process of the portal has drawn at the same time
TURN = 20  # seconds to wait for one's turn

_PROGRAM = Path(__file__).with_name("draw_page.py")
_turns = threading.BoundedSemaphore(AT_ONCE)
log = logging.getLogger(__name__)


class CannotDraw(Exception):
    """A page that cannot be shown as a picture: what is in it crashed, held up or filled the program that drew it."""


class TooBusy(Exception):
    """So many pages are being drawn that this one has to be asked for again."""


def draw(pdf: bytes, number: int) -> bytes:
    """Return page ``number``, counted from 1, as a JPEG. Raises CannotDraw and TooBusy."""
    if not _turns.acquire(timeout=TURN):
        raise TooBusy
    try:
        return _drawn(pdf, number)
    finally:
        _turns.release()


def _drawn(pdf: bytes, number: int) -> bytes:
    command = [sys.executable, "-P", str(_PROGRAM), str(number), str(LONGEST)]
    # Where this process finds its packages, and nothing else of what it knows: keys are in the environment.
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            command, input=pdf, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=PATIENCE,
            env=environment, cwd="/", check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        log.warning("page_not_drawn")
        raise CannotDraw(f"page {number} took longer than {PATIENCE} s") from error
    if done.returncode or not done.stdout.startswith(b"\xff\xd8\xff"):
        log.warning("page_not_drawn")
        raise CannotDraw(f"page {number} ended with {done.returncode}")
    return done.stdout
