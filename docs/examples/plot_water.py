"""
Water with X-rays and neutrons
==============================

A measurement of water gives the weighted sum of three partial pair distribution
functions, O–O, O–H and H–H. The weights of X-rays and neutrons are very different. The
water of this page is **simulated**, with deuterium in place of hydrogen for neutrons,
so that each partial is known.
"""

# %%
# The weights
# -----------
# :class:`~sklearn_wtrdf.Composition` computes them. X-rays are scattered by electrons,
# of which hydrogen has only one, and at large q hydrogen hardly contributes. Neutrons
# are scattered by nuclei, by deuterium as strongly as by oxygen, independent of q.
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_wtrdf import (
    Composition,
    DataWarning,
    FourierRegressor,
    InversionRegressor,
    coordination_numbers,
    scattering_frame,
)
from sklearn_wtrdf.datasets import load_material

light, heavy = Composition("OH2"), Composition("OD2")
q = [0, 4, 8, 12]
weights = light.weights(q=q).set_axis([f"X-rays, q = {at} Å⁻¹" for at in q])
weights.loc["neutrons, D2O"] = heavy.weights("neutron").to_numpy()
weights.loc["number–number"] = light.weights("number").to_numpy()
weights.round(3)

# %%
# The partials
# ------------
# Above, the partial g(r) of the simulation: the O–H bond of 1.03 Å, the H–H distance
# within a molecule, the hydrogen bond at 1.8 Å, and the shell of four molecules at 2.75
# Å. Below, each times its weight, and the sums. Neutrons show the molecule, and hardly
# the shell of oxygen that is characteristic of water. X-rays show mainly that shell.
# The peak of the bond is cut off: its height as a partial is 34.
water = {
    kind: load_material("water", weighting=kind, q_max=20)
    for kind in ("x-ray", "neutron")
}
r, partials = water["neutron"].r, water["neutron"].partials
pairs = {
    "O–O": ("g_O_O", "C1"),
    "O–H": ("g_O_H", "C0"),
    "H–H": ("g_H_H", "C2"),
}
fig, axes = plt.subplots(3, 1, figsize=(6.4, 6.4), sharex=True)
by_pair = {
    "partial g(r)": dict.fromkeys(pairs, 1.0),
    "X-rays": dict(zip(pairs, light.weights(), strict=True)),
    "neutrons": dict(zip(pairs, heavy.weights("neutron"), strict=True)),
}
for ax, (title, weight) in zip(axes, by_pair.items(), strict=True):
    for pair, (column, color) in pairs.items():
        ax.plot(r, weight[pair] * partials[column], color=color, label=pair)
    ax.set(ylabel=title, xlim=(0.8, 6), ylim=(0, 3.2))
for ax, kind in zip(axes[1:], water, strict=True):
    ax.plot(r, water[kind].target, "--", color="black", linewidth=1, label="sum")
axes[1].legend(loc="upper right")
axes[-1].set_xlabel("r (Å)")
plt.show()

# %%
# The result
# ----------
# S(q) to 20 Å⁻¹ with 1 % noise, measured with neutrons and with X-rays, and g(r) by the
# plain transform and by the inversion.
#
# With neutrons the inversion reproduces g(r); the ripples of the plain transform hide
# the shell of oxygen. With X-rays no method that assumes constant weights recovers g_x,
# the dashed curve, whose weights are those at q = 0. The weights in the measurement
# depend on q, so that the result is another curve: the bond is a low hill, and the
# shell of oxygen is too high. The warnings of the model are a consequence, because
# below the first atoms such an S(q) does not agree with the number density. With the
# composition the inversion solves for all pairs with their true weights, and knows that
# each hydrogen atom has one bond.
curves, warned = {}, {}
for kind, material in water.items():
    noise = np.random.default_rng(0).normal(scale=0.01, size=material.q.size)
    s_r = material.q * (material.s + noise - 1)
    X = scattering_frame(r, material.q, s_r, number_density=material.number_density)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        model = InversionRegressor().fit(X)
        fourier = FourierRegressor().fit(X, material.target)
        curves[kind] = {
            "Fourier transform": fourier.predict(X),
            "inversion": model.predict(X),
            "simulated g": material.target,
        }
    warned[kind] = {str(warning.message) for warning in caught}
    if kind == "x-ray":
        model = InversionRegressor(composition="OH2").fit(X)
        curves[kind]["inversion, composition given"] = model.predict(X)
print("\n".join(sorted(warned["x-ray"])))

# %%
fig, axes = plt.subplots(2, 1, figsize=(6.4, 5), sharex=True)
styles = [("C1", "-", 1), ("C2", "-", 1), ("black", "--", 1), ("C0", "-", 1.5)]
for ax, (kind, of_kind) in zip(axes, curves.items(), strict=True):
    ax.axhline(0, color="0.8", linewidth=0.8)
    for (name, g), (color, line, width) in zip(of_kind.items(), styles, strict=False):
        ax.plot(r, g, line, color=color, linewidth=width, label=name)
    ax.set(ylabel=f"g(r), {kind}", xlim=(0.8, 6), ylim=(-1, 4))
axes[0].legend()
axes[-1].set_xlabel("r (Å)")
plt.show()

# %%
# What a coordination number counts
# ---------------------------------
# The integral N over a peak counts all pairs of atoms at these distances, each with its
# weight. Only the bond contributes to its peak, so that N gives the number of deuterium
# atoms per oxygen, which is two.
bond = [(0.85, 1.2)]
density = water["neutron"].number_density
counted = pd.Series(
    {
        name: coordination_numbers(r, g, density, peaks=bond)[0]
        for name, g in curves["neutron"].items()
    }
)
atoms = heavy.neighbours(counted.to_numpy(), "O-D", "neutron")
pd.DataFrame({"N by neutrons": counted, "D about an O": atoms}).round(2)

# %%
# At the shell of four molecules this is different: three kinds of pairs have these
# distances. The table lists the contribution of each to N from 2.35 to 3.35 Å, from the
# partials of the simulation: the neighbours Z of kind B around an atom A, times the
# weight of one of them. N = 12 with X-rays does not mean twelve neighbours, and a
# single measurement does not determine the contribution of oxygen.
shell = [(2.35, 3.35)]
kinds = {"O-O": ("g_O_O", 1 / 3), "O-H": ("g_O_H", 2 / 3), "H-H": ("g_H_H", 2 / 3)}
z = pd.Series(
    {
        pair: fraction * coordination_numbers(r, partials[column], density, shell)[0]
        for pair, (column, fraction) in kinds.items()
    }
)
by_neutrons = heavy.neighbour_weights("neutron")
table = pd.DataFrame(
    {
        "Z": z,
        "N by X-rays": z * light.neighbour_weights()[z.index],
        "N by neutrons": z * by_neutrons[["O-O", "O-D", "D-D"]].to_numpy(),
    }
)
table.loc["sum"] = table.sum()
table.loc["sum", "Z"] = np.nan
table.round(2)
