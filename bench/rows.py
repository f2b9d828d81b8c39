"""A roster of any size and a case of everybody in it, for the lists of `bench.queue`."""

OPEN = 0.15  # of the cases
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"  # fmt: skip  # noqa: E501
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文海燕玲春梓涵宇轩子欣怡思雨晨浩然佳慧婷雪琳俊辉鹏飞凯峰博云龙"  # fmt: skip  # noqa: E501


class Country:
    """A roster and a case of everybody in it, copied from a few real ones as often as is asked for."""

    def __init__(self):
        from registration.models import Decision
        from swms.regions.models import Duty
        from tests import factories

        first = factories.staff("李静", (Duty.FIRST_REVIEW, "110000"))
        case = factories.submitted("王芳")
        factories.submitted("陈晨").move("pass_first", actor=first, seen=1)
        self.originals = (
            (case.worker.user, _USER),
            (case.worker, _WORKER),
            (case.qualification, _QUALIFICATION),
            (case, _APPLICATION),
            (Decision.objects.get(), _DECISION),
        )
        self.rows = 0

    @property
    def cases(self) -> int:
        """How many cases are open."""
        return int(self.rows * OPEN)

    def grow(self, rows: int) -> None:
        """Have so many rows in the roster, and as many cases."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS bench_row")
            cursor.execute(_NUMBERED, [SURNAMES, GIVEN, GIVEN, self.rows + 1, rows])
            for original, columns in self.originals:
                self._copy(cursor, original, columns)
            cursor.execute("VACUUM ANALYZE")  # as autovacuum leaves it
        self.rows = rows

    @staticmethod
    def _copy(cursor, original, changed: dict[str, str]) -> None:
        names = [each.column for each in original._meta.concrete_fields]
        values = ", ".join(changed.get(name) or f't."{name}"' for name in names)
        columns, table = ", ".join(f'"{name}"' for name in names), original._meta.db_table
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {values} FROM bench_row b, {table} t"
            f" WHERE t.id = %s AND {changed.get('only', 'true')} ORDER BY b.i",
            [original.pk],
        )


# What is settled of row number i, once for all its tables: names by frequency, the county by chance.
_NUMBERED = """
    CREATE UNLOGGED TABLE bench_row AS
    WITH leaf AS (
        SELECT row_number() OVER (ORDER BY code) - 1 AS n, code, substr(path, 2, 6) AS province
        FROM regions_region WHERE is_leaf AND valid_to IS NULL
    ), many AS (SELECT count(*) AS leaves FROM leaf)
    SELECT i, i + 1000 AS id, leaf.code AS county, leaf.province,
           substr(%s, 1 + (100 * c.a ^ 3)::int, 1) || substr(%s, 1 + (58 * c.b ^ 2)::int, 1)
               || CASE WHEN c.d < 0.8 THEN substr(%s, 1 + (58 * c.d ^ 2)::int, 1) ELSE '' END AS name,
           encode(sha256(i::text::bytea), 'base64') AS id_index,
           i %% 1000 AS part, i %% 20 < 3 AS open, i / 20 %% 5 < 3 AS fresh
    FROM generate_series(%s, %s) i
    CROSS JOIN LATERAL (SELECT
        (hashint8(i) & 65535) / 65536.0 AS a, (hashint8(i + 1e9::bigint) & 65535) / 65536.0 AS b,
        (hashint8(i + 2e9::bigint) & 65535) / 65536.0 AS d) c
    CROSS JOIN many
    JOIN leaf ON leaf.n = (hashint8(i + 3e9::bigint) & 2147483647) %% many.leaves
"""
_USER = {
    "id": "b.id",
    "uid": "gen_random_uuid()",
    "username": "md5(b.i::text)",
    "name": "b.name",
    "id_index": "b.id_index",
    "mobile": "NULL",
    "mobile_index": "NULL",
}
_WORKER = {"id": "b.id", "uid": "gen_random_uuid()", "user_id": "b.id", "region_id": "b.county"}
_QUALIFICATION = {
    "id": "b.id",
    "worker_id": "b.id",
    "uid": "gen_random_uuid()",
    "name": "b.name",
    "id_index": "b.id_index",
    "mgmt_no": "'9' || b.province || lpad(b.i::text, 11, '0')",
    "level": "1 + b.i %% 3",
    "exam_year": "2008 + b.i %% 18",
    "issue_date": "date '2008-09-01' + (b.i %% 6200)",
    "province_id": "b.province",
    "state": "CASE WHEN b.part = 7 THEN 'REVOKED' WHEN b.part < 7 THEN 'CANCELLED' ELSE 'VALID' END",
}
_APPLICATION = {
    "id": "b.id",
    "uid": "gen_random_uuid()",
    "ref": "'DJ-' || b.county || '-2026-' || lpad(b.i::text, 7, '0')",
    "worker_id": "b.id",
    "qualification_id": "b.id",
    "region_id": "b.county",
    "state": "CASE WHEN NOT b.open THEN 'CERT_ISSUED' WHEN b.fresh THEN 'PENDING_REVIEW' ELSE 'INITIAL_APPROVED' END",
    "due_on": "current_date - CASE WHEN b.open THEN 10 - b.part %% 42 ELSE 30 + b.part END",
}
# Of what is decided no list asks who decided it.
_DECISION = {"id": "b.id", "application_id": "b.id", "only": "b.open AND NOT b.fresh"}
