"""Workers: processes, on any number of machines, that share experiments through a queue in the log's PostgreSQL.

queue.py is that queue, worker.py one process that takes shares from it, balance.py who should have how many.
"""
