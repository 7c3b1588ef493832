"""Measures how much time LLMSelect itself adds, against simulated providers in a process of their own."""
