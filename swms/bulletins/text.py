"""A bulletin's plain text as a page: paragraphs, headings, simple lists and links; never markup of the writer's own.

Blank lines part the blocks. A block of one line that begins with ``# `` is a heading; lines that begin with ``- `` or
``1. `` are a list; ``http://`` and ``https://`` addresses become links.
"""

import re

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

_LINK = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_TRAILING = ".,;:!?'"
_ITEM = re.compile(r"- +(.+)")
_NUMBERED = re.compile(r"\d{1,3}[.、] *(.+)")


def render(text: str) -> SafeString:
    """Return the text as HTML; whatever looks like markup in it is shown and not obeyed."""
    blocks = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").strip("\n"))
    return mark_safe("\n".join(_block(block) for block in blocks if block.strip()))


def _block(block: str) -> str:
    """Return one block: runs of list lines become lists, all the others paragraphs."""
    lines = [line.strip() for line in block.split("\n") if line.strip()]
    if len(lines) == 1 and lines[0].startswith("# "):
        return format_html("<h2>{}</h2>", _linked(lines[0][2:].strip()))
    parts: list[tuple[str, list[str]]] = []
    for line in lines:
        kind, words = _kind(line)
        if not parts or parts[-1][0] != kind:
            parts.append((kind, []))
        parts[-1][1].append(words)
    return "\n".join(_part(kind, words) for kind, words in parts)


def _kind(line: str) -> tuple[str, str]:
    for kind, pattern in (("ul", _ITEM), ("ol", _NUMBERED)):
        found = pattern.fullmatch(line)
        if found:
            return kind, found[1]
    return "p", line


def _part(kind: str, lines: list[str]) -> str:
    if kind == "p":
        return format_html("<p>{}</p>", format_html_join(mark_safe("<br>"), "{}", ((_linked(each),) for each in lines)))
    items = format_html_join("", "<li>{}</li>", ((_linked(each),) for each in lines))
    return format_html("<ul>{}</ul>", items) if kind == "ul" else format_html("<ol>{}</ol>", items)


def _linked(line: str) -> SafeString:
    """Return a line with its addresses as links. They end before Chinese text and before closing punctuation."""
    parts, end = [], 0
    for found in _LINK.finditer(line):
        address = found[0].rstrip(_TRAILING)
        if address.endswith(")") and "(" not in address:
            address = address[:-1]
        parts.append(format_html("{}", line[end : found.start()]))
        parts.append(format_html('<a href="{0}" rel="nofollow noopener">{0}</a>', address))
        end = found.start() + len(address)
    parts.append(format_html("{}", line[end:]))
    return format_html_join("", "{}", ((part,) for part in parts))
