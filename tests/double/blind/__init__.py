"""Second implementations written from the clinical definitions alone."""
