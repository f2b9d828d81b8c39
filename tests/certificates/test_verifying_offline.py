"""Verification without the register: the page, the command, and the words that both share."""

import json
import re
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone

from certificates.models import Annotation, Certificate
from certificates.pdf import statement_keys
from certificates.queries.offline import CAVEAT, WORDS
from swms.dates import today
from swms.ui import cn_date
from tests.scanning import scanned

pytestmark = pytest.mark.django_db


@pytest.fixture
def code(annotation) -> str:
    """What a telephone reads off 王芳's annotated copy."""
    (text,) = scanned(annotation.read())
    return text


def run(*args) -> tuple[int, str]:
    """Run the command; return its exit code and what it says."""
    out = StringIO()
    try:
        call_command("verify", *args, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


def judged(client, text: str):
    return client.post(reverse("certificates:offline"), {"text": text}).context["answer"]


# -- what the codes hold -------------------------------------------------------------------------


def test_the_code_of_a_copy_states_what_is_printed_masked_and_leads_online_to_its_page(annotation, code, client):
    answer = judged(client, code)
    said = {row.label: row.value for row in answer.facts}
    assert answer.code == "valid"
    assert said["文件"] == "证书加注件"
    assert said["姓名"] == "王芳"
    assert said["证件号码"] == annotation.qualification.masked_id
    assert said["使用场景"] == "本人调用"
    assert said["加注编号"] == annotation.number
    assert said["加注有效期至"] == cn_date(annotation.valid_until)
    assert CAVEAT in answer.notes
    assert annotation.qualification.id_number not in str(answer)
    online = code.partition("#")[0]
    assert client.get(re.sub("^https?://[^/]+", "", online)).context["result"].code == "valid"


def test_the_code_of_a_registration_certificate_states_its_version_and_last_day(issued, client):
    certificate = Certificate.objects.get()
    (text,) = scanned(certificate.read())
    said = {row.label: row.value for row in judged(client, text).facts}
    assert said["文件"] == "登记证书"
    assert said["登记证书编号"] == certificate.registration.number
    assert said["版本"] == "1"


def test_the_day_after_the_last_the_answer_is_expired(annotation, code, client):
    with time_machine.travel(timezone.now() + timedelta(days=91), tick=False):
        assert judged(client, code).code == "expired"
        assert run(code)[0] == 4


def test_a_copy_that_was_revoked_still_reads_well_offline_and_the_answer_says_what_that_is_worth(
    annotation, code, client, people
):
    annotation.qualification.move("revoke", actor=people.zhou_yan, reason="经核实证书信息有误，予以处理")
    answer = judged(client, code)
    assert answer.code == "valid"
    assert "查不到之后是否被撤销" in "".join(answer.notes)


# -- the page ------------------------------------------------------------------------------------


def test_the_page_holds_the_published_keys_and_a_text_for_every_answer_and_nothing_inline(code, client):
    answer = client.get(reverse("certificates:offline"))
    page = answer.content.decode()
    assert {each["name"] for each in json.loads(answer.context["keys"])} == {
        name.hex() for name in statement_keys.published()
    }
    for reading in WORDS:
        assert f'data-answer="{reading.value}"' in page
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert "'unsafe" not in answer["Content-Security-Policy"]


def test_the_script_that_answers_without_a_network_may_serve_qr_links_too(client):
    answer = client.get(reverse("certificates:offline_worker"))
    assert answer["Service-Worker-Allowed"] == "/"
    assert answer["Content-Type"].startswith("text/javascript")


def test_without_a_text_the_field_says_so(client):
    assert client.post(reverse("certificates:offline")).context["form"].errors["text"]


# -- the command ---------------------------------------------------------------------------------


def test_the_command_tells_every_text_apart_in_words_and_by_exit_code(code, settings, tmp_path):
    expected = {
        code: (0, "签名有效，在有效期内"),
        code[:-9]: (1, "不完整"),
        code[:-1] + str((int(code[-1]) + 1) % 10): (1, "被改动"),
        code.partition("#")[0]: (2, "没有可以离线查验的声明"),
        code.replace("#1", "#2"): (6, "不认识的声明版本"),
    }
    for text, (exit_code, words) in expected.items():
        found = run(text)
        assert (found[0], words in found[1]) == (exit_code, True), found
    settings.SIGNING_KEY_DIR = tmp_path
    assert run(code)[0] == 5


def test_the_command_tells_files_apart(annotation, tmp_path):
    file = tmp_path / "证书.pdf"
    data = annotation.read()
    expected = [
        (data, 0, "证书有效"), (data[:-30], 1, "不完整"), (data[: len(data) // 2], 1, "不完整"),
        (data + b"%", 1, "追加"), (data.replace(b"%PDF", b"%PDG"), 2, "不是 PDF"),
        (data[:5000] + b"?" + data[5001:], 1, "改动"), (b"%PDF-1.7\n%%EOF", 2, "不是本系统"),
        (b"%PDF" + bytes(11_000_000), 3, "太大"),
    ]  # fmt: skip
    for content, exit_code, words in expected:
        file.write_bytes(content)
        found = run(str(file))
        assert (found[0], words in found[1]) == (exit_code, True), found
    assert run(str(tmp_path / "nothing.pdf"))[0] == 8


def test_offline_the_command_asks_no_register_and_says_so(annotation, tmp_path, django_assert_num_queries):
    file = tmp_path / "证书.pdf"
    file.write_bytes(annotation.read())
    with django_assert_num_queries(0):
        exit_code, said = run(str(file), "--offline")
    assert exit_code == 0
    assert CAVEAT in said
    Annotation.objects.update(valid_until=today() - timedelta(days=1))
    assert run(str(file))[0] == 4
