"""A judge model: it is shown two answers in both orders, by an experiment that is derived from theirs.

pairs.py says which answers are held against each other, task.py what the judge is asked, reading.py what it said,
outcome.py what that comes to, votes.py keeps its verdicts.
"""
