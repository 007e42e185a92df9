"""What answers say about intents: evidence, its likelihood, beliefs by history."""
