"""Comparisons that go on from one another, and the chats among them."""
