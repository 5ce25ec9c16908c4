"""What every value of the resolved form is."""

from functools import cached_property

from pydantic import BaseModel, ConfigDict


class Resolved(BaseModel):
    """A frozen value of the protocol; unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))
