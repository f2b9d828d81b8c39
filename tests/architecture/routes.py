"""Every address of the portal, as the URL resolver knows it."""

from django.urls import URLPattern, get_resolver


def routes() -> dict[str, str]:
    """Return the full route of every address, with the name of its page: ``{"account/": "signin:account"}``."""
    return dict(_walk(get_resolver(), "", ""))


def _walk(resolver, prefix: str, namespace: str):
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, f"{namespace}{pattern.name}"
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern, route, inner)
