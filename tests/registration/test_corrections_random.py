"""Refusals that name items at random, and edits at random: no more changes than was named (R-REG-14, R-REG-15)."""

from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from registration import actions
from registration.reasons import Form, differences, items_of, named_items, not_named
from registration.reasons.comparing import is_edited
from registration.workflows.application import nameable
from swms.workflow import Refused
from tests import factories
from tests.registration.corrections import edit, item, reopened
from tests.registration.steps import submit

# --- for random sets of named items and random edits ---------------------------------------------------


def content(worker_rows, photo, answers):
    basic = [{"key": key, "label": key, "value": value} for key, value in answers.items()]
    work = [
        [
            {"key": "employer", "label": "工作单位", "value": name},
            {"key": "end", "label": "结束时间", "value": end},
        ]
        for _, name, end, _ in worker_rows
    ]
    honours = [
        [
            {"key": "title", "label": "荣誉名称", "value": name}
            | ({"files": [{"uid": uid, "name": uid, "sha256": uid} for uid in files]} if files else {})
        ]
        for _, name, _, files in worker_rows
    ]
    ids = [number for number, *_ in worker_rows]
    return {
        "photo": photo,
        "sections": [
            {"name": "basic", "label": "基础信息", "entries": [basic]},
            {
                "name": "region",
                "label": "登记区域",
                "entries": [[{"key": "region", "label": "登记区域", "value": answers["school"]}]],
            },
            {"name": "work", "label": "工作经历", "entries": work, "ids": ids},
            {"name": "honours", "label": "个人荣誉", "entries": honours, "ids": ids},
        ],
    }


KEYS = ("name", "education", "degree", "school", "household", "address", "mobile")
FORMS = st.builds(
    content,
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.sampled_from("甲乙"),
            st.sampled_from(["至今", "2020年1月1日"]),
            st.lists(st.sampled_from("pqr"), unique=True),
        ),
        max_size=4,
        unique_by=lambda row: row[0],
    ),
    st.sampled_from("xy"),
    st.fixed_dictionaries({key: st.sampled_from("甲乙") for key in KEYS}),
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(old=FORMS, new=FORMS, data=st.data())
def test_whatever_is_named_an_accepted_form_equals_the_refused_one_everywhere_else(old, new, data):
    """Held against a second reading of the rule: an item opens its own, its matter, and what R-PRO-07 ties to it."""
    offered = items_of(old)
    picked = data.draw(st.lists(st.sampled_from(offered), max_size=3, unique=True))
    asked = [item(each.section, each.key, each.entry) for each in picked]
    named = named_items(asked, (), offered)
    before, after = Form(old), Form(new)
    left = not_named(named, before, after)
    regional = any((each.section, each.key) == ("region", "region") for each in picked)
    for atom in differences(before, after):
        section, entry, key = atom
        own = any(
            each.section == section
            and (not each.entry or each.entry == entry)
            and (
                not each.key
                or key == each.key
                or {key, each.key} <= {"education", "degree"}
                or (each.is_document and key.startswith("file:") and atom not in before.values)
            )
            for each in picked
        )
        in_force = (before if any(a[:2] == ("work", entry) for a in before.values) else after).values
        tied = (regional and atom == ("basic", "", "household")) or (
            regional and section == "work" and in_force.get(("work", entry, "end")) == "至今"
        )
        moves = atom == ("region", "", "region") and any(
            (each.section == "work" and (not each.entry or before.values[("work", each.entry, "end")] == "至今"))
            or (each.section == "basic" and each.key in ("", "household"))
            for each in picked
        )
        may = own or tied or moves or key in ("name", "mobile", "email")
        assert (atom in left) == (not may), atom
    event(f"accepted: {not left}")
    if not picked and not left:
        assert not [atom for atom in differences(before, after) if is_edited(atom)]


def test_random_edits_never_change_more_than_was_named(people, pending):
    """The same through the actions and the database: whatever is tried, the final form differs in named items alone."""
    import random

    chance, worker = random.Random(14), pending.worker
    factories.past_project(worker)
    with transaction.atomic():
        actions.profile_changed(worker, by=worker.user, part="projects")
    pending.refresh_from_db()
    refused = pending.form.content
    offered = [each for each in nameable(pending) if each.section in ("basic", "projects", "work", "photo")]
    picked = chance.sample(offered, 3)
    one = reopened(pending, people.li_jing, *[item(each.section, each.key, each.entry) for each in picked])
    tries = [
        ("basic", "school", ["甲大学", "乙大学"]),
        ("basic", "ethnicity", ["02", "03"]),
        ("basic", "political_status", ["01", "12"]),
        ("basic", "address", ["甲街1号", "乙街2号"]),
        ("basic", "household_address", ["甲街1号"]),
        ("basic", "work_years", [1, 2]),
        ("basic", "major", ["社会学"]),
        ("photo", "photo", [factories.photo(worker.user)]),
    ]
    done = 0
    for _ in range(30):
        part, name, values = chance.choice(tries)
        try:
            edit(one.worker, part, **{name: chance.choice(values)})
            done += 1
        except Refused:
            one.worker.refresh_from_db()
    submit(one)
    named = named_items([item(each.section, each.key, each.entry) for each in picked], (), offered)
    assert 0 < done < 30
    assert not_named(named, Form(refused), Form(one.form.content)) == []
