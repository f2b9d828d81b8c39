"""The template of a roster file: text cells, lists to choose from, and notes."""

from __future__ import annotations

import io

import xlsxwriter

from registration.roster.columns import COLUMNS
from swms.codes import CertificateLevel, IdType
from swms.regions.models import Region

ROWS = 10_000
_NOTES = (
    "在“社工库”工作表中填写，每行一个证书；第一行是列名，请不要改动。",
    "所有单元格都是文本格式。从别处复制时请用“粘贴为值”，以免号码变成数字、末尾几位丢失。",
    "考试年度：四位数字。级别：从列表中选择。",
    "姓名：与证件一致；少数民族姓名的间隔号用“·”。",
    "证件类型：可以不填，不填即为居民身份证。",
    "证件号码：18位身份证号，或其他证件的5至20位字母和数字。",
    "管理号：18位数字，不能重复。签发日期：按 2024-09-30 填写。",
    "省份：省级行政区的名称或6位代码。",
    "“示例（虚构）”工作表只供参考，不会导入；其中的人和号码都是虚构的。",
)
_EXAMPLES = (
    "2024 助理社会工作师 示例一 居民身份证 11000019900307001X 202411000100000013 2024-09-30 北京市",
    "2023 社会工作师 示例·阿卜杜拉 居民身份证 440000198512010025 202344000200000025 2023-10-16 广东省",
    "2025 社会工作师 示例三 护照 E00000000 202531000200000032 2025-10-20 上海市",
)


def template_xlsx() -> bytes:
    """Return the template as an XLSX file; its first sheet holds the columns and nothing else."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_numbers": False})
    as_text = book.add_format({"num_format": "@"})
    head = book.add_format({"num_format": "@", "bold": True, "bg_color": "#E8EEF4", "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    headers = [column.header for column in COLUMNS]

    sheet = book.add_worksheet("社工库")
    sheet.set_column(0, len(headers) - 1, 22, as_text)
    sheet.write_row(0, 0, headers, head)
    sheet.freeze_panes(1, 0)
    for field, choices in _choices().items():
        place = next(place for place, column in enumerate(COLUMNS) if column.field == field)
        sheet.data_validation(1, place, ROWS, place, {"validate": "list", "source": choices})

    notes = book.add_worksheet("填写说明")
    notes.set_column(0, 0, 90, wrapped)
    notes.write_column(0, 0, _NOTES)

    examples = book.add_worksheet("示例（虚构）")
    examples.set_column(0, len(headers) - 1, 22, as_text)
    examples.write_row(0, 0, headers, head)
    for row, example in enumerate(_EXAMPLES, start=1):
        for place, value in enumerate(example.split()):
            examples.write_string(row, place, value, as_text)
    book.close()
    return out.getvalue()


def _choices() -> dict[str, list[str]]:
    provinces = Region.objects.filter(level=Region.Level.PROVINCE, valid_to=None).order_by("code")
    lists = {"level": CertificateLevel.labels, "id_type": IdType.labels}
    names = list(provinces.values_list("name", flat=True))
    # A list inside the file may have 255 characters, so long names are left to typing.
    while len(",".join(names)) > 255:
        names.remove(max(names, key=len))
    return lists | ({"province": names} if names else {})
