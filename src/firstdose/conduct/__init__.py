"""What may happen next: ``decide(state, command, now) → events | Refused``.

House rules: every rule of the protocol that allows or forbids an act stands here and nowhere else; a
refusal names its clause and what would make the act allowed; time is an argument. Nothing here stores
anything, and nothing here knows who is asking beyond the role and site that the actor carries.
"""
