"""What only a demo shows, under /demo/."""

from django.urls import path

from swms.notices import demo

app_name = "demo"
urlpatterns = [path("outbox/", demo.outbox, name="outbox")]
