"""The short address that stands in QR codes, ``/v/<token>``; printed on paper, so it never changes."""

from django.urls import path

from certificates.views import public

app_name = "verification"
urlpatterns = [
    path("<str:token>", public.VerifyToken.as_view(), name="token"),
    path("<str:token>/proof", public.Proof.as_view(), name="proof"),
]
