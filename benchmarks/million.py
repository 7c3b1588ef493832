"""A log of a million calls such as a team makes in three months: python -m benchmarks.million DATABASE_URL [CALLS].

A seed's draws are the same each time, apart from the days, which end today.
"""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, text

from llm_backends.experiments.plan import ExperimentPlan, RoutedSlot
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.store import experiments, prompt_sets
from llm_backends.store.database import Database
from llm_backends.store.tables import calls, comparisons, documents, rollups, search_progress

from .made_up import MODELS, WORDS, Columns, columns, ids, known, targets

_EXPERIMENTS, _SLOTS, _PROMPTS, _COMPARED = 6, 10, 200, 4
_BATCH = 25_000
_calls = calls


Texts = Callable[[int, np.random.Generator], list[str]]


def fill(url: str, calls: int = 1_000_000, days: int = 90, seed: int = 7, texts: Texts | None = None) -> None:
    """Put so many calls into the database at `url`, oldest first, straight into its tables.

    Three in ten are of a few experiments on one prompt set, the others of comparisons. `texts` makes other answers and
    prompts. None is indexed for search yet.
    """
    rng = np.random.default_rng(seed)
    database = Database(url)
    try:
        with database.writing() as connection:
            plans = [_experiment(connection, number, calls, rng) for number in range(_EXPERIMENTS)]
        with database.engine().connect() as connection:
            if not database.is_server:
                # A file that is only being made may be lost with the machine; 1 GB holds what its indexes need.
                connection.exec_driver_sql("PRAGMA synchronous = OFF")
                connection.exec_driver_sql("PRAGMA cache_size = -1000000")
            connection.execute(rollups.delete())
            unindexed(connection, calls + calls // _COMPARED + 2)
            for compared, made in _batches(calls, days, plans, rng):
                if texts:
                    made["answer"] = texts(len(made["answer"]), rng)
                    compared["prompt"] = texts(len(compared["prompt"]), rng)
                _write(connection, comparisons, compared)
                _write(connection, _calls, made)
                # The rows went around SQLAlchemy, which knows of no transaction to commit.
                connection.connection.driver_connection.commit()
            if database.is_server:
                connection.exec_driver_sql("ANALYZE")  # as autovacuum soon would; nobody does it in SQLite
                connection.commit()
            connection.invalidate()  # its settings are not for others
    finally:
        database.close()


def unindexed(connection: Connection, rows: int) -> None:
    """Have so many rows wait to be indexed, as those of an older version do."""
    connection.execute(documents.delete())
    progress = {"reserved": rows, "next": 1, "calls_to": "", "comparisons_to": "", "done": False}
    connection.execute(search_progress.update().values(progress))
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER SEQUENCE documents_id_seq RESTART WITH {rows + 1}"))


def _experiment(connection: Connection, number: int, calls: int, rng: np.random.Generator) -> tuple[str, Any, Any]:
    """A new one's id, and each slot's model and whether Azure serves it."""
    asked = PromptSet.of("Support questions", [Row(n, f"Question {n}: {WORDS}") for n in range(1, _PROMPTS + 1)])
    prompt_sets.keep(connection, asked)
    models, azure = targets(_SLOTS, rng)
    slots = tuple(
        RoutedSlot(f"{'/'.join(MODELS[model][:2])} #{n}", route="azure" if via else "direct")
        for n, (model, via) in enumerate(zip(models, azure, strict=True), 1)
    )
    repeats = 1 + calls // 3 // _EXPERIMENTS // _SLOTS // _PROMPTS
    plan = ExperimentPlan(f"Support, round {number + 1}", asked.id, slots, repeats=repeats)
    return experiments.add(connection, plan.name, plan.to_json(), asked.id, plan.calls(_PROMPTS)), models, azure


def _batches(count: int, days: int, plans: list[Any], rng: np.random.Generator) -> Iterator[tuple[Columns, Columns]]:
    """The columns of `comparisons` and of `calls`, some thousand calls at a time."""
    at = _moments(count, days, rng)
    day = (at // 86400 - at[0] // 86400).astype(int)
    # Calm and busy weeks, the same for all models.
    drift = np.exp(np.convolve(rng.normal(0, 0.06, days + 6), np.ones(7), "valid"))
    model, azure = targets(count, rng)
    tested = rng.random(count) < 0.3
    of = np.where(tested, np.arange(count) * _EXPERIMENTS // count, -1)
    place = np.zeros(count, int)
    for group in range(-1, _EXPERIMENTS):
        own = np.flatnonzero(of == group)
        place[own] = np.arange(len(own))
        if group >= 0:
            model[own], azure[own] = (per_slot[place[own] % _SLOTS] for per_slot in plans[group][1:])
    comparison = np.array(ids(count // _COMPARED + 1, rng), object)
    for start in range(0, count, _BATCH):
        part = slice(start, start + _BATCH)
        made = columns(model[part], azure[part], drift[day[part]], rng)
        made["started_at"] = _written(at[part])
        made["comparison_id"] = known(comparison[place[part] // _COMPARED % len(comparison)], ~tested[part])
        made |= _places(of[part], place[part], [plan[0] for plan in plans])
        if day[start] < days // 5:
            made["streamed"] = known(made["streamed"], day[part] >= days // 5)  # from before it was kept
        made["id"] = ids(len(made["started_at"]), rng)
        made["user"] = known(rng.choice(["ada", "grace", "edsger"], len(made["id"])), rng.random(len(made["id"])) < 0.6)
        yield _compared(made), made


def _moments(count: int, days: int, rng: np.random.Generator) -> Any:
    """When each call began, seconds since 1970, ascending: fewer at night and at weekends, the last today."""
    now = datetime.now(UTC)
    first = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
    number = np.arange(days * 24)
    hours = first.timestamp() + 3600 * number
    lasts = np.clip(now.timestamp() - hours, 0, 3600)
    at_work = (first.weekday() + number // 24) % 7 < 5
    busy = np.where(at_work, 1, 0.3) * (0.15 + np.exp(-(((number % 24 - 14) / 4.5) ** 2))) * lasts
    hour = rng.choice(len(hours), count, p=busy / busy.sum())
    return np.sort(hours[hour] + lasts[hour] * rng.random(count))


def _written(at: Any) -> list[str]:
    texts = np.datetime_as_string((at * 1000).astype("datetime64[ms]"), unit="ms")
    return [f"{text}+00:00" for text in texts.tolist()]


def _places(of: Any, place: Any, names: list[str]) -> Columns:
    tested = of >= 0
    block = place // _SLOTS
    return {
        "experiment_id": known(np.array(names, object)[of], tested),
        "prompt_number": known(1 + block % _PROMPTS, tested),
        "repeat": known(block // _PROMPTS, tested),
        "slot": np.where(tested, place % _SLOTS, place % _COMPARED).tolist(),
    }


def _compared(made: Columns) -> Columns:
    """The comparisons that begin with these calls."""
    first = [n for n, (id, slot) in enumerate(zip(made["comparison_id"], made["slot"], strict=True)) if id and not slot]
    known_of_calls = {"id": "comparison_id", "created_at": "started_at", "user": "user"}
    own = {name: [made[column][n] for n in first] for name, column in known_of_calls.items()}
    own |= {"prompt": [f"Question {id[:6]}: what is {WORDS}?" for id in own["id"]], "params": ["{}"] * len(first)}
    return own | {"slots": [_COMPARED] * len(first)}


def _write(connection: Connection, table: Table, made: Columns) -> None:
    made = {name: values for name, values in made.items() if name in table.c}
    names = ", ".join(f'"{name}"' for name in made)
    driver = connection.connection.driver_connection
    rows = zip(*made.values(), strict=True)
    if connection.dialect.name == "sqlite":
        driver.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(made))})", rows)
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def main() -> None:
    """Fill the database at the URL and say how long it took."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    began = time.perf_counter()
    fill(sys.argv[1], count)
    print(f"{count:,} calls in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
