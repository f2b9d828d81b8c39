"""Reading and checking roster files (§2.16): what offices send, and what nobody should (issue 2, bad input)."""

import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from registration.roster import FileRefused, checks, template_xlsx
from registration.roster.columns import COLUMNS, HEADERS
from registration.roster.files import open_table
from tests import factories

GOOD = [
    "2024",
    "助理社会工作师",
    "示例甲",
    "居民身份证",
    "11000019900307001X",
    "202411000100000013",
    "2024-09-30",
    "北京市",
]
HEADER = [column.header for column in COLUMNS]


def csv_file(*rows, header=HEADER, encoding="utf-8", separator=",", before=b"") -> io.BytesIO:
    lines = [separator.join(row) for row in (header, *rows)]
    return io.BytesIO(before + "\n".join([*lines, ""]).encode(encoding))


def xlsx_file(*rows, header=HEADER) -> io.BytesIO:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (header, *rows):
        book.active.append(row)
    book.save(out)
    return out


def changed(**cells) -> list:
    return [cells.get(column.field, good) for column, good in zip(COLUMNS, GOOD, strict=True)]


@pytest.fixture
def judge(db):
    """Return what is said of one row, as ``(column, message)`` of the first problem, or the entry."""
    factories.region("110000")
    factories.region("440000")

    def judge(row):
        checker = checks.Checker({column.field: place for place, column in enumerate(COLUMNS)})
        entry, problems = checker.check(2, row)
        return (problems[0].column, problems[0].message) if problems else entry

    return judge


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "before"),
    [
        ("utf-8", b""),
        ("utf-8-sig", b""),
        ("gbk", b""),
        ("gb18030", b""),
        ("gbk", b"\xef\xbb\xbf"),  # a GBK file with the byte order mark of UTF-8
        ("utf-16", b""),
    ],
)
def test_a_csv_is_read_in_every_encoding_that_offices_use(encoding, before):
    table = open_table(csv_file(GOOD, encoding=encoding, before=before))
    assert [row for _, row in table.rows()] == [GOOD]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_may_be_separated_by_comma_semicolon_or_tab(separator):
    assert [row for _, row in open_table(csv_file(GOOD, separator=separator)).rows()] == [GOOD]


def test_quoted_cells_title_rows_and_empty_lines_are_understood_and_rows_numbered_as_a_spreadsheet_does():
    text = (
        "2024年度证书名单,,,,,,,\n" + ",".join(HEADER) + "\n\n" + ",".join(f'"{cell}"' for cell in GOOD) + "\n,,,,,,,\n"
    )
    assert list(open_table(io.BytesIO(text.encode())).rows()) == [(4, GOOD)]


def test_other_headers_extra_columns_and_another_order_are_understood():
    header = ["序号", "身份证号码", "姓 名*", "考试年份", "证书级别", "管理号（18位）", "发证日期", "省市"]
    table = open_table(csv_file(["1"] * 8, header=header))
    assert table.places == {
        "id_number": 1, "name": 2, "exam_year": 3, "level": 4, "mgmt_no": 5, "issue_date": 6, "province": 7,
    }  # fmt: skip


