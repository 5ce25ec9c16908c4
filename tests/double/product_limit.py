"""Second implementation of the product-limit curve: mass redistributed to the right (Efron 1967).

Everyone starts with the same mass. Someone censored hands their mass, in equal parts, to those still watched;
an event takes its mass out of the curve. What is left of the mass is the survival.
"""


def survival_after(times: list[float], had_event: list[bool], moment: float) -> float:
    order = sorted(range(len(times)), key=lambda i: (times[i], not had_event[i]))
    mass = [1 / len(times)] * len(times)
    left = 1.0
    for place, i in enumerate(order):
        if times[i] > moment:
            break
        if had_event[i]:
            left -= mass[i]
            continue
        later = order[place + 1 :]
        for j in later:
            mass[j] += mass[i] / len(later)
    return left
