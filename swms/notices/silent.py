"""Moves of which nobody is told, each with the reason; a test lists any move that is in neither place."""

SILENT = {
    "registration.qualification.begin": "an import of the roster, mostly of people without an account",
    "registration.registration.begin": "the application's move to 首次登记已完成 announces it",
    "registration.registration.start_renewal": "the application's own move announces it",
    "registration.registration.await_correction": "the application's refusal announces it",
    "registration.registration.end_renewal": "the application's withdrawal or refusal announces it",
    "registration.registration.renew": "the application's move to 再登记已完成 announces it",
    "certificates.certificate.begin": "the application's move to 首次登记已完成 announces it",
    "certificates.annotation.begin": "the person's own act, confirmed on the page",
    "registration.application.reopen": "the person's own act, confirmed on the page",
    "registration.feedback.resubmit": "the person's own act, confirmed by its receipt",
    "registration.feedback.withdraw": "the person's own act, confirmed on the page",
    "registration.appeal.approve": "the link to the new mobile and the way to object to the old one say it",
    "registration.appeal.resubmit": "the person's own act, confirmed on the page",
    "registration.appeal.finish": "the person's own act, confirmed on the page and by the message of the new password",
    "registration.transfer.begin": "a draft, on the page of the person who writes it",
    "registration.transfer.discard": "the person's own act, confirmed on the page",
    "registration.transfer.withdraw": "the person's own act, confirmed on the page",
    "certificates.certificate.issue": "the application's move to 已出证 announces it",
    "certificates.certificate.supersede": "the new version is announced",
    "certificates.annotation.end": "the person's own act, confirmed on the page",
}
