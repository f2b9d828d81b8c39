"""The page of a record under review: what it says beside what proves it, what the office notes, the decision below."""

from dataclasses import dataclass, field
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from swms import claims
from swms.audit import trail
from swms.casework.notes import is_about, notes_of, write_note
from swms.console.facets import COUNTY
from swms.console.note_form import NoteForm
from swms.console.paging import following
from swms.console.screens import Screen
from swms.current import once
from swms.dates import today, working_days_left
from swms.forms import Form
from swms.notices.ledger import Sent
from swms.workflow import REASON_LENGTH, Refused, Transition

TOKEN = "csrfmiddlewaretoken"
_FIRST_COUNTS = "可以继续办理，先作出的决定有效。"

#: What the page asks of every row. A template that asks for what is not there looks for it in four ways first.
_ROW = {"value": "", "badge": "", "url": "", "secret": "", "revealed": False}


class ReasonForm(Form):
    """Why a record is sent back or undone (R-REG-15)."""

    reason = forms.CharField(
        label="理由",
        min_length=REASON_LENGTH[0],
        max_length=REASON_LENGTH[-1],
        help_text="写明问题和办法，对方会看到这段文字。",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "min_length": "请写%(limit_value)d字以上，让对方知道该怎么做，现在只有%(show_value)d字",
            "max_length": "不能超过%(limit_value)d字，现在有%(show_value)d字",
        },
    )


@dataclass
class Case:
    """A record as the page shows it: plain values only, so that the template asks and never reads.

    ``sections``: ``{"label", "entries": [[row, …], …]}``, a row being ``{"label", "value"}`` with
    ``secret`` where the value is masked and may be shown. A section's ``point`` and a row's ``points`` are
    where a refusal may name it (``console/point.html``). ``checks``, ``files``, ``history`` and
    ``changes`` are as their components in ``ui/`` take them, its columns called by ``old_label`` and
    ``new_label``; ``notes`` are callouts, ``corrections`` what was named before (``console/corrections.html``);
    ``sent`` is what people were told about the record (``swms.notices.ledger``), ``None`` where that is not shown.
    """

    title: str
    badge: str
    whose_move: str = ""
    due: object = None
    notes: list[dict] = field(default_factory=list)
    checks: list = field(default_factory=list)
    changes: list = field(default_factory=list)
    changes_since: str = ""
    old_label: str = ""
    new_label: str = ""
    corrections: dict | None = None
    sections: list[dict] = field(default_factory=list)
    files: list[dict] = field(default_factory=list)
    history: list = field(default_factory=list)
    sent: list[Sent] | None = None


