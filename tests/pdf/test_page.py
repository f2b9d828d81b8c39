"""The certificates as they look: what is printed, where, in which letters, and that nothing else happens."""

import base64
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pikepdf
import pytest
from django.conf import settings
from PIL import Image

from certificates.pdf import fonts, layout, page
from tests.scanning import scanned

RARE = "张䶮㛃𬘭"
LONG_NAME = ("买买提·阿卜杜拉·" * 7)[:49] + "曼"
LONG_EMPLOYER = ("克孜勒苏柯尔克孜自治州阿合奇县示例社会工作服务中心（有限合伙）" * 4)[:100]


def photo() -> str:
    """A plain grey rectangle of one-inch shape, as the uploads keep photos."""
    written = io.BytesIO()
    Image.new("RGB", (295, 413), "#8fa0b1").save(written, "JPEG")
    return "data:image/jpeg;base64," + base64.b64encode(written.getvalue()).decode()


QUALIFICATION = {
    "management_number": "202544000200001236",
    "name": "欧阳示例",
    "sex": "女",
    "birth_date": "1990-03-07",
    "id_number": "11000019900307002X",
    "level": "助理社会工作师",
    "exam_year": "2025年",
    "region": "广东省",
    "issue_date": "2025-09-15",
    "office": "证书发放机构（演示）",
    "verify_url": "https://example.org/verify/",
    "signer": "SWMS 示例签名证书·非官方",
    "photo": photo(),
}
REGISTRATION = {
    "registration_number": "440305220260001232",
    "management_number": "202544000200001236",
    "name": "王示例",
    "sex": "男",
    "id_number": "11000019900307001X",
    "level": "社会工作师",
    "region": "广东省深圳市南山区",
    "employer": "南山区示例社会工作服务中心",
    "first_registered_on": "2026-11-23",
    "valid_from": "2026-11-23",
    "valid_until": "2029-11-23",
    "issue_date": "2026-11-25",
    "version": "2",
    "office": "民政部门",
    "verify_url": "https://example.org/v/R7K2M9QX4T8WZC3H5NBY",
    "signer": "SWMS 示例签名证书·非官方",
    "photo": photo(),
}
LONGEST = {
    page.QUALIFICATION: QUALIFICATION
    | {
        "name": LONG_NAME,
        "region": "新疆维吾尔自治区",
        "birth_date": "1990-12-27",
        "issue_date": "2025-12-27",
        "office": "新疆维吾尔自治区克孜勒苏柯尔克孜自治州证书发放机构（演示）",
    },
    page.REGISTRATION: REGISTRATION
    | {
        "name": LONG_NAME,
        "level": "助理社会工作师",
        "region": "新疆维吾尔自治区克孜勒苏柯尔克孜自治州阿合奇县",
        "employer": LONG_EMPLOYER,
        "office": "新疆维吾尔自治区克孜勒苏柯尔克孜自治州民政部门（演示）",
        "verify_url": "https://registration.social-work.example.org/certificates/v/R7K2M9QX4T8WZC3H5NBY",
    },
}
BOTH = pytest.mark.parametrize(
    ("kind", "content"), [(page.QUALIFICATION, QUALIFICATION), (page.REGISTRATION, REGISTRATION)]
)


def poppler(tool: str, pdf: bytes, *options: str) -> bytes:
    return subprocess.run([tool, *options, "-", "-"], input=pdf, capture_output=True, check=True).stdout


def text_of(pdf: bytes) -> str:
    """The page's text in the order of its content, without the line breaks of the layout."""
    return re.sub(r"\s", "", poppler("pdftotext", pdf, "-raw").decode())


def words_of(pdf: bytes) -> list[tuple[float, float, float, float, str]]:
    """Every word with its box, in points from the lower left corner."""
    found = re.findall(
        r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>',
        poppler("pdftotext", pdf, "-bbox").decode(),
    )
    height = layout.PAGE.height
    return [(float(a), height - float(d), float(c), height - float(b), word) for a, b, c, d, word in found]


