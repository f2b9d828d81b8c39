"""A stored file as the review page shows it."""

from django.urls import reverse

from swms.uploads.models import StoredFile


def shown(label: str, file: StoredFile, note: str = "") -> dict:
    """Return a file as ``ui/evidence.html`` takes it: a picture by its address, a PDF by the pictures of its pages."""
    pages = [reverse("uploads:page", args=[file.uid, number]) for number in range(1, file.pages + 1)]
    return {
        "label": label,
        "note": note,
        "name": file.name,
        "url": f"{file.get_absolute_url()}{'?inline=1' if file.is_image else ''}",
        "media_type": file.media_type,
        "size": file.size,
        "pages": [{"number": number, "url": url} for number, url in enumerate(pages, start=1)],
    }
