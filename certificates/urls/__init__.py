from django.urls import path

from certificates import api
from certificates.views import bulk, holder, offline, paper, public, registered, replacing, titles

app_name = "certificates"
urlpatterns = [
    path("", public.VerifyNumber.as_view(), name="verify"),
    path("file", public.VerifyFile.as_view(), name="verify_file"),
    path("api/verify", api.VerifyNumber.as_view(), name="api_verify"),
    path("titles", titles.Page.as_view(), name="titles"),
    path("titles.json", titles.AsJson.as_view(), name="titles_json"),
    path("titles.csv", titles.AsCsv.as_view(), name="titles_csv"),
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
    path("paper", paper.Papers.as_view(), name="paper"),
    path("paper/<str:mgmt_no>", paper.Status.as_view(), name="paper_status"),
    path("paper/<str:mgmt_no>/courier", paper.Courier.as_view(), name="paper_courier"),
    path("paper/<str:mgmt_no>/place", paper.Place.as_view(), name="paper_place"),
    path("paper/<str:mgmt_no>/cancel", paper.Cancel.as_view(), name="paper_cancel"),
    path("replacements/<str:ref>", replacing.Status.as_view(), name="replacement"),
    path("replacements/<str:ref>/edit", replacing.Edit.as_view(), name="replacement_edit"),
    path("replacements/<str:ref>/check", replacing.Check.as_view(), name="replacement_check"),
    path("replacements/<str:ref>/receipt", replacing.Receipt.as_view(), name="replacement_receipt"),
    path("replacements/<str:ref>/withdraw", replacing.Withdraw.as_view(), name="replacement_withdraw"),
]
