"""Language models as agents: alone, wording the question that was chosen, or proposing questions to choose from."""
