"""The template side of ``swms.ui``: filters, and the few tags that an include cannot replace."""

from html import escape

from django import template
from django.forms import BoundField
from django.forms.utils import flatatt
from django.http import QueryDict
from django.middleware.csrf import get_token
from django.utils.html import format_html
from django.utils.safestring import SafeString

from swms import ui

register = template.Library()

register.filter(ui.tone)
register.filter(ui.cn_date)
register.filter(ui.cn_datetime)
register.filter(ui.masked_id)
register.filter(ui.masked_mobile)
register.filter(ui.file_size)
register.filter("attributes", flatatt)
register.simple_tag(ui.percent)
register.simple_tag(ui.compare)


@register.filter
def focus_id(field: BoundField) -> str:
    """Return the id of the first control of a field: where an error summary's link must lead."""
    base = field.field.widget.attrs.get("id") or field.auto_id
    if not field.use_fieldset:
        return field.id_for_label or base
    return f"{base}_0"


@register.simple_tag(takes_context=True)
def form_token(context) -> SafeString:
    """Render the CSRF field. Unlike ``{% csrf_token %}`` it also works in an include with ``only``."""
    request = _request(context)
    if request is None:
        return SafeString("")
    if not hasattr(request, "form_token"):  # one token for all forms of a page: one of the console has three
        token = get_token(request)
        request.form_token = format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token)
    return request.form_token


@register.simple_tag(takes_context=True)
def query(context, **changes) -> str:
    """Return this page's address with some query parameters set (or, for None, taken away)."""
    request = _request(context)
    params = QueryDict(mutable=True) if request is None else request.GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            params.pop(name, None)
        else:
            params[name] = value
    return f"?{params.urlencode()}"


@register.filter
def lookup(container, key):
    """Return an item of a mapping or a list by a computed key, or None where there is none."""
    try:
        return container[key]
    except (KeyError, IndexError, TypeError):
        return None


@register.simple_tag
def link_items(items: list[dict], unit: str = "", mark: str = "page") -> SafeString:
    """Write the items of a list of links, a menu's or a filter's: a page of the console has a hundred.

    items: {label: str, url: str, current: bool, count: int|str|None}; ``unit`` is read out after a count, ``mark``
    is what the current one is called to assistive technology.
    """
    return SafeString("".join(_link_item(item, unit, mark) for item in items))


def _link_item(item: dict, unit: str, mark: str) -> str:
    current = f' aria-current="{mark}"' if item.get("current") else ""
    label, number = escape(item["label"]), ""
    if unit:
        label = f"<span>{label}</span>"
    if item.get("count") is not None:
        read = f'<span class="hidden-visually"> {unit}</span>' if unit else ""
        number = f'<span class="number">{item["count"]}{read}</span>'
    return f'<li><a href="{escape(item["url"])}"{current}>{label}{number}</a></li>\n'


@register.simple_tag
def current_label(items: list[dict]) -> str:
    """Return the label of the current one of some links, behind a colon; nothing where none is."""
    return next((f"：{item['label']}" for item in items if item.get("current")), "")


@register.simple_tag
def picked_page(rows: list[dict]) -> SafeString:
    """Write the hidden fields that stand for all rows of a page that may be picked."""
    picks = (f'<input type="hidden" name="page" value="{escape(row["pick"])}">' for row in rows if "pick" in row)
    return SafeString("".join(picks))


@register.simple_tag
def queue_rows(rows: list[dict], columns: list[dict], near: int | None) -> SafeString:
    """Write the rows of ``ui/queue.html``: hundreds of cells, which as nodes took two thirds of the page's time."""
    first, *others = [
        f' class="number" data-label="{escape(column["label"])}">'
        if column.get("number")
        else f' data-label="{escape(column["label"])}">'
        for column in columns
    ]
    return SafeString("".join(_row(row, first, others, near) for row in rows))


def _row(row: dict, first: str, others: list[str], near: int | None) -> str:
    title = escape(str(row["title"]))
    url, changed = row.get("url"), row.get("changed")
    head = f'<a href="{escape(url)}" data-case>{title}</a>' if url else title
    head += ' <span class="quiet">有更新</span>' if changed else ""
    if "pick" in row:
        head = f"{_pick(row['pick'], title)} {head}"
    if "opened" in row:
        head += f' <span class="quiet">{escape(row["opened"])}</span>'
    cells = "".join(f"<td{more}{_cell(cell, near)}</td>" for more, cell in zip(others, row["cells"], strict=False))
    mark = ' class="is-changed"' if changed else ""
    return f'<tr{mark}><th scope="row"{first}<span>{head}</span></th>{cells}</tr>\n'


def _pick(value: str, title: str) -> str:
    """Write the box that takes a case into a batch."""
    box = f'<input type="checkbox" name="row" value="{escape(value)}" form="batch" data-pick>'
    return f'<label class="pick">{box}<span class="hidden-visually">选择{title}</span></label>'


def _cell(cell: dict, near: int | None) -> str:
    if "text" in cell:
        return f"<span>{escape(str(cell['text'] or ''))}</span>"
    if "badge" in cell:
        return _badge(cell["badge"], cell.get("tone"))
    if "due" in cell:
        left = cell["left"]
        if left < 0:
            mark, words = _badge("已逾期"), f"已超过 {-left} 个工作日"
        else:
            mark = _badge("即将到期") if left <= (5 if near in (None, "") else near) else ""
            words = f"还有 {left} 个工作日" if left else "今天是最后一天"
        return f'<span>{mark} {ui.cn_date(cell["due"])} <span class="quiet">{words}</span></span>'
    if "date" in cell:
        return f"<span>{ui.cn_date(cell['date'])}</span>"
    return ""


def _badge(label: str, tone: str | None = None) -> str:
    return f'<span class="badge badge--{escape(tone or ui.tone(label))}">{escape(str(label))}</span>'


@register.filter
def magnitude(number: int) -> int:
    """Return a number without its sign: ``已超过 3 个工作日``."""
    return abs(int(number))


@register.filter
def minus(number: int, other: int) -> int:
    """Return the difference of two counts, never below zero."""
    return max(0, int(number) - int(other))


@register.filter
def duration_words(seconds: int) -> str:
    """Return a waiting time in the largest fitting unit, rounded up: ``45 秒``, ``30 分钟``, ``2 小时``."""
    seconds = max(1, int(seconds))
    for size, unit in ((3600, "小时"), (60, "分钟")):
        if seconds >= size:
            return f"{-(-seconds // size)} {unit}"
    return f"{seconds} 秒"


@register.filter
def any_needs_reason(moves) -> bool:
    """Say whether any of the moves asks for a reason. Moves are transitions or dicts of the same names."""
    return any(_asks(move) for move in moves)


@register.filter
def reason_labels(moves) -> str:
    """Return the labels of the moves that ask for a reason, joined as in a sentence."""
    return "、".join(_member(move, "label") for move in moves if _asks(move))


def _request(context):
    # An include with ``only`` loses the context processors' variables, but not the request itself.
    return getattr(context, "request", None) or context.get("request")


def _asks(move) -> bool:
    return bool(_member(move, "needs_reason"))


def _member(move, name: str):
    return move.get(name) if isinstance(move, dict) else getattr(move, name)
