"""The door gunicorn opens."""

import os

from django.core.wsgi import get_wsgi_application

from swms import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "swms.settings")
embedded.ensure()
application = get_wsgi_application()
