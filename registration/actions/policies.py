"""A province settles its policy: always a new version, never an edit (decision 0019)."""

import rules
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from registration.models import ProvincePolicy
from swms.audit.trail import record
from swms.dates import today
from swms.regions.models import Region
from swms.workflow import Refused

#: What a version says; the rest of its row says who made it and when.
CONTENT = (
    "effective_from",
    "first_review_level",
    "final_review_level",
    "makeup_first_from",
    "makeup_first_until",
    "makeup_renew_from",
    "makeup_renew_until",
    "ce_waived_from",
    "ce_waived_until",
    "ce_waived_notice",
    "note",
)


def set_policy(province: Region, content: dict, *, by, seen: int) -> ProvincePolicy:
    """Write the next version of a province's policy; ``seen`` is the highest version that ``by`` looked at.

    Raises PermissionDenied, and Refused ``too_soon``, ``unchanged`` or ``changed`` (somebody was faster). The
    same press twice writes one version.
    """
    if not rules.has_perm("registration.set_policy", by, province):
        raise PermissionDenied
    if content["effective_from"] <= today():
        raise Refused("too_soon", "生效日期最早为明天：同一天内的审核只能按同一版政策办理")
    newest = province.policies.order_by("-version").first()
    version = newest.version if newest else 0
    if newest and all(getattr(newest, name) == content[name] for name in CONTENT):
        if newest.by_id == by.pk and seen == version - 1:
            return newest
        raise Refused("unchanged", f"与第{version}版完全相同，没有需要保存的内容")
    if seen != version:
        raise _faster(version)
    try:
        return _write(province, content, newest, by)
    except IntegrityError as error:
        raise _faster(version + 1) from error


@transaction.atomic
def _write(province: Region, content: dict, newest: ProvincePolicy | None, by) -> ProvincePolicy:
    one = ProvincePolicy.objects.create(
        province=province,
        version=newest.version + 1 if newest else 1,
        by=by,
        **{name: content[name] for name in CONTENT},
    )
    before = newest or ProvincePolicy()
    changes = {
        name: [_told(getattr(before, name)), _told(getattr(one, name))]
        for name in CONTENT
        if getattr(before, name) != getattr(one, name)
    }
    record("registration.provincepolicy.set_policy", one, actor=by, changes=changes)
    ProvincePolicy.forget(province.code)
    return one


def _told(value) -> str | None:
    return str(value) if value else None


def _faster(version: int) -> Refused:
    return Refused("changed", f"期间已有人制定了第{version}版，请重新核对", version=version)
