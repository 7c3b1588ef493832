"""README and docs say what is so: variables, commands, paths, links, tables, queries and examples.

The last tests are lines of the Azure checklist that no other file covers.
"""

import itertools
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from llm_backends import Race, settings
from llm_backends import __main__ as command_line
from llm_backends.checks.checks import KINDS as CHECK_KINDS
from llm_backends.experiments.plan_file import FIELDS, from_yaml
from llm_backends.results.gate import LEAST, MOST
from llm_backends.runs.plan import Parameters
from llm_backends.settings.azure import MAPPED_BY

from .kinds import KINDS

ROOT = Path(__file__).parent.parent
DOCS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
OURS = "OPENAI ANTHROPIC GEMINI GOOGLE MISTRAL USE_AZURE AZURE COMPATIBLE LOCAL_MODELS LLMSELECT".split()
VARIABLE = re.compile(rf"(?<!\w)((?:{'|'.join(OURS)})_[A-Z0-9_]*[A-Z0-9])(?![\w-]|\.md)")
# Read by azure-identity, not by us.
IDENTITY = {"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"}
# Made by whoever runs the product.
MADE = {".env", ".venv/bin/python", "data/llmselect.db"}
AZURE = [kind for kind in KINDS if kind.route == "azure"]

every_document = pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)


@cache
def text(path: Path) -> str:
    return path.read_text()


def blocks(path: Path, *languages: str) -> list[str]:
    """The fenced blocks in these languages, without the indentation of a list that they stand in."""
    found = re.findall(r"(?ms)^( *)```(\w*)\n(.*?)^ *```$", text(path))
    return [re.sub(rf"(?m)^{indent}", "", body) for indent, language, body in found if language in languages]


def spans(path: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^ *```.*?^ *```$", "", text(path)))


def commands(path: Path) -> list[str]:
    lines = "\n".join(blocks(path, "sh")).replace("\\\n", " ").splitlines()
    return [line.strip() for line in (*lines, *spans(path))]


def anchors(path: Path) -> set[str]:
    titles = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^ *```.*?^ *```$", "", text(path)))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_four_pages_on_azure_are_there():
    names = {path.name.removesuffix(".md") for path in DOCS if path.parent.name == "azure"}
    kinds = ("QUICK_REFERENCE", "FOUNDRY_SETUP", "INTEGRATION_GUIDE", "IMPLEMENTATION_SUMMARY")
    assert names == {f"AZURE_{kind}" for kind in kinds}


@every_document
def test_every_variable_is_in_the_example(path):
    """Which lists exactly the variables that are read: tests/test_settings.py."""
    known = set(re.findall(r"(?m)^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text()))
    named = set(VARIABLE.findall(text(path).replace("<NAME>", "OLLAMA")))
    assert named - known - IDENTITY == set()


@every_document
def test_every_block_of_variables_is_read_without_a_complaint(path, tmp_path):
    for block in blocks(path, "sh"):
        if all(re.match(r"#|[A-Z_0-9]+=", line) for line in block.splitlines()):
            (tmp_path / ".env").write_text(block)
            assert settings.load({}, tmp_path / ".env").problems == (), block


@every_document
def test_every_command_of_ours_is_understood(path):
    for line in commands(path):
        if found := re.match(r"(?:\S*/)?python -m llm_backends (.*)", line):
            words = itertools.takewhile(lambda word: word not in (">", "|", "&&"), shlex.split(found[1], comments=True))
            command_line._parser().parse_args([*words])


@every_document
def test_every_make_target_exists(path):
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text()))
    called = {found[1] for line in commands(path) if (found := re.match(r"make ([a-z]+)", line))}
    assert called <= targets


@every_document
def test_every_link_and_picture_exists(path):
    for link in re.findall(r"\]\(([^)\s]+)\)", text(path)):
        if not link.startswith(("http://", "https://")):
            name, _, anchor = link.partition("#")
            target = path.parent / name if name else path
            assert target.is_file(), link
            assert not anchor or anchor in anchors(target), link


@every_document
def test_every_path_and_test_exists(path):
    """A path counts from the root, from llm_backends or from the document; `file::test` names a test in the file."""
    top = "|".join(re.escape(entry.name) for entry in ROOT.iterdir() if entry.is_dir())
    shape = re.compile(rf"[\w.*/-]+\.(?:py|md|txt|toml|png|css|example|db)|(?:{top})(?:/[\w.*-]+)*/?|Makefile|\.env")
    for span in spans(path):
        name, _, test = span.partition("::")
        if shape.fullmatch(name) and name not in MADE:
            found = [hit for base in (ROOT, ROOT / "llm_backends", path.parent) for hit in base.glob(name)]
            assert found, span
            assert not test or f"\ndef {test}(" in found[0].read_text(), span


def test_the_mapping_table_is_the_one_in_the_code():
    rows = re.findall(
        r"(?m)^\| `(\S+/\S+)` \| `(AZURE_DEPLOYMENT_\w+)` \|", text(ROOT / "docs/azure/AZURE_FOUNDRY_SETUP.md")
    )
    assert dict(rows) == MAPPED_BY and len(rows) == len(MAPPED_BY)


def test_every_message_in_the_quick_fixes_is_one_that_is_shown():
    sources = [*(ROOT / "llm_backends").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    code = "".join(path.read_text() for path in sources)
    fixes = text(ROOT / "docs/azure/AZURE_QUICK_REFERENCE.md").partition("## Quick fixes")[2]
    quoted = [quote for line in fixes.splitlines() for quote in re.findall(r'"([^"]+)"', line.split(" | ")[0])]
    assert len(quoted) >= 6
    said = [re.split(r"[`…(]", quote)[0].strip() for quote in quoted]
    assert not [words for words in said if words not in code]


@every_document
def test_every_query_runs_on_a_new_log(path, tmp_path):
    from llm_backends.store.database import Database

    database = Database(f"sqlite:///{tmp_path}/log.db")
    with database.reading() as connection:
        for query in blocks(path, "sql"):
            connection.exec_driver_sql(query).all()
    database.close()


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "docs/EXPERIMENTS.md"], ids=lambda path: path.name)
def test_every_plan_is_one(path):
    for block in blocks(path, "yaml"):
        assert from_yaml(block).slots


