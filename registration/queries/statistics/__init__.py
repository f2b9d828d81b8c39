"""The numbers of an office: one module for the page, its exports and its tests (decision 0028).

Everything is counted in the database; what comes back is as many rows as there are kinds, days or divisions,
never as many as there are cases. The number of queries does not depend on the office.
"""

from registration.queries.statistics.backlog import AGES, Source, count_also
from registration.queries.statistics.office import Figures, Part, figures
from registration.queries.statistics.period import Period, month, presets
from registration.queries.statistics.register import in_force

__all__ = ["AGES", "Figures", "Part", "Period", "Source", "count_also", "figures", "in_force", "month", "presets"]
