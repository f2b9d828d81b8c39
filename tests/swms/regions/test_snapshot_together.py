"""The snapshot of the regions among threads."""

import threading

import pytest
from django.db import connection

from swms.regions import snapshot
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_another_thread_began_to_read_before_a_change_is_not_kept(monkeypatch):
    begun, changed = threading.Event(), threading.Event()
    read = snapshot.Snapshot

    def slowly(*parts):
        if threading.current_thread().name == "slow":
            begun.set()
            changed.wait(5)
        return read(*parts)

    def look():
        snapshot.codes_inside("/110000/")
        connection.close()

    factories.region("110105")
    monkeypatch.setattr(snapshot, "Snapshot", slowly)
    slow = threading.Thread(target=look, name="slow")
    slow.start()
    assert begun.wait(5)
    factories.region("110108")
    changed.set()
    slow.join()
    assert "110108" in snapshot.codes_inside("/110000/")
