"""Beliefs about many dialogues at once: the contract, and two exact implementations."""