def overlaps(word: tuple[float, float, float, float, str], box: layout.Box) -> bool:
    left, bottom, right, top, _ = word
    return left < box.x + box.width and right > box.x and bottom < box.y + box.height and top > box.y


@BOTH
def test_every_fact_can_be_read_out_in_reading_order_with_its_label_before_it(kind, content):
    text = text_of(page.render(kind, content))
    place = 0
    for fact in page.printed(kind, content):
        expected = re.sub(r"\s", "", fact.label + fact.text)
        assert expected in text[place:], expected
        place = text.index(expected, place) + len(expected)


def test_the_qualification_certificate_prints_what_the_rulebook_lists():
    facts = {fact.label: fact.text for fact in page.printed(page.QUALIFICATION, QUALIFICATION)}
    assert facts == {
        "姓名": "欧阳示例",
        "性别": "女",
        "出生日期": "1990年3月7日",
        "证件号码": "11000019900307002X",
        "级别": "助理社会工作师",
        "考试年度": "2025年",
        "管理号": "202544000200001236",
        "考区": "广东省",
        "签发日期": "2025年9月15日",
    }


def test_the_registration_certificate_prints_its_validity_and_version():
    facts = {fact.label: fact.text for fact in page.printed(page.REGISTRATION, REGISTRATION)}
    assert facts["有效期"] == "2026年11月23日至2029年11月23日"
    assert facts["首次登记时间"] == "2026年11月23日"
    assert facts["证书版本"] == "第 2 版"
    assert facts["登记证书编号"] == "440305220260001232"


@BOTH
def test_each_certificate_states_equal_force_and_that_it_is_a_demonstration(kind, content):
    """R-CERT-01 and the legal-safety rule of §0."""
    text = text_of(page.render(kind, content))
    assert "纸质证书和电子证书具有同等法律效力" in text
    assert "与民政部、人力资源社会保障部无关" in text
    assert f"数字签名：{content['signer']}".replace(" ", "") in text


@BOTH
def test_the_page_is_one_a4_landscape_tagged_in_chinese_and_carries_its_number_as_metadata(kind, content):
    number = content.get("registration_number") or content["management_number"]
    with pikepdf.open(io.BytesIO(page.render(kind, content))) as pdf:
        assert len(pdf.pages) == 1
        assert [round(float(v)) for v in pdf.pages[0].mediabox] == [0, 0, 842, 595]
        assert pdf.Root.Lang == "zh-CN"
        assert pdf.Root.MarkInfo.Marked
        assert number in str(pdf.docinfo.Title)
        assert pdf.docinfo["/certificatenumber"] == number
        assert str(pdf.docinfo.CreationDate).startswith("D:" + content["issue_date"].replace("-", ""))
        assert content["id_number"] not in str(dict(pdf.docinfo))


