"""职称对应: a page that anybody may read, with a small calculator, and its rules as open data (R-TTL-01…09)."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views import View

from certificates import titles
from certificates.forms import TitleForm
from certificates.titles.data import label_of
from certificates.views.frame import menu
from swms import sheets
from swms.dates import today
from swms.ui import cn_date


class Page(View):
    """The rules in force, the documents, and what they say of what was typed; an answer has an address of its own."""

    def get(self, request):
        form = TitleForm(request.GET if "holding" in request.GET else None)
        context = {"form": form, "menu": menu(""), "scope": titles.SCOPE, "data": _links(), "version": titles.VERSION}
        if form.is_bound and form.is_valid():
            context |= _answer(form.question())
        edition = titles.edition_on(today())
        context |= {"edition": edition, "editions": titles.EDITIONS}
        context |= {"tables": _tables(edition), "series": list(titles.SERIES.values())}
        return render(request, "certificates/titles.html", context)


class OpenData(View):
    """The rules with their documents, in force and repealed, for anybody's program."""

    def get(self, request):
        answer = self.answer()
        answer["Access-Control-Allow-Origin"] = "*"  # open data: no cookie is read and nobody is named
        return answer


class AsJson(OpenData):
    """As it is kept, with the words for its codes."""

    def answer(self) -> HttpResponse:
        return JsonResponse(titles.as_json(), json_dumps_params={"ensure_ascii": False, "indent": 1})


class AsCsv(OpenData):
    """One row for each rule, for a spreadsheet."""

    def answer(self) -> HttpResponse:
        rows = b"".join(sheets.csv_chunks(titles.COLUMNS, titles.as_rows()))
        answer = HttpResponse(rows, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="titles.csv"'
        return answer


def title_url(qualification) -> str:
    """Return the page that answers for this certificate."""
    holding = list(titles.HOLDINGS["social_work"]["items"])[qualification.level - 1]
    asked = {"holding": holding, "obtained_on": qualification.issue_date.isoformat()}
    return f"{reverse('certificates:titles')}?{urlencode(asked)}"


def _links() -> list[dict]:
    words = {"titles_json": "JSON", "titles_csv": "CSV"}
    return [{"label": label, "url": reverse(f"certificates:{name}")} for name, label in words.items()]


def _answer(question: titles.Question) -> dict:
    """Return the answer as the page shows it."""
    found = titles.answers(question)
    asked = [
        ("已取得", label_of(question.holding)),
        ("取得日期", question.obtained_on and cn_date(question.obtained_on)),
        ("从事相应技术技能工作", question.working_since and f"{cn_date(question.working_since)}起"),
        ("按哪一天计算", cn_date(question.on)),
        ("适用文件", found.edition.title),
    ]
    return {
        "found": found,
        "asked": [{"label": label, "value": value} for label, value in asked if value],
        "is_social_work": question.kind == "social_work",
    }


def _tables(edition: titles.Edition) -> list[dict]:
    """Return the rules of a document as tables, one for each kind of holding."""
    columns = [{"label": label} for label in ("已取得", "年限", "结果", "条款")]
    return [
        {
            "caption": given["label"],
            "columns": columns,
            "rows": [
                [given["items"][rule.holding], rule.condition or "不要求", rule.words, rule.clause]
                for rule in edition.rules
                if rule.holding in given["items"]
            ],
        }
        for given in titles.HOLDINGS.values()
    ]
