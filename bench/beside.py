"""The portal's settings, and the library that `bench.roster` measures the import against."""

from swms.settings import *  # noqa: F403
from swms.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "import_export"]
