#!/usr/bin/env python3
"""Writes Sources/CKernels/gelu_tables.h, and prints the largest errors of its polynomials. NumPy 2.4.6.

With |x| = a, GELU is max(x, 0) − a t(a), where t(a) is the gate at −a; its derivative is d(a) at −a and 1 − d(a) at a,
where d(a) = t(a) + a t′(a). Both are smooth and die away, so a few polynomials, each for an interval of a and in
u = a / width − (the interval's number), −½ ≤ u ≤ ½, give them without exponentials or divisions.
"""
import math
import os
import textwrap

import numpy as np

ROOT_2_PI = math.sqrt(2 / math.pi)


def erf_gate(a):
    return 0.5 * math.erfc(a / math.sqrt(2))


def erf_gate_slope(a):
    return -math.exp(-a * a / 2) / math.sqrt(2 * math.pi)


def tanh_gate(a):
    return 1 / (1 + math.exp(2 * ROOT_2_PI * (a + 0.044715 * a**3)))


def tanh_gate_slope(a):
    t = tanh_gate(a)
    return -t * (1 - t) * 2 * ROOT_2_PI * (1 + 3 * 0.044715 * a * a)


def fit(f, u, degree, floor):
    """A minimax fit by Lawson's iteration, relative where f is over floor and absolute below."""
    importance = 1 / (np.abs(f) + floor)
    weight = np.ones_like(u)
    powers = np.vander(u, degree + 1, increasing=True)
    for _ in range(60):
        scale = np.sqrt(weight) * importance
        c = np.linalg.lstsq(powers * scale[:, None], f * scale, rcond=None)[0]
        weight *= np.abs((powers @ c - f) * importance) + 1e-15
        weight /= weight.sum()
    return c


def table(f, width, intervals, degree, floor):
    """coefficients[power][interval] of f, less a line by which the last interval ends at 0, and the largest error."""
    end = (intervals - 0.5) * width
    columns, worst = [], 0
    for k in range(intervals):
        u = np.cos(np.linspace(0, math.pi, 400)) * 0.5
        u = u[(k + u) >= 0]
        wanted = np.array([f((k + v) * width) for v in u])
        last = f(end) * (u + 0.5) if k == intervals - 1 else 0
        c = fit(wanted - last, u, degree, floor).astype(np.float32)
        columns.append(c)
        worst = max(worst, np.abs(np.polynomial.polynomial.polyval(u, c.astype(float)) - wanted).max())
    return np.array(columns).T, worst


def number(x):
    text = f"{x:.9g}"
    return text + ("f" if "." in text or "e" in text else ".0f")


def main():
    out = [
        "// The polynomials of gelu.h, made by Tests/TensorsTests/Fixtures/make_gelu_tables.py: [power][interval].",
        "#ifndef GELU_TABLES_H",
        "#define GELU_TABLES_H",
        "",
    ]
    # AVX-512's registers hold a table of sixteen; four are what AVX2 looks up in one instruction. Degrees: of the gate
    # and of the derivative, exact and coarse.
    for condition, intervals, width, degrees in (
        ("#if MASKS", 16, 0.363, (5, 5, 3, 4)),
        ("#else", 4, 1.6, (8, 9, 6, 6)),
    ):
        out += [condition, f"enum {{ GELU_INTERVALS = {intervals} }};", f"#define GELU_WIDTH {width}f"]
        for form, gate, slope in (("erf", erf_gate, erf_gate_slope), ("tanh", tanh_gate, tanh_gate_slope)):
            derivative = lambda a: gate(a) + a * slope(a)
            for name, f, degree, floor in (
                ("gate", gate, degrees[0], 1e-4),
                ("slope", derivative, degrees[1], 0.1),
                ("coarse_gate", gate, degrees[2], 1e-4),
                ("coarse_slope", derivative, degrees[3], 0.1),
            ):
                rows, worst = table(f, width, intervals, degree, floor)
                print(f"{intervals} intervals, {form} {name}: {worst:.1e}")
                out.append(f"static const float gelu_{form}_{name}[{degree + 1}][{intervals}] __attribute__((aligned(64))) = {{")
                for row in rows:
                    line = "{" + ", ".join(number(v) for v in row) + "},"
                    out += textwrap.wrap(line, 118, initial_indent="  ", subsequent_indent="   ")
                out.append("};")
    out += ["#endif", "#endif", ""]
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../../../Sources/CKernels/gelu_tables.h"), "w") as file:
        file.write("\n".join(out))


main()
