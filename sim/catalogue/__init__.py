"""What users want: catalogues, and how a file becomes one."""
