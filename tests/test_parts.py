"""A page stays drawable whichever of its parts Streamlit sends anew before the browser was given the first."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.delta_generator_singletons import (
    context_dg_stack,
    get_default_dg_stack_value,
    get_dg_singleton_instance,
)
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.testing.v1 import AppTest

from pages._shared import session

from .conftest import end_app

APP = str(Path(__file__).parent.parent / "app.py")
GROWING = "sandbox.ttft-1.rate-20.tokens-9000"


@pytest.fixture
def messages(sandbox, tmp_path, monkeypatch):
    """What the server sent in the run of the app that this is called after."""
    monkeypatch.chdir(tmp_path)
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LLMSELECT_DATABASE_URL", f"sqlite:///{tmp_path / 'log.db'}")
    st.cache_resource.clear()
    sent = []
    monkeypatch.setattr(ForwardMsgQueue, "_before_enqueue_msg", sent.append)
    yield sent
    end_app()


def drawn(queue) -> int:
    """Put the messages in their places as the browser does, which knows a place only once those before it are taken."""
    children = {(root,): 0 for root in range(4)}  # main, sidebar, event, bottom
    many = 0
    for message in queue.flush():
        if not message.HasField("delta"):
            continue
        *block, place = message.metadata.delta_path
        assert 0 <= place <= children[tuple(block)], f"Bad delta path {block} {place}"
        children[tuple(block)] = max(children[tuple(block)], place + 1)
        if message.delta.HasField("add_block"):
            children.setdefault((*block, place), 0)
        many += 1
    return many


def check(messages, least: int) -> None:
    fragments = {message.delta.fragment_id for message in messages if message.HasField("delta")} - {""}
    assert len(fragments) >= least
    for fragment in ({}, *({one} for one in fragments), fragments):
        queue = ForwardMsgQueue()
        for message in tuple(messages):
            queue.enqueue(message)
        if fragment:
            queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=list(fragment))
        assert drawn(queue)


def test_compare_while_answers_stream(messages):
    page = AppTest.from_file(APP, default_timeout=60)
    page.query_params["ask"] = [f"openai/{GROWING}", f"mistral/{GROWING}"]
    page.run()
    messages.clear()
    page.button(key="run").click().run()
    check(messages, 3)


def test_chat_while_an_answer_streams(messages):
    page = AppTest.from_file(APP, default_timeout=60).run()
    page.switch_page("pages/chat.py")
    page.query_params["ask"] = f"openai/{GROWING}"
    page.run()
    messages.clear()
    page.chat_input[0].set_value("Hello").run()
    check(messages, 3)


def test_a_page_that_follows_a_part_in_its_thread_is_drawn_in_its_own_place(messages, monkeypatch):
    run = ScriptRunner._run_script

    def after_a_part(runner, request):
        context_dg_stack.set((*get_default_dg_stack_value(), get_dg_singleton_instance().sidebar_dg))
        run(runner, request)

    monkeypatch.setattr(ScriptRunner, "_run_script", after_a_part)
    page = AppTest.from_file(APP, default_timeout=60).run()
    assert page.main.title[0].value == "Compare models" and not page.sidebar.title
    assert page.sidebar.toggle(key="route_azure")


def test_lines_above_the_answers_leave_them_in_their_places(messages):
    page = AppTest.from_file(APP, default_timeout=60)
    page.query_params["ask"] = [f"openai/{GROWING}", f"mistral/{GROWING}"]
    page.run()
    page.button(key="run").click().run()
    before = places(messages)
    messages.clear()
    page.session_state.inputs = True  # unfolded
    page.toggle(key="route_azure").set_value(True).run()
    assert sum("is not ready" in line.value for line in page.main.caption) == 2
    assert len(before) == 2 and places(messages) == before


def test_a_comparison_that_ends_while_its_page_is_drawn_is_drawn_as_ended(messages, monkeypatch):
    caption, ended = st.caption, []

    def ends_meanwhile(text, **how):
        if text.startswith("Running."):
            for run in session.app().runs.live():
                run.race.stop()
                ended.append(run.wait(30))
        return caption(text, **how)

    page = AppTest.from_file(APP, default_timeout=60)
    page.query_params["ask"] = [f"openai/{GROWING}"]
    page.run()
    monkeypatch.setattr(st, "caption", ends_meanwhile)
    page.button(key="run").click().run()
    assert ended == [True]
    assert not page.button(key="run").disabled and page.button(key="stop_all").disabled


def places(messages) -> dict[str, list[int]]:
    """Where each card is on the page: in another place it would be built anew, without its buttons meanwhile."""
    blocks = [message for message in messages if message.delta.HasField("add_block")]
    named = {message.delta.add_block.id.rpartition("-")[2]: list(message.metadata.delta_path) for message in blocks}
    return {name: place for name, place in named.items() if name.startswith("card_")}


def test_every_part_of_a_page_is_made_so():
    pages = Path(APP).parent / "pages"
    made = [str(file.relative_to(pages)) for file in pages.rglob("*.py") if "st.fragment" in file.read_text()]
    assert made == ["_shared/parts.py"]
