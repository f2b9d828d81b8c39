"""Imports into the roster: what came in, from which file, how it went, and what was decided about it (§2.16)."""

import uuid
import zlib
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from registration.models.people import Qualification
from registration.workflows import ROSTER_CONFLICT, ROSTER_MERGE, RosterConflictState, RosterMergeState
from swms.codes import CertificateLevel, IdType
from swms.crypto import BlindIndexField, SealedField
from swms.regions.models import Duty, Region, Scope, ScopedModel
from swms.workflow import Reviewed

_STAFF = {"on_delete": models.PROTECT, "null": True, "blank": True, "related_name": "+"}


class RosterImport(ScopedModel):
    """One run of ``import_roster``; the rows it brought point back to it, those it changed through ``RosterChange``."""

    scope = Scope(owners=(), duties=(Duty.CERTIFICATE,))

    class Outcome(models.TextChoices):
        RUNNING = "running", "进行中"
        FINISHED = "finished", "已完成"
        FAILED = "failed", "失败"
        UNDOING = "undoing", "正在撤回"
        UNDONE = "undone", "已撤回"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file_name = models.CharField("文件名", max_length=200)
    sha256 = models.CharField("文件指纹", max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name="操作人")
    dry_run = models.BooleanField("试运行", default=False)
    outcome = models.CharField("结果", max_length=10, choices=Outcome, default=Outcome.RUNNING)
    rows_total = models.PositiveIntegerField("总行数", default=0)
    rows_created = models.PositiveIntegerField("新增", default=0)
    rows_updated = models.PositiveIntegerField("更新", default=0)
    rows_unchanged = models.PositiveIntegerField("未变", default=0)
    rows_refused = models.PositiveIntegerField("有误", default=0)
    rows_conflicting = models.PositiveIntegerField("冲突", default=0, db_default=0)
    rows_warned = models.PositiveIntegerField("提醒", default=0, db_default=0)
    problems = models.JSONField("问题", default=list, db_default=[])  # the first few hundred, without personal data
    failure = models.CharField("失败原因", max_length=200, blank=True, db_default="")
    started_at = models.DateTimeField("开始时间", auto_now_add=True)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="撤回人", **_STAFF)
    undo_reason = models.CharField("撤回原因", max_length=500, blank=True, db_default="")
    undone_at = models.DateTimeField("撤回时间", null=True, blank=True)
    rows_undone = models.PositiveIntegerField("已撤回的行", default=0, db_default=0)

    class Meta:
        verbose_name = verbose_name_plural = "社工库导入"

    def __str__(self):
        return f"{self.file_name} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def may_be_undone(self) -> bool:
        """Whether it brought something and still stands; one that was cut short may be undone too."""
        settled = self.outcome in (self.Outcome.FINISHED, self.Outcome.FAILED)
        return settled and not self.dry_run and self.rows_created + self.rows_updated > 0


