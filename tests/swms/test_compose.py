"""The production shape cannot be run where the tests run; what can be checked of it without a container is.

Every variable that compose or ``.env.example`` sets must be one that the settings read: a misspelt
name would silently leave the default in force.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.urls import reverse

from certificates.queries.verification import LARGEST_FILE
from registration.roster.files import MAX_BYTES
from swms.uploads.examine import EVIDENCE

CHECKOUT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8"))
PORTAL = ("prepare", "web", "worker", "beat")
EXAMPLE = (CHECKOUT / ".env.example").read_text(encoding="utf-8")


def names_the_settings_read():
    """The first argument of every ``env(…)`` and ``env.kind(…)`` in the settings."""
    names = set()
    for node in ast.walk(ast.parse((CHECKOUT / "swms" / "settings.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            if isinstance(called, ast.Name) and called.id == "env":
                names.add(node.args[0].value)
    return names


def names_in_the_example():
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", EXAMPLE, re.M))


def names_compose_interpolates():
    text = (CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8")
    return set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", text))


def test_the_services_are_those_of_the_production_shape():
    assert set(COMPOSE["services"]) == {"prepare", "web", "worker", "beat", "db", "redis", "nginx"}
    assert COMPOSE["services"]["db"]["image"] == "postgres:18"
    assert "--appendonly yes" in COMPOSE["services"]["redis"]["command"]


@pytest.mark.parametrize("service", PORTAL)
def test_every_variable_a_portal_service_sets_is_one_the_settings_read(service):
    names = set(COMPOSE["services"][service]["environment"])
    assert names
    assert names <= names_the_settings_read()


def test_the_example_names_every_variable_the_settings_read_and_no_other():
    assert names_in_the_example() - names_compose_interpolates() == names_the_settings_read()


def test_every_variable_compose_asks_for_is_in_the_example():
    assert names_compose_interpolates() <= names_in_the_example()


def test_only_nginx_opens_ports_to_the_world():
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["nginx"]


def test_volumes_and_mounted_files_exist():
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", []):
            source = volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
            if not source.startswith("."):
                assert source in COMPOSE["volumes"]
            elif source != "./deploy/tls":  # the operator's own
                assert (CHECKOUT / source).exists(), source


def test_nginx_passes_on_to_the_web_service_and_the_port_it_listens_on():
    nginx = (CHECKOUT / "deploy" / "nginx" / "swms.conf").read_text(encoding="utf-8")
    dockerfile = (CHECKOUT / "Dockerfile").read_text(encoding="utf-8")
    assert "server web:8000;" in nginx
    assert '"0.0.0.0:8000"' in dockerfile
    assert nginx.count("{") == nginx.count("}")


def test_nginx_lets_a_roster_through_and_nothing_else_of_that_size():
    nginx = (CHECKOUT / "deploy" / "nginx" / "swms.conf").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"^    location ([^{]+?) \{\n(.*?)^    \}", nginx, re.M | re.S))
    everywhere = re.sub(r"^    location .*?^    \}", "", nginx, flags=re.M | re.S)

    def largest(block: str) -> int:
        return int(re.search(r"client_max_body_size (\d+)m;", block)[1]) * 1024 * 1024

    roster = f"= {reverse('admin:registration_rosterimport_changelist')}"
    assert [name for name, block in blocks.items() if "client_max_body_size" in block] == [roster]
    # A little more than the file itself for the form around it; but not another file.
    assert 0 < largest(blocks[roster]) - MAX_BYTES < 4 * 1024 * 1024
    five_proofs = 5 * EVIDENCE.max_bytes
    assert largest(everywhere) < five_proofs, "one at a time is what the pages send"
    assert largest(everywhere) > max(EVIDENCE.max_bytes, settings.DATA_UPLOAD_MAX_MEMORY_SIZE, LARGEST_FILE)
    assert "proxy_pass http://portal;" in blocks[roster]


def test_no_file_of_the_production_shape_names_the_host_of_a_registry():
    for name in ("docker-compose.yml", "Dockerfile", "requirements.lock", "requirements-dev.lock", "Makefile"):
        text = (CHECKOUT / name).read_text(encoding="utf-8")
        assert not re.search(r"index-url|trusted-host|find-links|https?://(?!127\.0\.0\.1)", text), name


def checked(environment):
    """What ``check --deploy`` says of the portal with ``environment``."""
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def production(tmp_path):
    """The environment compose gives to the web service, its placeholders filled in."""
    filled = {
        name: re.sub(r"\$\{[A-Z_]+[^}]*\}", "password", str(value))
        for name, value in COMPOSE["services"]["web"]["environment"].items()
    }
    key = "k1:" + "A" * 43 + "="
    mine = {"SWMS_SECRET_KEY": "tested-" * 9, "SWMS_FIELD_KEYS": key, "SWMS_INDEX_KEYS": key}
    return filled | mine | {"SWMS_VAR_DIR": str(tmp_path)}


def test_the_deployment_check_has_nothing_to_say_in_production_s17(production):
    done = checked(production)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("secret", ["SWMS_SECRET_KEY", "SWMS_FIELD_KEYS", "SWMS_INDEX_KEYS"])
def test_production_refuses_to_start_without_its_own_secrets_s17(production, secret):
    del production[secret]
    done = checked(production)
    assert done.returncode
    assert secret in done.stderr


def test_production_refuses_to_be_a_demo_s17(production):
    done = checked(production | {"SWMS_DEMO": "1"})
    assert done.returncode
    assert "SWMS_DEMO" in done.stderr