@BOTH
def test_pictures_that_mean_something_are_described_for_those_who_do_not_see_them(kind, content):
    with pikepdf.open(io.BytesIO(page.render(kind, content))) as pdf:
        descriptions = {str(o.Alt) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/Alt" in o}
    assert {"持证人照片", "示例电子印章·非官方"} <= descriptions
    assert ("查验二维码" in descriptions) == (kind == page.REGISTRATION)


@pytest.mark.parametrize("name", ["欧阳示例", RARE, LONG_NAME, "John Example"])
@BOTH
def test_every_letter_is_embedded_drawn_and_found_again(kind, content, name):
    pdf = page.render(kind, content | {"name": name})
    rows = poppler_fonts(pdf)
    assert rows
    assert all(row[-5:-2] == ["yes", "yes", "yes"] for row in rows), "embedded, subset, with ToUnicode"
    assert name.replace(" ", "") in text_of(pdf)
    assert 0 not in glyphs_shown(pdf), ".notdef is drawn"


def poppler_fonts(pdf: bytes) -> list[list[str]]:
    listing = subprocess.run(["pdffonts", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    return [line.split() for line in listing.splitlines()[2:]]


def glyphs_shown(pdf: bytes) -> set[int]:
    """The glyph numbers of all text of the page and of the forms it draws."""
    shown = set()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        forms = [o for o in document.objects if isinstance(o, pikepdf.Stream) and o.get("/Subtype") == "/Form"]
        for content in (document.pages[0], *forms):
            for operands, operator in pikepdf.parse_content_stream(content):
                if str(operator) in ("Tj", "TJ"):
                    strings = operands[0] if str(operator) == "TJ" else operands
                    for string in strings:
                        if isinstance(string, pikepdf.String):
                            codes = bytes(string)
                            shown |= {int.from_bytes(codes[i : i + 2]) for i in range(0, len(codes), 2)}
    return shown


@pytest.mark.parametrize("with_photo", [True, False])
@pytest.mark.parametrize("kind", [page.QUALIFICATION, page.REGISTRATION])
def test_the_longest_values_stay_on_the_page_and_apart(kind, with_photo):
    content = LONGEST[kind] | ({} if with_photo else {"photo": ""})
    pdf = page.render(kind, content)
    text = text_of(pdf)
    assert LONG_NAME in text
    assert content.get("employer", "") in text
    words = words_of(pdf)
    for left, bottom, right, top, word in words:
        assert 78 <= left < right <= 842 - 77, word
        assert 50 <= bottom < top <= 595 - 50, word
    for i, (left, bottom, right, top, word) in enumerate(words):
        # The letters themselves; the boxes of lines include the space between lines.
        air = (top - bottom) / 4
        letters = layout.Box(left + 0.5, bottom + air, right - left - 1, top - bottom - 2 * air)
        for other in words[i + 1 :]:
            assert not overlaps(other, letters), (word, other)


@pytest.mark.parametrize("content", [QUALIFICATION, LONGEST[page.QUALIFICATION], QUALIFICATION | {"photo": ""}])
def test_the_places_of_the_annotation_are_free_of_words(content):
    """R-ANN-12: the stamp has its box, and the diagonal line crosses no fact."""
    for word in words_of(page.render(page.QUALIFICATION, content)):
        assert not overlaps(word, layout.STAMP), word
        assert not overlaps(word, layout.DIAGONAL), word


def test_without_a_photo_no_empty_frame_is_left_and_the_facts_begin_at_the_margin():
    words = words_of(page.render(page.QUALIFICATION, QUALIFICATION | {"photo": ""}))
    label = next(word for word in words if word[-1] == "姓名")
    assert abs(label[0] - layout.STAMP.x) < 2
    assert not any("照片" in word[-1] for word in words)


@BOTH
def test_the_same_content_gives_the_same_bytes_in_another_process(kind, content):
    again = (
        "import sys, json, django; django.setup()\n"
        "from certificates.pdf import page\n"
        "kind, content = json.load(sys.stdin)\n"
        "sys.stdout.buffer.write(page.render(kind, content))"
    )
    other = subprocess.run(
        [sys.executable, "-c", again],
        input=json.dumps([kind, content]).encode(),
        capture_output=True,
        check=True,
        cwd=settings.BASE_DIR,
        env=os.environ | {"PYTHONHASHSEED": "1", "TZ": "America/New_York"},
    ).stdout
    assert other == page.render(kind, content)
    assert page.render(kind, content | {"sex": "女" if content["sex"] == "男" else "男"}) != other


def test_several_threads_can_render_at_once():
    expected = page.render(page.REGISTRATION, REGISTRATION)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: page.render(page.REGISTRATION, REGISTRATION), range(4)))
    assert set(results) == {expected}


def test_nothing_is_fetched_whatever_the_content_says():
    """S7: a canary server on this machine gets no connection."""
    visits = []
    with socket.create_server(("127.0.0.1", 0)) as canary:
        address = f"http://127.0.0.1:{canary.getsockname()[1]}/x.png"

        def watch():
            try:
                while True:
                    visits.append(canary.accept()[1])
            except OSError:  # closed at the end of the test
                return

        threading.Thread(target=watch, daemon=True).start()
        hostile = f"<img src='{address}'><style>@import url({address})</style>"
        pdf = page.render(page.REGISTRATION, REGISTRATION | {"employer": hostile})
        for forbidden in (address, "file:///etc/hostname", "data:image/svg+xml,<svg/>"):
            with pytest.raises(page.ContentError, match="photo"):
                page.render(page.REGISTRATION, REGISTRATION | {"photo": forbidden})
        canary.shutdown(socket.SHUT_RDWR)
    assert visits == []
    assert re.sub(r"\s", "", hostile) in text_of(pdf), "markup in a value is printed, not obeyed"


def test_the_qr_code_on_the_paper_leads_to_the_verification_address():
    """R-VER-01: a scanner finds it, and no other; a certificate to be annotated gets its code with the stamp."""
    assert scanned(page.render(page.REGISTRATION, REGISTRATION)) == [REGISTRATION["verify_url"]]
    assert scanned(page.render(page.QUALIFICATION, QUALIFICATION)) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"name": ""}, "missing fields: name"),
        ({"nickname": "小王"}, "unknown fields: nickname"),
        ({"version": 2}, "not text: version"),
        ({"valid_until": "2029/11/23"}, "not an ISO date"),
        ({"name": "王\U0003134a"}, r"U\+3134A"),
        ({"employer": "示例\n中心"}, r"U\+000A"),
        ({"verify_url": "https://example.org/查验"}, "QR"),
        ({"photo": REGISTRATION["photo"][:200]}, "photo cannot be decoded"),
        ({"photo": "data:image/png;base64,!!!"}, "photo cannot be decoded"),
    ],
)
def test_content_that_cannot_be_printed_is_refused_with_the_reason(change, complaint):
    with pytest.raises(page.ContentError, match=complaint):
        page.render(page.REGISTRATION, REGISTRATION | change)


