"""The embedded model, which runs inside the process that asks it."""

import subprocess
import sys

STOPPED = """
from llm_backends import Catalog, Message, Race, Settings

catalog, asked = Catalog(Settings()), {"temperature": 0.8, "top_p": 0.9, "stop": ("###",), "seed": 7}
prompt = (Message("user", "Count to 1000."),)
race = Race([catalog.slot("local/smollm2-135m-instruct", "direct", prompt, **asked)])
race.start()
while race.lanes[0].chunks < 3:
    assert not race.wait(0.01)
race.stop()
assert race.wait(10) and race.lanes[0].result.status == "stopped"
"""


def test_a_program_that_stopped_a_local_answer_ends_well():
    assert subprocess.run([sys.executable, "-c", STOPPED], env={"PYTHONPATH": sys.path[0]}, timeout=60).returncode == 0
