"""Names that people type: a package's public face, and what a misspelt name may have meant."""