def test_an_unknown_kind_of_certificate_is_refused():
    with pytest.raises(page.ContentError, match="diploma"):
        page.render("diploma", QUALIFICATION)


def test_rare_name_characters_are_printable_and_unprintable_ones_are_named():
    assert fonts.uncovered("欧阳䶮喆㛃𬘭·John 堃") == []
    assert fonts.uncovered("王\U0003134a\U0003134a\t") == ["\U0003134a", "\t"]
    assert fonts.uncovered("王𪥀", rare=False) == ["𪥀"]


#: Characters of names, by the block that has them: common ones that GB 2312 lacks, and rarer and rarer ones.
NAMES = {
    "not in GB 2312": "喆昇玥珺堃煊垚犇淼祎",
    "Ext A": (
        "㛃㑇㕮㘎㙍㙘㙦㛚㛹㟃㠇㠓㤘㥄㧐㧑㧟㫰㬊㬎㬚㭎㭕㮾㰀㳇㳘㳚㴔㵐㶲㸆㸌㺄㻬㽏㿠䁖䂮䃅䃎䅟䌹䎃䎖䏝䏡䏲"
        "䐃䓖䓛䓨䓫䓬䗖䗛䗪䗴䜣䝙䢺䢼䣘䥽䦃䲟䲠䲢䴓䴔䴕䴖䴗䴘䴙䶮"
    ),
    "Ext B": "𠅤𠙶𠳐𡎚𡐓𡓾𣗋𣘗𣘴𣲗𣲘𣸣𤧛𤩽𤫉𥔲𥕢𥖨𥻗𦈡𦒍𦙶𦝼𦭜𦰡𧿹𨐈𨙸𨚕𨟠𨭉𨱇𨱏𨱑𨱔𨺙𩽾𩾃",
    "Ext C": ("𪟝𪣻𪤗𪨰𪨶𪩘𪾢𫄧𫄨𫄷𫄸𫇭𫌀𫍣𫍯𫍲𫍽𫐄𫐐𫐓𫑡𫓧𫓯𫓶𫓹𫔍𫔎𫔶𫖮𫖯𫖳𫗧𫗴𫘜𫘝𫘦𫘧𫘨𫘪𫘬𫚕𫚖𫚭𫛭𫞩"),
    "Ext D": "𫟅𫟦𫟹𫟼𫠆𫠊𫠜𫢸",
    "Ext E": (
        "𫫇𫭟𫭢𫭼𫮃𫰛𫵷𫶇𫷷𫸩𬀩𬀪𬂩𬃊𬇕𬇙𬇹𬉼𬊈𬊤𬌗𬍛𬍡𬍤𬒈𬒔𬒗𬕂𬘓𬘘𬘡𬘩𬘫𬘬𬘭𬘯𬙂𬙊𬙋𬜬𬜯𬞟𬟁𬟽𬣙𬣞𬣡𬣳"
        "𬤇𬤊𬤝𬨂𬨎𬩽𬪩𬬩𬬭𬬮𬬱𬬸𬬹𬬻𬬿𬭁𬭊𬭎𬭚𬭛𬭤𬭩𬭬𬭭𬭯𬭳𬭶𬭸𬭼𬮱𬮿𬯀𬯎𬱖𬱟𬳵𬳶𬳽𬳿𬴂𬴃𬴊𬶋𬶍𬶏𬶐𬶟𬶠"
        "𬶨𬶭𬶮𬷕𬸘𬸚𬸣𬸦𬸪𬹼𬺈𬺓"
    ),
    "Ext F": "𬺰𬻀𭀖𭕄𭖟𭦰𮍌𮏏",
    "Ext G": "𰻝𰻞𱁬",
}


