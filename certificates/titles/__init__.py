"""职称对应 in Tianjin, as dated and versioned data, and what it says of somebody (R-TTL-01…09)."""

from certificates.titles.calculator import Answer, Question, answers
from certificates.titles.data import EDITIONS, HOLDINGS, SCOPE, SERIES, VERSION, Edition, Rule, edition_on
from certificates.titles.published import COLUMNS, as_json, as_rows

__all__ = [
    "COLUMNS",
    "EDITIONS",
    "HOLDINGS",
    "SCOPE",
    "SERIES",
    "VERSION",
    "Answer",
    "Edition",
    "Question",
    "Rule",
    "answers",
    "as_json",
    "as_rows",
    "edition_on",
]
