"""The hub's pages, under /registration/."""

from django.urls import path

from registration.views import account

app_name = "registration"

urlpatterns = [
    path("account/", account.RegisterPage.as_view(), name="register"),
    path("account/code/", account.RegisterCodePage.as_view(), name="register_code"),
    path("account/done/", account.WelcomePage.as_view(), name="welcome"),
]
