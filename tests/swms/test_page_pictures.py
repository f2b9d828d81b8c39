"""Pages of documents as pictures for reviewers: who gets them, and what hostile documents do to the portal (S5, S6)."""

import io
import os
import time

import pytest
from django.urls import reverse
from PIL import Image

from swms.uploads import drawing, storage
from swms.uploads.examine import EVIDENCE, PDF, Examined, examine
from swms.uploads.models import Purpose
from tests.hostile import documents
from tests.people import signed_in

pytestmark = pytest.mark.django_db


def kept(worker, data: bytes, *, pages: int = 1):
    """Return a file of the worker's as if it had passed the examination, which would have stopped most of these."""
    return storage.store(
        Examined(PDF, data, "证明.pdf", pages=pages), owner=worker.user, purpose=Purpose.EVIDENCE, holder=worker
    )


def page(client, file, number=1):
    return client.get(reverse("uploads:page", args=[file.uid, number]))


@pytest.fixture
def jing(people):
    assert people.wang_fang.region_id  # 朝阳区, where 李静 reviews
    return signed_in(people.li_jing)


def test_a_reviewer_gets_each_page_as_a_picture_that_can_do_nothing_else(jing, people):
    file = io.BytesIO(documents.plain(pages=2))
    proof = storage.store(
        examine(file, EVIDENCE), owner=people.wang_fang.user, purpose=Purpose.EVIDENCE, holder=people.wang_fang
    )
    for number in (1, 2):
        answer = page(jing, proof, number)
        assert answer.status_code == 200
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert (picture.format, picture.height) == ("JPEG", drawing.LONGEST)
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "no-store, private"
    assert [page(jing, proof, number).status_code for number in (0, 3)] == [404, 404]


def test_nobody_else_has_pages_drawn_neither_their_owner_nor_another_region_nor_a_stranger(client, people, monkeypatch):
    """赵敏 reviews in 上海市; 王芳 has her file itself; drawing costs, so it is for those who review."""
    proof = kept(people.wang_fang, documents.plain())
    monkeypatch.setattr("swms.uploads.views.draw", lambda *_: pytest.fail("a page was drawn"))
    for browser in (
        client,
        signed_in(people.wang_fang.user),
        signed_in(people.chen_chen.user),
        signed_in(people.zhao_min),
    ):
        assert page(browser, proof).status_code == 404


def test_a_picture_has_no_pages_and_a_purged_document_has_none_any_more(jing, people):
    assert page(jing, people.wang_fang.photo).status_code == 404
    proof = kept(people.wang_fang, documents.plain())
    storage.purge(proof)
    assert page(jing, proof).status_code == 404


#: Everything of tests/hostile that is a document, and what is no document at all.
HOSTILE = {
    **{name: (documents.active, name) for name in documents.active()},
    **{name: (documents.locked, name) for name in documents.locked()},
    "bomb": (documents.bomb, 64),
    "nested": (documents.nested, None),
    "a page without end": (documents.vast, 10_000_000),
    "a page without room": (documents.vast, 0),
    "flood": (documents.flooded, 30_000),
    "no document": (lambda: b"%PDF-1.7\n" + b"\xff" * 5000, None),
    "half a document": (lambda: documents.plain()[:400], None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_becomes_a_harmless_picture_or_is_told_from_one(name, jing, people):
    """No crash, no script, no endless wait: the answer is a JPEG of ours within bounds, or 422 with words."""
    make, argument = HOSTILE[name]
    made = make() if make in (documents.active, documents.locked) or argument is None else make(argument)
    proof = kept(people.wang_fang, made[name] if isinstance(made, dict) else made)
    began = time.monotonic()
    answer = page(jing, proof)
    assert time.monotonic() - began < drawing.PATIENCE + 5
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert picture.format == "JPEG"
            assert max(picture.size) <= drawing.LONGEST
    else:
        assert "请下载文件查看" in answer.content.decode()
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_page_that_would_be_drawn_for_ever_is_given_up_and_the_next_one_is_drawn(jing, people, monkeypatch):
    monkeypatch.setattr(drawing, "PATIENCE", 2)
    began = time.monotonic()
    assert page(jing, kept(people.wang_fang, documents.laughing())).status_code == 422
    assert time.monotonic() - began < 6
    monkeypatch.undo()
    assert page(jing, kept(people.wang_fang, documents.plain())).status_code == 200


def test_the_program_that_reads_a_document_knows_none_of_the_portals_secrets(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "of the portal")
    asked = {}

    def run(command, **options):
        asked.update(options)
        raise drawing.subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(drawing.subprocess, "run", run)
    with pytest.raises(drawing.CannotDraw):
        drawing.draw(documents.plain(), 1)
    assert set(asked["env"]) == {"PYTHONPATH"}
    assert "SECRET_KEY" in os.environ


def test_who_waits_too_long_for_a_turn_is_asked_to_come_back(jing, people, monkeypatch):
    monkeypatch.setattr(drawing, "TURN", 0.01)
    proof = kept(people.wang_fang, documents.plain())
    taken = [drawing._turns.acquire(blocking=False) for _ in range(drawing.AT_ONCE)]
    try:
        answer = page(jing, proof)
    finally:
        for _ in taken:
            drawing._turns.release()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert page(jing, proof).status_code == 200
