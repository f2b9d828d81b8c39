"""What holds of every file of the checkout."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PRODUCT = ("swms", "registration", "education", "services", "certificates")
LONGEST = {"product": 400, "tests": 600}  # lines; a file that grows beyond it becomes a package
VAGUE = {"utils.py", "helpers.py", "common.py", "managers.py", "misc.py"}
#: Where somebody's machine is, where packages come from, who wrote it: nothing a reader needs.
FORBIDDEN = re.compile(
    r"(?<![\w.>/}-])/(?:wor[k]|roo[t]|hom[e]/\w+|User[s]/\w+)/"
    r"|pyp[i]\.org|pythonhoste[d]|npmj[s]|artifactor[y]|anthropi[c]|opena[i]|\bclaud[e]\b|copilo[t]",
    re.IGNORECASE,
)
UNFINISHED = re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X])\b")


def tracked() -> list[Path]:
    """Return the files of the repository, and new ones that nobody has added yet."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [CHECKOUT / name for name in listed if (CHECKOUT / name).is_file()]


def python_files() -> list[Path]:
    """Return every Python file but migrations."""
    return [path for path in tracked() if path.suffix == ".py" and "migrations" not in path.parts]


def product_files() -> list[Path]:
    return [path for path in python_files() if path.relative_to(CHECKOUT).parts[0] in PRODUCT]


def found(paths, look) -> list[str]:
    """Return ``file:line`` of every node of the syntax trees that ``look`` finds fault with."""
    return [
        f"{path.relative_to(CHECKOUT)}:{node.lineno}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if look(node)
    ]


def _assigns_state(node) -> bool:
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(part, ast.Attribute) and part.attr == "state" for t in targets for part in ast.walk(t))
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name) and node.func.id == "setattr":
        return len(node.args) > 1 and isinstance(node.args[1], ast.Constant) and node.args[1].value == "state"
    updates = isinstance(node.func, ast.Attribute) and node.func.attr in {"update", "update_or_create", "aupdate"}
    return updates and any(keyword.arg == "state" for keyword in node.keywords)


def test_only_the_workflow_assigns_a_state():
    others = [path for path in product_files() if path != CHECKOUT / "swms" / "workflow.py"]
    assert found(others, _assigns_state) == []
    assert len(found([CHECKOUT / "swms" / "workflow.py"], _assigns_state)) == 1


@pytest.mark.parametrize(
    "line",
    ["a.state = B", "a.b.state: str = B", "a.state, c = B", "rows.update(state=B)", "setattr(a, 'state', B)"],
)
def test_the_search_for_assignments_finds_every_way_to_write_one(line):
    assert any(_assigns_state(node) for node in ast.walk(ast.parse(line)))


def _reads_a_clock_of_no_place(node) -> bool:
    """R-TIME-01: days begin at midnight in Beijing, whatever the machine's time zone."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    of = ast.unparse(node.func.value).rpartition(".")[2]
    name = node.func.attr
    bare_now = name == "now" and of == "datetime" and not node.args and not node.keywords
    return name in {"utcnow", "utcfromtimestamp"} or bare_now or (name == "today" and of in {"date", "datetime"})


def test_no_code_asks_the_machine_what_day_it_is():
    assert found(product_files(), _reads_a_clock_of_no_place) == []


def _swallows_everything(node) -> bool:
    return isinstance(node, ast.ExceptHandler) and all(isinstance(line, ast.Pass) for line in node.body)


def test_no_error_is_passed_over_in_silence():
    assert found(product_files(), _swallows_everything) == []


def test_no_file_is_too_long_to_read():
    long = {
        str(path.relative_to(CHECKOUT)): lines
        for path in python_files()
        if (lines := len(path.read_text(encoding="utf-8").splitlines()))
        > LONGEST["product" if path.relative_to(CHECKOUT).parts[0] in PRODUCT else "tests"]
    }
    assert long == {}, "make a package of it"


def test_every_file_says_by_its_name_what_is_in_it():
    assert [str(path) for path in tracked() if path.name in VAGUE] == []


def test_no_file_speaks_of_the_machine_it_was_written_on_or_of_what_is_left_to_do():
    said = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a font
        for number, line in enumerate(text.splitlines(), 1):
            if FORBIDDEN.search(line) or (path.suffix in {".py", ".html", ".js", ".css"} and UNFINISHED.search(line)):
                said.append(f"{path.relative_to(CHECKOUT)}:{number}: {line.strip()[:100]}")
    assert said == []


def test_the_search_for_machines_finds_a_path_and_lets_an_address_pass():
    assert FORBIDDEN.search('cwd="/hom' + 'e/somebody/swms"')
    assert not FORBIDDEN.search('path("profile/wor' + 'k/add/")')


def test_imports_go_one_way(tmp_path):
    """Spokes over the hub over the kernel, and one direction inside each: the contracts in pyproject.toml.

    A file of a kind that no contract names breaks the last one: a new kind of file is a decision.
    """
    # In a process of its own: it sets up logging for itself and switches every logger off that is there already.
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--cache-dir", tmp_path], cwd=CHECKOUT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
