"""Results that people look at: dialogues in a table, a dialogue looked back on, a report on a page."""
