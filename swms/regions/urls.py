from django.urls import path

from swms.regions import views

app_name = "regions"
urlpatterns = [path("<str:code>/children.json", views.children, name="children")]
