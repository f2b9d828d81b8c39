"""Who may write what the offices say."""

import rules

from swms.bulletins.models import DUTIES
from swms.regions.models import Region, jurisdictions_of


def may_publish(user, module: str, region: Region | None) -> bool:
    """Tell whether the user speaks for this region in this matter; for the country, on a duty for all of it."""
    path = region.path if region else "/"
    return any(each.duty in DUTIES[module] and path.startswith(each.path) for each in jurisdictions_of(user))


@rules.predicate
def speaks_for(user, bulletin):
    """Staff on the duty that the module belongs to, over the bulletin's region."""
    return may_publish(user, bulletin.module, bulletin.region)


rules.add_perm("bulletins.manage", speaks_for)
