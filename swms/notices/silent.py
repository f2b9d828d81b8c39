"""Moves of which nobody is told, each with the reason; a test lists any move that is in neither place."""

SILENT = {
    "registration.qualification.begin": "an import of the roster, mostly of people without an account",
    "registration.registration.begin": "the application's move to 首次登记已完成 announces it",
    "registration.registration.start_renewal": "the application's own move announces it",
    "registration.registration.await_correction": "the application's refusal announces it",
    "registration.registration.end_renewal": "the application's withdrawal or refusal announces it",
    "registration.registration.renew": "the application's move to 再登记已完成 announces it",
    "certificates.certificate.begin": "the move of the application or the replacement announces it",
    "certificates.replacement.begin": "a draft of the person's own; nothing was sent yet",
    "certificates.annotation.begin": "the person's own act, confirmed on the page",
    "registration.application.reopen": "the person's own act, confirmed on the page",
    "registration.feedback.resubmit": "the person's own act, confirmed by its receipt",
    "registration.feedback.withdraw": "the person's own act, confirmed on the page",
    "certificates.certificate.issue": "the order's own move to 已出证 or 已换发 announces it",
    "certificates.certificate.supersede": "the new version is announced",
    "certificates.annotation.end": "the person's own act, confirmed on the page",
}
