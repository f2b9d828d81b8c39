"""How often certificates are verified, for their holders (R-VER-01)."""

from django.db import models


class VerificationCount(models.Model):
    """How often a record was verified on one day in one way; nothing about who asked."""

    class Way(models.TextChoices):
        """How somebody asked."""

        NUMBER = "number", "编号和姓名"
        CODE = "code", "二维码"
        FILE = "file", "证书文件"
        API = "api", "程序接口"
        BULK = "bulk", "批量查验"

    qualification = models.ForeignKey(
        "registration.Qualification", models.CASCADE, null=True, related_name="verification_counts"
    )
    registration = models.ForeignKey(
        "registration.Registration", models.CASCADE, null=True, related_name="verification_counts"
    )
    day = models.DateField("日期")
    way = models.CharField("方式", max_length=8, choices=Way)
    count = models.PositiveIntegerField("次数", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "查验次数"
        constraints = [
            models.UniqueConstraint(
                fields=["qualification", "registration", "day", "way"],
                nulls_distinct=False,
                name="one_count_per_day_and_way",
            )
        ]

    def __str__(self):
        return f"{self.day} {self.get_way_display()} {self.count}"
