"""The contents that the certificate tests lay out, annotate and sign. All people are fictitious."""

import datetime as dt

from certificates.pdf import keys
from certificates.pdf.stamp import Stamp

BEIJING = dt.timezone(dt.timedelta(hours=8))
# Not a fixed time: a certificate made for this run is not valid before it.
SIGNED_AT = dt.datetime.now(BEIJING).replace(microsecond=0)
TOKEN = "kR3v0Qm8Zt1xYw5uHs7aDg"
STAMP = Stamp(
    purpose="本人调用",
    valid_until=dt.date(2027, 2, 20),
    number="JZ-110105-2026-00042",
    token=TOKEN,
    verify_url=f"https://swms.example.cn/v/{TOKEN}",
)
QUALIFICATION = {
    "management_number": "202544000200001236",
    "name": "示例甲·䶮㛃",
    "sex": "女",
    "birth_date": "1990-03-07",
    "id_number": "11000019900307001X",
    "level": "社会工作师",
    "exam_year": "2025",
    "region": "北京市",
    "issue_date": "2025-09-15",
    "office": "证书发放机构（演示）",
    "verify_url": "https://swms.example.cn/v/abc",
    "signer": keys.SIGNER_NAME,
}
REGISTRATION = {
    "registration_number": "440305220260001232",
    "management_number": "202544000200001236",
    "name": "示例甲",
    "sex": "女",
    "id_number": "11000019900307001X",
    "level": "社会工作师",
    "region": "北京市 朝阳区",
    "employer": "示例社会工作服务中心",
    "first_registered_on": "2026-01-05",
    "valid_from": "2026-01-05",
    "valid_until": "2029-01-04",
    "issue_date": "2026-01-05",
    "version": "1",
    "office": "民政部门（演示）",
    "verify_url": "https://swms.example.cn/v/abcdef",
    "signer": keys.SIGNER_NAME,
}
