"""Signing in and one's own account, under /account/."""

from django.urls import path

from swms.signin.views import account, door, recovery, second_factor

app_name = "signin"

urlpatterns = [
    path("", account.AccountPage.as_view(), name="account"),
    path("sign-in/", door.SignInPage.as_view(), name="sign_in"),
    path("sign-out/", door.sign_out, name="sign_out"),
    path("second-factor/", second_factor.SecondFactorPage.as_view(), name="second_factor"),
    path("second-factor/set-up/", second_factor.SetUpPage.as_view(), name="set_up"),
    path("second-factor/recovery-codes/", second_factor.RecoveryCodesPage.as_view(), name="recovery_codes"),
    path("recover/", recovery.RecoverPage.as_view(), name="recover"),
    path("recover/password/", recovery.RecoverPasswordPage.as_view(), name="recover_password"),
    path("password/", account.ChangePasswordPage.as_view(), name="change_password"),
    path("mobile/", account.ChangeMobilePage.as_view(), name="change_mobile"),
    path("mobile/code/", account.ChangeMobileCodePage.as_view(), name="change_mobile_code"),
    path("sessions/end/", account.end_other_sessions, name="end_other_sessions"),
    path("privacy/", account.PrivacyPage.as_view(), name="privacy"),
]
