from django.urls import path

from swms.bulletins import views

app_name = "bulletins"
urlpatterns = [
    path("", views.board, name="board"),
    path("feed", views.feed, name="feed"),
    path("<str:ref>/", views.page, name="bulletin"),
]
