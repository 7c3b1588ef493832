"""What a fresh clone promises: pinned requirements, no path of anybody's machine, imports that run one way."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "llm_backends"
SHAPE = (
    ".ci .env.example .gitignore .streamlit Makefile README.md app.py benchmarks constraints.txt llm_backends "
    "pages pyproject.toml requirements-gemini-legacy.txt requirements-local.txt requirements.txt tests"
).split()
REQUIREMENTS = sorted(ROOT.glob("requirements*.txt"))
# Which modules may import what is slow to import, or tied to one vendor.
OWNERS = {
    "alembic": {"store.migrations*"},
    "anthropic": {"azure.backend", "providers.anthropic", "formats.messages"},
    "azure": {"azure.identity"},
    "genai_prices": {"catalog.known_models", "catalog.price_list"},
    "google": {"providers.gemini", "providers.gemini_legacy"},
    "jsonschema": {"checks.matching"},
    "mistralai": {"providers.mistral"},
    "numpy": {"insights.*", "results.*", "route_lab.outcome", "stats.*", "store.rollups.cells"},
    "openai": {"azure.backend", "providers.local", "providers.openai", "formats.chat_completions"},
    "pandas": set(),
    "procrastinate": {"workers.*"},
    "pyarrow": {"insights.*", "prompt_sets.records", "store.rollups.cells", "files.tables"},
    "rapidfuzz": {"checks.matching", "judging.diff"},
    "regex": {"checks.matching"},
    "scipy": {"stats.*"},
    "sqlalchemy": {"store.*"},
    "streamlit": set(),
    "xllamacpp": {"providers.local"},
    "yaml": {"experiments.plan_file"},
}

# From the lowest to the highest. A module imports from lower layers and from its own folder, never sideways.
LAYERS = (
    {"clock", "files", "once", "prompt_set", "redact", "stats", "types", "vendors"},
    {"checks", "errors", "facts", "metrics", "parameters"},
    {"settings", "net", "prompt_sets", "store"},
    {"formats", "history", "sentences", "slot"},
    {"azure", "providers"},
    {"catalog"},
    {"runs"},
    {"experiments"},
    {"judging", "results"},
    {"insights", "route_lab", "workers"},
    {"sandbox"},
    {"cli"},
    {"", "__main__"},
)


def pins(path: Path) -> dict[str, str]:
    """Version by normalized package name."""
    lines = (line.partition(" #")[0].strip() for line in path.read_text().splitlines())
    found = {}
    for line in lines:
        if line and not line.startswith(("#", "-c ")):
            match = re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([0-9][0-9A-Za-z.]*)", line)
            assert match, f"{path.name}: not pinned with ==: {line}"
            found[re.sub(r"[-_.]+", "-", match[1]).lower()] = match[2]
    return found


def sources() -> Iterator[Path]:
    for path in (ROOT / name for name in (*SHAPE, "docs")):
        yield from [path] if path.is_file() else (p for p in path.rglob("*") if p.is_file() and p.suffix != ".pyc")


def modules() -> dict[str, Path]:
    """Path by dotted name inside llm_backends; "" is the package itself."""
    names = {path: path.relative_to(PACKAGE).with_suffix("").parts for path in PACKAGE.rglob("*.py")}
    return {".".join(parts[:-1] if parts[-1] == "__init__" else parts): path for path, parts in names.items()}


def imports(path: Path, *, late: bool, types: bool = False) -> set[str]:
    """The dotted names that a module imports, ours by their whole name; with or without late ones, those for types."""
    found: set[str] = set()
    package = path.relative_to(ROOT).parent.parts

    def walk(node: ast.AST):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                found.update(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = [*package[: len(package) - child.level + 1]] if child.level else []
                base += [child.module] if child.module else []
                found.update(".".join([*base, *tail]) for alias in child.names for tail in ([], [alias.name]))
            elif (types or not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test))) and (
                late or not isinstance(child, ast.FunctionDef)
            ):
                walk(child)

    walk(ast.parse(path.read_text()))
    return found


def test_the_layout_is_whole():
    assert not [name for name in SHAPE if not (ROOT / name).exists()]


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_requirements_are_pinned_and_agree_with_the_lock(path):
    lock, wanted = pins(ROOT / "constraints.txt"), pins(path)
    if "gemini-legacy" in path.name:
        # The one package of which the older SDK needs an older release.
        assert wanted.pop("protobuf") != lock.pop("protobuf")
        assert all(lock.get(name, version) == version for name, version in wanted.items())
    else:
        assert {name: lock.get(name) for name in wanted} == wanted


def test_the_lock_covers_what_is_installed():
    """Every package underneath requirements.txt is in the lock, as installed here."""
    from importlib.metadata import distribution

    from packaging.requirements import Requirement

    lock, seen = pins(ROOT / "constraints.txt"), {}
    waiting = [
        Requirement(line.partition(" #")[0])
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if re.match(r"[A-Za-z]", line)
    ]
    while waiting:
        requirement = waiting.pop()
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        extras = requirement.extras | {""}
        if extras <= seen.get(name, set()):
            continue
        seen[name] = seen.get(name, set()) | extras
        for line in distribution(name).requires or ():
            needed = Requirement(line)
            if not needed.marker or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(needed)
    assert seen.keys() <= lock.keys()


def test_no_file_names_somebodys_folder():
    folder = re.compile(rb"(?<![\w.:/}])/(?:home|root|Users|work)/[\w.]")
    assert not [str(path) for path in sources() if folder.search(path.read_bytes())]


def test_importing_llm_backends_loads_no_sdk_and_no_streamlit():
    code = "import sys, llm_backends; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {*OWNERS, "psycopg", "pages"} - {"google", "azure"} | {"google.genai", "azure.identity"}
    assert not heavy & set(loaded.stdout.split())


def test_slow_and_vendor_packages_are_imported_only_where_they_belong():
    wrong = {
        (name, package)
        for name, path in modules().items()
        for package in OWNERS.keys() & {imported.partition(".")[0] for imported in imports(path, late=True)}
        if not any(fnmatch(name, owner) for owner in OWNERS[package])
    }
    assert not wrong


def test_adapters_never_import_each_other():
    sdks = OWNERS.keys() - {"alembic", "genai_prices", "numpy", "scipy", "sqlalchemy"}
    providers = {name: imports(path, late=True) for name, path in modules().items() if name.startswith("providers.")}
    adapters = {name for name, found in providers.items() if sdks & {module.partition(".")[0] for module in found}}
    assert len(adapters) >= 5
    assert not [(name, a) for name in adapters for a in adapters - {name} if f"llm_backends.{a}" in providers[name]]


def test_imports_run_one_way():
    """Each import, a late one or one for types too, is of a lower layer or of the same folder; pages are above all."""
    level = {name: number for number, names in enumerate(LAYERS) for name in names}
    upward = set()
    for importer, path in modules().items():
        found = imports(path, late=True, types=True)
        assert not {"app", "pages"} & {imported.partition(".")[0] for imported in found}
        for imported in {name.removeprefix("llm_backends.") for name in found} & modules().keys():
            own, other = importer.partition(".")[0], imported.partition(".")[0]
            assert {own, other} <= level.keys(), f"LAYERS has no place for {own} or {other}"
            if own != other and level[other] >= level[own]:
                upward.add((importer, imported))
    assert not upward


def test_no_import_at_module_level_closes_a_circle():
    known = modules()
    graph = {}
    for name, path in known.items():
        found = imports(path, late=False)
        graph[name] = {m.removeprefix("llm_backends.") for m in found if m.startswith("llm_backends.")} & known.keys()
        graph[name] -= {name, name.rpartition(".")[0]}
    assert [*TopologicalSorter(graph).static_order()]


def test_no_folder_is_too_full_to_find_something_in():
    folders = Counter(path.parent for root in (PACKAGE, ROOT / "pages") for path in root.rglob("*.py"))
    assert not {str(folder.relative_to(ROOT)): files for folder, files in folders.items() if files > 15}


def test_only_settings_reads_the_environment():
    paths = [*PACKAGE.rglob("*.py"), *(ROOT / "pages").rglob("*.py"), ROOT / "app.py"]
    readers = {path.name for path in paths if re.search(r"\bos\.(environ|getenv)|\bimport environ", path.read_text())}
    assert readers == {"installation.py"}


def test_the_command_that_ci_runs_can_be_run():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_first_start_asks_nothing_and_listens_to_this_machine_only():
    """On a new machine Streamlit would otherwise wait for an email address in the terminal before it opens the page."""
    server = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["server"]
    assert server["showEmailPrompt"] is False
    assert server["address"] == "127.0.0.1"
