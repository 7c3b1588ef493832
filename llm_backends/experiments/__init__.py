"""Experiments: the same models over many prompts, again and again, in fair order and within a budget.

A plan (plan.py) runs block by block (order.py): the desk (desk.py) hands out one call after the other within the limits
(endpoint.py, budget.py), the engine (engine.py) makes and logs them, live.py knows those of this process.
"""
