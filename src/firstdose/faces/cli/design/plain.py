"""Characteristics as plain values, for JSON."""

from typing import Any

from firstdose.deliver.design.characteristics import Computed


def list_scenarios(computed: Computed) -> list[dict[str, Any]]:
    """Every number of every scenario under its name, with its standard error where it was simulated."""
    p_correct = computed.p_correct.tolist()
    return [
        {
            "name": name.en,
            "true_rates": computed.true_rates[place].tolist(),
            "basis": computed.basis.en,
            "p_correct": p_correct[place],
            "expected_duration_d": computed.compute_duration_d(place),
            **_list_numbers(computed.found, "", place),
            **({} if computed.errors is None else _list_numbers(computed.errors, "se_", place)),
        }
        for place, name in enumerate(computed.names)
    ]


def _list_numbers(found: Any, prefix: str, place: int) -> dict[str, Any]:
    return {f"{prefix}{name}": getattr(found, name)[place].tolist() for name in found.__struct_fields__}