def test_the_page_on_experiments_names_every_field_check_parameter_and_gate():
    page = text(ROOT / "docs/EXPERIMENTS.md")
    parameters = {field.name for field in fields(Parameters)}
    named = {*FIELDS, *CHECK_KINDS, *parameters, *LEAST, *MOST, "connection", "endpoint", "route"}
    assert not [name for name in named if f"`{name}`" not in page]
    (plan,) = blocks(ROOT / "docs/EXPERIMENTS.md", "yaml")
    assert not [name for name in FIELDS if f"\n{name}: " not in f"\n{plan}" and f"\n{name}:\n" not in f"\n{plan}"]
    for kind, check in CHECK_KINDS.items():
        (row,) = re.findall(rf"(?m)^\| `{kind}` \| (.*?) \|", page)
        assert {field.name for field in fields(check)} == set(re.findall(r"`(\w+)`", row))


def test_the_python_example_of_the_readme_runs(sandbox, tmp_path):
    (code,) = blocks(ROOT / "README.md", "python")
    model = "openai/sandbox.canned.ttft-1.rate-2000.tokens-5"
    assert "local/smollm2-135m-instruct" in code
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code.replace("local/smollm2-135m-instruct", model)],
        env=sandbox.environment() | {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert [done.stdout.count(f"{slot} ok ") for slot in (0, 1)] == [1, 1]


def run(slots):
    race = Race(slots)
    race.start()
    assert race.wait(30)
    return [lane.result for lane in race.lanes]


def test_a_comparison_on_azure_takes_every_wire_at_once(sandbox):
    model = "sandbox.canned.ttft-50.rate-2000.tokens-5.retry-9000"
    results = run([kind.slot(sandbox, model) for kind in AZURE])
    assert [(result.status, result.target.route) for result in results] == [("ok", "azure")] * len(AZURE)
    wires = {record.dialect for record in sandbox.records if record.model == model}
    assert wires == {"azure", "azure-v1", "azure-anthropic"}


@pytest.mark.parametrize("kind", AZURE, ids=lambda kind: kind.name)
def test_a_deployment_that_does_not_exist_says_what_to_check(kind, sandbox):
    (result,) = run([kind.slot(sandbox, "nobody-made-this")])
    assert result.error_type == "RequestRejected"
    assert "Check the deployment's name" in result.error_message


def test_the_dashboard_starts_with_azure_enabled_and_goes_back_to_direct(dashboard, page, sandbox):
    from playwright.sync_api import expect

    page.goto(dashboard(sandbox.environment() | {"USE_AZURE_FOUNDRY": "true"}))
    toggle = page.get_by_label("Route through Azure AI Foundry").first
    expect(toggle).to_be_checked()
    expect(page.get_by_text("Azure AI Foundry at")).to_be_visible()
    page.get_by_text("Route through Azure AI Foundry").click()
    expect(toggle).not_to_be_checked()
    expect(page.get_by_text("Direct: each vendor's own endpoint.")).to_be_visible()
