from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView

from swms import health, ui
from swms.views import Home

urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("accessibility/", TemplateView.as_view(template_name="accessibility.html"), name="accessibility"),
    path("mode/<str:mode>", ui.set_mode, name="mode"),
    path("regions/", include("swms.regions.urls")),
    path("files/", include("swms.uploads.urls")),
    path("account/", include("swms.signin.urls")),
    path("bulletins/", include("swms.bulletins.urls")),
    path("notices/", include("swms.notices.urls")),
    path("registration/", include("registration.urls")),
    path("certificates/", include("certificates.urls")),
    path("v/", include("certificates.urls.short")),
    path("console/", admin.site.urls),
    path("demo/", include("swms.notices.demo_urls")),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
]
