"""The roster of certificate holders (社工库) and the social workers who have an account."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property

from registration.workflows import PENDING_STATES, QUALIFICATION, QualificationState
from swms import codes
from swms.codes import CertificateLevel, IdType
from swms.crypto import BlindIndexField, SealedField
from swms.current import once
from swms.idnumbers import mask_id
from swms.regions.models import Duty, Region, Scope, ScopedModel
from swms.regions.queries import same_region
from swms.workflow import Reviewed


class Worker(ScopedModel):
    """A social worker with an account, and the basic part of the personal information (rulebook §3.2).

    Name, identity number, mobile and e-mail are the account's. ``None`` in a field means not yet
    answered: every field is required before 首次登记 (R-PRO-02), none before saving.
    """

    scope = Scope(regions="region", owners=("user",))

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="worker")
    sex = models.CharField("性别", max_length=1, choices=codes.Sex, blank=True)
    birth_date = models.DateField("出生日期", null=True, blank=True)
    ethnicity = models.CharField("民族", max_length=2, choices=codes.ETHNICITIES, blank=True)
    political_status = models.CharField("政治面貌", max_length=2, choices=codes.PoliticalStatus, blank=True)
    education = models.CharField("学历", max_length=2, choices=codes.EDUCATION, blank=True)
    degree = models.CharField("学位", max_length=10, choices=codes.Degree, blank=True)
    school = models.CharField("毕业院校", max_length=100, blank=True)
    major = models.CharField("所学专业", max_length=100, blank=True)
    is_sw_major = models.BooleanField("是否社会工作专业", null=True)
    no_email = models.BooleanField("无邮箱", default=False)
    household_region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="户籍所在地"
    )
    household_address = models.CharField("户籍地址", max_length=100, blank=True)
    address_region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="通讯地址所在地"
    )
    address = models.CharField("通讯地址", max_length=100, blank=True)
    work_years = models.PositiveSmallIntegerField(
        "从事社会工作年限", null=True, blank=True, validators=[MaxValueValidator(60)]
    )
    has_local_cert = models.BooleanField("是否已在地方领取登记证书", null=True)
    local_cert_no = models.CharField("地方登记证书编号", max_length=40, blank=True)
    local_first_reg_date = models.DateField("地方首次登记时间", null=True, blank=True)
    local_valid_until = models.DateField("地方登记证书有效期至", null=True, blank=True)
    local_cert_file = models.ForeignKey(
        "uploads.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="地方登记证书"
    )
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="workers", verbose_name="登记区域"
    )
    photo = models.ForeignKey(
        "uploads.StoredFile", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="照片"
    )
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "社会工作者"

    def __str__(self):
        return self.user.name

    #: Fields of 基础信息 that must be answered (R-PRO-02), by the page that asks for them.
    REQUIRED: ClassVar[dict[str, tuple[str, ...]]] = {
        "basic": (
            "sex",
            "birth_date",
            "ethnicity",
            "political_status",
            "education",
            "degree",
            "school",
            "major",
            "is_sw_major",
            "household_region",
            "household_address",
            "address_region",
            "address",
            "work_years",
        ),
        "region": ("region", "has_local_cert"),
        "photo": ("photo",),
    }
    REQUIRED_WITH_LOCAL_CERT = ("local_cert_no", "local_first_reg_date", "local_valid_until", "local_cert_file")

    def missing(self) -> list[tuple[str, str]]:
        """Return ``(name, label)`` of everything that is still to be filled in before 首次登记 (R-PRO-01)."""
        return once(("missing", self.pk), self._missing)

    def _missing(self) -> list[tuple[str, str]]:
        names = [name for fields in self.REQUIRED.values() for name in fields]
        if self.has_local_cert:
            names += self.REQUIRED_WITH_LOCAL_CERT
        missing = [
            (name, self._meta.get_field(name).verbose_name) for name in names if getattr(self, name) in (None, "")
        ]
        if not self.user.mobile:
            missing.append(("mobile", "手机号"))
        if not (self.user.email or self.no_email):
            missing.append(("email", "电子邮箱"))
        if not self.listed("experiences"):
            missing.append(("experiences", "工作经历"))
        if any(each.is_special and not each.evidence.all() for each in self.listed("past_projects")):
            missing.append(("evidence", "三区计划或牵手计划的证明材料"))  # R-PRO-11
        return missing

    def listed(self, name: str) -> list:
        """Return the ``experiences``, ``past_projects`` or ``honours`` with their files, as the form lists them."""
        rows = getattr(self, name).all()
        if name != "experiences":
            rows = rows.prefetch_related("evidence")
        return once(("listed", name, self.pk), lambda: list(rows))

    @cached_property
    def change_under_review(self):
        """The 变更 that is with the reviewers, ``None`` without one; read once for an instance (R-CHG-08)."""
        return self.transfers.filter(state__in=PENDING_STATES).first()

    def region_fit(self, region: Region) -> str:
        """Tell how ``region`` is the worker's: where 户籍 or 工作单位 is (R-PRO-07).

        ``household`` or ``employer``; ``unproven`` if the employer was typed or is not known yet, so that
        the worker has to say it; ``elsewhere`` if it is neither.
        """
        if self.household_region and same_region(region, self.household_region):
            return "household"
        current = self.experiences.filter(end_date=None).select_related("institution__region").first()
        if current and current.institution:
            return "employer" if same_region(region, current.institution.region) else "elsewhere"
        if current and current.employer_type == codes.EmployerType.NOT_EMPLOYED and self.household_region:
            return "elsewhere"
        return "unproven"


class Qualification(Reviewed, ScopedModel):
    """One 职业水平证书 in the roster; the person behind it may or may not have an account (§2.16)."""

    workflow = QUALIFICATION
    scope = Scope(regions="province", owners=("worker__user",), duties=(Duty.CERTIFICATE, Duty.FINAL_REVIEW))

    class Source(models.TextChoices):
        IMPORT = "import", "导入"
        FEEDBACK = "feedback", "反馈"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField("姓名", max_length=50)
    id_type = models.CharField("证件类型", max_length=20, choices=IdType, default=IdType.ID_CARD)
    id_number = SealedField("证件号码")
    id_index = BlindIndexField(source="id_number", purpose="identity")
    mgmt_no = models.CharField("管理号", max_length=40)
    level = models.PositiveSmallIntegerField("级别", choices=CertificateLevel)
    exam_year = models.PositiveSmallIntegerField("考试年度")
    issue_date = models.DateField("签发日期")
    province = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="省份", db_index=False)
    state = models.CharField("状态", max_length=12, choices=QualificationState, default=QualificationState.VALID)
    worker = models.ForeignKey(
        Worker, models.SET_NULL, null=True, blank=True, related_name="qualifications", db_index=False
    )
    source = models.CharField("来源", max_length=10, choices=Source, default=Source.IMPORT)
    # No constraint of PostgreSQL's: it would look the import up for each row once more, an eighth of an import's time.
    # The import writes its own number, imports are never deleted, and check_invariants looks (2f).
    roster_import = models.ForeignKey("RosterImport", models.PROTECT, null=True, blank=True, db_constraint=False)
    created_at = models.DateTimeField("入库时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    class Meta:
        verbose_name = "职业水平证书"
        verbose_name_plural = "社工库"
        # Every row of an import pays for every index. `unique` and `db_index` of a text would make a second one each,
        # for beginnings of words, and nobody looks for those of a number, a name or a province.
        constraints = [
            models.UniqueConstraint("id_index", "level", "exam_year", name="one_certificate_per_person_level_year"),
            models.UniqueConstraint(fields=["mgmt_no"], name="one_certificate_per_number"),
        ]
        indexes = [
            models.Index(fields=["name"], name="qualification_by_name"),
            models.Index(fields=["state", "-id"], name="qualification_by_state"),
            models.Index(fields=["province", "state", "-id"], name="qualification_by_province"),
            # An import brings rows without an account: only those that got one since are worth an entry.
            models.Index(fields=["worker"], condition=models.Q(worker__isnull=False), name="qualification_by_worker"),
        ]

    def __str__(self):
        return f"{self.name} {self.get_level_display()} {self.mgmt_no}"

    def get_absolute_url(self):
        return reverse("certificates:qualification", args=[self.mgmt_no])

    @property
    def masked_id(self) -> str:
        return mask_id(self.id_number)

    @property
    def is_valid(self) -> bool:
        return self.state == QualificationState.VALID

    def people_to_tell(self):
        return [self.worker.user] if self.worker else []
