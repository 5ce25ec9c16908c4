"""The pages: sign in, see where the trial stands, record, review, sign, and read the trail.

House rules: no rule of the trial lives here; every act is a command that conduct decides; what a role may
open stands in one table; a page works without JavaScript.
"""
