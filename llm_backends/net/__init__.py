"""One call as the network sees it: transport, clock, stop, deadline, what went wrong, and when to try again."""
