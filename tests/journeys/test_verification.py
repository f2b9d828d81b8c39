"""A stranger verifies the same copy in every way: by its code, number and file, and with the network gone."""

from certificates.models import Annotation, VerificationCount
from certificates.workflows import AnnotationState
from tests.certificates.makers import agreed_holder, ask
from tests.journeys.steps import drop, wait_for
from tests.scanning import scanned


def pasted(person, text: str) -> str:
    """Paste the text of a code into the offline page; return the answer."""
    person.page.fill("textarea", text)
    person.page.get_by_role("button", name="查验", exact=True).click()
    answer = person.page.locator("[data-offline-answer]")
    answer.locator("h2").wait_for()
    return answer.inner_text()


def test_a_copy_is_verified_by_code_number_file_and_without_a_network(portal, visit, tmp_path):
    holder = agreed_holder("周婷")
    number = ask(holder).number
    wait_for(lambda: Annotation.objects.filter(number=number, state=AnnotationState.ACTIVE))
    annotation = Annotation.objects.get(number=number)
    paper = annotation.read()
    (code,) = scanned(paper)

    stranger = visit()
    stranger.open(code)
    assert "加注有效" in stranger.text
    assert "已列入签发日志第" in stranger.text
    stranger.open("/certificates/")
    stranger.fill(number=number, name="周婷")
    stranger.answer_question()
    stranger.press("查验证书")
    assert "加注有效" in stranger.text
    drop(stranger, paper, tmp_path)
    assert "没有任何改动" in stranger.text
    assert "签发" in stranger.text
    drop(stranger, paper[: len(paper) // 2], tmp_path)
    assert "文件不完整" in stranger.text
    ways = VerificationCount.objects.filter(qualification=holder)
    assert dict(ways.values_list("way", "count")) == {"code": 1, "number": 1, "file": 1}

    # Opened once with a network, and from then on there without one.
    stranger.open("/certificates/offline")
    stranger.page.locator("[data-offline-kept]").wait_for(state="visible")
    stranger.context.set_offline(True)
    stranger.page.reload()
    answer = pasted(stranger, code)
    assert "签名有效，在有效期内" in answer
    assert all(words in answer for words in ("周婷", number, "本人调用", "查不到之后是否被撤销"))
    assert holder.masked_id in answer
    assert "不完整" in pasted(stranger, code[:-40])
    assert "被改动" in pasted(stranger, code[:-1] + str((int(code[-1]) + 1) % 10))
    assert "没有可以离线查验的声明" in pasted(stranger, "https://example.org/")
    # A telephone that scans the code opens its address, and is answered as well.
    stranger.page.goto(code)
    stranger.page.locator("[data-offline-answer] h2").wait_for()
    assert "签名有效，在有效期内" in stranger.page.inner_text("[data-offline-answer]")
    stranger.context.set_offline(False)
    assert [each for each in stranger.complaints if "ERR_INTERNET_DISCONNECTED" not in each] == []
    portal.manage("check_invariants")