class ReviewAdmin(Screen):
    """A reviewed kind of record: its queue, and a page where the moves of its table are the buttons.

    Subclasses say ``case``; ``secrets`` names what is masked and how it is called, ``confirmed`` the moves that
    are asked for once more, with ``consequences``, before they are made.
    """

    group = "审核"
    key = "ref"
    record_template = "console/review.html"
    secrets: dict[str, str] = {}
    confirmed: tuple[str, ...] = ()
    depth = COUNTY

    def page_urls(self):
        return [
            path("<str:key>/", self.page(self.review_page), name=self.url_name("change")),
            path("<str:key>/reveal/", self.page(self.reveal_page), name=self.url_name("reveal")),
        ]

    def record_url(self, record):
        # As `page_urls` has it; asked of the resolver, the addresses of a list would take as long as its queries.
        return f"{self.list_url}{quote(str(getattr(record, self.key)))}/"

    # -- what a subclass tells ----------------------------------------------------------------

    def case(self, record, user) -> Case:
        """Return the record as the page shows it."""
        raise NotImplementedError

    def moves(self, record, user) -> list[Transition]:
        """Return the moves to offer; what is really allowed is decided by the move itself."""
        return record.moves_for(user)

    def make_move(self, record, name: str, **given) -> None:
        """Make the move that was pressed; may raise ``Refused``."""
        record.move(name, **given)

    def rows(self, records, user, *, mine=False):
        """The rows, with who else has opened a case lately."""
        rows = super().rows(records, user)
        if self.waiting(user) is None:
            return rows  # nobody opens these to decide them
        held = claims.holders(records, besides=user)
        rows = zip(rows, records, strict=True)
        return [row | ({"opened": held[each.pk].words} if each.pk in held else {}) for row, each in rows]

    def runs(self, record) -> bool:
        """Whether the reviewers' time runs: what was approved keeps the day by which it had to be."""
        return record.due_on is not None and (not self.running or record.state in self.running)

    def clock(self, record) -> dict:
        """Return the cell of a row that says when the record is due; many of a list are due on the same day."""
        if not self.runs(record):
            return {}
        left = once(("working days left", record.due_on), lambda: working_days_left(today(), record.due_on))
        return {"due": record.due_on, "left": left}

    def opened(self, record, user) -> claims.Claim | None:
        """Say to others that somebody who may decide the record has opened it; return who else has, lately."""
        return claims.claim(record, by=user) if self.waiting(user) is not None else None

    def secret(self, record, name: str) -> str:
        """Return one of ``secrets`` in full."""
        return getattr(record, name) or ""

    def changes_between(self, record, seen: int) -> list[dict]:
        """Return what changed since the version that the reviewer looked at, as ``ui/diff.html`` takes it."""
        return []

    def reason_form(self, record, data=None):
        """Return the form that goes with moves that need a reason."""
        return ReasonForm(data)

    def name_items(self, case: Case, form) -> None:
        """Put into the record what ``form`` lets a reviewer name in it."""

    def consequences(self, record, move: Transition, form) -> dict:
        """Return ``{"text", "rows"}`` of the page that asks once more: what will happen, and to what."""
        return {"text": "", "rows": []}

    def move_form(self, name: str, record, user, data=None) -> Form | None:
        """Return the form of a move that asks for more than a reason, or ``None``; the move gets its answers."""

    # -- pages ------------------------------------------------------------------------------

    @property
    def _views(self):
        return {"GET": self.show_case, "HEAD": self.show_case, "POST": self._posted}

    def review_page(self, request, key: str):
        """The record (GET), a move of it or a note on it (POST)."""
        allowed = require_http_methods(["GET", "HEAD", "POST"])
        return allowed(lambda asked: self._views[asked.method](asked, self.record(asked, key)))(request)

    def _posted(self, request, record):
        return self.note(request, record) if "note" in request.POST else self.decide(request, record)

    def note(self, request, record):
        """Write an internal note; never by the person whom the record is about, who sees none either."""
        if is_about(record, request.user):
            raise PermissionDenied
        form = NoteForm(request.POST)
        if not form.is_valid():
            return self.show_case(request, record, note_form=form)
        write_note(record, form.cleaned_data["note"], by=request.user, uid=form.cleaned_data["note_id"])
        messages.success(request, "内部备注已保存")
        return redirect(f"{self.record_url(record)}#notes")

    def reveal_page(self, request, key: str):
        """Show one masked number in full, on this answer only, and write down who looked (R-ACC-13)."""
        return require_POST(lambda asked: self._reveal(asked, self.record(asked, key)))(request)

    def _reveal(self, request, record):
        name = request.POST.get("field", "")
        if name not in self.secrets:
            raise Http404
        trail.record(f"{self.opts.label_lower}.reveal", record, actor=request.user, changes={"field": name})
        return self.show_case(request, record, revealed=name)

    def decide(self, request, record):
        """Make the move that was pressed; then the next record opens, or this one again with what went wrong."""
        name = request.POST.get("move", "")
        asked = [move for move in record.workflow if move.name == name]
        if not asked:
            raise BadRequest(f"no move named {name!r}")
        form = self.move_form(name, record, request.user, request.POST)
        if form is None and any(move.needs_reason for move in asked):
            form = self.reason_form(record, request.POST)
        if form is not None and not form.is_valid():
            return self.show_case(request, record, form=form, pressed=name)
        move = next((move for move in record.moves_for(request.user) if move.name == name), None)
        if move and name in self.confirmed and request.POST.get("confirmed") != "yes":
            return self._ask_once_more(request, record, move, form)
        seen = request.POST.get("version", "")[:9]  # a number; a page of digits would not be one
        place = self._place(record, request.user)
        said = form.cleaned_data if form else {}
        try:
            self.make_move(record, name, actor=request.user, seen=int(seen) if seen.isdecimal() else None, **said)
        except Refused as refused:
            return self._refused(request, getattr(record, self.key), refused, form=form, pressed=name, seen=seen)
        messages.success(request, f"{asked[0].label}：{record}")
        return redirect(self._next_url(request.user, place, record.pk) or self.record_url(record))

    def _ask_once_more(self, request, record, move: Transition, form):
        """Show what will happen; the answers go along, so that one button carries it out."""
        said = {name: value for name in request.POST for value in request.POST.getlist(name)} | {"confirmed": "yes"}
        context = self.consequences(record, move, form) | {
            "heading": move.label,
            "hidden": [{"name": name, "value": value} for name, value in said.items() if name != TOKEN],
            "record_url": self.record_url(record),
        }
        return self.show(request, "console/confirm.html", context)

    def _refused(self, request, key: str, refused: Refused, *, form, pressed: str, seen: str):
        """Show the record as it is now, why the move was refused, and what was typed."""
        record = self.records(request.user).filter(**{self.key: key}).first()
        if record is None:  # it went to another office meanwhile
            messages.error(request, f"{refused.message}，现已由其他区域办理")
            return redirect(self.list_url)
        context = {"refused": refused.message}
        if refused.code == "changed" and seen.isdecimal():
            context |= {"seen_changes": self.changes_between(record, int(seen)), "seen": seen}
        if form is not None:
            form = self.reason_form(record, request.POST)
        return self.show_case(request, record, form=form, pressed=pressed, status=409, **context)

    def show_case(self, request, record, *, form=None, pressed="", revealed="", note_form=None, status=200, **more):
        """The page itself."""
        moves = self.moves(record, request.user)
        opened = self.opened(record, request.user) if moves else None
        case = self.case(record, request.user)
        if opened:
            case.notes.insert(0, {"tone": "wait", "title": f"{opened.words}了此件", "text": _FIRST_COUNTS})
        for section in case.sections:
            section["entries"] = [[_ROW | row for row in entry] for entry in section["entries"]]
        self._unmask(case, record, revealed)
        asking, form = self._asking_moves(record, request.user, moves, form, pressed)
        moves = [move for move in moves if move.name not in {each["move"].name for each in asking}]
        if form is None and any(move.needs_reason for move in moves):
            form = self.reason_form(record)
        if form is not None:
            self.name_items(case, form)
        place = self._place(record, request.user)
        own = is_about(record, request.user)
        context = {
            "office_notes": None if own else list(notes_of(record)),
            "note_form": None if own else note_form or NoteForm.empty(),
            "case": case,
            "record": record,
            "left": case.due and working_days_left(today(), case.due),
            "near": self.near,
            "open_checks": [check for check in case.checks if not check.ok],
            "passed_checks": [check for check in case.checks if check.ok],
            "plain_moves": [move for move in moves if not move.needs_reason],
            "reasoned_moves": [move for move in moves if move.needs_reason],
            "asking_moves": asking,
            "form": form,
            "pressed": pressed,
            "version": getattr(record, "form_version", ""),
            "record_url": self.record_url(record),
            "reveal_url": self.url("reveal", getattr(record, self.key)) if self.secrets else "",
            "list_url": self.list_url,
            "list_label": self.label,
            "next_url": self._next_url(request.user, place, record.pk) if place and (moves or asking) else "",
        }
        return self.show(request, self.record_template, context | more, status=status)

    def _asking_moves(self, record, user, moves: list[Transition], form, pressed: str) -> tuple[list[dict], object]:
        """Return the moves with a form of their own, and the posted form if it is not one of theirs."""
        asking = []
        for move in moves:
            own = self.move_form(move.name, record, user)
            if own is not None:
                mine = form if move.name == pressed and form is not None else own
                form = None if mine is form else form
                asking.append({"move": move, "form": mine})
        return asking, form

    def _unmask(self, case: Case, record, revealed: str) -> None:
        for section in case.sections:
            for entry in section["entries"]:
                for row in entry:
                    if row.get("secret") == revealed and revealed:
                        row |= {"value": self.secret(record, revealed), "secret": "", "revealed": True}

    def _place(self, record, user) -> tuple | None:
        """Return where the record stands in the reader's queue: the values that the queue is ordered by."""
        queue = self.waiting(user)
        if queue is None:
            return None
        place = tuple(getattr(record, name.removeprefix("-")) for name in queue.query.order_by)
        return None if None in place else place

    def _next_url(self, user, place: tuple | None, besides: int) -> str:
        """Return the page of the next record that waits and nobody else has opened lately; after the last the list.

        Nothing where nothing ever waits.
        """
        if place is None:
            return ""
        waiting = claims.free(self.waiting(user), user).exclude(pk=besides)
        light = waiting.select_related(None).only(self.key)  # of the next record its address is all we need
        record = following(light, place)
        return self.record_url(record) if record else self.list_url
