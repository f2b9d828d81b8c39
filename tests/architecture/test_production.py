"""Production starts with secrets of its own or not at all (S17); each case is a process of its own."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SECRETS = ("SWMS_SECRET_KEY", "SWMS_FIELD_KEYS", "SWMS_INDEX_KEYS")


def key() -> str:
    return f"k1:{base64.b64encode(os.urandom(32)).decode()}"


@pytest.fixture
def production(tmp_path):
    """The environment of a production that is set up as it should be, without a file of secrets beside it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SWMS_", "DJANGO_"))}
    return inherited | {
        "SWMS_PRODUCTION": "1",
        "SWMS_VAR_DIR": str(tmp_path),
        "SWMS_ALLOWED_HOSTS": "shegong.example.org",
        "SWMS_SITE_URL": "https://shegong.example.org",
        "SWMS_SECRET_KEY": base64.b64encode(os.urandom(48)).decode(),
        "SWMS_FIELD_KEYS": key(),
        "SWMS_INDEX_KEYS": key(),
        "SWMS_SMS_BACKEND": "swms.notices.backends.HttpBackend",
        "SWMS_EMAIL_NOTICE_BACKEND": "swms.notices.backends.EmailBackend",
        "SWMS_SIGNING_KEY_PASSPHRASE": base64.b64encode(os.urandom(24)).decode(),
    }


def manage(environment: dict, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-W", "error::SyntaxWarning", "manage.py", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=120)


def test_a_production_with_its_own_secrets_passes_every_check_for_deployment(production):
    done = manage(production, "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize("channel", ["SWMS_SMS_BACKEND", "SWMS_EMAIL_NOTICE_BACKEND"])
def test_a_production_whose_messages_would_go_nowhere_does_not_start(production, channel):
    del production[channel]
    done = manage(production, "check")
    assert done.returncode != 0
    assert channel in done.stderr


@pytest.mark.parametrize("missing", SECRETS)
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_a_production_without_a_secret_does_not_start_and_says_which(production, missing, how):
    if how == "absent":
        del production[missing]
    else:
        production[missing] = ""
    done = manage(production, "check")
    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stderr
    assert missing in done.stderr


@pytest.mark.parametrize("name", SECRETS)
def test_a_production_with_a_secret_of_development_does_not_start(production, name):
    from swms import settings

    defaults = {
        "SWMS_SECRET_KEY": settings._INSECURE,
        "SWMS_FIELD_KEYS": settings._development_key("field"),
        "SWMS_INDEX_KEYS": settings._development_key("index"),
    }
    done = manage(production | {name: defaults[name]}, "check")
    assert done.returncode != 0
    assert name in done.stderr


def test_a_production_is_never_a_demo(production):
    done = manage(production | {"SWMS_DEMO": "1"}, "check")
    assert done.returncode != 0
    assert "SWMS_DEMO" in done.stderr


def test_passwords_of_a_production_cost_what_django_asks_for():
    """Only tests hash cheaply (tests/hashing.py)."""
    from swms import settings

    assert settings.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
