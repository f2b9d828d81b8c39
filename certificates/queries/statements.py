"""What the QR codes state, signed, for whoever has no network: what is printed, the identity number masked."""

from datetime import date, datetime

from certificates.models import Annotation
from certificates.pdf import statement, statement_keys
from certificates.queries.contents import verify_link
from swms.dates import today
from swms.idnumbers import mask_id


def copy_address(annotation: Annotation, signed_at: datetime) -> str:
    """Return what the QR code of an annotated copy holds: the address, and who, what, for what, until when."""
    qualification, names = annotation.qualification, annotation.names
    said = statement.Statement(
        kind=statement.COPY,
        number=annotation.number,
        name=names["name"],
        id_number=mask_id(names["id_number"]),
        level=qualification.get_level_display(),
        certificate=qualification.mgmt_no,
        purpose=annotation.scenario.label,
        edition="",
        valid_until=annotation.valid_until,
    )
    return _stated(annotation.verify_token, said, signed_at)


def certificate_address(content: dict[str, str], token: str, signed_at: datetime) -> str:
    """Return what the QR code of a registration certificate with this content holds."""
    said = statement.Statement(
        kind=statement.CERTIFICATE,
        number=content["registration_number"],
        name=content["name"],
        id_number=mask_id(content["id_number"]),
        level=content["level"],
        certificate=content["management_number"],
        purpose="",
        edition=content["version"],
        valid_until=date.fromisoformat(content["valid_until"]),
    )
    return _stated(token, said, signed_at)


def _stated(token: str, said: statement.Statement, signed_at: datetime) -> str:
    return statement_keys.load().state(verify_link(token), token, said, signed_at)


def read_statement(text: str) -> statement.Read:
    """Return what the text of a QR code says, judged with the published keys alone."""
    return statement.read(text, statement_keys.published(), today())
