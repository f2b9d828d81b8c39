"""What these tests share: people with certificates, and files that go to a folder of the test.

Imports of models stand inside the fixtures: this file is read before Django is set up.
"""

import pytest


@pytest.fixture(autouse=True)
def certificate_root(settings, tmp_path):
    """Certificates of a test go to a folder of its own."""
    settings.CERTIFICATE_ROOT = tmp_path / "certificates"
    return settings.CERTIFICATE_ROOT


@pytest.fixture
def scenario(db):
    """本人调用; tests that commit empty the table that the migration filled."""
    from certificates.models import Scenario

    return Scenario.objects.get_or_create(code="self", defaults={"label": "本人调用", "is_active": True})[0]


@pytest.fixture
def qualification(scenario):
    """王芳's certificate; she has agreed to 服务须知."""
    from tests.certificates.makers import agreed_holder

    return agreed_holder("王芳")


@pytest.fixture
def annotation(qualification):
    """An annotation of 王芳's that is stamped, signed and open."""
    from certificates import actions
    from tests.certificates.makers import ask

    row = ask(qualification)
    actions.annotate([row.pk])
    row.refresh_from_db()
    return row


@pytest.fixture
def completed(people):
    """王芳's application in 首次登记已完成: the certificate is yet to be made."""
    from registration import actions

    application = people.application
    actions.apply(application, by=application.worker.user, promise_version="1")
    application.move("pass_first", actor=people.li_jing, seen=application.form_version)
    application.move("pass_final", actor=people.zhang_wei, seen=application.form_version)
    actions.complete(application.pk)
    application.refresh_from_db()
    return application


@pytest.fixture
def issued(completed):
    """王芳's application in 已出证."""
    from certificates import actions

    actions.issue(completed.pk)
    completed.refresh_from_db()
    return completed


@pytest.fixture
def registration(issued):
    """王芳's registration, with the first version of its certificate."""
    return issued.registration


@pytest.fixture
def wang_fang(client, qualification):
    """王芳's browser."""
    client.force_login(qualification.worker.user)
    return client


@pytest.fixture
def mine(people):
    """王芳's certificate, in a batch that is published."""
    from tests.certificates import makers, papers

    row = makers.holder("王芳")
    papers.published(people.zhou_yan, row)
    return row
