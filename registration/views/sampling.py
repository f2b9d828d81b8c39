"""抽查 for everybody: what was announced, how it was drawn, and how to draw it again (decision 0029)."""

from django.http import JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views import View

from registration.models import SamplingCampaign
from registration.queries import sampling as queries
from registration.workflows import CampaignState
from swms.regions.queries import full_name
from swms.ui import cn_date

SHOWN = 50


class ListPage(View):
    """The campaigns that were announced, newest first."""

    def get(self, request):
        rows = [
            {"campaign": each, "url": reverse("registration:sampling_case", args=[each.ref])}
            for each in queries.published().defer("committed")[:SHOWN]
        ]
        return render(request, "registration/sampling/list.html", {"rows": rows})


class CampaignPage(View):
    """One campaign: the commitment, the seed, and the numbers. It names nobody."""

    def get(self, request, ref):
        one = get_object_or_404(queries.published().defer("committed"), ref=ref)
        context = {
            "campaign": one,
            "facts": _facts(one),
            "seed": _seed(one),
            "columns": [
                {"label": "层"},
                {"label": "范围内", "number": True},
                {"label": "抽取", "number": True},
            ],
            "strata": [[{"text": e["label"]}, {"text": e["population"]}, {"text": e["size"]}] for e in one.strata],
            "results": queries.result_rows(one) if one.state == CampaignState.CLOSED else [],
            "data_url": reverse("registration:sampling_data", args=[one.ref]),
            "total": sum(each["size"] for each in one.strata),
        }
        return render(request, "registration/sampling/campaign.html", context)


class DataFile(View):
    """The frozen list and the draw, as a file that anybody can compute with."""

    def get(self, request, ref):
        one = get_object_or_404(queries.published(), ref=ref)
        answer = JsonResponse(queries.published_draw(one), json_dumps_params={"indent": 1, "ensure_ascii": False})
        answer["Content-Disposition"] = f'attachment; filename="{one.ref}.json"'
        return answer


def _facts(one: SamplingCampaign) -> list[dict]:
    return [
        {"label": "批次编号", "value": one.ref},
        {"label": "实施区域", "value": full_name(one.region)},
        {"label": "抽查事由", "value": one.purpose},
        {"label": "抽查范围", "value": one.get_basis_display()},
        {"label": "期间", "value": f"{cn_date(one.period_from)}至{cn_date(one.period_until)}"},
        {"label": "公告时间", "value": cn_date(one.announced_at)},
    ]


def _seed(one: SamplingCampaign) -> list[dict]:
    return [
        {"label": "种子来源", "value": one.seed_source},
        {"label": "种子公布日期", "value": cn_date(one.seed_on)},
        {"label": "种子", "value": one.seed or "还没有公布"},
        *([{"label": "核对办法", "value": one.seed_evidence}] if one.seed else []),
        {"label": "名单的SHA-256", "value": one.sha256},
    ]
