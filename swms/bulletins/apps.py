from django.apps import AppConfig


class BulletinsConfig(AppConfig):
    name = "swms.bulletins"
    verbose_name = "通知公告"

    def ready(self):
        from swms.bulletins.queries import is_public_attachment
        from swms.uploads.views import PUBLIC

        PUBLIC.append(is_public_attachment)
