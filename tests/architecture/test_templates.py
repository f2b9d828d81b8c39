"""What holds of every template: it compiles, and it lives under the strict content security policy (S8)."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

FOLDER = Path(settings.BASE_DIR) / "templates"
NAMES = sorted(
    str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file() and path.suffix in {".html", ".txt"}
)
#: Of pages that a browser shows; the templates of certificates are printed, and fetch nothing (S7).
SHOWN = [name for name in NAMES if name.endswith(".html") and not name.startswith("pdf/")]
INLINE = {
    "a style": re.compile(r"\sstyle\s*=|<style\b", re.IGNORECASE),
    "a handler": re.compile(r"\son[a-z]+\s*=\s*[\"'{]|\bhx-on\b", re.IGNORECASE),
    "a script": re.compile(r"<script\b(?![^>]*\ssrc=)|javascript:", re.IGNORECASE),
    "something fetched from elsewhere": re.compile(
        r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=[\"']?(?:https?:)?//"
    ),
    "text taken for markup": re.compile(r"\|\s*safe\b|\bautoescape\s+off\b"),
}


@pytest.mark.parametrize("name", NAMES)
def test_every_template_compiles(name):
    get_template(name)


@pytest.mark.parametrize("name", SHOWN)
def test_no_page_carries_what_the_policy_forbids(name):
    text = re.sub(r"{% comment %}.*?{% endcomment %}", "", (FOLDER / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [what for what, pattern in INLINE.items() if pattern.search(text)] == []


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(client, db):
    policy = client.get("/accessibility/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert not re.search(r"https?:|\*", policy)