@pytest.mark.parametrize("block", NAMES)
def test_names_with_characters_of_every_extension_are_drawn_and_found_again(block):
    """Twenty-four at a time, as long a name as fits; each glyph is a real one and its text can be copied."""
    assert fonts.uncovered(NAMES[block]) == []
    for name in (NAMES[block][at : at + 24] for at in range(0, len(NAMES[block]), 24)):
        pdf = page.render(page.QUALIFICATION, QUALIFICATION | {"name": name})
        assert name in text_of(pdf)
        assert 0 not in glyphs_shown(pdf), ".notdef is drawn"
        assert all(row[-5:-2] == ["yes", "yes", "yes"] for row in poppler_fonts(pdf)), "embedded, with ToUnicode"


def test_processes_that_start_at_once_get_the_same_whole_font(tmp_path):
    cut = (
        "import sys; from pathlib import Path; from certificates.pdf import fonts\n"
        "print(fonts.typefaces(Path(sys.argv[1]), frozenset('示例'))[700])"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", cut, tmp_path], stdout=subprocess.PIPE, cwd=settings.BASE_DIR)
        for _ in range(2)
    ]
    paths = {process.communicate()[0].decode().strip() for process in started}
    assert [process.returncode for process in started] == [0, 0]
    assert len(paths) == 1
    path = Path(paths.pop())
    assert path.read_bytes()[:4] == b"\0\1\0\0"
    assert not list(tmp_path.glob("*.part"))


def test_a_system_without_the_font_says_which_package_to_install(tmp_path):
    (tmp_path / "fonts.conf").write_text("<fontconfig/>")
    asked = subprocess.run(
        [sys.executable, "-c", "from certificates.pdf import fonts; fonts.source()"],
        capture_output=True,
        cwd=settings.BASE_DIR,
        env=os.environ | {"FONTCONFIG_FILE": str(tmp_path / "fonts.conf")},
    )
    assert asked.returncode != 0
    assert b"fonts-noto-cjk" in asked.stderr
