"""The tables and their indexes. A change here needs a revision in migrations/versions that leads to the same."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects import postgresql, sqlite

from .columns import Exact, Name

metadata = MetaData()

# The choices of the Settings page, as JSON. There is no user `""`: it stands for everybody where there are no users.
preferences = Table(
    "preferences",
    metadata,
    Column("user", Name, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("value", Exact, nullable=False),
)

# Who has the database open. `seen_at` is kept fresh; that of a process that was killed stays for a day or more. `room`
# is for workers: how many shares of experiments one takes at once.
processes = Table(
    "processes",
    metadata,
    Column("id", Name, primary_key=True),
    Column("host", Name, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Name, nullable=False),
    Column("seen_at", Name, nullable=False),
    Column("room", Integer),
)

# Always 2. An LLMSelect from before the revisions reads it, and tells its user to update.
schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

# `revealed_at` is when the names of a comparison whose plan is blind were shown; until then no page may show them.
comparisons = Table(
    "comparisons",
    metadata,
    Column("id", Name, primary_key=True),
    Column("created_at", Name, nullable=False),
    Column("user", Name),
    Column("prompt", Exact, nullable=False),
    Column("system", Exact),
    Column("params", Text, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("process", Name),
    *(Column(name, Name) for name in ("revealed_at", "parent_id", "conversation_id")),
    Index("comparisons_by_time", "created_at", "id"),
    Index("comparisons_by_conversation", "conversation_id", "created_at"),
    Index("comparisons_by_parent", "parent_id"),
)

# A chat: comparisons of one slot, each going on from its parent. A comparison may go on from another without being one.
conversations = Table(
    "conversations",
    metadata,
    Column("id", Name, primary_key=True),
    *(Column(name, Name, nullable=False) for name in ("created_at", "updated_at")),
    Column("user", Name),
    Column("title", Exact, nullable=False),
    Index("conversations_by_time", "updated_at", "id"),
)

# `total` and what follows are the engine's counters, for lists; what has ended is what `calls` holds. `wanted` asks
# whoever holds the experiment for "paused" or "stopped". `judges` is the experiment whose answers this one's judge, or
# what one that judged them has left open.
experiments = Table(
    "experiments",
    metadata,
    Column("id", Name, primary_key=True),
    Column("created_at", Name, nullable=False),
    Column("user", Name),
    Column("name", Exact, nullable=False),
    Column("plan", Text, nullable=False),
    Column("prompt_set_id", Name, ForeignKey("prompt_sets.id"), nullable=False),
    Column("state", Name, nullable=False),
    Column("reason", Name),
    Column("wanted", Name),
    *(Column(name, BigInteger, nullable=False) for name in ("total", "ended", "failed")),
    Column("spent_usd", Double, nullable=False),
    Column("made", BigInteger, nullable=False, server_default="0"),
    Column("judges", Name),
    Index("experiments_by_time", "created_at", "id"),
    Index("experiments_by_prompt_set", "prompt_set_id"),
)

# Which process makes which share of an experiment, only until `lease_until`; all of it is share 0 of 1. For a budget
# that several share: what the holder has made and spent since, how much of that the experiment's counters have already,
# and what is in flight, at what it is expected to cost.
leases = Table(
    "leases",
    metadata,
    Column("experiment_id", Name, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
    Column("share", Integer, primary_key=True),
    Column("shares", Integer, nullable=False),
    Column("holder", Name, nullable=False),
    Column("lease_until", Name, nullable=False),
    *(Column(name, BigInteger, nullable=False, server_default="0") for name in ("made", "counted_made", "in_flight")),
    *(
        Column(name, Double, nullable=False, server_default="0")
        for name in ("spent_usd", "counted_usd", "reserved_usd")
    ),
)

# Endpoints that asked one of those who share an experiment to be left alone, and so all of them.
holds = Table(
    "holds",
    metadata,
    Column("experiment_id", Name, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
    Column("endpoint", Name, primary_key=True),
    Column("until", Name, nullable=False),
)

# A call belongs to a comparison or to an experiment. One of an experiment without a prompt number is a warm-up.
calls = Table(
    "calls",
    metadata,
    Column("id", Name, primary_key=True),
    Column("comparison_id", Name, ForeignKey("comparisons.id")),
    Column("slot", Integer, nullable=False),
    Column("user", Name),
    Column("started_at", Name, nullable=False),
    *(Column(name, Name, nullable=False) for name in ("provider", "model", "route")),
    *(Column(name, Name) for name in ("deployment", "endpoint_host")),
    Column("status", Name, nullable=False),
    *(Column(name, Name) for name in ("error_type", "error_message", "finish_reason")),
    *(Column(name, Exact, nullable=False) for name in ("answer", "reasoning")),
    *(
        Column(name, BigInteger)
        for name in ("input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens")
    ),
    *(
        Column(name, Double)
        for name in ("load_ms", "connect_ms", "headers_ms", "ttft_ms", "ttfat_ms", "total_ms", "tpot_ms")
    ),
    Column("chunks", BigInteger, nullable=False),
    *(Column(name, Double) for name in ("gap_p50_ms", "gap_p95_ms", "gap_max_ms")),
    Column("attempts", Integer, nullable=False),
    Column("retry_wait_ms", Double, nullable=False),
    Column("failed_over_from", Name),
    Column("detour_ms", Double),
    Column("cost_usd", Double),
    Column("price_source", Name),
    Column("simulated", Boolean, nullable=False),
    Column("request_id", Name),
    Column("build_ms", Double),
    Column("timed_from", Name),
    Column("tries", Text, nullable=False, server_default="[]"),
    Column("experiment_id", Name, ForeignKey("experiments.id", name="calls_experiment_id_fkey")),
    Column("prompt_number", Integer),
    Column("repeat", Integer),
    Column("streamed", Boolean),
    Index("calls_by_comparison", "comparison_id", "slot"),
    Index("calls_by_time", "started_at", "id"),
    # The first holds every column that by_model sums, so that a million answers need not be read for their numbers. The
    # others list a model's calls by one of the times: a percentile is some steps away from the nearer end.
    Index(
        "calls_by_model",
        *("provider", "model", "route", "started_at", "simulated", "status"),
        *("cost_usd", "input_tokens", "output_tokens", "ttft_ms", "total_ms", "tpot_ms", "experiment_id"),
    ),
    *(
        Index(
            f"calls_by_{metric}",
            *("provider", "model", "route", "status", metric, "started_at", "simulated", "experiment_id"),
        )
        for metric in ("ttft_ms", "total_ms", "tpot_ms")
    ),
    # What an experiment needs to go on, and its results: which calls have ended, and every figure that they came to, so
    # that 100,000 answers need not be read for their numbers.
    Index(
        "calls_by_experiment",
        *("experiment_id", "prompt_number", "repeat", "slot", "status", "error_type", "cost_usd"),
        *("input_tokens", "output_tokens", "total_ms", "connect_ms", "headers_ms", "ttft_ms", "ttfat_ms", "tpot_ms"),
        *("chunks", "attempts"),
    ),
)

# What all calls of a UTC day came to, as store/rollups/ makes it of them; gone as soon as another call of that day is
# written. `format` is how `cells` are to be read: those of another version are made anew.
rollups = Table(
    "rollups",
    metadata,
    Column("day", Name, primary_key=True),
    Column("format", Integer, nullable=False),
    Column("cells", LargeBinary, nullable=False),
)

# What the experiment's checks found in an answer. `checks` names the list of checks, which may be another by now;
# `found` is a JSON list, in the order of the checks; `passed` is null where they leave it open.
judgements = Table(
    "judgements",
    metadata,
    Column("call_id", Name, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
    Column("experiment_id", Name, ForeignKey("experiments.id", ondelete="CASCADE"), nullable=False),
    *(Column(name, Integer, nullable=False) for name in ("prompt_number", "repeat", "slot")),
    Column("checks", Name, nullable=False),
    Column("passed", Boolean),
    Column("found", Text, nullable=False),
    Index("judgements_by_experiment", "experiment_id", "prompt_number", "repeat", "slot", "checks", "passed"),
)

# One look at the answers to one prompt, of a comparison or of an experiment. `judge` is the model that cast it, null
# for a person. `blind`: the names were hidden until then.
votes = Table(
    "votes",
    metadata,
    Column("id", Name, primary_key=True),
    Column("created_at", Name, nullable=False),
    *(Column(name, Name) for name in ("user", "judge")),
    Column("comparison_id", Name, ForeignKey("comparisons.id", ondelete="CASCADE")),
    Column("experiment_id", Name, ForeignKey("experiments.id", ondelete="CASCADE")),
    Column("prompt_number", Integer),
    *(Column(name, Boolean, nullable=False) for name in ("blind", "all_bad")),
    Column("tag", Name),
    Column("reason", Exact),
    Index("votes_by_time", "created_at", "id"),
    Index("votes_by_comparison", "comparison_id"),
    Index("votes_by_experiment", "experiment_id", "prompt_number"),
)

# At which place a vote has which answer: 1 is the best, and several may share one.
places = Table(
    "places",
    metadata,
    Column("vote_id", Name, ForeignKey("votes.id", ondelete="CASCADE"), primary_key=True),
    Column("call_id", Name, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, nullable=False),
    Index("places_by_call", "call_id"),
)

# What search has indexed: a comparison's prompt, a call's answer. The ids are in the order of time, those up to
# search_progress.reserved being kept for rows from before there was an index. `words` is PostgreSQL's; SQLite has them
# in a table of FTS5's, search_words, by the same id, where it was built with that.
documents = Table(
    "documents",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("ref", Name, nullable=False, unique=True),
    Column("of", Name, nullable=False),
    Column("words", postgresql.TSVECTOR().with_variant(Text, "sqlite")),
)

# One row. `calls_to` and `comparisons_to` are how far the old rows are indexed, "time id"; `next` is the next's number.
search_progress = Table(
    "search_progress",
    metadata,
    Column("id", Integer, primary_key=True),
    *(Column(name, BigInteger, nullable=False) for name in ("reserved", "next")),
    *(Column(name, Name, nullable=False) for name in ("calls_to", "comparisons_to")),
    Column("done", Boolean, nullable=False),
)

# The id is made from the rows, so that a set is kept once. What is run on a set refers to it, and so keeps it.
prompt_sets = Table(
    "prompt_sets",
    metadata,
    Column("id", Name, primary_key=True),
    Column("name", Exact, nullable=False),
    Column("created_at", Name, nullable=False),
    Column("rows", Integer, nullable=False),
)

# `tags` is a JSON list, `variables` a JSON object.
prompts = Table(
    "prompts",
    metadata,
    Column("set_id", Name, ForeignKey("prompt_sets.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("prompt", Exact, nullable=False),
    *(Column(name, Exact) for name in ("system", "expected")),
    *(Column(name, Text, nullable=False) for name in ("tags", "variables")),
)


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can be told what to do where a row is there already."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
