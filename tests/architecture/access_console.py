"""The addresses of the console in the access matrix: which desk is answered what (S1)."""

from tests.architecture.access_rows import KEEPERS, NOT_THERE, REVIEWERS, STAFF, Access, desk

PAPER_BATCH = {"key": "paper.batch.ref"}


def _screen(part: str, whose: str) -> dict[str, Access]:
    """Return the list of a screen of the console; a search in it is posted."""
    return {f"console/{part}/": desk(whose, 200, 200)}


def _case(
    part: str, key: str, *, sees: str, others: str = "", decides: dict, data: dict, secret: str = "id_number"
) -> dict[str, Access]:
    """Return a record's page and the unmasking of its numbers, which ``others`` on that duty find nothing at."""
    return {
        f"console/{part}/<str:key>/": desk(sees, 200, 302, but=decides, keys={"key": key}, data=data),
        f"console/{part}/<str:key>/reveal/": desk(
            sees,
            405,
            200,
            but={others: (405, 404)} if others else None,
            keys={"key": key},
            data={"field": secret},
        ),
    }


IMPORT = {"uid": "roster_import.uid"}
PROVINCE = {"code": "province"}

CONSOLE = {
    "console/": desk(STAFF, 200, 405),
    "console/ui/": desk(STAFF, 200, 405),
    **_screen("registration/decision", REVIEWERS),  # 统计
    **_screen("registration/application", REVIEWERS),
    # Who does not say what for is asked again.
    "console/registration/application/export/": desk(REVIEWERS, 200, 200),
    **_case(
        "registration/application",
        "application.ref",
        sees="li_jing zhang_wei",
        others="zhao_min",
        decides={"zhang_wei": (200, 403)},
        data={"move": "pass_first", "version": "1"},
    ),
    "console/registration/application/batch/": desk(REVIEWERS, 200, 200, data={"row": "DJ-110105-2026-00001 1"}),
    # A sheet is of the reviewer who confirmed it.
    "console/registration/application/batch/<uuid:uid>/": desk("li_jing", 200, 302, keys={"uid": "batch.uid"}),
    **_screen("registration/feedback", "li_jing zhao_min"),
    **_case(
        "registration/feedback",
        "feedback.ref",
        sees="li_jing",
        others="zhao_min",
        decides={},
        data={"move": "approve", "version": "1"},
    ),
    **_screen("registration/appeal", "li_jing zhao_min zheng_kai"),
    # The account has a region, so the security administrator finds nothing either.
    **_case(
        "registration/appeal",
        "appeal.ref",
        sees="li_jing",
        others="zhao_min zheng_kai",
        decides={},
        data={"move": "approve", "version": "1"},
    ),
    "console/registration/appeal/<str:key>/release/": desk(
        "zheng_kai",
        405,
        302,
        but={"li_jing zhao_min": (405, 404)},
        keys={"key": "objected.ref"},
        data={"keep": "old", "reason": "本人携带身份证到场，已核实身份。"},
    ),
    **_screen("registration/transfer", REVIEWERS),
    **_case(
        "registration/transfer",
        "transfer.ref",
        sees="li_jing zhang_wei",
        others="zhao_min",
        decides={"zhang_wei": (200, 403)},
        data={"move": "approve", "version": "1"},
    ),
    **_screen("registration/samplingcampaign", "zhang_wei zhao_min"),
    "console/registration/samplingcampaign/new/": desk("zhang_wei zhao_min", 200, 200),
    "console/registration/samplingcampaign/<str:key>/": desk(
        "zhang_wei",
        200,
        409,
        but={"zhao_min": NOT_THERE},
        keys={"key": "campaign.ref"},
        data={"move": "close", "confirmed": "yes"},
    ),
    # Nothing in a campaign is masked.
    "console/registration/samplingcampaign/<str:key>/reveal/": desk(
        "", 405, 404, but={"zhang_wei zhao_min": (405, 404)}, keys={"key": "campaign.ref"}, data={"field": "key"}
    ),
    **_screen("registration/sampledcase", REVIEWERS),
    **_case(
        "registration/sampledcase",
        "inspection.ref",
        sees="li_jing zhang_wei",
        others="zhao_min",
        decides={},
        data={"move": "propose_pass", "version": "2"},
    ),
    **_screen("registration/registration", REVIEWERS),
    "console/registration/registration/export/": desk(REVIEWERS, 200, 200),
    **_case(
        "registration/registration",
        "registration.number",
        sees="li_jing zhang_wei",
        others="zhao_min",
        decides={"li_jing": (200, 403)},
        data={"move": "revoke", "reason": "提交的材料经核实为虚假材料", "confirmed": "yes"},
    ),
    **_screen("registration/qualification", f"zhang_wei zhao_min {KEEPERS}"),
    **_case(
        "registration/qualification",
        "finished.qualification.mgmt_no",
        sees=f"zhang_wei {KEEPERS}",
        others="zhao_min",
        decides={"zhang_wei": (200, 403)},
        data={"move": "revoke", "reason": "提交的材料经核实为虚假材料"},
    ),
    **_screen("registration/deadlinereminder", REVIEWERS),
    **_screen("registration/escalation", f"{REVIEWERS} wu_qiang"),
    **_screen("registration/institutionfeedback", "li_jing zhao_min"),
    **_case(
        "registration/institutionfeedback",
        "institution_feedback.ref",
        sees="li_jing",
        others="zhao_min",
        decides={},
        data={"move": "reject", "reason": "该单位不是社会工作服务机构"},
        secret="contact_mobile",
    ),
    **_screen("registration/institution", REVIEWERS),
    **_case(
        "registration/institution",
        "institution.uid",
        sees="li_jing zhang_wei",
        others="zhao_min",
        decides={"zhang_wei": (200, 403)},
        data={"move": "approve", "version": "1"},
        secret="contact_mobile",
    ),
    "console/registration/provincepolicy/": desk("zhang_wei zhao_min wu_qiang", 200, 405),
    "console/registration/provincepolicy/<str:code>/": desk(
        "zhang_wei wu_qiang", 200, 405, but={"zhao_min": (404, 405)}, keys=PROVINCE
    ),
    "console/registration/provincepolicy/<str:code>/new/": desk("zhang_wei", 200, 200, keys=PROVINCE),
    **_screen("registration/rosterimport", "qian_li"),
    "console/registration/rosterimport/template/": desk("qian_li", 200, 405),
    "console/registration/rosterimport/<uuid:uid>/": desk("qian_li", 200, 405, keys=IMPORT),
    "console/registration/rosterimport/<uuid:uid>/progress/": desk("qian_li", 200, 405, keys=IMPORT),
    "console/registration/rosterimport/<uuid:uid>/confirm/": desk("qian_li", 405, 302, keys=IMPORT),
    # This import was without errors, so even its owner finds no list of them.
    "console/registration/rosterimport/<uuid:uid>/errors/": desk("qian_li", 404, 405, keys=IMPORT),
    "console/registration/rosterimport/<uuid:uid>/undo/": desk("qian_li", 302, 302, keys=IMPORT),
    **_screen("registration/rosterconflict", KEEPERS),
    **_case(
        "registration/rosterconflict",
        "roster_conflict.uid",
        sees=KEEPERS,
        others="",
        decides={},
        data={"move": "return_to_source", "reason": "请核对原始档案后重新报送这一行"},
    ),
    **_screen("registration/rostermerge", KEEPERS),
    "console/registration/rostermerge/add/": desk(KEEPERS, 200, 200),
    **_case(
        "registration/rostermerge",
        "roster_merge.uid",
        sees=KEEPERS,
        others="",
        decides={"qian_li": (200, 409)},
        data={"move": "reject", "reason": "两人的出生日期不同，不是同一人"},
        secret="old_number",
    ),
    **_screen("certificates/annotation", KEEPERS),
    **_screen("certificates/certificate", REVIEWERS),
    **_screen("certificates/logentry", f"{KEEPERS} wu_qiang he_xin"),
    **_screen("certificates/replacement", REVIEWERS),
    **_case(
        "certificates/replacement",
        "replacement.ref",
        sees="li_jing zhang_wei",
        others="zhao_min",
        decides={"zhang_wei": (200, 403)},
        data={"move": "approve"},
    ),
    **_screen("certificates/paperbatch", KEEPERS),
    "console/certificates/paperbatch/new/": desk(KEEPERS, 200, 200),
    "console/certificates/paperbatch/<str:key>/": desk(KEEPERS, 200, 302, keys=PAPER_BATCH, data={"do": "export"}),
    "console/certificates/paperbatch/<str:key>/edit/": desk(KEEPERS, 200, 200, keys=PAPER_BATCH),
    "console/certificates/paperbatch/<str:key>/lists/<int:number>/": desk(
        KEEPERS, 200, 405, keys=PAPER_BATCH | {"number": "list_number"}
    ),
    **_screen("certificates/papercertificate", KEEPERS),
    **_case(
        "certificates/papercertificate",
        "paper.qualification.mgmt_no",
        sees=KEEPERS,
        decides={KEEPERS: (200, 409)},  # her new address is on no list yet
        data={"move": "mail", "tracking_no": "EX000000001CN"},
    ),
    **_screen("bulletins/bulletin", f"{REVIEWERS} {KEEPERS} wu_qiang"),
    "console/bulletins/bulletin/new/": desk(f"{REVIEWERS} {KEEPERS} wu_qiang", 200, 200),
    # It is 北京市's: its offices look on, those who keep its certificates decide.
    "console/bulletins/bulletin/<str:key>/": desk(
        KEEPERS,
        200,
        302,
        but={"zhang_wei wu_qiang": (200, 403)},
        keys={"key": "bulletin.ref"},
        data={"move": "withdraw", "reason": "领取地址有误，另行通知。", "confirmed": "yes"},
    ),
    "console/bulletins/bulletin/<str:key>/edit/": desk(
        KEEPERS, 200, 200, but={"zhang_wei wu_qiang": (302, 302)}, keys={"key": "bulletin.ref"}
    ),
    **_screen("notices/delivery", "wu_qiang"),
    **_screen("notices/notice", "wu_qiang"),
    **_screen("swms/heartbeat", "wu_qiang"),
    "console/swms/announcedday/": desk("wu_qiang", 200, 405),
    "console/swms/announcedday/<int:year>/": desk("wu_qiang", 200, 400, keys={"year": "next_year"}),
    **_screen("accounts/user", "zheng_kai"),
    "console/accounts/user/new/": desk("zheng_kai", 200, 200),
    "console/accounts/user/<uuid:uid>/": desk("zheng_kai", 200, 400, keys={"uid": "li_jing.uid"}),
    **_screen("audit/auditevent", "he_xin"),
    "console/audit/auditevent/chain/": desk("he_xin", 200, 405),
}
