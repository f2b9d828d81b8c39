"""Where the pages of certificates are."""

from django.urls import reverse


def at(name: str, *args) -> str:
    return reverse(f"certificates:{name}", args=args)
