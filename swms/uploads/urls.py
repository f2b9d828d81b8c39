from django.urls import path

from swms.uploads import views

app_name = "uploads"
urlpatterns = [
    path("<uuid:uid>/", views.file, name="file"),
    path("<uuid:uid>/pages/<int:number>/", views.page, name="page"),
]