class RosterChange(models.Model):
    """One row that an import changed: what it was before, so that the import can be undone to the letter.

    ``changed_at`` is the row's ``updated_at`` since; whoever touches the row afterwards leaves another one there.
    Only a decided conflict changes a name or a number; the former number is sealed beside ``before``.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    roster_import = models.ForeignKey(RosterImport, models.CASCADE, related_name="changes")
    qualification = models.ForeignKey(Qualification, models.CASCADE, related_name="+")
    conflict = models.ForeignKey("RosterConflict", models.PROTECT, null=True, related_name="changes")
    before = models.JSONField("原内容")
    id_number = SealedField("原证件号码", null=True, blank=True)
    was_updated_at = models.DateTimeField("原更新时间")
    changed_at = models.DateTimeField("更改时间")
    undone = models.BooleanField("已还原", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "导入更改的记录"
        constraints = [
            models.UniqueConstraint(
                "roster_import", "qualification", condition=Q(conflict=None), name="one_change_per_import_and_row"
            )
        ]

    def __str__(self):
        return f"{self.roster_import_id}: {self.qualification_id}"


class RosterKept(models.Model):
    """A row that stayed when its import was undone, and why."""

    class Reason(models.TextChoices):
        ACCOUNT = "account", "本人已注册账户"
        CHANGED = "changed", "此后又有更改"
        USED = "used", "已据此办理业务"
        FEEDBACK = "feedback", "反馈已据此办结"

    roster_import = models.ForeignKey(RosterImport, models.CASCADE, related_name="kept")
    qualification = models.ForeignKey(Qualification, models.CASCADE, related_name="+")
    reason = models.CharField("保留原因", max_length=10, choices=Reason)

    class Meta:
        verbose_name = verbose_name_plural = "撤回时保留的记录"
        constraints = [models.UniqueConstraint("roster_import", "qualification", name="kept_once")]

    def __str__(self):
        return f"{self.qualification_id}: {self.get_reason_display()}"


class RosterConflict(Reviewed, ScopedModel):
    """One row of an import that contradicted the roster and was not applied; somebody decides it.

    What it contradicts is looked up whenever it is shown: the roster goes on while it waits.
    """

    workflow = ROSTER_CONFLICT
    scope = Scope(regions="province", duties=(Duty.CERTIFICATE,))

    class Kind(models.TextChoices):
        FILE_NAME = "file_name", "同一文件中证件号码相同、姓名不同"
        FILE_NUMBER = "file_number", "同一文件中同级别同年度、管理号不同"
        TAKEN = "taken", "管理号相同、人员不同"
        CERTIFICATE = "certificate", "管理号相同、级别或年度不同"
        NAME = "name", "证件号码相同、姓名不同"
        NUMBER = "number", "同级别同年度、管理号不同"
        REGISTERED = "registered", "已登记人员的证书信息不同"
        MERGED = "merged", "证件号码已并入另一人"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    roster_import = models.ForeignKey(RosterImport, models.PROTECT, related_name="conflicts", verbose_name="导入")
    row = models.PositiveIntegerField("行号")
    kind = models.CharField("冲突", max_length=12, choices=Kind)
    name = models.CharField("姓名", max_length=50)
    id_type = models.CharField("证件类型", max_length=20, choices=IdType)
    id_number = SealedField("证件号码")
    id_index = BlindIndexField(source="id_number", purpose="identity")
    mgmt_no = models.CharField("管理号", max_length=40)
    level = models.PositiveSmallIntegerField("级别", choices=CertificateLevel)
    exam_year = models.PositiveSmallIntegerField("考试年度")
    issue_date = models.DateField("签发日期")
    province = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="省份")
    state = models.CharField("状态", max_length=10, choices=RosterConflictState, default=RosterConflictState.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="处理人", **_STAFF)
    decided_reason = models.CharField("说明", max_length=500, blank=True)
    decided_at = models.DateTimeField("处理时间", null=True, blank=True)
    created_at = models.DateTimeField("发现时间", auto_now_add=True)

    #: What is compared, and what is applied when theirs is taken.
    FIELDS: ClassVar[tuple[str, ...]] = (
        "name", "id_type", "id_number", "mgmt_no", "level", "exam_year", "issue_date", "province_id",
    )  # fmt: skip

    class Meta:
        verbose_name = verbose_name_plural = "导入冲突"
        constraints = [
            # A file that is sent again asks the same question once.
            models.UniqueConstraint(
                "mgmt_no", "id_index", "name", "level", "exam_year", "issue_date", "id_type", "province",
                condition=Q(state=RosterConflictState.OPEN), name="one_open_conflict_per_content",
            )
        ]  # fmt: skip
        indexes = [models.Index(fields=["state", "-id"], name="conflict_by_state")]

    def __str__(self):
        return f"第{self.row}行 {self.mgmt_no}"

    def rivals(self) -> list[Qualification]:
        """Return the rows that it contradicts or belongs to: of the same 管理号 first, then those of the identity."""
        rows = Qualification.objects.filter(Q(mgmt_no=self.mgmt_no) | Q(id_index=self.id_index))
        rows = rows.select_related("province", "worker__user")
        return sorted(rows, key=lambda row: (row.mgmt_no != self.mgmt_no, not self.is_same_award(row), row.pk))

    def is_same_award(self, row: Qualification) -> bool:
        """Whether the row is this person's certificate of this level and year."""
        mine = (self.id_index, self.level, self.exam_year)
        return (row.id_index, row.level, row.exam_year) == mine

    @property
    def looked_at(self) -> int:
        """What the rows it contradicts look like now: another number as soon as one of them changes."""
        return fingerprint(self.rivals())

    form_version = looked_at


class RosterMerge(Reviewed, ScopedModel):
    """Two people of the roster that are one: proposed by one keeper, carried out when another confirms it.

    ``keep`` and ``join`` are rows that stand for the two. What the second was called and moved is kept here, so
    that the former number still finds the person.
    """

    workflow = ROSTER_MERGE
    scope = Scope(regions="keep__province", duties=(Duty.CERTIFICATE,))

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    keep = models.ForeignKey(Qualification, models.PROTECT, related_name="+", verbose_name="保留")
    join = models.ForeignKey(Qualification, models.PROTECT, related_name="+", verbose_name="并入")
    old_name = models.CharField("并入的姓名", max_length=50)
    old_number = SealedField("并入的证件号码")
    old_index = BlindIndexField(source="old_number", purpose="identity", db_index=True)
    reason = models.CharField("依据", max_length=500)
    moved = models.JSONField("转入的记录", default=dict)
    state = models.CharField("状态", max_length=10, choices=RosterMergeState, default=RosterMergeState.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="提出人")
    proposed_at = models.DateTimeField("提出时间", auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="复核人", **_STAFF)
    decided_reason = models.CharField("复核意见", max_length=500, blank=True)
    decided_at = models.DateTimeField("复核时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "人员合并"
        constraints = [
            models.UniqueConstraint(
                "old_index", condition=Q(state=RosterMergeState.PROPOSED), name="one_open_merge_per_person"
            ),
            models.CheckConstraint(
                condition=~Q(state=RosterMergeState.MERGED) | ~Q(decided_by=models.F("proposed_by")),
                name="merged_by_four_eyes",
            ),
        ]

    def __str__(self):
        return f"{self.old_name}并入{self.keep.mgmt_no}"

    @property
    def province(self) -> Region:
        return self.keep.province

    @property
    def looked_at(self) -> int:
        """What both people's rows look like now."""
        people = Q(id_index__in=(self.keep.id_index, self.join.id_index))
        return fingerprint(Qualification.objects.filter(people).order_by("pk"))

    form_version = looked_at

    def people_to_tell(self):
        """Both accounts hear of it: the one that is closed is the one that would be missed."""
        rows = Qualification.objects.filter(pk__in=(self.keep_id, self.join_id)).exclude(worker=None)
        return list({row.worker.user_id: row.worker.user for row in rows.select_related("worker__user")}.values())


def fingerprint(rows) -> int:
    """Return a number of nine digits that changes with any of the rows: pages decide on what they showed."""
    return zlib.crc32(repr([(row.pk, row.updated_at, row.worker_id) for row in rows]).encode()) % 10**9
