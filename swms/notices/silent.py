"""Moves of which nobody is told, each with the reason; a test lists any move that is in neither place."""

SILENT = {
    "registration.application.begin": "nothing was decided: the certificate shows up in the account",
    "registration.qualification.begin": "an import of the roster, mostly of people without an account",
    "registration.registration.begin": "the application's move to 首次登记已完成 announces it",
    "certificates.certificate.begin": "the application's move to 首次登记已完成 announces it",
    "certificates.annotation.begin": "the person's own act, confirmed on the page",
    "registration.application.reopen": "the person's own act, confirmed on the page",
    "registration.feedback.resubmit": "the person's own act, confirmed by its receipt",
    "registration.feedback.withdraw": "the person's own act, confirmed on the page",
    "certificates.certificate.issue": "the application's move to 已出证 announces it",
    "certificates.annotation.end": "the person's own act, confirmed on the page",
    "registration.institution.begin": "an invitation goes to the contact by SMS, with its link",
    "registration.institution.invite": "the invitation itself goes to the contact by SMS, with its link",
    "registration.institution.lapse": "nobody answered the invitation, or another registration took its place",
    "registration.institution.approve": "the SMS with the link to set the password says it, the workers have an offer",
    "registration.institution.resubmit": "the contact's own act, confirmed on the page",
    "registration.institution.send_password_link": "the link itself goes to the contact by SMS",
}
