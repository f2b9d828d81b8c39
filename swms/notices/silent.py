"""Moves of which nobody is told, each with the reason; a test lists any move that is in neither place."""

SILENT = {
    "registration.application.reopen": "the person's own act, confirmed on the page",
    "registration.feedback.resubmit": "the person's own act, confirmed by its receipt",
    "registration.feedback.withdraw": "the person's own act, confirmed on the page",
    "certificates.certificate.issue": "the application's move to 已出证 announces it",
    "certificates.annotation.end": "the person's own act, confirmed on the page",
}
