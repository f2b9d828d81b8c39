"""Where a worker may be killed in tests: between every two steps of the jobs that must survive it."""

import ast
from pathlib import Path

import pytest

from swms.crashpoints import declared

ROOT = Path(__file__).resolve().parents[2]

#: The steps of each job, in the order of the source: after every one of them stands a crash point.
STEPS = {
    "certificates/actions/issuing.py": {
        "issue": ["_ordered"],
        "replace": ["_ordered"],
        "_finish": ["_claim", "_signed", "keep", "_record"],
        "_record": ["older.move", "document.move"],  # what comes after them is one transaction with them
    },
    "certificates/actions/annotating.py": {
        "_work_off": ["_claim", "_make", "_record"],
        "_record": ["Annotation.workflow.apply_all"],
        "_make": ["base_for", "increment.annotate"],  # the file is kept last, which is the end of this step
    },
    "certificates/actions/bases.py": {"base_for": ["keep"]},
    "certificates/actions/issued_log.py": {"anchor": ["signer.key.sign", "anchors.append"]},
    "certificates/actions/rechecking.py": {"_walk": ["note"]},
    "certificates/actions/collecting.py": {"move_on": ["_moved"]},
    "swms/notices/delivery.py": {"deliver": ["_claim", "backend(delivery.channel).send"]},
}
JOBS = [(path, function) for path, functions in STEPS.items() for function in functions]


def calls_of(path: str, function: str) -> list[str]:
    """Return what a function calls, in the order of its source; a crash point by its name."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    (found,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    calls = [node for node in ast.walk(found) if isinstance(node, ast.Call)]
    return [ast.unparse(call.func) for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset))]


@pytest.mark.parametrize(("path", "function"), JOBS)
def test_after_every_step_of_a_job_stands_a_crash_point(path, function):
    """Issuing, annotating and delivering survive a kill -9 between any two steps (promises 2 and 4)."""
    steps = STEPS[path][function]
    told = [call for call in calls_of(path, function) if call in {*steps, "crashpoint"}]
    there = [call for call in told if call != "crashpoint"]
    assert there == steps, "the steps have changed: say so here"
    assert told == [each for step in steps for each in (step, "crashpoint")]


def test_no_crash_point_escapes_the_list_that_the_fault_tests_run_over(tmp_path):
    names = declared(ROOT / "certificates") + declared(ROOT / "swms")
    assert len(names) == sum(len(steps) for functions in STEPS.values() for steps in functions.values())
    (tmp_path / "job.py").write_text("crashpoint(name)")
    with pytest.raises(ValueError, match="written out"):
        declared(tmp_path)
    (tmp_path / "job.py").write_text("crashpoint('a.b'); crashpoint('a.b')")
    with pytest.raises(ValueError, match="one name"):
        declared(tmp_path)
