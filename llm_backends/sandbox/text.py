"""The canned answers, cut into word-sized tokens, and how the sandbox counts them."""

import re
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from zlib import crc32

from ..types import Message

_PARAGRAPHS = (
    "A model that leads a public ranking has won on somebody else's questions. Collect thirty prompts from your own "
    "week, write down what a good answer must contain, and let two models answer them side by side before you read a "
    "benchmark.",
    "Speed has two halves. The wait for the first token decides whether people feel heard, and the pace after it "
    "decides whether they keep reading. A model can be good at one and poor at the other, so measure both.",
    "Price per million tokens says little alone. A talkative model with a low price can cost more for each answer "
    "than a terse one with a high price, and reasoning that nobody sees is billed like text that everybody reads.",
    "Quality drifts. Providers change models behind the same name, so keep your prompts, run them again each month, "
    "and compare the new answers with the ones you accepted before.",
    "Words of every script must survive the trip: Grüße aus Köln, Привет, مرحبا, שלום, नमस्ते, สวัสดี, 你好,世界, "
    "こんにちは, 안녕하세요 — and symbols too: 👩‍🔬 🇪🇺 ✅ ∑ √2 ≈ 1.414.",
)

_FURNITURE = (
    "**What to weigh first**\n\n- the task: extraction forgives a small model, planning doesn't\n"
    "- the wait: *first token* for a chat, *total time* for a batch\n- the bill: cost for each **accepted** answer",
    "| need | look at |\n|---|---|\n| quick chat | time to first token |\n| long reports | tokens per second |\n"
    "| tight budget | cost of an answer |",
    "```python\ndef worth_it(quality: float, cost_usd: float) -> float:\n"
    "    return quality / cost_usd if cost_usd else quality\n```",
)

_THOUGHT = (
    "The question is about choosing between models. First I list what matters here: wait, pace, price, quality. "
    "Then I check which of these the user can measure alone. A short, structured answer serves best. "
)


def document(model: str) -> str:
    """A markdown answer of about 250 tokens. The same model name always gets the same one."""
    turn = crc32(model.encode())
    first, second, third = (_PARAGRAPHS[(turn + step) % 4] for step in range(3))
    lines, table, code = (_FURNITURE[(turn + step) % 3] for step in range(3))
    parts = ("## Choosing a language model", "*Simulated answer from the LLMSelect sandbox.*",
             first, lines, second, table, _PARAGRAPHS[4], code, third)  # fmt: skip
    return "\n\n".join(parts) + "\n\n"


def answer(model: str, length: int | None = None) -> Iterator[str]:
    """The tokens of the canned answer: the whole document, or `length` tokens of it, repeated where it is too short."""
    tokens = cut(document(model))
    return iter(tokens) if length is None else islice(cycle(tokens), length)


def thought(length: int) -> Iterator[str]:
    """`length` tokens of canned reasoning."""
    return islice(cycle(cut(_THOUGHT)), length)


def cut(text: str) -> list[str]:
    """Word-sized tokens, each with the blanks before it; together they are the text again."""
    return re.findall(r"\s*\S+|\s+$", text)


def count(messages: Iterable[Message]) -> int:
    """Input tokens of a conversation as the sandbox counts them: its words, and four for each message's frame."""
    return sum(len(message.content.split()) + 4 for message in messages)
