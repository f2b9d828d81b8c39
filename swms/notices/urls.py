"""The inbox, under /notices/."""

from django.urls import path

from swms.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.inbox_page, name="inbox"),
    path("read/", views.read_all, name="read_all"),
    path("<int:pk>/open/", views.open_notice, name="open"),
]
