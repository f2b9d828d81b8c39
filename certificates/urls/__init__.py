from django.urls import path

from certificates import api
from certificates.views import bulk, holder, offline, public, registered, replacing

app_name = "certificates"
urlpatterns = [
    path("", public.VerifyNumber.as_view(), name="verify"),
    path("file", public.VerifyFile.as_view(), name="verify_file"),
    path("api/verify", api.VerifyNumber.as_view(), name="api_verify"),
    path("offline", offline.Offline.as_view(), name="offline"),
    path("offline/worker.js", offline.Worker.as_view(), name="offline_worker"),
    path("bulk", bulk.Bulk.as_view(), name="bulk"),
    path("mine", holder.List.as_view(), name="list"),
    path("terms", holder.Terms.as_view(), name="terms"),
    path("q/<str:mgmt_no>", holder.Certificate.as_view(), name="qualification"),
    path("a/<str:number>", holder.Annotated.as_view(), name="annotation"),
    path("a/<str:number>/view", holder.File.as_view(), name="annotation_view"),
    path("a/<str:number>/download", holder.File.as_view(download=True), name="annotation_download"),
    path("a/<str:number>/end", holder.End.as_view(), name="annotation_end"),
    path("r/<str:number>", registered.Page.as_view(), name="registration"),
    path("r/<str:number>/view", registered.File.as_view(), name="registration_view"),
    path("r/<str:number>/replace", replacing.Start.as_view(), name="replacement_start"),
    path("r/<str:number>/download", registered.File.as_view(download=True), name="registration_download"),
    path("replacements/<str:ref>", replacing.Status.as_view(), name="replacement"),
    path("replacements/<str:ref>/edit", replacing.Edit.as_view(), name="replacement_edit"),
    path("replacements/<str:ref>/check", replacing.Check.as_view(), name="replacement_check"),
    path("replacements/<str:ref>/receipt", replacing.Receipt.as_view(), name="replacement_receipt"),
    path("replacements/<str:ref>/withdraw", replacing.Withdraw.as_view(), name="replacement_withdraw"),
]
