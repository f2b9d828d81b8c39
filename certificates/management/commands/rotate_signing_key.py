"""``manage.py rotate_signing_key``: new keys for certificates and statements; old signatures stay valid."""

from django.core.management.base import BaseCommand, CommandError

from certificates.pdf import keys, statement_keys


class Command(BaseCommand):
    """Rotates one key or both; nothing has to be restarted."""

    requires_system_checks = []  # an expired key fails them, and this is what replaces it
    help = "Make new signing keys; old signatures stay valid, old private keys are destroyed. 更换签名密钥。"

    def add_arguments(self, parser):
        parser.add_argument("which", choices=("documents", "statements", "both"), help="which key / 更换哪一把")

    def handle(self, *, which: str, **options):
        try:
            if which != "statements":
                signer = keys.rotate()
                self.stdout.write(f"documents: {signer.name}, until {signer.certificate.not_valid_after_utc:%Y-%m-%d}")
            if which != "documents":
                statement_keys.make(keys.directory_of(), again=True)
                self.stdout.write(f"statements: {statement_keys.load().name.hex()}; reload the offline pages")
        except keys.KeyUnusable as error:
            raise CommandError(str(error)) from error
