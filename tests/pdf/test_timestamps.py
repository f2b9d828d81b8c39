"""Time stamps (RFC 3161) from an authority in this process: used when good, and never trusted when not."""

import datetime as dt
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from asn1crypto import cms, tsp
from asn1crypto import keys as asn1_keys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.sign.timestamps import DummyTimeStamper

from certificates.pdf import increment, verify
from certificates.pdf.cms import as_asn1
from certificates.pdf.timestamps import HttpTimestamper, TimestampUnavailable
from certificates.pdf.verify import Change, Verdict
from tests.pdf.samples import SIGNED_AT, STAMP

NAME = "示例时间戳机构"


def authority() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    usage = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


class Server(ThreadingHTTPServer):
    """The authority over HTTP; ``mood`` says how it behaves, ``asked`` how often it was asked."""

    daemon_threads = True
    mood, asked = "good", 0

    def __init__(self):
        key, self.certificate = authority()
        der = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.stamper = DummyTimeStamper(as_asn1(self.certificate), asn1_keys.PrivateKeyInfo.load(der))
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *args):
        """Whoever asked did not wait."""

    def answer(self, body: bytes) -> bytes:
        request = tsp.TimeStampReq.load(body)
        if self.mood == "other digest":
            request["message_imprint"]["hashed_message"] = bytes(32)
        if self.mood == "other nonce":
            request["nonce"] = 1
        answer = self.stamper.request_tsa_response(request)
        if self.mood == "rejection":
            answer = tsp.TimeStampResp({"status": {"status": "rejection"}})
        return answer.dump()


#: What is no HTTP, or stops in the middle of it.
RAW = {
    "no http": b"hello\r\n\r\n",
    "cut chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhello",
}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server: Server = self.server
        server.asked += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if server.mood == "slow":
            time.sleep(1)
        if server.mood in RAW:
            self.wfile.write(RAW[server.mood])
            return
        answers = {"error": b"", "noise": b"<html>", "long": bytes(70_000)}
        answer = answers[server.mood] if server.mood in answers else server.answer(body)
        if server.mood == "cut":
            answer = answer[:-20]
        self.send_response(500 if server.mood == "error" else 200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def server():
    with Server() as server:
        yield server
        server.shutdown()


def stamper(server, **changes) -> HttpTimestamper:
    facts = {
        "timeout": 0.2 if server.mood == "slow" else 10,
        "required": False,
        "roots": (server.certificate,),
    } | changes
    return HttpTimestamper(f"http://127.0.0.1:{server.server_port}/", **facts)


@pytest.fixture
def make(qualification, signer):
    """Return a function that annotates with a time stamper."""

    def make(timestamper) -> bytes:
        return increment.annotate(
            qualification.base,
            qualification.sidecar,
            stamp=STAMP,
            signer=signer,
            signed_at=SIGNED_AT,
            timestamper=timestamper,
        )

    return make


def test_a_stamped_file_is_intact_and_says_who_stamped_it_when(make, server, roots):
    data = make(stamper(server))
    found = verify.examine(data, roots, tsa_roots=[server.certificate])
    assert found.is_intact
    assert found.stamped_by == NAME
    assert abs(found.stamped_at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)


def test_without_the_authoritys_certificate_the_stamp_is_not_believed(make, server, roots):
    _, stranger = authority()
    data = make(stamper(server))
    for trusted in ([], [stranger]):
        found = verify.examine(data, roots, tsa_roots=trusted)
        assert (found.verdict, found.change) == (Verdict.ALTERED, Change.INVALID)


def start_of_signature(data: bytes) -> int:
    return data.rindex(b"/Contents <") + len(b"/Contents <")


def said_by_the_stamp(data: bytes) -> list[bytes]:
    """Return all of a file's stamp but what RFC 5652 leaves unsigned and nobody reads.

    These are two version numbers, and the list that tells a reader early which digests will come.
    """
    start = start_of_signature(data)
    outer = cms.ContentInfo.load(bytes.fromhex(data[start : data.index(b">", start)].decode()))["content"]
    token = outer["signer_infos"][0]["unsigned_attrs"][0]["values"][0]["content"]
    one = token["signer_infos"][0]
    told = [token["encap_content_info"], token["certificates"], one["sid"], one["digest_algorithm"]]
    return [part.dump() for part in [*told, one["signed_attrs"], one["signature_algorithm"], one["signature"]]]


def test_a_changed_digit_in_the_stamp_is_detected(make, server, roots):
    data = make(stamper(server))
    start = start_of_signature(data)
    end = data.index(b"0000000000", start)
    for at in range(start, end, 211):
        changed = bytearray(data)
        changed[at] = ord("1") if changed[at] != ord("1") else ord("2")
        found = verify.examine(bytes(changed), roots, tsa_roots=[server.certificate])
        assert not found.is_intact or said_by_the_stamp(bytes(changed)) == said_by_the_stamp(data), at


BAD = ["slow", "error", "noise", "long", "cut", "rejection", "other digest", "other nonce", *RAW]


@pytest.mark.parametrize("mood", BAD)
def test_where_one_may_issue_without_a_bad_answer_costs_the_stamp_and_nothing_else(make, server, roots, mood):
    server.mood = mood
    one = stamper(server)
    found = verify.examine(make(one), roots, tsa_roots=[server.certificate])
    assert found.is_intact
    assert found.stamped_at is None
    make(one)
    assert server.asked == 1, "fifty rows of a batch must not wait fifty times"


@pytest.mark.parametrize("mood", BAD)
def test_where_a_stamp_is_required_nothing_is_issued_without_one(make, server, mood):
    server.mood = mood
    with pytest.raises(TimestampUnavailable):
        make(stamper(server, required=True))
    server.mood = "good"
    assert make(stamper(server, required=True))


def test_an_authority_that_nobody_trusts_is_not_asked(make, server, roots):
    assert verify.examine(make(stamper(server, roots=())), roots).stamped_at is None
    assert server.asked == 0


def test_an_authority_that_is_not_there_is_like_one_that_fails(make, server, roots):
    gone = HttpTimestamper("http://127.0.0.1:9/", 0.3, False, (server.certificate,))
    assert verify.examine(make(gone), roots).is_intact