def test_a_workbook_is_read_also_when_it_declares_a_wrong_size():
    file = xlsx_file(GOOD)
    smaller = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(smaller, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                data = data.replace(b'ref="A1:H2"', b'ref="A1"')
            new.writestr(name, data)
    assert [row for _, row in open_table(smaller).rows()] == [GOOD]


def _zip(**members: bytes) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/") + ".xml", data)
    return out


def _broken_workbook() -> io.BytesIO:
    data = bytearray(xlsx_file(GOOD).getvalue())
    data[200:400] = bytes(200)
    return io.BytesIO(bytes(data))


@pytest.mark.parametrize(
    ("code", "file"),
    [
        ("empty", io.BytesIO()),
        ("columns", io.BytesIO("姓名,年龄\n示例,3\n".encode())),
        ("columns", io.BytesIO(b"\n\n\n")),
        ("xls", io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))),
        ("kind", io.BytesIO(b"%PDF-1.7 something")),
        ("kind", io.BytesIO(b"a,b\0c\n" * 9)),
        ("kind", _zip(content=b"an OpenDocument file, perhaps")),
        ("damaged", io.BytesIO(b"PK\x03\x04 and then nothing")),
        ("damaged", _broken_workbook()),
        ("encoding", io.BytesIO(b"\xff\xff\xff" + "姓名".encode())),
        ("bomb", _zip(xl__workbook=b"<a/>", xl__worksheets__sheet1=bytes(30_000_000))),
        ("bomb", _zip(xl__workbook=b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>')),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole_in_words(code, file):
    with pytest.raises(FileRefused) as refused:
        list(open_table(file).rows())
    assert refused.value.code == code


def test_a_quote_that_is_never_closed_is_told_with_its_row():
    text = ",".join(HEADER) + "\n" + ",".join(GOOD) + '\n2024,"助理' + "x" * 200_000
    with pytest.raises(FileRefused, match="第3行附近"):
        list(open_table(io.BytesIO(text.encode())).rows())


# --- one row -------------------------------------------------------------------------------------


def test_a_plain_row_becomes_an_entry(judge):
    assert judge(GOOD) == checks.Entry(
        2, "示例甲", "ID_CARD", "11000019900307001X", "202411000100000013", 1, 2024, date(2024, 9, 30), "110000"
    )


@pytest.mark.parametrize(
    ("cells", "field", "value"),
    [
        ({"id_number": "１１００００１９９００３０７００１ｘ"}, "id_number", "11000019900307001X"),
        ({"id_number": "'11000019900307001x"}, "id_number", "11000019900307001X"),
        ({"id_number": '="11000019900307001X"'}, "id_number", "11000019900307001X"),
        ({"id_number": " 110000 19900307 001X\t"}, "id_number", "11000019900307001X"),
        ({"id_type": None}, "id_type", "ID_CARD"),
        ({"id_type": "护照", "id_number": "e12345678"}, "id_number", "E12345678"),
        ({"name": "买买提•阿卜杜拉"}, "name", "买买提·阿卜杜拉"),
        ({"name": "欧阳䶮喆"}, "name", "欧阳䶮喆"),
        ({"name": "王 芳"}, "name", "王芳"),
        ({"exam_year": 2024}, "exam_year", 2024),
        ({"exam_year": 2024.0}, "exam_year", 2024),
        ({"exam_year": "２０２４年"}, "exam_year", 2024),
        ({"level": "中级"}, "level", 2),
        ({"level": 3}, "level", 3),
        ({"issue_date": "2024/9/30"}, "issue_date", date(2024, 9, 30)),
        ({"issue_date": "2024年9月30日"}, "issue_date", date(2024, 9, 30)),
        ({"issue_date": "20240930"}, "issue_date", date(2024, 9, 30)),
        ({"issue_date": datetime(2024, 9, 30)}, "issue_date", date(2024, 9, 30)),  # noqa: DTZ001 - as openpyxl gives it
        ({"province": "广东"}, "province", "440000"),
        ({"province": "440000"}, "province", "440000"),
    ],
)
def test_what_offices_write_is_understood(judge, cells, field, value):
    assert getattr(judge(changed(**cells)), field) == value


@pytest.mark.parametrize(
    ("cells", "field", "words"),
    [
        ({"id_number": 110000199003070010}, "id_number", "数字格式"),
        ({"id_number": "1.10000E+17"}, "id_number", "科学计数法"),
        ({"id_number": "110000199003070011"}, "id_number", "校验"),
        ({"id_number": "110000199013070011"}, "id_number", "出生日期"),
        ({"id_number": "=A1"}, "id_number", "公式"),
        ({"id_number": None}, "id_number", "不能为空"),
        ({"id_type": "护照", "id_number": "E-12"}, "id_number", "5至20位"),
        ({"id_type": "学生证"}, "id_type", "证件类型"),
        ({"mgmt_no": 2.02411e17}, "mgmt_no", "数字格式"),
        ({"mgmt_no": "2.02411E+17"}, "mgmt_no", "科学计数法"),
        ({"mgmt_no": "2024"}, "mgmt_no", "18位"),
        ({"name": "王"}, "name", "2至50"),
        ({"name": "王" * 51}, "name", "2至50"),
        ({"name": "王\ue863"}, "name", "造字"),
        ({"name": "王芳1"}, "name", "汉字"),
        ({"name": 7}, "name", "文本"),
        ({"name": True}, "name", "文本"),
        ({"name": datetime(2024, 1, 1)}, "name", "日期格式"),  # noqa: DTZ001 - as openpyxl gives it
        ({"name": "#N/A"}, "name", "公式"),
        ({"level": "特级"}, "level", "级别应为"),
        ({"exam_year": "1999"}, "exam_year", "2008"),
        ({"exam_year": "2999"}, "exam_year", "2008"),
        ({"issue_date": "2024-02-30"}, "issue_date", "不是日期"),
        ({"issue_date": "2999-01-01"}, "issue_date", "晚于今天"),
        ({"issue_date": 45565}, "issue_date", "文本"),
        ({"issue_date": float("inf")}, "issue_date", "文本"),  # what 1e999 in a workbook becomes
        ({"exam_year": float("inf")}, "exam_year", "文本"),
        ({"issue_date": "2023-09-30"}, "issue_date", "早于考试年度"),
        ({"province": "火星省"}, "province", "省级行政区"),
    ],
)
def test_a_wrong_cell_is_told_beside_its_column(judge, cells, field, words):
    column, message = judge(changed(**cells))
    assert column == HEADERS[field]
    assert words in message


def test_no_message_repeats_what_a_cell_holds(judge):
    for field in HEADERS:
        said = judge(changed(**{field: "机密内容123"}))
        assert "机密" not in said[1]


def test_every_fault_of_a_row_is_told_at_once(judge):
    checker = checks.Checker({column.field: place for place, column in enumerate(COLUMNS)})
    _, problems = checker.check(2, changed(name="", level="", province=""))
    assert [problem.column for problem in problems] == ["姓名", "级别", "省份"]


# --- the template --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_template_can_be_filled_in_and_sent(judge):
    book = openpyxl.load_workbook(io.BytesIO(template_xlsx()))
    assert [cell.value for cell in book.worksheets[0][1]] == HEADER
    examples = list(book.worksheets[2].iter_rows(values_only=True))
    assert judge(list(examples[1])).name == "示例一"
    book.worksheets[0].append(examples[2])
    out = io.BytesIO()
    book.save(out)
    ((number, row),) = open_table(out).rows()
    assert number == 2
    assert judge(row).province == "440000"
