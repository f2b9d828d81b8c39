from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "swms.accounts"
    label = "accounts"
    verbose_name = "账号"
