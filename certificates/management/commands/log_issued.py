"""``manage.py log_issued``: enter the documents that were issued before there was 签发日志, once."""

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from certificates import actions
from certificates.models import Annotation, Certificate
from certificates.queries import issued_log
from swms import anchors
from swms.audit import trail


class Command(BaseCommand):
    """Refused once a head was signed: from then on, a document without an entry is a forgery or a fault."""

    help = "Enter documents that were issued before the log existed; only before its first signed head. 补录签发日志。"

    def handle(self, **options):
        if anchors.read(issued_log.heads_path()):
            raise CommandError("the log has a signed head: nothing is entered afterwards / 日志已有签名树头，不能补录")
        entered = 0
        for model in (Certificate, Annotation):
            for document in model.objects.exclude(sha256="").order_by("pk").iterator(chunk_size=500):
                if issued_log.issued_entry(document) is None:
                    with transaction.atomic():
                        actions.log_issued(document)
                        trail.record("certificates.logged_afterwards", document)
                    entered += 1
        self.stdout.write(f"{entered} entered / 已补录")
