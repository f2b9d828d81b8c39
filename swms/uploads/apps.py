from django.apps import AppConfig


class UploadsConfig(AppConfig):
    """Files from outside."""

    name = "swms.uploads"
    verbose_name = "文件"

    def ready(self) -> None:
        from swms.uploads.documents import limit_decoding

        limit_decoding()
