"""What the camera of a stranger's telephone makes of a printed certificate; the reader is not ours (ZXing)."""

import io
import subprocess

import zxingcpp
from PIL import Image

PRINTED = 150  # dots an inch, a modest office printer


def scanned(pdf: bytes) -> list[str]:
    """Return the text of every QR code on the first page, drawn by poppler and found by ZXing."""
    drawn = subprocess.run(
        ["pdftoppm", "-r", str(PRINTED), "-png", "-singlefile", "-"], input=pdf, capture_output=True, check=True
    )
    page = Image.open(io.BytesIO(drawn.stdout)).convert("L")
    found = zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.QRCode)
    return [each.text for each in found if each.valid]
