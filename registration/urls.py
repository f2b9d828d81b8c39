"""The hub's pages, under /registration/."""

from django.urls import path

from registration import api
from registration.views import account, application, clock, feedback, feedback_case, profile, renewal, rows
from registration.views.dashboard import Dashboard

app_name = "registration"

urlpatterns = [
    path("account/", account.RegisterPage.as_view(), name="register"),
    path("account/code/", account.RegisterCodePage.as_view(), name="register_code"),
    path("account/done/", account.WelcomePage.as_view(), name="welcome"),
    path("feedback/", feedback.StartPage.as_view(), name="feedback"),
    path("feedback/code/", feedback.CodePage.as_view(), name="feedback_code"),
    path("feedback/form/", feedback.FormPage.as_view(), name="feedback_form"),
    path("feedback/status/", feedback_case.StatusPage.as_view(), name="feedback_status"),
    path("feedback/status/code/", feedback_case.StatusCodePage.as_view(), name="feedback_status_code"),
    path("feedback/status/end/", feedback_case.EndPage.as_view(), name="feedback_end"),
    path("feedback/<str:ref>/", feedback_case.CasePage.as_view(), name="feedback_case"),
    path("feedback/<str:ref>/receipt/", feedback.ReceiptPage.as_view(), name="feedback_receipt"),
    path("feedback/<str:ref>/edit/", feedback_case.EditPage.as_view(), name="feedback_edit"),
    path("feedback/<str:ref>/withdraw/", feedback_case.WithdrawPage.as_view(), name="feedback_withdraw"),
    path("", Dashboard.as_view(), name="dashboard"),
    path("profile/", profile.ProfilePage.as_view(), name="profile"),
    path("profile/basic/", profile.BasicPage.as_view(), name="profile_basic"),
    path("profile/email/", profile.EmailPage.as_view(), name="profile_email"),
    path("profile/photo/", profile.PhotoPage.as_view(), name="profile_photo"),
    path("profile/region/", profile.RegionPage.as_view(), name="profile_region"),
    path("profile/experience/", rows.WorkList.as_view(), name="profile_work"),
    path("profile/experience/employer/", rows.EmployerPage.as_view(), name="profile_work_employer"),
    path("profile/experience/add/", rows.WorkEdit.as_view(), name="profile_work_add"),
    path("profile/experience/<int:pk>/", rows.WorkEdit.as_view(), name="profile_work_change"),
    path("profile/experience/<int:pk>/employer/", rows.EmployerPage.as_view(), name="profile_work_employer"),
    path("profile/experience/<int:pk>/delete/", rows.WorkDelete.as_view(), name="profile_work_delete"),
    path("profile/projects/", rows.ProjectList.as_view(), name="profile_projects"),
    path("profile/projects/add/", rows.ProjectEdit.as_view(), name="profile_projects_add"),
    path("profile/projects/<int:pk>/", rows.ProjectEdit.as_view(), name="profile_projects_change"),
    path("profile/projects/<int:pk>/delete/", rows.ProjectDelete.as_view(), name="profile_projects_delete"),
    path("profile/honours/", rows.HonourList.as_view(), name="profile_honours"),
    path("profile/honours/add/", rows.HonourEdit.as_view(), name="profile_honours_add"),
    path("profile/honours/<int:pk>/", rows.HonourEdit.as_view(), name="profile_honours_change"),
    path("profile/honours/<int:pk>/delete/", rows.HonourDelete.as_view(), name="profile_honours_delete"),
    path("applications/<str:ref>/", application.ApplicationPage.as_view(), name="application"),
    path("applications/<str:ref>/check/", application.CheckPage.as_view(), name="application_check"),
    path("applications/<str:ref>/receipt/", application.ReceiptPage.as_view(), name="application_receipt"),
    path("applications/<str:ref>/withdraw/", application.WithdrawPage.as_view(), name="application_withdraw"),
    path("applications/<str:ref>/reopen/", application.ReopenPage.as_view(), name="application_reopen"),
    path("clock/", clock.ClockPage.as_view(), name="clock"),
    path("clock.ics", clock.CalendarFile.as_view(), name="clock_calendar"),
    path("renewals/<str:number>/", renewal.RenewalPage.as_view(), name="renewal"),
    path("api/clock/", api.Clock.as_view(), name="api_clock"),
    path("api/applications/", api.ApplicationList.as_view(), name="api_applications"),
    path("api/applications/<str:ref>/", api.ApplicationDetail.as_view(), name="api_application"),
    path("api/applications/<str:ref>/<str:move>/", api.ApplicationMove.as_view(), name="api_move"),
]
