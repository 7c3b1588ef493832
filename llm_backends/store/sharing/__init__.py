"""How processes share experiments: under leases (leases.py), each its shares of them (shares.py)."""
