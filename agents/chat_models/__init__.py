"""Language models that talk: any transformers model with a chat template, or an endpoint; within budgets, logged."""
