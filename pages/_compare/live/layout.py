"""A growing answer as HTML: the blocks that nothing can change any more, and the one that still grows."""

import re
from dataclasses import dataclass, field

import nh3
from markdown_it import MarkdownIt

from llm_backends.clock import now_ms

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
_BLOCKS = "p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre hr table thead tbody tr th td"
# What the layout above can make, and of it nothing that loads, runs or styles by itself.
_CLEANER = nh3.Cleaner(
    tags={*_BLOCKS.split(), *"a br code em strong s".split()},
    attributes={"a": {"href"}, "ol": {"start"}},
    set_tag_attribute_values={"a": {"target": "_blank"}, "pre": {"tabindex": "0"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer",
)


@dataclass
class Layout:
    """`blocks` only grows; `open` is the HTML of the last block, which the next characters can still change.

    After each time `rest` times as long passes without a layout: the threads that time the streams wait for it.
    """

    blocks: list[str] = field(default_factory=list)
    open: str = ""
    rest: float = 20.0
    _done: int = 0
    _seen: int = 0
    _next_ms: float = 0.0

    def grow(self, text: str) -> None:
        """Take in the answer as it is now; it begins with what it was."""
        started_ms = now_ms()
        if len(text) == self._seen or started_ms < self._next_ms:
            return
        self._seen = len(text)
        tail = text[self._done :]
        env: dict = {}
        tokens = _MARKDOWN.parse(tail, env)
        last = max((n for n, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0), default=0)
        if last:
            self.blocks.append(_CLEANER.clean(_MARKDOWN.renderer.render(tokens[:last], _MARKDOWN.options, env)))
            self._done += _line_start(tail, tokens[last].map[0])
        self.open = _CLEANER.clean(_MARKDOWN.renderer.render(tokens[last:], _MARKDOWN.options, env))
        ended_ms = now_ms()
        self._next_ms = ended_ms + (ended_ms - started_ms) * self.rest


def _line_start(text: str, line: int) -> int:
    """Where this line begins, counted from 0."""
    ends = re.finditer(r"\r\n|\r|\n", text)
    return next((end.end() for n, end in enumerate(ends, 1) if n == line), 0)
