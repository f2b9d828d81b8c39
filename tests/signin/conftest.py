import re

import pytest


@pytest.fixture
def fang(people):
    """王芳 with a password."""
    from tests.people import PASSWORD

    user = people.wang_fang.user
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def jing(people):
    """李静 with a password, and no second factor yet."""
    from tests.people import PASSWORD

    user = people.li_jing
    user.set_password(PASSWORD)
    user.mobile = "19900009001"
    user.save()
    return user


@pytest.fixture
def sent(db):
    """All texts that went to a mobile, the newest first."""
    from swms.notices import tasks
    from swms.notices.models import OutboxMessage

    def texts(mobile):
        tasks.sweep()
        return [message.body for message in OutboxMessage.objects.all() if message.address == mobile]

    return texts


@pytest.fixture
def code_for(sent):
    """The newest code that went to a mobile."""

    def code(mobile):
        bodies = [body for body in sent(mobile) if "验证码" in body]
        return re.search(r"\d{6}", bodies[0]).group()

    return code


@pytest.fixture
def answered():
    """What to post for the question of the form on a page."""

    def answer(response):
        form = response.context["form"]
        return {"asked": form["asked"].value(), "answer": str(form._asked["a"] + form._asked["b"])}

    return answer
