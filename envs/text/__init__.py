"""The game in words: questions and guesses are sentences, and the user speaks."""
