"""A game between a person and an agent, without any screen."""
