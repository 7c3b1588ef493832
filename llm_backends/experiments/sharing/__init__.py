"""What an engine needs to share an experiment: its lease (lease.py), and a budget that all keep to (budget.py)."""
