"""What is left of a judge's preference for the first place when each pair is shown in both orders: simulated, seeded.

Other numbers of pairs, for a look: python -m benchmarks.judge 50
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from llm_backends import Catalog, settings
from llm_backends.experiments.asking import call_id
from llm_backends.experiments.live import Experiments
from llm_backends.experiments.plan import ExperimentPlan, RoutedSlot
from llm_backends.judging.judge import pairs, task
from llm_backends.judging.judge.outcome import Outcome, outcome
from llm_backends.prompt_set import PromptSet, Row
from llm_backends.sandbox import serve
from llm_backends.stats.shares import share_interval
from llm_backends.store import experiments as kept
from llm_backends.store.call_log import CallLog, Place
from llm_backends.store.experiments import Experiment
from llm_backends.store.prompt_sets import PromptSets
from llm_backends.types import CallResult, Target

from .report import Figure

PAIRS = 400
MISTAKES = 0.1
PLACE = (0.2, 0.5, 0.9)
"""How often the judge takes the first answer whatever it says."""
_SHOWN = re.compile(r"answer ([AB])\npair (\d+), (better|worse)")


def figures(count: int = PAIRS) -> Iterator[Figure]:
    """Two models of which each is better on half of the prompts: any other share than 50 % is bias or chance."""
    for place in PLACE:
        found = judged(count, place)
        yield from _shares(f"judge takes the first place {100 * place:.0f} % blindly", found, count)


def _shares(name: str, found: Outcome, count: int) -> Iterator[Figure]:
    """For the model that is shown first where there is one order; with both orders half of the ties are its own."""
    one = share_interval(sum(pair.looks[0] == "first" for pair in found.pairs), count)
    both = found.standings[0].share
    assert one and both
    yield Figure(f"{name}: one order, its share, %", 100 * one.estimate)
    yield Figure("  both orders, its share, %", 100 * both.estimate)
    yield Figure("    lower end of the 95 % interval", 100 * both.low, 50)
    yield Figure("    upper end of the 95 % interval", 100 * both.high, 100, 50)
    yield Figure("    bias left, points", 100 * both.estimate - 50, 5, -5)
    decided = [pair for pair in found.pairs if pair.verdict != "tie"]
    wrong = sum(_better(pair.number) != pair.slots[pair.verdict == "second"] for pair in decided)
    alone = sum(_better(pair.number) != pair.slots[pair.looks[0] == "second"] for pair in found.pairs)
    yield Figure("  one order, verdicts that are wrong, %", 100 * alone / count)
    yield Figure("  both orders, verdicts that are wrong, %", 100 * wrong / max(1, len(decided)))
    yield Figure("  both orders, ties since it changed its mind, %", 100 * found.changed / count)


def judged(count: int, place: float) -> Outcome:
    """What a judge comes to that takes the first place so often, through the engine and real HTTP."""

    def answers(messages, max_tokens, temperature) -> Iterator[str]:
        shown = _SHOWN.findall(messages[-1].content)
        luck = Random(f"{place} {shown}")
        better = "A" if shown[0][2] == "better" else "B"
        if luck.random() < MISTAKES:
            better = "B" if better == "A" else "A"
        yield f'{{"better": "{"A" if luck.random() < place else better}"}}'

    with serve(answers=answers) as server, TemporaryDirectory() as folder:
        catalog = Catalog(settings.load(environ=server.environment(), dotenv_path=None))
        log = CallLog(f"sqlite:///{Path(folder) / 'log.db'}")
        live = Experiments(log)
        one = _recorded(log, count)
        drawn = pairs.drawn(log.database, one.id, (0, 1), count)
        asked = task.questions(log.database, one, [pair.number for pair in drawn.pairs])
        prompts = task.prompt_set(one, task.rows(drawn.pairs, asked, task.RUBRIC))
        plan = replace(task.plan(one, "openai/sandbox.ttft-1.rate-2000"), warm_up=0, concurrency=8)
        engine = live.run(id := live.add(plan, prompts, judges=one.id), plan, prompts.rows, catalog)
        engine.wait()
        with log.database.reading() as connection:
            judging = kept.one(connection, id)
        found = outcome(log.database, judging) if judging else None
        live.close()
        log.close()
    if found is None or found.decided != count:
        raise SystemExit(f"the judge did not come to a verdict on every pair: {engine.progress}")
    return found


def _better(number: int) -> int:
    """The slot whose answer to this prompt is the better one: each is so on half of them."""
    return number % 2


def _recorded(log: CallLog, count: int) -> Experiment:
    """An experiment with two answers to each prompt."""
    slots = (RoutedSlot("mistral/mistral-large"), RoutedSlot("anthropic/claude-3-opus"))
    plan = ExperimentPlan("Benchmark", "none", slots)
    prompts = PromptSet.of("Benchmark", [Row(n, f"Question {n}") for n in range(1, count + 1)])
    PromptSets(log.database).keep(prompts)
    with log.database.writing() as connection:
        id = kept.add(connection, plan.name, plan.to_json(), prompts.id, plan.calls(count))
    for number in range(1, count + 1):
        for slot, routed in enumerate(slots):
            text = f"pair {number}, {'better' if slot == _better(number) else 'worse'}"
            provider, _, model = routed.ref.partition("/")
            result = CallResult(Target(provider, model, "direct"), "ok", "2026-11-27T08:00:00.000+00:00", text)
            place = Place(id, number, 0)
            log.record_in_experiment(place, slot, result, id=call_id(place, slot))
    log.flush(60)
    with log.database.reading() as connection:
        one = kept.one(connection, id)
    assert one
    return one


if __name__ == "__main__":
    for figure in figures(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS):
        print(figure, flush=True)
