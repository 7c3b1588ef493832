"""The Route lab: is a model slower by one route, endpoint or region than by another, and by how much?

An experiment that asks each model on two sides (sides.py), over open connections and over new ones (plan.py), and what
the pairs of its calls come to (outcome.py).
"""
