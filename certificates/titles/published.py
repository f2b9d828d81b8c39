"""The correspondence as open data: JSON as it is kept, and one row for each rule."""

from certificates.titles.data import COUNTED, DATA, EDITIONS, MANNERS, SCOPE, VERSION, label_of

COLUMNS = (
    "适用地区",
    "数据版本",
    "文件",
    "文号",
    "施行日期",
    "废止日期",
    "规则编号",
    "条款",
    "持有",
    "年限条件",
    "对应方式",
    "职称或等级",
)


def as_json() -> dict:
    """Return the data with the words that its codes stand for."""
    return DATA | {"manners": MANNERS, "counted": COUNTED}


def as_rows() -> list[tuple]:
    """Return one row for each rule of each document, under ``COLUMNS``; dates in ISO form."""
    return [
        (
            SCOPE,
            VERSION,
            edition.document,
            edition.number,
            edition.in_force_from.isoformat() if edition.in_force_from else "",
            edition.repealed_on.isoformat() if edition.repealed_on else "",
            rule.code,
            rule.clause,
            label_of(rule.holding),
            rule.condition,
            rule.words,
            rule.result,
        )
        for edition in EDITIONS
        for rule in edition.rules
    ]
