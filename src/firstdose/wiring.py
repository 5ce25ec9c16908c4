"""Where the shell meets the study."""
