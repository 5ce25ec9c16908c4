"""Exact operating characteristics: every state that a design reaches, weighed with true DLT rates."""
