"""The divisions below a division, for the cascade on pages and for anybody else."""

from django.http import HttpRequest, JsonResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import conditional_page, require_safe

from swms.regions import queries


@require_safe
@conditional_page
def children(request: HttpRequest, code: str) -> JsonResponse:
    """Answer what the cascade offers below ``code``; public, for these are published facts."""
    division = queries.division(code)
    if division is None:
        return JsonResponse({"code": "not_found", "message": "没有这个行政区划代码"}, status=404)
    below = queries.choices(code)
    response = JsonResponse(
        {
            "code": division.code,
            "name": division.name,
            "label": below.label,
            "blank": below.blank,
            "children": [{"code": d.code, "name": d.name, "leaf": d.leaf} for d in below.divisions],
        },
        json_dumps_params={"ensure_ascii": False},
    )
    # Not "public": the session of the person asking may ride along on any response.
    patch_cache_control(response, private=True, max_age=86400)
    return response
